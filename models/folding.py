"""Spelling variants of Arabic made one, with the way back to the original offsets."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Folded", "fold"]

_PLAIN = {
    "أإآٱ": "ا",
    "ىی": "ي",
    "ة": "ه",
    "گک": "ك",
    "ؤ": "و",  # as the hamza that is a sign of its own is dropped
    "ئ": "ي",
}
_ON_A_LETTER = [  # belongs to the letter before it
    *range(0x64B, 0x660),  # diacritics
    0x670,  # superscript alef
    0x640,  # tatweel
]
_DROPPED = [
    *_ON_A_LETTER,
    *range(0x200C, 0x2010),  # zero-width joiners and direction marks
    0x61C,
    0xAD,  # soft hyphen
    0x2060,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    0xFEFF,
    ord("«"),  # so that a quoted name is the name
    ord("“"),
]
_SPACES = [
    0x9,
    0xA,
    0xB,
    0xC,
    0xD,
    0x20,
    0x85,
    0xA0,
    *range(0x2000, 0x200C),
    0x2028,
    0x2029,
    0x202F,
    *map(ord, '»”"'),
]


def _folding_table() -> NDArray[np.uint32]:
    table = np.arange(0x10000, dtype=np.uint32)
    for variants, plain in _PLAIN.items():
        table[[ord(sign) for sign in variants]] = ord(plain)
    table[_DROPPED] = 0
    table[_SPACES] = ord(" ")
    return table


_TABLE = _folding_table()
_TRAILING = frozenset(_ON_A_LETTER)


class Folded(NamedTuple):
    """A folded text; `origin[i]` is where its i-th sign stands in the `original`, as code points."""

    text: str
    origin: NDArray[np.intp]
    original: NDArray[np.uint32]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's offsets of the folded span, trailing diacritics and tatweel included."""
        last = int(self.origin[end - 1]) + 1
        while last < len(self.original) and int(self.original[last]) in _TRAILING:
            last += 1
        return int(self.origin[start]), last

    def parts(self, spans: Iterable[tuple[int, int]]) -> Iterator["Folded"]:
        """The original's spans, each as if it had been folded alone, with offsets of its own."""
        for start, end in spans:
            first, last = self.origin.searchsorted((start, end)).tolist()
            origin, original = self.origin[first:last] - start, self.original[start:end]
            yield Folded(self.text[first:last], origin, original)


def fold(text: str) -> Folded:
    """Folds hamza, alef maqsura and ta marbuta; drops vowels, tatweel, quotation marks, repeated spaces.

    Raises:
        UnicodeEncodeError: the text holds a lone surrogate.
    """
    codes = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    signs = np.where(codes < 0x10000, _TABLE[codes & 0xFFFF], codes)
    origin = np.flatnonzero(signs)
    signs = signs[origin]
    space = signs == ord(" ")
    keep = ~(space[1:] & space[:-1])
    first = np.ones(min(1, len(signs)), dtype=bool)
    keep = np.concatenate([first, keep])
    return Folded(signs[keep].astype("<u4").tobytes().decode("utf-32-le"), origin[keep], codes)
