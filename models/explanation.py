"""The words that moved a judgement: each word is hidden in turn (occlusion, Zeiler & Fergus 2014,
https://arxiv.org/abs/1311.2901), and the likeliest label's loss of probability is the word's weight.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.encoding import Example, Query
from models.judging import Probabilities
from models.results import Influence
from models.text import Span

__all__ = ["hidden_words", "influences", "words_of"]

_MOST = 5  # words of an explanation

_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u064B-\u065F\u0670\u0640])*")


def words_of(text: str) -> list[Span]:
    """The words of a text, with their diacritics and without punctuation."""
    return [Span(*match.span()) for match in _WORD.finditer(text)]


def hidden_words(query: Query, example: Example, mask: int) -> list[tuple[Span, Example]]:
    """Every word of the sentence that the example shows, with the example in which it is masked."""
    hidden = []
    first, last = example.offsets[1][0], example.offsets[-2][1]
    for word in words_of(query.text):
        if not word.overlaps((first, last)):
            continue
        inside = [word.overlaps(offset) for offset in example.offsets]
        if any(inside):
            pieces = (mask if hide else p for p, hide in zip(example.pieces, inside, strict=True))
            hidden.append((word, replace(example, pieces=tuple(pieces))))
    return hidden


def influences(
    shown: Probabilities,
    without: Sequence[tuple[Span, Probabilities]],
    text: str,
    mentions: Sequence[Span],
) -> dict[str, list[Influence]]:
    """By head, the words of `text` that made the label likelier, the weightiest first, five at most.

    `shown` are an actor's probabilities by head, `without` those with each word hidden; words of the
    actor's own mentions are left out.
    """
    return {
        head: [
            Influence(start=word.start, end=word.end, text=text[slice(*word)], weight=loss)
            for word, loss in sorted(_losses(head, row, without, mentions), key=lambda found: -found[1])[
                :_MOST
            ]
        ]
        for head, row in shown.items()
    }


def _losses(
    head: str,
    row: NDArray[np.float32],
    without: Sequence[tuple[Span, Probabilities]],
    mentions: Sequence[Span],
) -> Iterator[tuple[Span, float]]:
    label = int(row.argmax())
    for word, probabilities in without:
        loss = round(float(row[label] - probabilities[head][label]), 4)
        if loss > 0 and not any(word.overlaps(mention) for mention in mentions):
            yield word, loss
