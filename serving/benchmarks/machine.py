"""What a benchmark ran on: its record says, since a ratio of one machine is not another's."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

__all__ = ["machine"]

_PACKAGES = (
    "torch", "transformers", "tokenizers", "onnxruntime", "openvino", "nncf", "bentoml", "litserve",
    "scikit-learn",
)  # fmt: skip


def machine() -> dict[str, Any]:
    """Processor, cores, threads, the instructions that matter to matrix products, and versions."""
    capabilities = torch.cpu.get_capabilities()
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "instructions": sorted(name for name, there in capabilities.items() if there is True),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "versions": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text("utf-8").splitlines() if file.is_file() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
