"""A score by what the sentences have in common: their register, the actor that is judged."""

from collections import Counter
from collections.abc import Mapping, Sequence

from training.dataset import LabelledActor, LabelledSentence, judgements
from training.evaluate import score_head

__all__ = ["breakdown"]

_FEWEST = 40  # judgements; a macro-F1 over fewer says nothing


def breakdown(
    sentences: Sequence[LabelledSentence],
    predicted: Mapping[str, Sequence[str]],
    heads: Mapping[str, list[str]],
) -> dict[str, dict[str, tuple[int, dict[str, float]]]]:
    """By `register` and by `actor`, then by which: the judgements, and macro-F1 by head.

    Groups come by size; small ones, and those of sentences that name no register, are left out.
    """
    judged = judgements(sentences)
    return {
        "register": _grouped([sentence.register for sentence, _ in judged], judged, predicted, heads),
        "actor": _grouped([actor.actor for _, actor in judged], judged, predicted, heads),
    }


def _grouped(
    groups: Sequence[str],
    judged: Sequence[tuple[LabelledSentence, LabelledActor]],
    predicted: Mapping[str, Sequence[str]],
    heads: Mapping[str, list[str]],
) -> dict[str, tuple[int, dict[str, float]]]:
    found = {}
    for group, count in Counter(filter(None, groups)).most_common():
        if count >= _FEWEST:
            inside = [place for place, name in enumerate(groups) if name == group]
            found[group] = (
                count,
                {
                    head: score_head(
                        [judged[place][1].labels[head] for place in inside],
                        [predicted[head][place] for place in inside],
                        labels,
                    ).macro
                    for head, labels in heads.items()
                },
            )
    return found
