import pytest

from models import runtime
from models.errors import InputError


def test_a_device_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="'cuda:99'"):
        runtime.Runtime.choose("cuda:99")


def test_a_thread_of_a_service_that_gives_way_already_goes_no_higher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody but root may raise a priority again."""
    asked: list[int] = []
    monkeypatch.setattr(runtime.os, "getpriority", lambda *_: 10)
    monkeypatch.setattr(runtime.os, "setpriority", lambda *told: asked.append(told[2]))
    monkeypatch.setattr(runtime.torch, "set_num_threads", lambda _: None)
    runtime.Runtime.choose("cpu").begin()
    assert asked == [10]


def test_what_is_free_goes_back_to_the_system_but_not_after_every_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, trimmed = 100.0, []
    monkeypatch.setattr(runtime.time, "monotonic", lambda: now)
    heap = runtime.Heap()
    monkeypatch.setattr(heap, "_trim", trimmed.append)
    heap.trim()
    assert not trimmed
    now += 60
    heap.trim()
    heap.trim()
    assert trimmed == [0]
