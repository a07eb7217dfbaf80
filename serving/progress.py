"""How far a scoring run is: a line that moves on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from models.labels import STANCES_TAKEN, TONES
from serving.ledger import Counts, PartEntry

__all__ = ["shown", "told"]

_EVERY = 10.0  # seconds between two lines of a plain log


@contextmanager
def shown(console: Console, rows: int, done: Counts) -> Iterator[Callable[[PartEntry], None]]:
    """Shows what is told to it of a run over about so many rows, of which some are `done`."""
    meter = _Meter(done)
    if not console.is_terminal:
        yield _Log(console, rows, meter)
        return
    columns = (
        SpinnerColumn(), BarColumn(None), MofNCompleteColumn(), TextColumn("articles"),
        TimeRemainingColumn(), TextColumn("{task.fields[told]}"),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=max(rows, meter.rows), completed=meter.rows, told="")

        def show(entry: PartEntry) -> None:
            meter.add(entry)
            progress.update(task, completed=meter.rows, told=meter.line())

        yield show


class _Meter:
    """What is done in all, and how fast since it was made."""

    def __init__(self, done: Counts) -> None:
        self.total, self._before, self._begun = done, done.sentences, time.monotonic()

    @property
    def rows(self) -> int:
        return self.total.articles + self.total.quarantined

    def add(self, entry: PartEntry) -> None:
        self.total += entry

    def line(self) -> str:
        rate = (self.total.sentences - self._before) / (time.monotonic() - self._begun)
        return f"{rate:,.0f} sentences/s · {told(self.total)}"


class _Log:
    def __init__(self, console: Console, rows: int, meter: _Meter) -> None:
        self._console, self._rows, self._meter = console, rows, meter
        self._last = time.monotonic()

    def __call__(self, entry: PartEntry) -> None:
        self._meter.add(entry)
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            rows = f"{self._meter.rows:,} of about {self._rows:,} articles"
            self._console.print(f"{rows} · {self._meter.line()}", soft_wrap=True)


def told(counts: Counts) -> str:
    """What was scored, in one line: judgements, those that take a side by head, repeats, errors."""
    sides: dict[str, list[str]] = {}
    for name, count in counts.labels.items():
        head, label = name.split()
        if label in (*STANCES_TAKEN, *TONES):
            sides.setdefault(head, []).append(f"{label} {count:,}")
    repeated = 1 - counts.read / counts.asked if counts.asked else 0.0
    return " · ".join(
        [
            f"{counts.judgements:,} judgements",
            *(f"{head}: {', '.join(labels)}" for head, labels in sides.items()),
            f"{repeated:.0%} read before",
            f"{counts.quarantined:,} bad rows",
        ]
    )
