"""Repeats that take turns, and what they say: medians, quartiles, and ratios with their intervals.

Entries are measured A B C A B C …, so that whatever else the machine does falls on all of them alike.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import bootstrap

__all__ = ["OURS", "Run", "compared", "fastest", "interleaved", "ratio", "ready", "spread"]

OURS = "Hudna"

Run = Callable[[], object]

_RESAMPLES = 2_000


@dataclass(frozen=True)
class Spread:
    """A median and an interval around it: the quartiles of repeats, or 95% of a ratio."""

    median: float
    low: float
    high: float


def ready(makers: Mapping[str, Callable[[], Run]]) -> tuple[dict[str, Run], dict[str, str]]:
    """What each maker makes, run once to warm up; and for those that fail, why. `OURS` may not fail."""
    runs: dict[str, Run] = {}
    absent: dict[str, str] = {}
    for name, make in makers.items():
        try:
            run = make()
            run()
        except Exception as error:  # a peer's package may fail in any way; the others go on
            if name == OURS:
                raise
            absent[name] = f"{type(error).__name__}: {error}".splitlines()[0][:300]
        else:
            runs[name] = run
    return runs, absent


def interleaved(runs: Mapping[str, Run], seconds: float, least: int = 3) -> dict[str, list[float]]:
    """Seconds that each run took in each round.

    Rounds go on until one more would pass `seconds`, and there are at least `least`.
    """
    found: dict[str, list[float]] = {name: [] for name in runs}
    begun, rounds = time.perf_counter(), 0
    while rounds < least or (time.perf_counter() - begun) * (rounds + 1) / rounds < seconds:
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            found[name].append(time.perf_counter() - start)
        rounds += 1
    return found


def compared(runs: Mapping[str, Run], judgements: int, seconds: float, ours: str) -> dict[str, Any]:
    """Judgements a second of every run, with quartiles; and how many times that of each `ours` is."""
    took = interleaved(runs, seconds)
    return {
        "rounds": len(took[ours]),
        "entries": {
            name: {
                "per_second": asdict(spread([judgements / one for one in each])),
                "ratio": asdict(ratio(each, took[ours])),
            }
            for name, each in took.items()
        },
    }


def fastest(tried: Mapping[int, Run]) -> tuple[int, dict[int, float]]:
    """The size whose run was the fastest in two rounds, and the seconds of each."""
    seconds = {int(size): min(each) for size, each in interleaved(_named(tried), 0, least=2).items()}
    return min(seconds, key=lambda size: seconds[size]), seconds


def _named(tried: Mapping[int, Run]) -> dict[str, Run]:
    return {str(size): run for size, run in tried.items()}


def spread(values: Sequence[float]) -> Spread:
    """The median and the quartiles."""
    low, median, high = (float(each) for each in np.quantile(values, (0.25, 0.5, 0.75)))
    return Spread(median, low, high)


def ratio(theirs: Sequence[float], ours: Sequence[float]) -> Spread:
    """How many times as long theirs takes as ours: the medians' ratio.

    Its 95% interval is that of a bootstrap over rounds (Efron and Tibshirani 1993), percentiles.
    """
    interval = bootstrap(
        (theirs, ours),
        _ratio_of_medians,
        paired=True,
        vectorized=True,
        n_resamples=_RESAMPLES,
        method="percentile",
        rng=0,
    ).confidence_interval
    median = float(np.median(theirs) / np.median(ours))
    return Spread(median, float(interval.low), float(interval.high))


def _ratio_of_medians(theirs: np.ndarray, ours: np.ndarray, axis: int) -> np.ndarray:
    found: np.ndarray = np.median(theirs, axis=axis) / np.median(ours, axis=axis)
    return found
