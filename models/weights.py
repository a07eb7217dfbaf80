"""A checkpoint's weights as arrays, read without PyTorch: `model.safetensors`, in float32."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import deserialize

__all__ = ["Weights", "expected_shapes", "read_weights"]

Weights = Mapping[str, NDArray[np.float32]]  # by the names that PyTorch gives them
_FORMATS = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}


def read_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    """Every weight of a safetensors file, by name.

    Raises:
        SafetensorError: the file is damaged.
        ValueError: a weight is in no format of those that networks are kept in.
    """
    tensors = deserialize(file.read_bytes())  # type: ignore[no-untyped-call]
    return {name: _array(name, told) for name, told in tensors}


def _array(name: str, told: Mapping[str, Any]) -> NDArray[np.float32]:
    if told["dtype"] not in _FORMATS:
        raise ValueError(f"{name} is in {told['dtype']}")
    values = np.frombuffer(told["data"], _FORMATS[told["dtype"]]).reshape(told["shape"])
    if told["dtype"] == "BF16":  # NumPy has no such format: it is the upper half of a float32
        values = (values.astype(np.uint32) << 16).view(np.float32)
    return values.astype(np.float32, copy=False)


def expected_shapes(
    encoder: Mapping[str, Any], heads: Mapping[str, list[str]]
) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a `StanceNetwork`'s weights, for an encoder's configuration."""
    wide, inner = encoder["hidden_size"], encoder["intermediate_size"]
    rows = {"word": "vocab_size", "position": "max_position_embeddings", "token_type": "type_vocab_size"}
    norms, dense = ["bert.embeddings.LayerNorm"], dict[str, tuple[int, ...]]()
    for number in range(encoder["num_hidden_layers"]):
        layer = f"bert.encoder.layer.{number}"
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
        attended = [f"self.{name}" for name in ("query", "key", "value")] + ["output.dense"]
        dense |= {f"{layer}.attention.{name}": (wide, wide) for name in attended}
        dense |= {f"{layer}.intermediate.dense": (inner, wide), f"{layer}.output.dense": (wide, inner)}
    for head, labels in heads.items():
        dense |= {f"heads.{head}.1": (wide, 2 * wide), f"heads.{head}.4": (len(labels), wide)}
    return {
        **{f"bert.embeddings.{k}_embeddings.weight": (encoder[size], wide) for k, size in rows.items()},
        **{f"{norm}.{part}": (wide,) for norm in norms for part in ("weight", "bias")},
        **{f"{name}.weight": shape for name, shape in dense.items()},
        **{f"{name}.bias": shape[:1] for name, shape in dense.items()},
    }
