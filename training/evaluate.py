"""Scores of predictions against labels, with bootstrap intervals (`hudna evaluate`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support
from torch import Tensor

from models.labels import STANCES_TAKEN
from training.dataset import LabelledSentence, labels_of

__all__ = ["HeadScore", "Probabilities", "evaluate", "predict", "score_head"]

Probabilities = Sequence[Sequence[dict[str, Tensor]]]  # by sentence, by actor, by head

_POLAR = ("favor", "against")  # the SemEval-2016 and StanceEval form
_RESAMPLES = 1_000


@dataclass(frozen=True)
class HeadScore:
    """One head's scores on n judgements; `macro` is the headline, with its 95% interval.

    For a target: macro-F1 over favor, against and conditional; `polar` over favor and against alone;
    `bearing` is micro-F1 over the three. For sentiment: macro-F1 over all three labels.
    """

    n: int
    macro: float
    interval: tuple[float, float]
    polar: float | None
    bearing: float | None
    f1: dict[str, float]
    support: dict[str, int]
    confusion: list[list[int]]


def predict(probabilities: Probabilities, heads: dict[str, list[str]]) -> dict[str, list[str]]:
    """The likeliest label of every head for every (sentence, actor), in the order of `judgements`.

    `probabilities` are those that `Classifier.probabilities` gives for the sentences' queries.
    """
    return {
        head: [labels[int(actor[head].argmax())] for row in probabilities for actor in row]
        for head, labels in heads.items()
    }


def evaluate(
    sentences: Sequence[LabelledSentence],
    predicted: dict[str, list[str]],
    heads: dict[str, list[str]],
    interval: bool = True,
) -> dict[str, HeadScore]:
    """The scores of every head; `interval` as in `score_head`."""
    return {
        head: score_head(labels_of(sentences, head), predicted[head], labels, interval)
        for head, labels in heads.items()
    }


def score_head(
    truth: Sequence[str], predicted: Sequence[str], labels: list[str], interval: bool = True
) -> HeadScore:
    """Scores one head; labels that occur in neither truth nor prediction do not count.

    Without `interval` the slow bootstrap is left out, and both bounds are the score itself.
    """
    y, z = np.array(truth), np.array(predicted)
    is_target = set(STANCES_TAKEN) <= set(labels)
    headline = list(STANCES_TAKEN) if is_target else labels
    _, _, f1, support = precision_recall_fscore_support(y, z, labels=labels, zero_division=0)
    macro = _f1(headline, "macro")
    score = macro(y, z)
    return HeadScore(
        n=len(y),
        macro=score,
        interval=_interval(macro, y, z) if interval else (score, score),
        polar=_f1(list(_POLAR), "macro")(y, z) if is_target else None,
        bearing=_f1(headline, "micro")(y, z) if is_target else None,
        f1=dict(zip(labels, map(float, f1), strict=True)),
        support=dict(zip(labels, map(int, support), strict=True)),
        confusion=confusion_matrix(y, z, labels=labels).tolist(),
    )


def _f1(labels: list[str], average: str) -> Callable[[Any, Any], float]:
    def score(truth: NDArray[np.str_], predicted: NDArray[np.str_]) -> float:
        present = [label for label in labels if label in truth or label in predicted]
        if not present:
            return 0.0
        return float(f1_score(truth, predicted, labels=present, average=average, zero_division=0))

    return score


def _interval(
    score: Callable[[Any, Any], float], truth: NDArray[np.str_], predicted: NDArray[np.str_]
) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of a score over judgements."""
    if len(truth) < 2:
        return (0.0, 1.0)
    found = bootstrap(
        (np.arange(len(truth)),),
        lambda picked: score(truth[picked], predicted[picked]),
        n_resamples=_RESAMPLES,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)
