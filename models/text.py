"""Sentences of an article as it was sent: boundaries from `sentencex`, wire damage repaired around it.

Scraped wire copy ends sentences with ``.,``, wraps lines inside sentences, drops the space after a
full stop, and puts titles without one on their own line. Nothing is rewritten: a sentence is a span.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from sentencex import get_sentence_boundaries

from models.errors import InputError, TooLargeError

__all__ = ["MAX_CHARACTERS", "Span", "check_text", "split_sentences"]

MAX_CHARACTERS = 2_000_000  # about two hundred long articles; more is a mistake, or work for a batch

_ARABIC = re.compile(r"[\u0621-\u064A\u0671-\u06D3\uFB50-\uFDFF\uFE70-\uFEFC]")
_TERMINAL = re.compile(r"[.!?؟…:؛][\"'”»)\]]*\s*$")
_STOP_THEN_COMMA = re.compile(r"(?<!\d)[.!?؟…][\"'”»)]*(?=\s*[,،](?:\s|$))")
_STOP_WITHOUT_SPACE = re.compile(r"(?:(?<=[\u0621-\u064A]{2})|(?<=\s))[.!؟]+(?=[\u0621-\u064A]{2})")
_INITIAL = re.compile(r"(?:^|[\s«\"(])[\u0621-\u064A]\.\s*$")  # د. as in a doctor's title
_WRAP = 0.85  # of the widest line; copy that passed through editors is wrapped at several widths
_EDGE = re.compile(r"^[\s,،.]+|\s+$")


class Span(NamedTuple):
    """Where something stands in a text, in Unicode code points; `text[start:end]` is it."""

    start: int
    end: int


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
    if re.search(r"[\ud800-\udfff]", text):
        raise InputError("The text holds lone surrogates and is not valid Unicode.")
    if not _ARABIC.search(text):
        raise InputError("The text has no Arabic letters.")


def split_sentences(text: str) -> list[Span]:
    """The sentences of `text` in order, without the white space and stray commas between them."""
    cuts = _line_breaks(text)
    cuts |= {match.end() for match in _STOP_THEN_COMMA.finditer(text)}
    cuts |= {match.end() for match in _STOP_WITHOUT_SPACE.finditer(text)}
    chunks = pairwise([0, *sorted(cuts), len(text)])
    # By chunk, since a quotation mark without its twin would hide every boundary after it.
    spans = (span for start, end in chunks for span in _boundaries(text, start, end))
    trimmed = (_trim(text, *span) for span in spans)
    return [span for span in trimmed if _ARABIC.search(text, *span)]


def _boundaries(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    found = [start + int(each["end_index"]) for each in get_sentence_boundaries("ar", text[start:end])]
    ends = [cut for cut in found if not _INITIAL.search(text[max(0, cut - 6) : cut])]
    return pairwise([start, *ends, end])


def _trim(text: str, start: int, end: int) -> Span:
    left, right = start, end
    for match in _EDGE.finditer(text[start:end]):
        if match.start() == 0:
            left = start + match.end()
        else:
            right = start + match.start()
    return Span(min(left, right), right)


def _line_breaks(text: str) -> set[int]:
    """Ends of lines that end a sentence too: all of them, unless the lines were wrapped at a width.

    A line was wrapped where the next line's first word would not have fitted on it.
    """
    lines = text.split("\n")
    width = max(map(len, lines))
    ends, wrapped, offset = [], [], 0
    for line, following in pairwise(lines):
        offset += len(line) + 1
        first_word = following.split(maxsplit=1)[:1]
        if not line.strip() or not first_word or _TERMINAL.search(line):
            ends.append(offset)
        elif len(line) + 1 + len(first_word[0]) > _WRAP * width:
            wrapped.append(offset)
        else:
            ends.append(offset)
    is_wrapped_copy = len(wrapped) >= 3
    return set(ends if is_wrapped_copy else ends + wrapped)
