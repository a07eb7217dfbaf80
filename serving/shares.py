"""Who wants what, how surely, and since when: shares of labels by actor, head and period.

Judgements that the checkpoint calls uncertain are left out and counted. A share is of the judgements
that take a side; its interval is a bootstrap over articles, whose sentences are not independent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import ruptures
from numpy.typing import NDArray
from scipy.stats import binomtest

from models.labels import SENTIMENT, STANCES_TAKEN, TONES
from serving.scored import Scored

__all__ = [
    "PERIODS",
    "SIDES",
    "Change",
    "Interval",
    "Share",
    "changes",
    "intervals",
    "most_named",
    "period_of",
    "shares",
    "when",
]

SIDES: Mapping[str, Sequence[str]] = {  # the labels of a head that are a side, for and against first
    "stance": STANCES_TAKEN,
    SENTIMENT: TONES,
}
PERIODS = {"1d": "day", "1w": "week", "1mo": "month", "1q": "quarter", "1y": "year"}
_MOST_PERIODS = 48
_STRAYS = 0.005  # of the dated judgements at either end, which are in no period
_RESAMPLES = 999
_SEED = 20190404
_FEWEST_PERIODS, _FEWEST_JUDGEMENTS = 3, 5  # on either side of a change; of a period that counts in it
_SMALLEST_CHANGE = 0.1  # of a net
_TO_DEVIATION = 0.954  # the median of absolute steps of noise, in its standard deviations

Interval = tuple[float, float, float]  # a value and its 95% interval; nan for what there is none of
_NONE: Interval = (float("nan"),) * 3


@dataclass(frozen=True)
class Share:
    """How often an actor takes each side of a head, over a period (by its first day) or over all.

    `sides` are shares of `bearing` judgements with their 95% intervals; `net` is for less against.
    """

    actor: str
    head: str
    period: date | None
    judged: int
    uncertain: int
    bearing: int
    sides: Mapping[str, Interval]
    net: Interval


@dataclass(frozen=True)
class Change:
    """Where an actor's net on a head moved: the first period of the new level, and both levels."""

    actor: str
    head: str
    period: date
    before: float
    after: float


def most_named(scored: Scored, most: int) -> list[tuple[str, str]]:
    """The ids and names of the actors that are judged most often."""
    counted = scored.judgements.group_by("actor", "name").len()
    ranked = counted.sort("len", "actor", descending=[True, False]).head(most)
    return list(ranked.select("actor", "name").collect().iter_rows())


def _span(scored: Scored) -> tuple[date | None, date | None]:
    """The first and the last date, but for strays."""
    days = pl.col("date").cast(pl.Int32)
    ends = [days.quantile(share, "nearest").cast(pl.Int32) for share in (_STRAYS, 1 - _STRAYS)]
    named = scored.judgements.select(first=ends[0].cast(pl.Date), last=ends[1].cast(pl.Date))
    first, last = named.collect().row(0)
    return first, last


def period_of(scored: Scored) -> str | None:
    """The shortest of `PERIODS` of which nearly all dates fill few; none without two dates."""
    first, last = _span(scored)
    if first is None or last is None or first == last:
        return None
    for period in PERIODS:
        if len(pl.date_range(first, last, period, eager=True)) < _MOST_PERIODS:
            return period
    return "1y"


def when(period: str | None) -> pl.Expr:
    """The first day of the period that a judgement's date is in; null without either."""
    return pl.col("date").dt.truncate(period) if period else pl.lit(None, pl.Date)


def shares(scored: Scored, actors: Sequence[str], period: str | None) -> list[Share]:
    """Every actor's shares on every head, over all, and in every period but those of stray dates."""
    there = _there(scored, period)
    return [
        share
        for head in scored.heads
        for share in _of_head(scored, head, SIDES.get(head, SIDES["stance"]), actors, there)
    ]


def _there(scored: Scored, period: str | None) -> pl.Expr:
    """`when`, but null for stray dates."""
    if not period:
        return when(period)
    return pl.when(pl.col("date").is_between(*_span(scored))).then(when(period))


def _of_head(
    scored: Scored, head: str, sides: Sequence[str], actors: Sequence[str], period: pl.Expr
) -> Iterator[Share]:
    counts = _by_article(scored, head, sides, actors, period)
    for (actor, *_), of_actor in sorted(counts.partition_by("actor", as_dict=True).items()):
        yield _share(str(actor), head, None, sides, _undivided(of_actor))
        dated = of_actor.filter(pl.col("period").is_not_null())
        for (when, *_), rows in sorted(dated.partition_by("period", as_dict=True).items()):
            yield _share(str(actor), head, when, sides, rows)


def _undivided(of_actor: pl.DataFrame) -> pl.DataFrame:
    """An actor's counts by article, whatever its dates: with `--flat` one id can have several."""
    counts = pl.all().exclude("actor", "period", "article")
    return of_actor.group_by("article", maintain_order=True).agg(counts.sum())


def _by_article(
    scored: Scored, head: str, sides: Sequence[str], actors: Sequence[str], period: pl.Expr
) -> pl.DataFrame:
    """How often each article shows an actor with each side, surely."""
    sure = ~pl.col(f"{head}_uncertain")
    return (
        scored.judgements.filter(pl.col("actor").is_in(actors))
        .with_columns(period=period)
        .group_by("actor", "period", "article")
        .agg(
            *((sure & (pl.col(head) == side)).sum().alias(side) for side in sides),
            judged=pl.len(),
            uncertain=pl.col(f"{head}_uncertain").sum(),
        )
        .sort("actor", "period", "article")
        .collect()
    )


def _share(
    actor: str, head: str, period: date | None, sides: Sequence[str], rows: pl.DataFrame
) -> Share:
    table = rows.select(pl.col(sides).cast(pl.Int64)).to_numpy()
    bearing = table[table.sum(1) > 0]
    measured = intervals(bearing)
    return Share(
        actor=actor,
        head=head,
        period=period,
        judged=int(rows["judged"].sum()),
        uncertain=int(rows["uncertain"].sum()),
        bearing=int(bearing.sum()),
        sides=dict(zip(sides, measured[:-1], strict=True)),
        net=measured[-1],
    )


def intervals(table: NDArray[np.int64]) -> list[Interval]:
    """Of counts (articles, sides), each side's share and the net of the first two, with intervals.

    The percentile bootstrap over articles (Efron & Tibshirani 1993): articles with the same counts are
    drawn together, by a multinomial. Where all articles agree, which resampling says nothing about, a
    share has Wilson's interval over articles, and the net none.
    """
    if not len(table):
        return [_NONE] * (table.shape[1] + 1)
    kinds, often = np.unique(table, axis=0, return_counts=True)
    generator = np.random.default_rng(_SEED)
    draws = generator.multinomial(often.sum(), often / often.sum(), _RESAMPLES) @ kinds
    values = _ratios(table.sum(0)[None])
    found = [_interval(*each) for each in zip(values.T, _ratios(draws).T, strict=True)]
    return [*(_wilson(each, len(table)) for each in found[:-1]), found[-1]]


def _ratios(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shares of every side and the net, (rows, sides + 1), of counts (rows, sides)."""
    shares: NDArray[np.float64] = counts / counts.sum(1, keepdims=True)
    return np.column_stack([shares, shares[:, 0] - shares[:, 1]])


def _interval(value: NDArray[np.float64], drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, (0.025, 0.975))
    if low == high:
        return float(value[0]), float("nan"), float("nan")
    return float(value[0]), float(low), float(high)


def _wilson(found: Interval, articles: int) -> Interval:
    value, low, _ = found
    if not np.isnan(low) or articles < 2 or value not in (0.0, 1.0):
        return found
    interval = binomtest(round(value * articles), articles).proportion_ci(method="wilson")
    return value, float(interval.low), float(interval.high)


def changes(found: Sequence[Share]) -> list[Change]:
    """Where nets moved from one level to another: PELT (Killick et al. 2012) on least squares.

    Levels are told apart in units of what a net strays without a change: its sampling error, or what
    it moves from one period to the next if that is more. Three times the logarithm of the number of
    periods is the price of a change.
    """
    series: dict[tuple[str, str], list[Share]] = {}
    for share in found:
        if share.period and share.bearing >= _FEWEST_JUDGEMENTS:
            series.setdefault((share.actor, share.head), []).append(share)
    return [change for each in series.values() for change in _changes(each)]


def _changes(series: Sequence[Share]) -> Iterator[Change]:
    if len(series) < 2 * _FEWEST_PERIODS:
        return
    nets = np.array([share.net[0] for share in series])
    search = ruptures.Pelt(model="l2", min_size=_FEWEST_PERIODS, jump=1)
    cuts = [0, *search.fit_predict(nets[:, None] / _noise(series), pen=3 * np.log(len(nets)))]
    levels = [float(nets[start:end].mean()) for start, end in pairwise(cuts)]
    for cut, (before, after) in zip(cuts[1:], pairwise(levels), strict=False):
        period = series[cut].period
        if period and abs(after - before) >= _SMALLEST_CHANGE:
            yield Change(series[0].actor, series[0].head, period, before, after)


def _noise(series: Sequence[Share]) -> float:
    errors = [
        (share.net[2] - share.net[1]) / 3.92 if share.net[2] > share.net[1] else share.bearing**-0.5
        for share in series
    ]
    steps = np.abs(np.diff([share.net[0] for share in series]))
    return float(max(np.median(errors), np.median(steps) / _TO_DEVIATION))
