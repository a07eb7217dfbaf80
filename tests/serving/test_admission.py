import asyncio
from contextlib import AsyncExitStack

import pytest

from models.errors import BusyError
from serving.admission import Admission


def test_a_full_queue_refuses_and_says_when_to_come_again() -> None:
    async def calls() -> float:
        admission = Admission(100)
        async with admission.room(50), admission.room(30):
            with pytest.raises(BusyError, match="try again in") as refused:
                async with admission.room(30):
                    pass
            async with admission.room(20):
                assert admission.admitted == 100
        async with admission.room(5_000, seconds=0.1):  # alone, any call has room
            pass
        assert admission.admitted == 0
        return refused.value.retry_after

    assert asyncio.run(calls()) >= 1


def is_taken(admission: Admission, waiting: list[int], pieces: int, seconds: float) -> bool:
    """Whether a call is let in beside calls of so many pieces each."""

    async def called() -> bool:
        async with AsyncExitStack() as calls:
            for each in waiting:
                await calls.enter_async_context(admission.room(each))
            try:
                await calls.enter_async_context(admission.room(pieces, seconds))
            except BusyError:
                return False
            return True

    return asyncio.run(called())


def test_a_call_that_would_come_too_late_is_refused_at_once() -> None:
    admission = Admission(1_000_000)
    for _ in range(100):
        admission.learn(5_000, 1.0, is_full=True)
    assert is_taken(admission, [1_000] * 4, 1_000, seconds=2.2)
    assert not is_taken(admission, [1_000] * 6, 1_000, seconds=2.2)


def test_a_short_call_is_taken_beside_a_long_one_since_they_take_turns() -> None:
    assert is_taken(Admission(1_000_000), [900_000], 20, seconds=1)


def test_a_call_longer_than_all_the_room_shuts_no_short_one_out() -> None:
    assert is_taken(Admission(1_000), [900_000], 500, seconds=30)
    assert not is_taken(Admission(1_000), [900_000, 500], 1, seconds=30)


def test_nobody_is_told_to_wait_for_longer_than_a_minute() -> None:
    async def refused() -> float:
        admission = Admission(10_000_000)
        async with admission.room(4_000_000):
            with pytest.raises(BusyError) as told:
                admission.check(4_000_000, 1)
        return told.value.retry_after

    assert asyncio.run(refused()) == 60


def test_small_passes_do_not_make_the_network_look_slow() -> None:
    admission = Admission(1_000_000)
    for _ in range(100):
        admission.learn(20_000, 1.0, is_full=True)
        admission.learn(20, 0.01, is_full=False)
    assert is_taken(admission, [10_000], 50_000, seconds=7)


def test_the_patient_wait_for_room() -> None:
    async def calls() -> list[str]:
        admission, seen = Admission(100), []

        async def called(name: str, pieces: int) -> None:
            async with admission.room(pieces, patient=True):
                seen.append(name)
                await asyncio.sleep(0.01)
                seen.append(name)

        await asyncio.gather(called("a", 80), called("b", 80))
        return seen

    assert asyncio.run(calls()) == ["a", "a", "b", "b"]
