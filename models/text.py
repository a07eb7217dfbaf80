"""Sentences of an article as it was sent: boundaries from `sentencex`, wire damage repaired around it.

Scraped wire copy ends sentences with ``.,``, wraps lines inside sentences, drops the space after a
full stop, and puts titles without one on their own line. Nothing is rewritten: a sentence is a span.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from sentencex import get_sentence_boundaries

from models.errors import InputError, TooLargeError

__all__ = [
    "MAX_CHARACTERS",
    "MAX_SENTENCE",
    "MAX_TITLE",
    "Article",
    "Span",
    "check_article",
    "check_date",
    "check_sentence",
    "check_text",
    "check_title",
    "split_sentences",
]

MAX_CHARACTERS = 2_000_000  # about two hundred long articles; more is a mistake, or work for a batch
MAX_SENTENCE = 10_000  # characters; a caller's own, which the tokenizer reads in one
MAX_TITLE = 1_000  # characters

_ARABIC = re.compile(r"[\u0621-\u064A\u0671-\u06D3\uFB50-\uFDFF\uFE70-\uFEFC]")
_TERMINAL = re.compile(r"[.!?؟…:؛][\"'”»)\]]*\s*$")
# What a stop follows is looked for behind its sign, since a pattern that begins with signs is fast.
_STOP_THEN_COMMA = re.compile(r"[.!?؟…](?<!\d.)[\"'”»)]*(?=\s*[,،]+(?:\s|$))")
_STOP_BEHIND_A_QUOTATION = re.compile(r"[\"”»]\.(?=\s+[\u0621-\u064A])")
_STOP_WITHOUT_SPACE = re.compile(
    r"[.!؟](?:(?<=[\u0621-\u064A]{2}.)|(?<=\s.))[.!؟]*(?=[\u0621-\u064A]{2})"
)
# د. as in a doctor's title, ود. after a conjunction, أ.ف.ب as an agency's name; به. and لا. are words
_INITIAL = re.compile(
    r"(?:^|[\s«\"(.])(?:[وفبلك]?[دأ]\s?|[\u0621-\u064A]|بي|سي|إن|إم|إيه|آي|إس|إف|أف|تي|دي|جي|يو)\.\s*$"
)
_UNSTOPPED = re.compile(r"[^.!?؟…:؛\"'”»)\]\s]\s*$")
_NUMBER = re.compile(r"\s*\(?\d")
_FULL_STOP = re.compile(r"[.!؟](?:\s|$)")
_LINE_END = re.compile(r"\r\n?|[\n\u2028\u2029]")
_NARROWEST = 50  # characters of a wrapped line; headlines are shorter
_WRAP, _WIDER = 0.85, 1.15  # of the width; copy that passed through editors has more than one
_LEADING = " \n\r\t\u00a0\u2028\u2029,،."  # what may stand between a sentence and the one before
_WINDOW = 3_000  # characters that sentencex is given at once
_SURE = 2_000  # of them in which no quotation is open for lying over the edge
_MARKS = re.compile(r"[^\w\s.!?؟…:؛,،\u064b-\u065f\u0670\u200b-\u200f]")  # vowels are none
_MOST_MARKS = 90  # a window; sentencex takes the square of marks without a twin, holding the GIL


class Span(NamedTuple):
    """Where something stands in a text, in Unicode code points; `text[start:end]` is it."""

    start: int
    end: int

    def overlaps(self, other: tuple[int, int]) -> bool:
        """Whether both cover a sign in common."""
        return self.start < other[1] and other[0] < self.end


@dataclass(frozen=True)
class Article:
    """A text to analyse, under the caller's id, and perhaps its title and date."""

    id: str
    text: str
    title: str = ""
    date: str | None = None


def check_article(article: Article) -> None:
    """Refuses an article that cannot be analysed.

    Raises:
        InputError: its text, title or date is none, as the checks of each have it.
    """
    check_title(article.title)
    if article.date is not None:
        check_date(article.date)
    check_text(article.text)


def check_text(text: str) -> None:
    """Refuses what cannot be analysed.

    Raises:
        TooLargeError: the text is longer than `MAX_CHARACTERS`.
        InputError: the text is empty, holds lone surrogates or has no Arabic letter.
    """
    if len(text) > MAX_CHARACTERS:
        raise TooLargeError(
            f"The text has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read at once."
        )
    if not text.strip():
        raise InputError("The text is empty.")
    _check_unicode(text, "text")
    if not _ARABIC.search(text):
        raise InputError("The text has no Arabic letters.")


def check_sentence(text: str) -> None:
    """Refuses what cannot be read as one sentence.

    Raises:
        TooLargeError: the text is longer than `MAX_SENTENCE`.
        InputError: as `check_text`.
    """
    if len(text) > MAX_SENTENCE:
        raise TooLargeError(
            f"The sentence has {len(text):,} characters; at most {MAX_SENTENCE:,} are read as one."
        )
    check_text(text)


def check_title(title: str) -> None:
    """Refuses a title that cannot be read; one that is empty or has no Arabic names nobody.

    Raises:
        TooLargeError: it is longer than `MAX_TITLE`.
        InputError: it holds lone surrogates.
    """
    if len(title) > MAX_TITLE:
        raise TooLargeError(f"The title has {len(title):,} characters; at most {MAX_TITLE:,} are read.")
    _check_unicode(title, "title")


def check_date(date: str) -> None:
    """Refuses what is no date or time of ISO 8601.

    Raises:
        InputError: it is none.
    """
    try:
        if date[10:11] not in ("", "T", " "):  # Python takes any sign between day and time
            raise ValueError
        datetime.fromisoformat(date)
    except ValueError:
        raise InputError("A date is written 2019-04-04 or 2019-04-04T08:00:00Z.") from None


def _check_unicode(text: str, kind: str) -> None:
    if re.search(r"[\ud800-\udfff]", text):
        raise InputError(f"The {kind} holds lone surrogates and is not valid Unicode.")


def split_sentences(text: str) -> list[Span]:
    """The sentences of `text` in order, without the white space and stray commas between them."""
    cuts = _line_breaks(text)
    for stop in (_STOP_THEN_COMMA, _STOP_WITHOUT_SPACE, _STOP_BEHIND_A_QUOTATION):
        cuts |= {match.end() for match in stop.finditer(text)}
    chunks = pairwise([0, *sorted(cuts), len(text)])
    # By chunk, since a quotation mark without its twin would hide every boundary after it.
    spans = (span for start, end in chunks for span in _boundaries(text, start, end))
    trimmed = (_trim(text, *span) for span in spans)
    return [span for span in trimmed if _ARABIC.search(text, *span)]


def _boundaries(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    found = [start]
    for cut in _sentence_ends(text, start, end):
        if not _goes_on(text, found[-1], cut) or cut - found[-1] >= _WINDOW:
            found.append(cut)
    return pairwise([*found, end])


def _sentence_ends(text: str, start: int, end: int) -> Iterator[int]:
    """Where sentencex ends a sentence, read a window at a time; each window begins at such an end."""
    while end - start > _WINDOW:
        found = _found_ends(text, start, start + _WINDOW)[:-1]  # the last is the window's own
        sure = [cut for cut in found if cut <= start + _SURE]
        cuts = sure or found or [_last_gap(text, start, start + _WINDOW)]  # what is longer is none
        yield from cuts
        start = cuts[-1]
    yield from _found_ends(text, start, end)


def _found_ends(text: str, start: int, end: int) -> list[int]:
    window = text[start:end]
    if len(_MARKS.findall(window)) > _MOST_MARKS:
        window = _MARKS.sub("-", window)
    return [start + int(each["end_index"]) for each in get_sentence_boundaries("ar", window)]


def _last_gap(text: str, start: int, end: int) -> int:
    gaps = (match.end() for match in re.finditer(r"\s", text[start:end]))
    return start + max([_WINDOW // 2, *gaps])


def _goes_on(text: str, start: int, cut: int) -> bool:
    """Whether a sentence goes on behind what sentencex takes for its end."""
    near = max(start, cut - 8)
    if _INITIAL.search(text, near, cut):
        return True
    return bool(_UNSTOPPED.search(text, near, cut) and _NUMBER.match(text, cut))


def _trim(text: str, start: int, end: int) -> Span:
    piece = text[start:end].rstrip()
    bare = piece.lstrip(_LEADING)
    return Span(start + len(piece) - len(bare), start + len(piece))


def _line_breaks(text: str) -> set[int]:
    """Ends of lines that end a sentence too: all of them, unless the lines were wrapped at a width.

    A line was wrapped where the next line's first word would not have fitted on it, in a text whose
    lines hardly ever go beyond that width and which does end sentences with a stop.
    """
    ends, open_ended = set(), []
    lines, offsets = _LINE_END.split(text), [match.end() for match in _LINE_END.finditer(text)]
    for (line, following), offset in zip(pairwise(lines), offsets, strict=True):
        first_word = following.split(maxsplit=1)[:1]
        if not line.strip() or not first_word or _TERMINAL.search(line):
            ends.add(offset)
        else:
            open_ended.append((offset, len(line), len(line) + 1 + len(first_word[0])))
    width = max((length for _, length, _ in open_ended), default=0)
    beyond = sum(len(line) > _WIDER * width for line in lines)
    has_width = width >= _NARROWEST and beyond <= len(lines) / 5
    is_wrapped = len(open_ended) >= 2 and has_width and _FULL_STOP.search(text)
    return ends | {cut for cut, _, fitted in open_ended if not is_wrapped or fitted <= _WRAP * width}
