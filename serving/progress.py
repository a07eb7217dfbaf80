"""How far a scoring run is: lines that move on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from models.labels import STANCES_TAKEN, TONES
from serving.inputs import printable
from serving.ledger import Counts, PartEntry
from serving.wording import counted

__all__ = ["passed_over", "shown", "told"]

_EVERY = 10.0  # seconds between two lines of a plain log
_NAMED = 5  # of files that are passed over
_BAR = 16  # columns: with a count of millions, the rate and the time left, the line fits into 80


@contextmanager
def shown(console: Console, rows: int, done: Counts) -> Iterator[Callable[[PartEntry], None]]:
    """Shows what is told to it of a run over about so many rows, of which some are `done`."""
    meter = _Meter(rows, done)
    if not console.is_terminal:
        yield _Log(console, meter)
        return
    columns = (
        SpinnerColumn(), BarColumn(_BAR), MofNCompleteColumn(), TextColumn("articles"),
        TextColumn("{task.fields[pace]}"),
    )  # fmt: skip
    line, counts = Progress(*columns, console=console), Text(told(done))
    task = line.add_task("", total=meter.expected, completed=meter.rows, pace=meter.pace)
    with Live(Group(line, counts), console=console):

        def show(entry: PartEntry) -> None:
            meter.add(entry)
            line.update(task, total=meter.expected, completed=meter.rows, pace=meter.pace)
            counts.plain = told(meter.total)

        yield show


class _Meter:
    """What is done in all, and how fast since it was made."""

    def __init__(self, expected: int, done: Counts) -> None:
        self.total = self._before = done
        self._expected, self._begun = expected, time.monotonic()

    @property
    def rows(self) -> int:
        return _rows(self.total)

    @property
    def expected(self) -> int:
        """About how many rows there are in all."""
        return max(self._expected, self.rows)

    @property
    def pace(self) -> str:
        """Sentences a second, and hours, minutes and seconds left, from the first part on."""
        now, before = self.rows, _rows(self._before)
        if now == before:
            return "-:--:-- left"
        seconds = time.monotonic() - self._begun
        left = timedelta(seconds=round(seconds * (self.expected - now) / (now - before)))
        return (
            f"{(self.total.sentences - self._before.sentences) / seconds:,.0f} sentences/s {left} left"
        )

    def add(self, entry: PartEntry) -> None:
        self.total += entry


def _rows(counts: Counts) -> int:
    return counts.articles + counts.quarantined


class _Log:
    def __init__(self, console: Console, meter: _Meter) -> None:
        self._console, self._meter = console, meter
        self._last = time.monotonic()

    def __call__(self, entry: PartEntry) -> None:
        self._meter.add(entry)
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            rows = f"{self._meter.rows:,} of about {self._meter.expected:,} articles"
            told_of_all = told(self._meter.total)
            self._console.print(f"{rows} · {self._meter.pace} · {told_of_all}", soft_wrap=True)


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
            counted(counts.judgements, "judgement"),
            *(f"{head}: {', '.join(labels)}" for head, labels in sides.items()),
            f"{repeated:.0%} read before",
            counted(counts.quarantined, "bad row"),
        ]
    )


def passed_over(files: Sequence[Path]) -> str:
    """That files in folders are of no kind that is read, in one line, with the first few names."""
    names = [printable(str(file)) for file in files[:_NAMED]]
    more = ["…"] if len(files) > _NAMED else []
    many = counted(len(files), "file")
    return f"Passed over, of no kind that is read: {many} ({', '.join(names + more)})."
