"""Probabilities that mean something: one temperature a head, and the operating threshold."""

import math
from collections.abc import Sequence

import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional as F

from models.checkpoint import Calibration

__all__ = ["calibrate", "expected_calibration_error"]

_WANTED_PRECISION = 0.9  # of the judgements that are not marked uncertain
_NEVER = 2.0  # a threshold that no probability reaches


def calibrate(logits: Tensor, labels: Tensor) -> Calibration:
    """The temperature that minimises the log loss, and the threshold from which on 90% are right.

    `logits` (judgements, labels) and `labels` (judgements,) come from held-out sentences. Temperature
    scaling is Guo et al. 2017, https://proceedings.mlr.press/v70/guo17a.html.
    """
    temperature = _temperature(logits, labels)
    confidence, predicted = torch.softmax(logits / temperature, -1).max(-1)
    return Calibration(
        temperature=round(temperature, 4),
        threshold=round(_threshold(confidence, predicted == labels), 4),
    )


def _temperature(logits: Tensor, labels: Tensor) -> float:
    def loss(log_temperature: float) -> float:
        return float(F.cross_entropy(logits / math.exp(log_temperature), labels))

    return math.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x)


def _threshold(confidence: Tensor, right: Tensor) -> float:
    """The lowest confidence such that the judgements at or over it are right as often as wanted."""
    ordered, order = confidence.sort(descending=True)
    precision = right[order].float().cumsum(0) / torch.arange(1, len(right) + 1)
    reached = (precision >= _WANTED_PRECISION).nonzero()
    return float(ordered[int(reached[-1])]) if len(reached) else _NEVER


def expected_calibration_error(
    confidence: Sequence[float], right: Sequence[bool], bins: int = 10
) -> float:
    """The mean gap between confidence and accuracy over equal-width bins, weighted by their size."""
    sure, hit = torch.tensor(confidence), torch.tensor(right, dtype=torch.float)
    bin_of = (sure * bins).long().clamp(max=bins - 1)
    gaps = [
        float((sure[bin_of == b].mean() - hit[bin_of == b].mean()).abs() * (bin_of == b).sum())
        for b in range(bins)
        if (bin_of == b).any()
    ]
    return sum(gaps) / len(sure)
