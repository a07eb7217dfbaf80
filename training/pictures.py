"""The model card's picture: how far its probabilities can be trusted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["draw_calibration"]


def draw_calibration(evaluations: Sequence[Mapping[str, Any]], picture: Path) -> None:
    """Draws a row an evaluation: accuracy by confidence, and risk by coverage, a line a head.

    `evaluations` are as `hudna evaluate --record` keeps them in ``metrics.json``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6 * len(evaluations)), layout="constrained")
    panels = figure.subplots(len(evaluations), 2, squeeze=False)
    for (left, right), evaluation in zip(panels, evaluations, strict=True):
        left.plot([0, 1], [0, 1], color="grey", linestyle=":")
        for head, style in zip(evaluation["reliability"], ("o-", "s--", "^-."), strict=False):
            bins = evaluation["reliability"][head]
            left.plot([b["confidence"] for b in bins], [b["accuracy"] for b in bins], style, label=head)
            right.plot(*zip(*evaluation["risk_coverage"][head], strict=True), style[1:], label=head)
        left.set(title=evaluation["title"], xlabel="confidence", ylabel="share right")
        right.set(title=evaluation["title"], xlabel="coverage, surest first", ylabel="share wrong")
        right.axhline(0.1, color="grey", linestyle=":")
        for panel in (left, right):
            panel.grid(alpha=0.3)
    panels[0, 0].legend()
    figure.savefig(picture, dpi=90)
