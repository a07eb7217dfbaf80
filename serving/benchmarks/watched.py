"""`hudna score` as a process of its own, watched from outside: how long it takes, and its memory."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from models import SHIPPED_CHECKPOINT

__all__ = ["Watched", "by_progress", "watch"]

_EVERY = 0.5  # seconds between two looks
_POINTS = 20

Seen = tuple[int, float]  # parts that were written, and megabytes that the process held then


@dataclass(frozen=True)
class Watched:
    """A run: its seconds, and what was seen of its memory on the way.

    The memory is the process's own resident set. What the kernel keeps as a child's maximum is no use
    here: it begins with what the parent held when it forked.
    """

    seconds: float
    seen: Sequence[Seen]

    @property
    def peak_mb(self) -> float:
        """The most that was seen."""
        return max((held for _, held in self.seen), default=0.0)


def watch(
    archive: Path, out: Path, kill_after: float | None = None, checkpoint: Path = SHIPPED_CHECKPOINT
) -> Watched:
    """Scores an archive; the process is killed after so many seconds, if any.

    Raises:
        RuntimeError: it came to another end.
    """
    begun = time.monotonic()
    command = [Path(sys.executable).parent / "hudna", "score", archive, "--out", out]
    command += ["--checkpoint", checkpoint]
    process = psutil.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen: list[Seen] = []
    try:
        while process.poll() is None:
            seen += _look(process, out)
            if kill_after is not None and time.monotonic() - begun >= kill_after:
                process.kill()
                process.wait()
            time.sleep(_EVERY)
    finally:  # whoever stops this stops it
        if process.poll() is None:
            process.kill()
            process.wait()
    seconds = time.monotonic() - begun
    if process.returncode != (0 if kill_after is None else -signal.SIGKILL):
        raise RuntimeError(f"hudna score ended with {process.returncode}")
    return Watched(seconds, seen)


def _look(process: psutil.Popen, out: Path) -> list[Seen]:
    parts = sum(1 for _ in out.glob("part-*.parquet"))
    try:
        return [(parts, process.memory_info().rss / 2**20)]
    except psutil.NoSuchProcess:  # it has just ended
        return []


def by_progress(seen: Sequence[Seen], points: int = _POINTS) -> list[Seen]:
    """The most that was held in each of so many stretches of the run, by the parts at their ends."""
    last = max(parts for parts, _ in seen)
    stretches: dict[int, Seen] = {}
    for parts, held in seen:
        place = min(points * parts // (last + 1), points - 1)
        stretches[place] = (parts, max(held, stretches.get(place, (0, 0.0))[1]))
    return list(stretches.values())
