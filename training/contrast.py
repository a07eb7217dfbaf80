"""Contrast sets: what makes one, and whether both sides of a pair are read right (Gardner et al. 2020,
https://aclanthology.org/2020.findings-emnlp.117)."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations, pairwise

from training.dataset import LabelledSentence

__all__ = ["FEW_WORDS", "contrast_consistency", "flipping_pairs"]

FEW_WORDS = 6


def flipping_pairs(sentences: Sequence[LabelledSentence]) -> set[str]:
    """The contrast sets with two sides that differ by at most `FEW_WORDS` words and flip a label of an
    actor that both name."""
    sides: dict[str, list[LabelledSentence]] = {}
    for sentence in sentences:
        for pair in (tie for tie in sentence.ties if tie.startswith("pair ")):
            sides.setdefault(pair, []).append(sentence)
    return {
        pair
        for pair, found in sides.items()
        if any(_flip(*two) and _words_apart(*two) <= FEW_WORDS for two in combinations(found, 2))
    }


def _flip(left: LabelledSentence, right: LabelledSentence) -> bool:
    labels = {actor.actor: actor.labels for actor in left.actors}
    return any(labels.get(actor.actor, actor.labels) != actor.labels for actor in right.actors)


def _words_apart(left: LabelledSentence, right: LabelledSentence) -> int:
    """How many words are exchanged, taken out or put in."""
    changes = SequenceMatcher(None, left.text.split(), right.text.split(), autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for kind, i1, i2, j1, j2 in changes if kind != "equal")


def contrast_consistency(
    sentences: Sequence[LabelledSentence], predicted: dict[str, list[str]]
) -> dict[str, tuple[int, int]]:
    """By head: in how many of the pairs that flip one of its labels every flipped label is right.

    Gives (pairs right, pairs). `predicted` holds each head's labels in the order of `judgements`.
    """
    sides = _sides(sentences, predicted)
    return {head: _consistent(head, sides) for head in predicted}


Judged = dict[str, tuple[dict[str, str], dict[str, str]]]  # by actor: true and predicted labels by head


def _sides(
    sentences: Sequence[LabelledSentence], predicted: dict[str, list[str]]
) -> dict[str, list[Judged]]:
    """The sentences of every contrast set, judged."""
    answers = iter(zip(*predicted.values(), strict=True))
    sides: dict[str, list[Judged]] = {}
    for sentence in sentences:
        judged = {
            actor.actor: (actor.labels, dict(zip(predicted, next(answers), strict=True)))
            for actor in sentence.actors
        }
        for pair in (tie for tie in sentence.ties if tie.startswith("pair ")):
            sides.setdefault(pair, []).append(judged)
    return sides


def _consistent(head: str, sides: dict[str, list[Judged]]) -> tuple[int, int]:
    verdicts = [list(_flips(head, judged)) for judged in sides.values()]
    flipped = [found for found in verdicts if found]
    return sum(map(all, flipped)), len(flipped)


def _flips(head: str, judged: list[Judged]) -> Iterator[bool]:
    """For every actor whose label differs between two sides, whether both are right."""
    for left, right in pairwise(judged):
        for actor in left.keys() & right.keys():
            (true, said), (other_true, other_said) = left[actor], right[actor]
            if true[head] != other_true[head]:
                yield (said[head], other_said[head]) == (true[head], other_true[head])
