"""The report's pictures, as SVG whose letters stay letters, so that browsers join and order Arabic."""

import math
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from serving.shares import Change, Share

__all__ = ["compared", "over_time", "ranked"]

# Okabe and Ito's colours, which a colour-blind reader tells apart; marks tell them apart as well.
_LOOKS: Mapping[str, tuple[str, str]] = {
    "favor": ("#0072B2", "o-"),
    "positive": ("#0072B2", "o-"),
    "against": ("#D55E00", "s--"),
    "negative": ("#D55E00", "s--"),
    "conditional": ("#009E73", "^-."),
}

_BOTH = {
    "favor": "favor · مع",
    "against": "against · ضد",
    "conditional": "conditional · بشروط",
    "positive": "positive · إيجابية",
    "negative": "negative · سلبية",
}


def ranked(found: Sequence[Share], names: Mapping[str, str]) -> str:
    """Each actor's net stance over all, with its interval, the most in favor on top."""
    rows = sorted((share for share in found if share.bearing), key=lambda share: share.net[0])
    figure, panel = _figure(0.45 * len(rows) + 1)
    for place, share in enumerate(rows):
        net, low, high = share.net
        colour = _LOOKS["favor" if net >= 0 else "against"][0]
        if not math.isnan(low):
            panel.plot([low, high], [place, place], color=colour, linewidth=2)
        panel.plot(net, place, "o", color=colour)
    panel.set_yticks(range(len(rows)), [names[share.actor] for share in rows])
    panel.axvline(0, color="grey", linewidth=0.8)
    panel.set_xlim(-1.05, 1.05)
    _name_ends(panel, rows)
    return _svg(figure)


def over_time(found: Sequence[Share], moved: Sequence[Change]) -> str:
    """One actor's shares of every side by period, with their intervals, and where its net moved."""
    figure, panel = _figure(3.2)
    periods = [share.period for share in found]
    for side in found[0].sides:
        values, lows, highs = zip(*(share.sides[side] for share in found), strict=True)
        colour, style = _LOOKS[side]
        panel.plot(periods, values, style, color=colour, label=_BOTH[side], markersize=4)
        panel.vlines(periods, lows, highs, color=colour, alpha=0.25, linewidth=4)
    for change in moved:
        panel.axvline(periods.index(change.period), color="black", linestyle=":", linewidth=1.2)
    panel.set_ylim(-0.03, 1.03)
    panel.set_xticks(range(len(periods)), periods, rotation=60, fontsize=8)
    panel.locator_params(axis="x", nbins=14)
    panel.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8, frameon=False)
    return _svg(figure)


def compared(found: Sequence[Share], names: Mapping[str, str]) -> str:
    """Every actor beside every other: net stance by period, a row an actor, blank where it took none."""
    periods = sorted({share.period for share in found if share.period})
    actors = list(dict.fromkeys(share.actor for share in found))
    grid = [[math.nan] * len(periods) for _ in actors]
    for share in found:
        if share.period and share.bearing:
            grid[actors.index(share.actor)][periods.index(share.period)] = share.net[0]
    figure, panel = _figure(0.4 * len(actors) + 1.4)
    drawn = panel.imshow(grid, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", interpolation="none")
    panel.set_yticks(range(len(actors)), [names[actor] for actor in actors])
    panel.set_xticks(range(len(periods)), periods, rotation=60, fontsize=8)
    panel.locator_params(axis="x", nbins=14)
    panel.grid(False)
    figure.colorbar(drawn)
    _name_ends(panel, found)
    return _svg(figure)


def _name_ends(panel: Any, found: Sequence[Share]) -> None:
    """Says above a picture which side its low and its high end stand for."""
    high, low, *_ = found[0].sides
    panel.set_title(f"−1: {_BOTH[low]}", loc="left", fontsize=9)
    panel.set_title(f"+1: {_BOTH[high]}", loc="right", fontsize=9)


def _figure(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(9, height), layout="constrained")
    panel = figure.subplots()
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(alpha=0.25)
    return figure, panel


def _svg(figure: Figure) -> str:
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "hudna"}):
        written = StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None}, transparent=True)
    return written.getvalue()[written.getvalue().index("<svg") :]
