import pytest

from models.classifier import Classifier
from models.encoding import Query
from models.errors import InputError
from models.text import Span
from training.evaluate import predict, score_head

STANCES = ["favor", "against", "conditional", "none"]


def test_the_headline_leaves_none_out() -> None:
    truth = ["favor", "favor", "against", "none", "none"]
    found = score_head(truth, ["favor", "none", "against", "none", "none"], STANCES)
    assert found.f1["favor"] == pytest.approx(2 / 3)
    assert found.macro == pytest.approx((2 / 3 + 1) / 2)  # nothing is conditional: not counted
    assert found.polar == found.macro
    assert found.bearing == pytest.approx(0.8)
    assert found.support == {"favor": 2, "against": 1, "conditional": 0, "none": 2}
    assert found.confusion[0] == [1, 0, 0, 1]


def test_sentiment_is_averaged_over_all_three() -> None:
    labels = ["positive", "neutral", "negative"]
    found = score_head(["positive", "neutral", "negative"], ["positive"] * 3, labels)
    assert found.macro == pytest.approx(0.5 / 3)
    assert found.polar is None


def test_the_interval_holds_the_score_and_narrows_with_more_data() -> None:
    truth, guess = ["favor", "against", "none", "favor"], ["favor", "favor", "none", "favor"]
    few, many = (
        score_head(truth * size, guess * size, STANCES, [str(n) for n in range(4 * size)])
        for size in (5, 80)
    )
    for found in (few, many):
        assert found.interval[0] <= found.macro <= found.interval[1]
    assert many.interval[1] - many.interval[0] < few.interval[1] - few.interval[0]


def test_judgements_of_one_unit_are_drawn_together() -> None:
    """Ten that repeat each other say no more than one."""
    truth, guess = ["favor", "against", "none", "favor"], ["favor", "favor", "none", "favor"]
    alone = [str(n) for n in range(200)]
    together = [str(n // 10) for n in range(200)]
    sure, unsure = (
        score_head([t for t in truth * 5 for _ in range(10)], [g for g in guess * 5 for _ in range(10)],
                   STANCES, units)
        for units in (alone, together)
    )  # fmt: skip
    assert sure.macro == unsure.macro
    assert unsure.interval[1] - unsure.interval[0] > 2 * (sure.interval[1] - sure.interval[0])


def test_the_labels_that_count_are_the_same_in_every_resample() -> None:
    """One label predicted once, and never true, counts as a third, whether it is drawn or not."""
    truth, guess = ["favor", "against"] * 50 + ["none"], ["favor", "against"] * 50 + ["conditional"]
    found = score_head(truth, guess, STANCES, [str(n) for n in range(101)])
    assert found.macro == pytest.approx(2 / 3)
    assert found.interval == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_a_mention_that_is_not_read_has_no_label(classifier: Classifier) -> None:
    text = "قال https://x.com/حفتر_ليبيا إن الهدنة قريبة"
    queries = [Query("رفض حفتر", [[Span(4, 8)]]), Query(text, [[Span(18, 22)]])]
    with pytest.raises(InputError, match=r"^Sentence 2 names an actor where nothing is read"):
        predict(classifier.probabilities(queries), classifier.checkpoint.config.heads)
