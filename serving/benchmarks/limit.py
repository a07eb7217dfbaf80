"""The machine's own limit: how fast it multiplies matrices of the model's shapes, and what that leaves.

The floor is the time that the counted operations of a sample would take at the measured rate, without
padding, without anything between the products. Nothing that computes the same in that number format
can be faster.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from models.checkpoint import CheckpointConfig
from models.encoding import Example

__all__ = ["formats", "limits", "matrix_rate", "operations"]

_ROWS = 2_048  # pieces at once: past it, no rate grew on a CPU
_ROUNDS = 7

_INSTRUCTIONS = {  # any of which makes products in a format faster than in float32
    "bfloat16": ("avx512_bf16", "amx_bf16"),
    "int8": ("avx512_vnni", "amx_int8"),
}


def operations(examples: Sequence[Example], config: CheckpointConfig) -> int:
    """Floating-point operations that the sample needs, two a multiply-add.

    A piece takes 4 h² + 2 h i in each layer (queries, keys, values, output; h to i and back), a row of
    L pieces 2 L² h in its attention, and an actor 2 h² + h labels in each head.
    """
    encoder = config.encoder
    hidden, inner, layers = (
        encoder[key] for key in ("hidden_size", "intermediate_size", "num_hidden_layers")
    )
    pieces = sum(map(len, examples))
    squares = sum(len(example) ** 2 for example in examples)
    actors = sum(len(example.actors) for example in examples)
    a_layer = pieces * (4 * hidden**2 + 2 * hidden * inner) + 2 * squares * hidden
    heads = sum(2 * hidden**2 + hidden * len(labels) for labels in config.heads.values())
    return int(2 * (layers * a_layer + actors * heads))


def formats(device: str = "cpu") -> list[str]:
    """The number formats whose products this device has in its hardware."""
    if device != "cpu":
        return ["float32", "bfloat16"]
    there = torch.cpu.get_capabilities()
    return ["float32"] + [
        name for name, wanted in _INSTRUCTIONS.items() if any(there.get(each) for each in wanted)
    ]


def matrix_rate(
    config: CheckpointConfig, number_format: str, device: str = "cpu", rows: int = _ROWS
) -> float:
    """Operations a second of a layer's products, each as often as a layer has it, in the best round."""
    hidden, inner = (int(config.encoder[key]) for key in ("hidden_size", "intermediate_size"))
    shapes = [(hidden, hidden)] * 4 + [(hidden, inner), (inner, hidden)]
    products = [_product(rows, *shape, number_format, device) for shape in shapes]
    seconds = min(_seconds(products, device) for _ in range(_ROUNDS))
    needed: int = sum(given * made for given, made in shapes)
    return 2 * rows * needed / seconds


def _product(rows: int, given: int, made: int, number_format: str, device: str) -> Callable[[], Tensor]:
    if number_format == "int8":
        left = torch.ones(rows, given, dtype=torch.int8, device=device)
        right = torch.ones(given, made, dtype=torch.int8, device=device)
        return lambda: torch._int_mm(left, right)
    kind = getattr(torch, number_format)
    states = torch.rand(rows, given, device=device).to(kind)
    weights = torch.rand(made, given, device=device).to(kind)
    return lambda: F.linear(states, weights)


def _seconds(products: Sequence[Callable[[], Tensor]], device: str) -> float:
    with torch.inference_mode():
        begun = time.perf_counter()
        for product in products:
            product()
        if device != "cpu":
            torch.cuda.synchronize()
        return time.perf_counter() - begun


def limits(
    examples: Sequence[Example], config: CheckpointConfig, ours: str, seconds: float
) -> Mapping[str, Any]:
    """Rates by format, the floor of each for this sample, and the share of `ours` in `seconds`."""
    needed = operations(examples, config)
    rates = {name: matrix_rate(config, name) for name in formats()}
    floors = {name: needed / rate for name, rate in rates.items()}
    return {
        "operations": needed,
        "rates": rates,
        "floor_seconds": floors,
        "format": ours,
        "share": floors[ours] / seconds if ours in floors else None,
    }
