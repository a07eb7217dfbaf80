"""Where and how the network runs: device, precision and engine. The only module that knows backends."""

import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from numpy.typing import NDArray

from models.checkpoint import Checkpoint
from models.encoding import Batch
from models.errors import InputError

if TYPE_CHECKING:
    from models.network import StanceNetwork

__all__ = ["Heap", "Network", "Runtime", "compiled", "give_way", "has_bfloat16"]

Network = Callable[[Batch], list[NDArray[np.float32]]]  # logits by head, (judgements, labels)

_GIVING_WAY = 5  # niceness
_SHAPES = 400  # of batches whose kernels OpenVINO keeps, over all threads, of about 0.6 MB each
_TRIM_EVERY = 2.0  # seconds between two returns of memory, which take some milliseconds each
_FORMATS = ("float32", "bfloat16")
_ENGINES = ("auto", "openvino", "torch")


def has_bfloat16(device: str = "auto") -> bool:
    """Whether PyTorch finds matrix products in bfloat16 in the hardware there, faster than float32."""
    import torch

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
    """A device, a number format and an engine; `Runtime.choose` picks what this machine does best.

    On a CPU the engine is OpenVINO, which reads faster there and starts without PyTorch; on a GPU it is
    PyTorch.
    """

    device: str  # as PyTorch names it
    form: str  # float32 or bfloat16
    engine: str  # openvino or torch
    _heap: Heap = field(default_factory=Heap, repr=False, compare=False)

    @classmethod
    def choose(cls, device: str = "auto") -> "Runtime":
        """A GPU where there is one, else the CPU, in bfloat16 where its hardware has that, else float32.

        A format may be asked for behind the device: ``cpu:float32`` gives the same numbers, but for the
        last digits, on every machine. The engine may be asked for in ``HUDNA_RUNTIME``.

        Raises:
            InputError: the device or engine is unknown or not on this machine.
        """
        place, _, form = device.rpartition(":") if device.endswith(_FORMATS) else (device, "", "")
        if place == "auto":
            place = "cuda" if _has_cuda() else "cpu"
        if place != "cpu":
            place = _checked(place, device)
        engine = _engine(place)
        fast = _openvino_has_bfloat16() if engine == "openvino" else has_bfloat16(place)
        return cls(place, form or ("bfloat16" if fast else "float32"), engine)

    def __str__(self) -> str:
        return f"{self.device}:{self.form} by {self.engine}"

    @property
    def is_cpu(self) -> bool:
        """Whether the network runs on the CPU."""
        return self.device == "cpu"

    @property
    def passes(self) -> int:
        """How many passes of the network at once read most: on a CPU one a core, on a GPU one."""
        return _cores() if self.is_cpu else 1

    @property
    def token_budget(self) -> int:
        """Padded pieces a pass: few on a CPU, where padding costs more than passes do."""
        if not self.is_cpu:
            return 4_096
        return 1_024 if self.form == "float32" else 2_048

    def begin(self) -> None:
        """Makes the calling thread ready for one of several `passes`: it has one core to itself."""
        if self.engine == "torch":
            import torch

            torch.set_num_threads(1)

    def prepare(self, checkpoint: Checkpoint) -> Network:
        """A checkpoint's network, ready to judge here; its answers are on the CPU, in float32."""
        if self.engine == "openvino":
            read: Network = _OpenVino(checkpoint, self.form, self.passes)
        else:
            read = _Torch(checkpoint.network, self.device, self.form)

        def trimmed(batch: Batch) -> list[NDArray[np.float32]]:
            found = read(batch)
            self._heap.trim()
            return found

        return trimmed


def give_way() -> None:
    """On Linux, where priorities are a thread's own, has this one give way to those that serve calls."""
    if sys.platform == "linux":
        own = os.getpriority(os.PRIO_PROCESS, 0)  # which nobody but root may raise
        os.setpriority(os.PRIO_PROCESS, 0, max(_GIVING_WAY, own))


def compiled(checkpoint: Checkpoint, form: str, passes: int, **settings: Any) -> Any:
    """A checkpoint's graph in OpenVINO, for so many passes at once, with its other `settings`."""
    from models.graph import stance_graph

    config = checkpoint.config
    graph = stance_graph(config.encoder, config.heads, checkpoint.weights)
    return _core().compile_model(graph, "CPU", {
        "INFERENCE_PRECISION_HINT": "bf16" if form == "bfloat16" else "f32",
        "NUM_STREAMS": passes,
        "INFERENCE_NUM_THREADS": passes,
        "ENABLE_CPU_PINNING": False,  # other processes have their cores too
        # Left alone it keeps thousands, and a service grows for an hour.
        "CPU_RUNTIME_CACHE_CAPACITY": max(1, _SHAPES // passes),
        **settings,
    })  # fmt: skip


class _OpenVino:
    """The network in OpenVINO on the CPU, `passes` at once, each asked for by a thread of its own."""

    def __init__(self, checkpoint: Checkpoint, form: str, passes: int) -> None:
        from models.graph import inputs

        self._inputs, self._compiled = inputs, compiled(checkpoint, form, passes)
        self._own = threading.local()

    def __call__(self, batch: Batch) -> list[NDArray[np.float32]]:
        if not hasattr(self._own, "request"):
            self._own.request = self._compiled.create_infer_request()
        found = self._own.request.infer(self._inputs(batch), share_inputs=True, share_outputs=True)
        return [logits[batch.judged] for logits in found.to_tuple()]


class _Torch:
    """The network in PyTorch."""

    def __init__(self, network: "StanceNetwork", device: str, form: str) -> None:
        import torch

        self._device = torch.device(device)
        network.to(device=self._device, dtype=getattr(torch, form))  # type: ignore[call-arg]
        self._network = network.train(False)

    def __call__(self, batch: Batch) -> list[NDArray[np.float32]]:
        import torch

        from models.network import TensorBatch

        with torch.inference_mode():
            logits = self._network(TensorBatch.of(batch).to(self._device))
        return [values.float().cpu().numpy() for values in logits.values()]


def _engine(place: str) -> str:
    """The engine for a device, the one asked for or the best."""
    asked = os.environ.get("HUDNA_RUNTIME", "auto")
    if asked not in _ENGINES:
        raise InputError(f"HUDNA_RUNTIME is one of {', '.join(_ENGINES)}, not {asked!r}.")
    if asked == "openvino" and place != "cpu":
        raise InputError(f"OpenVINO reads on the CPU alone, not on {place} (HUDNA_RUNTIME).")
    if asked == "auto":
        return "openvino" if place == "cpu" else "torch"
    return asked


def _checked(place: str, device: str) -> str:
    """A device of PyTorch's that is there."""
    import torch

    try:
        if place.split(":")[0] not in ("cuda", "mps"):
            raise RuntimeError("unknown")
        return str(torch.empty(0, device=place).device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"The device {device!r} cannot be used on this machine.") from error


def _has_cuda() -> bool:
    """Whether there is an NVIDIA GPU; PyTorch, which knows, takes seconds to import for a no."""
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return torch.cuda.is_available()


@cache
def _core() -> Any:
    from openvino import Core

    return Core()


def _openvino_has_bfloat16() -> bool:
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _cores() -> int:
    """The cores that this process may use, or the threads that the environment grants it."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked):
        return int(asked)
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(usable, psutil.cpu_count(logical=False) or usable)
