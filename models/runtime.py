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

__all__ = ["Heap", "Runtime"]

_GIVING_WAY = 5  # niceness
_TRIM_EVERY = 2.0  # seconds between two returns of memory, which take some milliseconds each


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
        """A GPU in bfloat16 where there is one, else the CPU in float32.

        Raises:
            InputError: the device is unknown or not on this machine.
        """
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            if device.split(":")[0] not in ("cpu", "cuda", "mps"):
                raise RuntimeError("unknown")
            chosen = torch.empty(0, device=device).device
        except (RuntimeError, AssertionError) as error:
            raise InputError(f"The device {device!r} cannot be used on this machine.") from error
        return cls(chosen, torch.bfloat16 if chosen.type == "cuda" else torch.float32)

    @property
    def passes(self) -> int:
        """How many passes of the network at once read most: on a CPU one a core, on a GPU one."""
        return torch.get_num_threads() if self.device.type == "cpu" else 1

    @property
    def token_budget(self) -> int:
        """Padded pieces a pass: few on a CPU, where padding costs more than passes do."""
        return 1_024 if self.device.type == "cpu" else 4_096

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
