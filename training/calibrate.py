"""Probabilities that mean something: one temperature a head, and the operating threshold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor
from torch.nn import functional as F

from models.checkpoint import Calibration

__all__ = ["Bin", "calibrate", "expected_calibration_error", "reliability", "risk_coverage"]

_WANTED_PRECISION = 0.9  # of the judgements that are not marked uncertain
_NEVER = 2.0  # a threshold that no probability reaches


def calibrate(logits: Tensor, labels: Tensor, shares: Tensor | None = None) -> Calibration:
    """The temperature that minimises the log loss, and the threshold from which on 90% are right.

    `logits` (judgements, labels) and `labels` (judgements,) come from held-out sentences. With `shares`
    (labels,), judgements weigh as if their labels had these shares. Temperature scaling is Guo et al.
    2017, https://proceedings.mlr.press/v70/guo17a.html.
    """
    weights = _weights(labels, shares, logits.shape[1])
    temperature = _temperature(logits, labels, weights)
    confidence, predicted = torch.softmax(logits / temperature, -1).max(-1)
    return Calibration(
        temperature=round(temperature, 4),
        threshold=round(_threshold(confidence, predicted == labels, weights), 4),
    )


def _weights(labels: Tensor, shares: Tensor | None, count: int) -> Tensor:
    """What each judgement counts; 1 on average."""
    if shares is None:
        return torch.ones(len(labels))
    found = torch.bincount(labels, minlength=count) / len(labels)
    weights = (shares / found.clamp(min=1 / len(labels)))[labels]
    return weights / weights.mean()


def _temperature(logits: Tensor, labels: Tensor, weights: Tensor) -> float:
    def loss(log_temperature: float) -> float:
        losses = F.cross_entropy(logits / math.exp(log_temperature), labels, reduction="none")
        return float((weights * losses).mean())

    return math.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x)


def _threshold(confidence: Tensor, right: Tensor, weights: Tensor) -> float:
    """The lowest confidence such that the judgements at or over it are right as often as wanted."""
    ordered, order = confidence.sort(descending=True)
    kept = weights[order]
    precision = (right[order] * kept).cumsum(0) / kept.cumsum(0)
    is_last = torch.cat([ordered[1:] != ordered[:-1], torch.tensor([True])])  # of the equally sure
    reached = ((precision >= _WANTED_PRECISION) & is_last).nonzero()
    return float(ordered[int(reached[-1])]) if len(reached) else _NEVER


@dataclass(frozen=True)
class Bin:
    """Judgements of like confidence: its mean, the share of them that is right, how many they are."""

    confidence: float
    accuracy: float
    judgements: int


def reliability(confidence: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """Judgements in bins of equal width by confidence, empty ones left out."""
    sure, hit = torch.tensor(confidence), torch.tensor(right, dtype=torch.float)
    bin_of = (sure * bins).long().clamp(max=bins - 1)
    members = [bin_of == b for b in range(bins)]
    return [Bin(float(sure[m].mean()), float(hit[m].mean()), int(m.sum())) for m in members if m.any()]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """The mean gap between confidence and accuracy, weighted by the bins' sizes (Guo et al. 2017)."""
    gaps = [abs(b.confidence - b.accuracy) * b.judgements for b in bins]
    return sum(gaps) / sum(b.judgements for b in bins)


def risk_coverage(
    confidence: Sequence[float], right: Sequence[bool], points: int = 20
) -> list[tuple[float, float]]:
    """The share of judgements kept, surest first, and the share of those that is wrong.

    El-Yaniv & Wiener 2010, https://jmlr.org/papers/v11/el-yaniv10a.html; `points` even steps to all.
    """
    order = np.argsort(-np.asarray(confidence), kind="stable")
    wrong = np.cumsum(~np.asarray(right)[order])
    kept = np.unique(np.linspace(0, len(order), points + 1).round().astype(int)[1:])
    return [(float(n / len(order)), float(wrong[n - 1] / n)) for n in kept if n]
