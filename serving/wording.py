"""Words: of heads, sides and periods in the report, in English and in Arabic, and of counted things."""

from models.labels import SENTIMENT

__all__ = ["WORDS", "counted"]

WORDS = {
    "ceasefire": ("ceasefire", "وقف إطلاق النار"),
    "offensive": ("attack on Tripoli", "الهجوم على طرابلس"),
    SENTIMENT: ("sentiment", "النبرة تجاه الطرف"),
    "favor": ("favor", "مؤيد"),
    "against": ("against", "معارض"),
    "conditional": ("conditional", "مشروط"),
    "positive": ("positive", "إيجابية"),
    "negative": ("negative", "سلبية"),
    "1d": ("day", "يوم"),
    "1w": ("week", "أسبوع"),
    "1mo": ("month", "شهر"),
    "1q": ("quarter", "ربع سنة"),
    "1y": ("year", "سنة"),
}


def counted(many: int, noun: str) -> str:
    """A number and its English noun: 1 article, 2,000 articles."""
    return f"{many:,} {noun}" if many == 1 else f"{many:,} {noun}s"
