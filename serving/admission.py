"""Who is let in: what waits is bounded in pieces, and no call is taken that would come too late.

Calls take turns (`serving.scheduler`), so a short one behind a long one waits for about as many pieces
as it has itself, and not for all that is there.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from models.errors import BusyError

__all__ = ["Admission"]

_PRUDENCE = 0.5  # of a deadline: calls that were let in take turns, and would all be late together
_SMOOTHING = 0.1  # of the measured rate, a pass
_FIRST_RATE = 4_000.0  # pieces a second, until one is measured
_COME_AGAIN = 60.0  # seconds, the most that a refused call is told to wait


class Admission:
    """Room for calls of about `most` pieces in all; `told` hears how many are in."""

    def __init__(self, most: int, told: Callable[[int], None] = lambda _: None) -> None:
        self._most, self._told = most, told
        self._admitted = self._calls = 0
        self._rate = _FIRST_RATE
        self._freed = asyncio.Event()

    @property
    def admitted(self) -> int:
        """Pieces of the calls that were let in and are not answered, by their estimates."""
        return self._admitted

    @asynccontextmanager
    async def room(
        self, pieces: int, seconds: float = math.inf, patient: bool = False
    ) -> AsyncIterator[None]:
        """Room for a call of about so many pieces, for as long as it takes; the `patient` wait for it.

        A call that is alone is always let in, and takes no more than half of the room: it takes turns
        with those that come after it, whatever its length.

        Raises:
            BusyError: too much is there for an answer in so many seconds; it says when to come again.
        """
        while self._has_no_room(pieces, seconds):
            if not patient:
                raise self._busy()
            self._freed.clear()
            await self._freed.wait()
        taken = pieces if self._calls else min(pieces, self._most // 2)
        self._count(taken, 1)
        try:
            yield
        finally:
            self._count(-taken, -1)
            self._freed.set()

    def check(self, pieces: int, seconds: float) -> None:
        """Refuses a call of at least so many pieces that `room` would refuse now.

        Raises:
            BusyError: as `room`.
        """
        if self._has_no_room(pieces, seconds):
            raise self._busy()

    def learn(self, pieces: int, seconds: float, is_full: bool) -> None:
        """Takes note of how fast a pass was read; a small one may be slow for its smallness alone."""
        rate = pieces / max(seconds, 1e-4)
        if is_full or rate > self._rate:
            self._rate += _SMOOTHING * (rate - self._rate)

    def _has_no_room(self, pieces: int, seconds: float) -> bool:
        return bool(self._calls) and (self._is_full(pieces) or self._is_late(pieces, seconds))

    def _busy(self) -> BusyError:
        return BusyError(min(max(1.0, self._admitted / self._rate), _COME_AGAIN))

    def _is_full(self, pieces: int) -> bool:
        return self._admitted + pieces > self._most

    def _is_late(self, pieces: int, seconds: float) -> bool:
        before = min(self._admitted + pieces, (self._calls + 1) * pieces)
        return before > _PRUDENCE * seconds * self._rate

    def _count(self, pieces: int, calls: int) -> None:
        self._admitted += pieces
        self._calls += calls
        self._told(self._admitted)
