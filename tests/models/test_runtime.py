import pytest

from models import runtime
from models.errors import InputError


def test_a_device_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="'cuda:99'"):
        runtime.Runtime.choose("cuda:99")


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
