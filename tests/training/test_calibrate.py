import pytest
import torch

from training.calibrate import Bin, calibrate, expected_calibration_error, reliability, risk_coverage


def test_overconfident_logits_are_softened_and_their_error_falls() -> None:
    torch.manual_seed(0)
    true_logits = torch.randn(4_000, 3)
    labels = torch.distributions.Categorical(logits=true_logits).sample()
    found = calibrate(5 * true_logits, labels)
    assert found.temperature == pytest.approx(5, rel=0.15)

    def error(temperature: float) -> float:
        best = torch.softmax(5 * true_logits / temperature, -1).max(-1)
        bins = reliability(best.values.tolist(), (best.indices == labels).tolist())
        return expected_calibration_error(bins)

    assert error(found.temperature) < 0.03 < error(1.0)


def test_nine_in_ten_accepted_judgements_are_right() -> None:
    torch.manual_seed(0)
    logits = 2 * torch.randn(4_000, 3)
    labels = torch.distributions.Categorical(logits=logits).sample()
    found = calibrate(logits, labels)
    best = torch.softmax(logits / found.temperature, -1).max(-1)
    accepted = best.values >= found.threshold
    right = (best.indices == labels)[accepted].float().mean()
    assert float(right) == pytest.approx(0.9, abs=0.01)
    assert accepted.any()


def test_judgements_weigh_as_their_labels_are_shared_in_news() -> None:
    """A head that is right of none alone: sure enough where nearly all is none."""
    logits = torch.tensor([[0.0, 3.0]] * 100)
    labels = torch.tensor([0] * 50 + [1] * 50)
    assert calibrate(logits, labels).threshold > 1
    natural = calibrate(logits, labels, torch.tensor([0.05, 0.95]))
    assert natural.threshold <= float(torch.softmax(logits[0] / natural.temperature, -1).max()) + 1e-3
    best = torch.softmax(logits[0] / natural.temperature, -1).max()
    assert float(best) == pytest.approx(0.95, abs=0.01)


def test_where_ninety_percent_cannot_be_reached_everything_is_uncertain() -> None:
    logits = torch.tensor([[0.2, 0.0]] * 10)
    labels = torch.tensor([1, 0] * 5)
    assert calibrate(logits, labels).threshold > 1.0


def test_a_coin_called_sure_is_half_wrong() -> None:
    [found] = reliability([1.0] * 4, [True, False] * 2)
    assert found == Bin(confidence=1.0, accuracy=0.5, judgements=4)
    assert expected_calibration_error([found]) == pytest.approx(0.5)


def test_risk_grows_as_the_less_sure_are_kept() -> None:
    confidence = [0.9, 0.6, 0.8, 0.7]
    right = [True, False, True, False]
    assert risk_coverage(confidence, right, points=4) == [
        (0.25, 0.0),
        (0.5, 0.0),
        (0.75, pytest.approx(1 / 3)),
        (1.0, 0.5),
    ]
