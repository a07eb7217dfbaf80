from pathlib import Path

import pytest

from models import SHIPPED_CHECKPOINT
from models.classifier import Classifier
from models.results import Judgement
from serving.benchmarks.precision import against_float32
from serving.benchmarks.sample import draw_sample

CORPUS = Path("training/corpus")


def test_half_the_digits_say_the_same() -> None:
    half = Classifier.load(device="cpu:bfloat16")
    found = against_float32(half, SHIPPED_CHECKPOINT, draw_sample(CORPUS, 60))
    assert found["format"] == "bfloat16"
    assert found["agreement"] >= 0.99
    assert all(abs(moved) < 0.02 for moved in found["macro_f1_difference"].values())


def test_a_sentence_says_nearly_the_same_in_any_company() -> None:
    half = Classifier.load(device="cpu:bfloat16")
    sentences = draw_sample(CORPUS, 40).sentences
    together = [confidence for found in half.classify(sentences) for confidence in confidences(found)]
    alone = [confidence for each in sentences for confidence in confidences(half.classify([each])[0])]
    assert together == pytest.approx(alone, abs=0.01)


def confidences(judgements: list[Judgement]) -> list[float]:
    predictions = ([*each.stance.values(), each.sentiment] for each in judgements)
    return [prediction.confidence for found in predictions for prediction in found]
