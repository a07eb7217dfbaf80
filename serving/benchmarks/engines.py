"""ONNX Runtime and OpenVINO: the pipeline's passes by the engines that are made for speed.

Pairs go in batches of like length, of whichever size is the fastest; tokenising is counted, as it is
for everyone. What an engine or this processor cannot do is raised when its run is made.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import BertForSequenceClassification, PreTrainedTokenizerFast

from models.checkpoint import Checkpoint
from serving.benchmarks.pipeline import by_length, pair_model, pair_tokenizer
from serving.benchmarks.repeats import Run, fastest

__all__ = ["engines"]

_BATCH_SIZES = (8, 16, 32)
_CALIBRATED_ON, _OF_A_BATCH = 16, 4  # batches from which OpenVINO's int8 takes its ranges
_NAMES = ("input_ids", "attention_mask", "token_type_ids")

Feed = dict[str, np.ndarray]
Forward = Callable[[Feed], np.ndarray]


def engines(
    checkpoint: Checkpoint, pairs: Sequence[tuple[str, str]], folder: Path
) -> Mapping[str, Callable[[], Run]]:
    """What makes each engine's run; the exported model is kept in `folder`."""
    limit = checkpoint.config.encoder["max_position_embeddings"]
    reader = _Reader(pair_tokenizer(checkpoint.encoder.tokenizer, limit), by_length(pairs))
    exported = partial(_exported, pair_model(checkpoint), reader, folder)
    return {
        "ONNX Runtime float32": lambda: reader.best(_onnxruntime(exported())),
        "ONNX Runtime int8": lambda: reader.best(_onnxruntime(_quantised(exported()))),
        "OpenVINO float32": lambda: reader.best(_openvino(exported(), "f32")),
        "OpenVINO bfloat16": lambda: reader.best(_openvino(exported(), "bf16")),
        "OpenVINO int8": lambda: reader.best(_openvino(_calibrated(exported(), reader), "f32")),
    }


@dataclass(frozen=True)
class _Reader:
    """Pairs in order of length, cut into batches and tokenised."""

    tokenizer: PreTrainedTokenizerFast
    pairs: list[tuple[str, str]]

    def batch(self, start: int, size: int) -> Feed:
        texts, names = zip(*self.pairs[start : start + size], strict=True)
        found = self.tokenizer(
            list(texts), list(names), padding=True, truncation=True, return_tensors="np"
        )
        return {name: found[name] for name in _NAMES}

    def at(self, forward: Forward, size: int) -> Run:
        starts = range(0, len(self.pairs), size)
        return lambda: [forward(self.batch(start, size)).argmax(-1).tolist() for start in starts]

    def best(self, forward: Forward) -> Run:
        self.at(forward, _BATCH_SIZES[0])()
        size, _ = fastest({size: self.at(forward, size) for size in _BATCH_SIZES})
        return self.at(forward, size)


class _Logits(nn.Module):
    """The classifier's logits alone, by position, as exporters want it."""

    def __init__(self, model: BertForSequenceClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        found: Tensor = self.model(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).logits
        return found


def _exported(model: BertForSequenceClassification, reader: _Reader, folder: Path) -> Path:
    file = folder / "pairs.onnx"
    if not file.exists():
        free = {0: torch.export.Dim("rows"), 1: torch.export.Dim("length")}
        torch.onnx.export(
            _Logits(model).eval(),
            tuple(torch.from_numpy(array) for array in reader.batch(0, _OF_A_BATCH).values()),
            file,
            input_names=_NAMES,
            output_names=["logits"],
            dynamic_shapes=dict.fromkeys(_NAMES, free),
            dynamo=True,
            verbose=False,
        )
    return file


def _quantised(file: Path) -> Path:
    """Weights in int8, activations quantised on the way."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    found = file.with_name("pairs.int8.onnx")
    quantize_dynamic(file, found, weight_type=QuantType.QInt8)
    return found


def _onnxruntime(file: Path) -> Forward:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # Threads that spin between passes would take the next entry's time.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def forward(feed: Feed) -> np.ndarray:
        found: np.ndarray = session.run(None, feed)[0]
        return found

    return forward


def _calibrated(file: Path, reader: _Reader) -> Any:
    """The model in int8, activations too, with ranges from its own input."""
    import nncf
    import openvino

    starts = range(0, min(len(reader.pairs), _CALIBRATED_ON * _OF_A_BATCH), _OF_A_BATCH)
    batches = nncf.Dataset([reader.batch(start, _OF_A_BATCH) for start in starts])
    model = openvino.Core().read_model(file)
    with redirect_stdout(sys.stderr):  # its progress
        return nncf.quantize(
            model, batches, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(starts)
        )


def _openvino(model: Any, precision: str) -> Forward:
    """A model, or the file of one, in a number format."""
    import openvino

    core = openvino.Core()
    if precision == "bf16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise RuntimeError("this processor has no bfloat16 products; OpenVINO would run float32")
    asked = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    compiled = core.compile_model(model, "CPU", asked)
    return lambda feed: compiled(feed)[0]
