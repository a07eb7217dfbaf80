"""What a run is made on: for its records."""

import os
import time

import torch
from torch.nn import functional as F

from models.runtime import has_bfloat16

__all__ = ["machine", "matrix_rate"]


def machine() -> str:
    """The accelerator's name, or how many CPU cores there are."""
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}"
    return f"{os.cpu_count()} CPU cores, no accelerator"


def matrix_rate(rows: int = 4_096, width: int = 1_024, repeats: int = 10) -> float:
    """Floating-point operations a second of matrix products here, in the format training uses."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = torch.bfloat16 if has_bfloat16() else torch.float32
    left, right = (torch.ones(n, width, dtype=kind, device=device) for n in (rows, width))
    F.linear(left, right).sum().item()  # warms up; the sum waits for a GPU
    start = time.perf_counter()
    for _ in range(repeats):
        last = F.linear(left, right)
    last.sum().item()
    return 2 * rows * width * width * repeats / (time.perf_counter() - start)
