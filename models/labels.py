"""The labels, as the codebook defines them (docs/codebook.md)."""

from collections.abc import Iterable
from enum import StrEnum

__all__ = [
    "HEAD_LABELS",
    "SENTIMENT",
    "STANCES_TAKEN",
    "TONES",
    "Sentiment",
    "Stance",
    "Target",
    "labels_by_head",
]


class Target(StrEnum):
    """What an actor can take a stance on; a checkpoint's config says which targets it knows."""

    CEASEFIRE = "ceasefire"
    OFFENSIVE = "offensive"


class Stance(StrEnum):
    """An actor's own stance toward a target, in one sentence."""

    FAVOR = "favor"
    AGAINST = "against"
    CONDITIONAL = "conditional"
    NONE = "none"


class Sentiment(StrEnum):
    """How a sentence presents an actor."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


SENTIMENT = "sentiment"  # the head beside those of the targets
HEAD_LABELS = {
    "stance": [str(label) for label in Stance],
    SENTIMENT: [str(label) for label in Sentiment],
}
STANCES_TAKEN = tuple(stance.value for stance in Stance if stance is not Stance.NONE)
TONES = tuple(tone.value for tone in Sentiment if tone is not Sentiment.NEUTRAL)


def labels_by_head(targets: Iterable[str] = tuple(Target)) -> dict[str, list[str]]:
    """The labels of every head for these targets, in the order of its logits."""
    return {**{str(each): HEAD_LABELS["stance"] for each in targets}, SENTIMENT: HEAD_LABELS[SENTIMENT]}
