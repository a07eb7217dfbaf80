"""What a run is made on: for its records, and for its number format."""

import os

import torch

__all__ = ["has_bfloat16", "machine"]


def machine() -> str:
    """The accelerator's name, or how many CPU cores there are."""
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}"
    return f"{os.cpu_count()} CPU cores, no accelerator"


def has_bfloat16() -> bool:
    """Whether matrix products in bfloat16 are in the hardware here, and so faster than float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
