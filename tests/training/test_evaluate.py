import pytest

from training.evaluate import score_head

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
        score_head(truth * 5, guess * 5, STANCES),
        score_head(truth * 80, guess * 80, STANCES),
    )
    for found in (few, many):
        assert found.interval[0] <= found.macro <= found.interval[1]
    assert many.interval[1] - many.interval[0] < few.interval[1] - few.interval[0]
