"""One queue before the network: the examples of concurrent calls are read together.

BentoML's own batching fails every call of a batch on one exception and has no bound on what waits, so
calls hand their work (`models.classifier.Work`) to this queue instead. Its rules:

- What waits is bounded, and a call that would come too late is refused at once (`serving.admission`).
- Calls take turns: each pass of the network holds a share of every waiting call, of like length
  together, so that a long call delays a short one by no more than a pass or two.
- As many passes run at once as the device reads best (`models.runtime.Runtime.passes`), and a call
  that is alone is cut over all of them.
- What is Python's part of a call is done by one thread, since two would only take turns at it and keep
  the event loop waiting; calls with very many pieces have a thread of their own, so that none waits
  for them.
- A call that is cancelled (its deadline passed, its client went away) leaves the queue with all that the
  network has not begun to read.
- After an error each call's part of the pass is read alone, so that it falls on the call that made it.
"""

import asyncio
import math
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from opentelemetry import trace

from models.classifier import Work
from models.encoding import Example, rounded
from models.reading import Rows
from serving.admission import Admission

__all__ = ["Pass", "Scheduler", "Watcher"]

Answer = TypeVar("Answer")
_tracer = trace.get_tracer("hudna")
_LONG = 8_000  # pieces of a call whose preparation would be felt by others, a quarter of a second
_AHEAD = 1  # passes made up beforehand, so that no thread waits for the event loop


@dataclass(eq=False)
class _Job:
    """Examples of one call, and their rows as they come."""

    examples: Sequence[Example]
    waiting: list[tuple[int, int]]  # lengths and places, the shortest first
    rows: list[Rows | None]
    done: asyncio.Future[list[Rows]]
    since: float = field(default_factory=time.monotonic)

    def take(self, longest: int, most: int) -> list[int]:
        """The places of at most so many examples of about this length, no more waiting."""
        end = bisect_right(self.waiting, (longest, len(self.examples)))
        start = max(bisect_right(self.waiting, (longest // 2, -1)), end - most)
        places = [place for _, place in self.waiting[start:end]]
        del self.waiting[start:end]
        return places


@dataclass(frozen=True)
class _Done(Generic[Answer]):
    answer: Answer


Place = tuple[_Job, int]  # an example, by its call and its number in it


@dataclass(frozen=True)
class Pass:
    """What one pass of the network read, for the metrics: pieces, padding, seconds."""

    pieces: int
    padded: int
    fill: float  # the share of a pass's budget that they took, padding included
    seconds: float
    waited: float  # the longest that one of its examples was in the queue


class Watcher:
    """Is told what the scheduler does; this one does not care."""

    def queued(self, pieces: int) -> None:
        """So many pieces are let in and not answered."""

    def passed(self, passed: Pass) -> None:
        """The network read a pass."""

    def prepared(self, step: str, seconds: float) -> None:
        """So long took a call's step before or after the network; told in the thread that did it."""


class Scheduler:
    """Runs `score` on batches of at most `batch_tokens` padded pieces, `passes` of them at once.

    `begin` is called first in each of the threads that do.
    """

    def __init__(
        self,
        score: Callable[[Sequence[Example]], list[Rows]],
        batch_tokens: int,
        queue_tokens: int,
        watcher: Watcher | None = None,
        passes: int = 1,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self._score, self._batch_tokens = score, batch_tokens
        self._watcher = watcher or Watcher()
        self.admission = Admission(queue_tokens, self._watcher.queued)
        self._jobs: deque[_Job] = deque()
        self._filled = asyncio.Event()
        self._network = ThreadPoolExecutor(passes, "network", begin)
        self._passes, self._reading = passes, set[asyncio.Task[None]]()
        self._preparing, self._preparing_long = (ThreadPoolExecutor(1, "prepare") for _ in range(2))
        self._running: asyncio.Task[None] | None = None

    async def perform(self, work: Work[Answer], pieces: int = 0) -> Answer:
        """Drives a call's work of about so many pieces to its end, beside the event loop."""
        loop = asyncio.get_running_loop()
        thread = self._preparing_long if pieces >= _LONG else self._preparing
        rows: Sequence[Rows] | None = None
        while True:
            with _tracer.start_as_current_span("hudna.prepare"):
                step = await loop.run_in_executor(thread, self._prepared, work, rows)
            if isinstance(step, _Done):
                answer: Answer = step.answer
                return answer
            with _tracer.start_as_current_span("hudna.read", attributes={"examples": len(step)}):
                rows = await self._read(step)

    async def close(self) -> None:
        """Stops once what is being read is read."""
        if self._running:
            self._running.cancel()
        await asyncio.to_thread(self._network.shutdown)
        for thread in (self._preparing, self._preparing_long):
            thread.shutdown(wait=False)

    def _prepared(
        self, work: Work[Answer], rows: Sequence[Rows] | None
    ) -> Sequence[Example] | _Done[Answer]:
        begun = time.monotonic()
        try:
            return _advance(work, rows)
        finally:
            self._watcher.prepared("before" if rows is None else "after", time.monotonic() - begun)

    async def _read(self, examples: Sequence[Example]) -> list[Rows]:
        if not examples:
            return []
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        waiting = sorted((len(example), place) for place, example in enumerate(examples))
        done = asyncio.get_running_loop().create_future()
        job = _Job(examples, waiting, [None] * len(examples), done)
        self._jobs.append(job)
        self._filled.set()
        try:
            return await job.done
        finally:
            if job in self._jobs:
                self._jobs.remove(job)

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            if len(self._reading) == self._passes + _AHEAD:
                await asyncio.wait(self._reading, return_when=asyncio.FIRST_COMPLETED)
            elif batch := self._next_batch():
                self._reading.add(reading := asyncio.create_task(self._pass(batch)))
                reading.add_done_callback(self._reading.discard)
            else:
                self._filled.clear()

    async def _pass(self, batch: Sequence[Place]) -> None:
        try:
            loop = asyncio.get_running_loop()
            read, rows, seconds = await loop.run_in_executor(self._network, self._timed, batch)
        except Exception as error:
            await self._apart(batch, error)
        else:
            self._deliver(read, rows)
            self._told(read, seconds)

    async def _apart(self, batch: Sequence[Place], error: Exception) -> None:
        """Reads each call's part of a failed pass alone; what fails again, or was alone, has failed."""
        jobs = {job for job, _ in batch}
        if len(jobs) == 1:
            self._fail(jobs, error)
            return
        for job in jobs:
            await self._pass([place for place in batch if place[0] is job])

    def _timed(self, batch: Sequence[Place]) -> tuple[Sequence[Place], list[Rows], float]:
        """What of a batch is still asked for, its rows, and the seconds that they took."""
        asked = [(job, place) for job, place in batch if not job.done.done()]
        begun = time.monotonic()
        rows = self._score([job.examples[place] for job, place in asked]) if asked else []
        return asked, rows, time.monotonic() - begun

    def _next_batch(self) -> list[Place]:
        """A pass: calls take turns to set its length, and all that have examples like it share it."""
        live = [job for job in self._jobs if job.waiting]
        if not live:
            return []
        self._jobs.rotate(-1)
        longest = live[0].waiting[-1][0]
        room = max(1, min(self._batch_tokens, self._share(live)) // rounded(longest))
        batch: list[Place] = []
        for most in (max(1, room // len(live)), room):  # fair shares first, then whatever fits
            for job in live:
                batch += [(job, place) for place in job.take(longest, min(most, room - len(batch)))]
        return batch

    def _share(self, live: Sequence[_Job]) -> int:
        """The pieces that a pass reads where all that is waiting is cut over the free threads."""
        waiting = sum(rounded(length) for job in live for length, _ in job.waiting)
        return math.ceil(waiting / max(1, self._passes - len(self._reading)))

    def _fail(self, jobs: set[_Job], error: Exception) -> None:
        for job in jobs:
            job.waiting.clear()
            if not job.done.done():
                job.done.set_exception(error)

    def _deliver(self, batch: Sequence[Place], rows: Sequence[Rows]) -> None:
        for (job, place), row in zip(batch, rows, strict=True):
            job.rows[place] = row
        for job in {job for job, _ in batch}:
            found = [row for row in job.rows if row is not None]
            if len(found) == len(job.rows) and not job.done.done():
                job.done.set_result(found)

    def _told(self, batch: Sequence[Place], seconds: float) -> None:
        if not batch:
            return
        lengths = [len(job.examples[place]) for job, place in batch]
        pieces, padded = sum(lengths), rounded(max(lengths)) * len(lengths)
        self.admission.learn(self._passes * pieces, seconds, 2 * padded >= self._batch_tokens)
        oldest = min(job.since for job, _ in batch)
        fill, waited = padded / self._batch_tokens, time.monotonic() - seconds - oldest
        self._watcher.passed(Pass(pieces, padded, fill, seconds, waited))


def _advance(work: Work[Answer], rows: Sequence[Rows] | None) -> Sequence[Example] | _Done[Answer]:
    """One step of work: the examples that it wants read, or its answer."""
    try:
        return next(work) if rows is None else work.send(rows)
    except StopIteration as done:  # must not cross into a coroutine
        return _Done(done.value)
