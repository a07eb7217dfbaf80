"""What several commands take, and how they get a classifier from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models.classifier import Classifier

__all__ = ["Checkpoint", "Device", "loaded"]

Checkpoint = Annotated[Path, typer.Option(envvar="HUDNA_CHECKPOINT", help="A checkpoint folder.")]
Device = Annotated[
    str, typer.Option(envvar="HUDNA_DEVICE", help="auto, cpu or cuda; with a format: cpu:float32.")
]


def loaded(checkpoint: Path, device: str) -> "Classifier":
    """The classifier of a checkpoint folder on a device, without progress bars.

    Raises:
        CheckpointError: the checkpoint cannot be used.
        InputError: the device cannot.
    """
    from transformers.utils import logging  # PyTorch and transformers take seconds to import

    from models.classifier import Classifier

    logging.disable_progress_bar()
    return Classifier.load(checkpoint, device)
