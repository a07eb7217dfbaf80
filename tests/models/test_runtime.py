from pathlib import Path

import pytest
import torch

from models import runtime
from models.checkpoint import read_checkpoint
from models.errors import InputError


def test_a_device_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="'cuda:99'"):
        runtime.Runtime.choose("cuda:99")


@pytest.mark.parametrize("unknown", ["cpu:float16", "float32", "gpu", "", "cpu:"])
def test_a_device_or_format_that_is_unknown_is_refused_by_name(unknown: str) -> None:
    with pytest.raises(InputError, match=f"'{unknown}'"):
        runtime.Runtime.choose(unknown)


@pytest.mark.parametrize(
    ("hardware", "chosen"),
    [({"amx_bf16": True}, "bfloat16"), ({"avx512_bf16": True}, "bfloat16"), ({"avx2": True}, "float32")],
)
def test_the_format_is_what_the_hardware_multiplies_fastest(
    monkeypatch: pytest.MonkeyPatch, hardware: dict[str, bool], chosen: str
) -> None:
    monkeypatch.setattr(runtime.torch.cpu, "get_capabilities", lambda: hardware)
    assert str(runtime.Runtime.choose("cpu")) == f"cpu:{chosen}"
    assert str(runtime.Runtime.choose("cpu:float32")) == "cpu:float32"


def test_rows_are_rounded_up_where_every_length_would_cost_a_kernel() -> None:
    assert runtime.Runtime.choose("cpu:bfloat16").multiple == 16
    assert runtime.Runtime.choose("cpu:float32").multiple == 1


def test_a_network_runs_in_the_format_asked_for(tiny_checkpoint: Path) -> None:
    for wanted in (torch.float32, torch.bfloat16):
        chosen = runtime.Runtime.choose(f"cpu:{str(wanted).removeprefix('torch.')}")
        network = chosen.prepare(read_checkpoint(tiny_checkpoint).network)
        assert {weight.dtype for weight in network.parameters()} == {wanted}


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
