"""Who wants what, how surely, and since when: shares of labels by actor, head and period.

Judgements that the checkpoint calls uncertain are left out and counted. A share is of the judgements
that take a side; its interval is a bootstrap over articles, whose sentences are not independent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
import ruptures
from numpy.typing import NDArray
from scipy.stats import bootstrap

from models.network import SENTIMENT
from serving.scored import Scored

__all__ = ["SIDES", "Change", "Share", "changes", "most_named", "period_of", "shares"]

SIDES: Mapping[str, Sequence[str]] = {  # the labels of a head that are a side, for and against first
    "stance": ("favor", "against", "conditional"),
    SENTIMENT: ("positive", "negative"),
}
_RESAMPLES = 999
_CELLS = 2_000_000  # of a bootstrap's matrix at once
_SEED = 20190404
_FEWEST = 3  # periods on either side of a change
_PERIODS = ("1d", "1w", "1mo", "1q", "1y")
_MOST_PERIODS = 48


@dataclass(frozen=True)
class Share:
    """How often an actor takes each side of a head, over a period or (none) over all.

    `sides` are shares of `bearing` judgements with their 95% intervals; `net` is for less against.
    """

    actor: str
    head: str
    period: str | None
    judged: int
    uncertain: int
    bearing: int
    sides: Mapping[str, tuple[float, float, float]]
    net: tuple[float, float, float]


@dataclass(frozen=True)
class Change:
    """Where an actor's net on a head moved: the first period of the new level, and both levels."""

    actor: str
    head: str
    period: str
    before: float
    after: float


def most_named(scored: Scored, most: int) -> list[tuple[str, str]]:
    """The ids and names of the actors that are judged most often."""
    counted = (
        scored.judgements.group_by("actor", "name").len().sort("len", "actor", descending=[True, False])
    )
    return list(counted.head(most).select("actor", "name").collect().iter_rows())


def period_of(scored: Scored) -> str | None:
    """The shortest of day, week, month, quarter and year that gives few periods; none without dates."""
    first, last = (
        scored.judgements.select(first=pl.col("date").min(), last=pl.col("date").max()).collect().row(0)
    )
    if first is None or first == last:
        return None
    for period in _PERIODS:
        if len(pl.date_range(first, last, period, eager=True)) <= _MOST_PERIODS:
            return period
    return _PERIODS[-1]


def shares(scored: Scored, actors: Sequence[str], period: str | None) -> list[Share]:
    """Every actor's shares on every head, over all, and in every period that there is."""
    found = []
    for head in scored.heads:
        sides = SIDES.get(head, SIDES["stance"])
        counts = _by_article(scored, head, sides, actors, period)
        for (actor, *_), of_actor in sorted(counts.partition_by("actor", as_dict=True).items()):
            found.append(_share(str(actor), head, None, sides, of_actor))
            dated = of_actor.filter(pl.col("period").is_not_null())
            for (when, *_), rows in sorted(dated.partition_by("period", as_dict=True).items()):
                found.append(_share(str(actor), head, str(when), sides, rows))
    return found


def _by_article(
    scored: Scored, head: str, sides: Sequence[str], actors: Sequence[str], period: str | None
) -> pl.DataFrame:
    """How often each article shows an actor with each side; surely, but for `uncertain`."""
    sure = ~pl.col(f"{head}_uncertain")
    day = pl.col("date")
    return (
        scored.judgements.filter(pl.col("actor").is_in(actors))
        .with_columns(period=day.dt.truncate(period) if period else pl.lit(None, pl.Date))
        .group_by("actor", "period", "article")
        .agg(
            *((sure & (pl.col(head) == side)).sum().alias(side) for side in sides),
            judged=pl.len(),
            uncertain=pl.col(f"{head}_uncertain").sum(),
        )
        .sort("actor", "period", "article")
        .collect()
    )


def _share(actor: str, head: str, period: str | None, sides: Sequence[str], rows: pl.DataFrame) -> Share:
    counts = {side: rows[side].to_numpy().astype(float) for side in sides}
    bearing = sum(counts.values(), np.zeros(len(rows)))
    return Share(
        actor=actor,
        head=head,
        period=period,
        judged=int(rows["judged"].sum()),
        uncertain=int(rows["uncertain"].sum()),
        bearing=int(bearing.sum()),
        sides={side: _interval(count, bearing) for side, count in counts.items()},
        net=_interval(counts[sides[0]] - counts[sides[1]], bearing),
    )


def _interval(part: NDArray[np.float64], whole: NDArray[np.float64]) -> tuple[float, float, float]:
    """A ratio of sums over articles and its 95% percentile bootstrap interval; nan for what is none."""
    kept = whole > 0
    part, whole = part[kept], whole[kept]
    if not len(whole):
        return float("nan"), float("nan"), float("nan")
    value = float(part.sum() / whole.sum())
    if len(whole) < 2:
        return value, float("nan"), float("nan")
    found = bootstrap(
        (part, whole),
        lambda x, y, axis: x.sum(axis) / y.sum(axis),
        n_resamples=_RESAMPLES,
        batch=max(1, _CELLS // len(whole)),
        paired=True,
        vectorized=True,
        method="percentile",
        rng=_SEED,
    ).confidence_interval
    if found.low == found.high:  # all articles say the same, of which resampling tells nothing
        return value, float("nan"), float("nan")
    return value, float(found.low), float(found.high)


def changes(found: Sequence[Share]) -> list[Change]:
    """Where nets moved from one level to another: PELT (Killick et al. 2012), in units of their error.

    With least squares in such units, three times the logarithm of the number of periods is a penalty
    that a series without a change seldom passes.
    """
    series: dict[tuple[str, str], list[Share]] = {}
    for share in found:
        low, high = share.net[1:]
        if share.period and high > low:
            series.setdefault((share.actor, share.head), []).append(share)
    return [change for each in series.values() for change in _changes(each)]


def _changes(series: Sequence[Share]) -> list[Change]:
    if len(series) < 2 * _FEWEST:
        return []
    nets = np.array([share.net[0] for share in series])
    error = float(np.median([(share.net[2] - share.net[1]) / 3.92 for share in series]))
    search = ruptures.Pelt(model="l2", min_size=_FEWEST, jump=1).fit(nets[:, None] / error)
    cuts = [0, *search.predict(pen=3 * np.log(len(nets)))]
    levels = [float(nets[start:end].mean()) for start, end in pairwise(cuts)]
    return [
        Change(series[0].actor, series[0].head, str(series[cut].period), before, after)
        for cut, before, after in zip(cuts[1:-1], levels, levels[1:], strict=False)
    ]
