"""The report's pictures, as SVG whose letters stay letters, so that browsers join and order Arabic."""

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any

import matplotlib as mpl
import polars as pl
from matplotlib.figure import Figure

from serving.shares import Change, Share
from serving.wording import WORDS

__all__ = ["compared", "over_time", "ranked"]

# Okabe and Ito's colours, which a colour-blind reader tells apart; marks tell them apart as well.
_LOOKS: Mapping[str, tuple[str, str]] = {
    "favor": ("#0072B2", "o-"),
    "positive": ("#0072B2", "o-"),
    "against": ("#D55E00", "s--"),
    "negative": ("#D55E00", "s--"),
    "conditional": ("#009E73", "^-."),
}


def ranked(found: Sequence[Share], names: Mapping[str, str], title: str) -> str:
    """Each actor's net over all, with its interval and how many judgements it is of, highest on top."""
    rows = sorted((share for share in found if share.bearing), key=lambda share: share.net[0])
    figure, panel = _figure(0.45 * len(rows) + 1.2, title)
    for place, share in enumerate(rows):
        net, low, high = share.net
        colour = _LOOKS["favor" if net >= 0 else "against"][0]
        has_interval = not math.isnan(low)
        if has_interval:
            panel.plot([low, high], [place, place], color=colour, linewidth=2)
        panel.plot(net, place, "o", color=colour, fillstyle="full" if has_interval else "none")
    labels = [f"{names[share.actor]} (n={share.bearing:,})" for share in rows]
    panel.set_yticks(range(len(rows)), labels)
    panel.axvline(0, color="grey", linewidth=0.8)
    panel.set_xlim(-1.05, 1.05)
    _name_ends(panel, rows)
    return _address(figure)


def over_time(found: Sequence[Share], moved: Sequence[Change], every: str, title: str) -> str:
    """One actor's shares of every side by period, with their intervals, and where its net moved."""
    figure, panel = _figure(3.4, title)
    by_period = {share.period: share for share in found}
    periods = _periods(found, every)
    for side in found[0].sides:
        colour, style = _LOOKS[side]
        found_or_none = (by_period.get(each) for each in periods)
        shown = [share.sides[side] if share else (math.nan,) * 3 for share in found_or_none]
        values, lows, highs = zip(*shown, strict=True)
        panel.plot(periods, values, style, color=colour, label=_both(side), markersize=4)
        panel.vlines(periods, lows, highs, color=colour, alpha=0.35, linewidth=3)
    for change in moved:
        panel.axvline(change.period, color="black", linestyle=":", linewidth=1.2)
    panel.set_ylim(-0.03, 1.03)
    panel.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8, frameon=False)
    return _address(figure)


def compared(found: Sequence[Share], names: Mapping[str, str], every: str, title: str) -> str:
    """Every actor beside every other: its net in each period, a row an actor, grey where it has none."""
    periods = _periods(found, every)
    actors = list(dict.fromkeys(share.actor for share in found))
    nets = {(share.actor, share.period): share.net[0] for share in found}
    grid = [[nets.get((actor, each), math.nan) for each in periods] for actor in actors]
    figure, panel = _figure(0.4 * len(actors) + 1.6, title)
    colours = mpl.colormaps["RdBu"].with_extremes(bad="#bbbbbb")
    drawn = panel.imshow(grid, cmap=colours, vmin=-1, vmax=1, aspect="auto", interpolation="none")
    panel.set_yticks(range(len(actors)), [names[actor] for actor in actors])
    panel.set_xticks(range(len(periods)), map(str, periods), rotation=60, fontsize=8)
    panel.locator_params(axis="x", nbins=14)
    panel.grid(False)
    figure.colorbar(drawn)
    _name_ends(panel, found)
    return _address(figure)


def _periods(found: Sequence[Share], every: str) -> list[date]:
    """All periods from the first to the last, those too in which there is nothing."""
    there = [share.period for share in found if share.period]
    return pl.date_range(min(there), max(there), every, eager=True).to_list()


def _both(side: str) -> str:
    return " · ".join(WORDS[side])


def _name_ends(panel: Any, found: Sequence[Share]) -> None:
    """Says above a picture which side its low and its high end stand for."""
    high, low, *_ = found[0].sides
    panel.set_title(f"−1: {_both(low)}", loc="left", fontsize=9)
    panel.set_title(f"+1: {_both(high)}", loc="right", fontsize=9)


def _figure(height: float, title: str) -> tuple[Figure, Any]:
    figure = Figure(figsize=(9, height), layout="constrained")
    figure.suptitle(title)
    panel = figure.subplots()
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(alpha=0.25)
    return figure, panel


def _address(figure: Figure) -> str:
    """The picture as an address that holds it, for an image that can be saved."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "hudna", "font.family": "sans-serif"}):
        written = BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None}, facecolor="white")
    return f"data:image/svg+xml;base64,{b64encode(written.getvalue()).decode()}"
