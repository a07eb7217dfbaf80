"""What the report says of heads, sides and periods, in English and in Arabic."""

from models.labels import SENTIMENT

__all__ = ["WORDS"]

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
