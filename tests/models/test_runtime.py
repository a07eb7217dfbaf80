import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from models import runtime
from models.checkpoint import read_checkpoint
from models.encoding import Query, collate
from models.errors import CheckpointError, InputError
from models.text import Span


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
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: hardware)
    monkeypatch.setenv("HUDNA_RUNTIME", "torch")
    assert str(runtime.Runtime.choose("cpu")) == f"cpu:{chosen} by torch"
    assert str(runtime.Runtime.choose("cpu:float32")) == "cpu:float32 by torch"


def test_an_engine_that_is_unknown_is_refused_by_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUDNA_RUNTIME", "abacus")
    with pytest.raises(InputError, match=r"HUDNA_RUNTIME .* 'abacus'"):
        runtime.Runtime.choose("cpu")


def test_both_engines_say_the_same(tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = read_checkpoint(tiny_checkpoint)
    encoder = checkpoint.encoder
    texts = ("رفض حفتر الهدنة ورحب السراج بها", "غادر السراج العاصمة إلى روما بعد لقاء قصير مع السفير")
    queries = [Query(text, [[Span(4, 8)], [Span(0, 3)]]) for text in texts]
    batch = collate(encoder.encode(queries), encoder.marker, encoder.padding)
    said = {}
    for engine in ("openvino", "torch"):
        monkeypatch.setenv("HUDNA_RUNTIME", engine)
        said[engine] = runtime.Runtime.choose("cpu:float32").prepare(checkpoint)(batch)
    for one, other in zip(*said.values(), strict=True):
        assert one.shape == (4, other.shape[1])
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_an_encoder_that_the_graph_would_read_wrongly_is_refused(tiny_checkpoint: Path) -> None:
    checkpoint = read_checkpoint(tiny_checkpoint)
    checkpoint.config.encoder["hidden_act"] = "relu"
    with pytest.raises(CheckpointError, match="not relu; HUDNA_RUNTIME=torch"):
        runtime.Runtime("cpu", "float32", "openvino").prepare(checkpoint)


def test_on_a_cpu_nothing_imports_pytorch_before_it_is_asked_for(tiny_checkpoint: Path) -> None:
    """It takes seconds, and hundreds of megabytes."""
    program = (
        "import sys; from pathlib import Path; from models.classifier import Article, Classifier\n"
        "classifier = Classifier.load(Path(sys.argv[1]), 'cpu')\n"
        "[found] = classifier.analyze([Article('', 'رفض حفتر الهدنة')])\n"
        "assert found.judgements and not {'torch', 'transformers'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program, str(tiny_checkpoint)], check=True)


def test_a_network_runs_in_the_format_asked_for(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUDNA_RUNTIME", "torch")
    for wanted in (torch.float32, torch.bfloat16):
        chosen = runtime.Runtime.choose(f"cpu:{str(wanted).removeprefix('torch.')}")
        checkpoint = read_checkpoint(tiny_checkpoint)
        chosen.prepare(checkpoint)
        assert {weight.dtype for weight in checkpoint.network.parameters()} == {wanted}


def test_a_thread_of_a_service_that_gives_way_already_goes_no_higher(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody but root may raise a priority again."""
    asked: list[int] = []
    monkeypatch.setattr(runtime.os, "getpriority", lambda *_: 10)
    monkeypatch.setattr(runtime.os, "setpriority", lambda *told: asked.append(told[2]))
    runtime.give_way()
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
