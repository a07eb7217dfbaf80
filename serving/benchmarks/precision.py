"""What the number format that this machine runs in changes in the answers, against float32."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn.metrics import f1_score

from models.checkpoint import read_checkpoint
from models.classifier import Classifier
from models.labels import SENTIMENT
from models.runtime import Runtime
from serving.benchmarks.sample import Sample

__all__ = ["against_float32", "macro_f1"]


def against_float32(classifier: Classifier, checkpoint: Path, sample: Sample) -> dict[str, Any]:
    """The share of all heads' labels that are float32's too; and macro-F1 less float32's, by head."""
    plain = Runtime.choose("cpu:float32")
    exact = Classifier(read_checkpoint(checkpoint), plain, classifier.matcher)
    ours, theirs = (_labels(each, sample) for each in (classifier, exact))
    heads = list(sample.labels[0])
    same = [
        mine[head] == other[head] for mine, other in zip(ours, theirs, strict=True) for head in heads
    ]
    return {
        "format": classifier.runtime.form,
        "judgements": len(sample.labels),
        "agreement": sum(same) / len(same),
        "macro_f1_difference": {
            head: macro_f1(sample.labels, ours, head) - macro_f1(sample.labels, theirs, head)
            for head in heads
        },
    }


def _labels(classifier: Classifier, sample: Sample) -> list[dict[str, str]]:
    judged = classifier.classify(sample.sentences)
    return [judgement.labels for found in judged for judgement in found]


def macro_f1(true: Sequence[dict[str, str]], said: Sequence[dict[str, str]], head: str) -> float:
    """A target's over favor, against and conditional, sentiment's over all three, as evaluated."""
    of_target, of_sentiment = ("favor", "against", "conditional"), ("positive", "neutral", "negative")
    labels = of_sentiment if head == SENTIMENT else of_target
    expected, found = ([each[head] for each in rows] for rows in (true, said))
    return float(f1_score(expected, found, labels=labels, average="macro", zero_division=0))
