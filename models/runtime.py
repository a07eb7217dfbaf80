"""Where and how the network runs: device and precision. The only module that knows backends."""

import ctypes
import os
import sys
import time
from dataclasses import dataclass, field

import torch
from torch import Tensor

from models.encoding import Batch
from models.errors import InputError
from models.network import StanceNetwork

__all__ = ["Heap", "Runtime", "has_bfloat16"]

_GIVING_WAY = 5  # niceness
_TRIM_EVERY = 2.0  # seconds between two returns of memory, which take some milliseconds each
_FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def has_bfloat16(device: str = "auto") -> bool:
    """Whether matrix products in bfloat16 are in the hardware there, and so faster than float32."""
    if device.startswith("cuda") or (device == "auto" and torch.cuda.is_available()):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


class Heap:
    """glibc keeps freed tensors, of every size in every thread: a busy process would grow for hours.

    So what is free goes back to the system now and then (malloc_trim(3)). To have every large tensor
    mapped by itself (M_MMAP_THRESHOLD) keeps memory as flat, and costs a fifth of the speed.
    """

    def __init__(self) -> None:
        libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._trim = getattr(libc, "malloc_trim", None)  # not in every libc
        self._due = time.monotonic() + _TRIM_EVERY

    def trim(self) -> None:
        """Gives free memory back, if that was not done lately."""
        if self._trim and time.monotonic() >= self._due:
            self._due = time.monotonic() + _TRIM_EVERY
            self._trim(0)


@dataclass(frozen=True)
class Runtime:
    """A device and a number format; `Runtime.choose` picks what this machine does best."""

    device: torch.device
    dtype: torch.dtype
    _heap: Heap = field(default_factory=Heap, repr=False, compare=False)

    @classmethod
    def choose(cls, device: str = "auto") -> "Runtime":
        """A GPU where there is one, else the CPU, in bfloat16 where its hardware has that, else float32.

        A format may be asked for behind the device: ``cpu:float32`` gives the same numbers, but for the
        last digits, on every machine.

        Raises:
            InputError: the device is unknown or not on this machine.
        """
        place, _, form = device.rpartition(":") if device.endswith(tuple(_FORMATS)) else (device, "", "")
        try:
            if place == "auto":
                place = "cuda" if torch.cuda.is_available() else "cpu"
            if place.split(":")[0] not in ("cpu", "cuda", "mps"):
                raise RuntimeError("unknown")
            chosen = torch.empty(0, device=place).device
        except (RuntimeError, AssertionError) as error:
            raise InputError(f"The device {device!r} cannot be used on this machine.") from error
        return cls(chosen, _FORMATS[form or ("bfloat16" if has_bfloat16(chosen.type) else "float32")])

    def __str__(self) -> str:
        return f"{self.device}:{self.form}"

    @property
    def form(self) -> str:
        """The number format's name: float32 or bfloat16."""
        return str(self.dtype).removeprefix("torch.")

    @property
    def passes(self) -> int:
        """How many passes of the network at once read most: on a CPU one a core, on a GPU one."""
        return torch.get_num_threads() if self.device.type == "cpu" else 1

    @property
    def token_budget(self) -> int:
        """Padded pieces a pass: few on a CPU, where padding costs more than passes do."""
        if self.device.type != "cpu":
            return 4_096
        return 1_024 if self.dtype == torch.float32 else 2_048

    @property
    def multiple(self) -> int:
        """Pieces that a row's length is rounded up to a multiple of.

        In bfloat16 on a CPU oneDNN makes, and keeps, kernels for every number of pieces that a pass
        reads: with fewer numbers it makes them once. 16 are the rows of a tile of AMX.
        """
        return 16 if self.device.type == "cpu" and self.dtype == torch.bfloat16 else 1

    def begin(self) -> None:
        """Makes the calling thread ready for one of several `passes`.

        It has one core to itself, and on Linux, where priorities are a thread's own, gives way on it to
        the threads that take and answer calls.
        """
        torch.set_num_threads(1)
        if sys.platform == "linux":
            own = os.getpriority(os.PRIO_PROCESS, 0)  # which nobody but root may raise
            os.setpriority(os.PRIO_PROCESS, 0, max(_GIVING_WAY, own))

    def prepare(self, network: StanceNetwork) -> StanceNetwork:
        """The network, moved here and ready to judge."""
        network.to(device=self.device, dtype=self.dtype)  # type: ignore[call-arg]
        network.train(False)
        return network

    def logits(self, network: StanceNetwork, batch: Batch) -> dict[str, Tensor]:
        """The logits of a batch in float32 on the CPU."""
        with torch.inference_mode():
            logits = network(batch.to(self.device))
        found = {head: values.float().cpu() for head, values in logits.items()}
        self._heap.trim()
        return found
