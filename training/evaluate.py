"""Scores of predictions against labels, with bootstrap intervals (`hudna evaluate`)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from models.errors import InputError
from models.labels import STANCES_TAKEN
from models.reading import Rows
from training.dataset import LabelledSentence, judgements, labels_of

__all__ = [
    "HeadScore",
    "evaluate",
    "headline",
    "macro_f1",
    "predict",
    "score_head",
]

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


def predict(probabilities: Sequence[Rows], heads: dict[str, list[str]]) -> dict[str, list[str]]:
    """The likeliest label of every head for every (sentence, actor), in the order of `judgements`.

    `probabilities` are those that `Classifier.probabilities` gives for the sentences' queries.

    Raises:
        InputError: a mention holds nothing that the network reads.
    """
    for place, row in enumerate(probabilities, 1):
        if not all(row):
            raise InputError(f"Sentence {place} names an actor where nothing is read, as inside a link.")
    return {
        head: [labels[int(actor[head].argmax())] for row in probabilities for actor in row]
        for head, labels in heads.items()
    }


def evaluate(
    sentences: Sequence[LabelledSentence],
    predicted: Mapping[str, Sequence[str]],
    heads: Mapping[str, list[str]],
    interval: bool = True,
) -> dict[str, HeadScore]:
    """The scores of every head.

    The `interval` is drawn over articles and contrast pairs, and over single sentences beside them:
    the judgements of one are no independent draws. Without it both of its bounds are the score itself.
    """
    units = [_unit(sentence) for sentence, _ in judgements(sentences)] if interval else None
    return {
        head: score_head(labels_of(sentences, head), predicted[head], labels, units)
        for head, labels in heads.items()
    }


def _unit(sentence: LabelledSentence) -> str:
    """The article or contrast pair that a sentence is of, or the sentence itself."""
    return min((tie for tie in sentence.ties if not tie.startswith("event ")), default=sentence.id)


def score_head(
    truth: Sequence[str],
    predicted: Sequence[str],
    labels: list[str],
    units: Sequence[str] | None = None,
) -> HeadScore:
    """Scores one head; labels that occur in neither truth nor prediction do not count.

    `units` name what judgements are resampled with, for the interval.
    """
    is_target = set(STANCES_TAKEN) <= set(labels)
    counted = headline(labels, truth, predicted)
    _, _, f1, support = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    macro = macro_f1(truth, predicted, counted)
    polar = headline(list(_POLAR), truth, predicted)
    return HeadScore(
        n=len(truth),
        macro=macro,
        interval=_interval(truth, predicted, labels, counted, units) if units else (macro, macro),
        polar=macro_f1(truth, predicted, polar) if is_target else None,
        bearing=_f1(truth, predicted, counted, "micro") if is_target else None,
        f1=dict(zip(labels, map(float, f1), strict=True)),
        support=dict(zip(labels, map(int, support), strict=True)),
        confusion=confusion_matrix(truth, predicted, labels=labels).tolist(),
    )


def headline(labels: list[str], *said: Sequence[str]) -> list[str]:
    """The labels that a macro-F1 is over: of a target those that take a stance, if they occur."""
    wanted = STANCES_TAKEN if set(STANCES_TAKEN) <= set(labels) else labels
    return [label for label in wanted if any(label in each for each in said)]


def macro_f1(truth: Sequence[str], predicted: Sequence[str], counted: list[str]) -> float:
    """The mean F1 of the labels that count; 0 where none does."""
    return _f1(truth, predicted, counted, "macro")


def _f1(truth: Sequence[str], predicted: Sequence[str], counted: list[str], average: str) -> float:
    if not counted:
        return 0.0
    return float(f1_score(truth, predicted, labels=counted, average=average, zero_division=0))


def _interval(
    truth: Sequence[str],
    predicted: Sequence[str],
    labels: list[str],
    counted: list[str],
    units: Sequence[str],
) -> tuple[float, float]:
    """The 95% percentile bootstrap interval of the macro-F1 over units; the labels that count stay."""
    names, unit_of = np.unique(units, return_inverse=True)
    if len(names) < 2:
        return (0.0, 1.0)
    places = {label: place for place, label in enumerate(labels)}
    rows, columns = ([places[label] for label in said] for said in (truth, predicted))
    shape = (len(names), len(labels), len(labels))
    cells = np.ravel_multi_index((unit_of, np.array(rows), np.array(columns)), shape)
    confusions = np.bincount(cells, minlength=math.prod(shape)).reshape(shape)
    kept = [places[label] for label in counted]
    found = bootstrap(
        (np.arange(len(names)),),
        lambda picked: _macro(confusions[picked].sum(0), kept),
        n_resamples=_RESAMPLES,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)


def _macro(confusion: NDArray[np.int64], kept: list[int]) -> float:
    """Macro-F1 from counts by truth and prediction, over the labels at `kept`; 0 where none is."""
    both = confusion.sum(0) + confusion.sum(1)
    f1 = 2 * confusion.diagonal() / np.maximum(both, 1)
    return float(f1[kept].mean()) if kept else 0.0
