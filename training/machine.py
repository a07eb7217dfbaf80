"""What a run was made on, for its records."""

import os

import torch

__all__ = ["machine"]


def machine() -> str:
    """The accelerator's name, or how many CPU cores there are."""
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}"
    return f"{os.cpu_count()} CPU cores, no accelerator"
