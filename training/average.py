"""The mean of checkpoints' weights as one checkpoint (`hudna average`).

Networks that were fine-tuned from the same encoder lie in one basin, where the mean of their weights
comes near to the mean of their answers, at the price of one (Wortsman et al. 2022, "Model soups",
https://arxiv.org/abs/2203.05482).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.checkpoint import read_checkpoint
from models.encoding import Encoder
from models.errors import InputError
from models.network import StanceNetwork
from training.arguments import TrainArguments
from training.finetune import prepared, write_checkpoint
from training.start import earlier_training

__all__ = ["average"]


def average(checkpoints: Sequence[Path], arguments: TrainArguments) -> Path:
    """Writes the mean of the checkpoints' weights, calibrated on the corpus's dev split.

    ``arguments.encoder`` is the checkpoint that brings tokenizer and shape; gives ``arguments.out``.

    Raises:
        CheckpointError: a checkpoint is damaged.
        InputError: a folder is no checkpoint of `hudna train`, two have the same version, they differ
            in shape, tokenizer or what they adjusted, or the corpus lacks a split.
    """
    told = [earlier_training(str(folder)) for folder in checkpoints]
    for folder, each in zip(checkpoints, told, strict=True):
        if "train" not in each:
            raise InputError(f"{folder} is no checkpoint of `hudna train`.")
    trained = [each["train"] for each in told]
    trainer, encoder = prepared(replace(arguments, adjusted=_adjusted(trained)))
    members = [_weights(folder, trainer.model, encoder) for folder in checkpoints]
    trainer.model.load_state_dict(
        {name: sum(each[name] for each in members) / len(members) for name in members[0]}
    )
    most = max(trained, key=lambda train: int(train["sentences"]))
    read = {name: most[name] for name in ("sentences", "judgements")}
    how = {"averaged": trained, "seconds": 0.0, **read}
    return write_checkpoint(arguments, trainer, encoder, told[0]["pretraining"], how)


def _adjusted(trained: Sequence[dict[str, Any]]) -> list[str]:
    """The targets that all of them learned at the shares of whole articles."""
    versions = [train["version"] for train in trained]
    if len(set(versions)) < len(versions):
        raise InputError(f"Two of them have one version ({', '.join(versions)}); the card needs others.")
    [adjusted, *others] = [sorted(train["adjusted"]) for train in trained]
    if any(other != adjusted for other in others):
        raise InputError("They were trained with different --adjusted.")
    return adjusted


def _weights(folder: Path, network: StanceNetwork, encoder: Encoder) -> dict[str, Tensor]:
    """A checkpoint's weights, which must have the network's shape and the encoder's tokenizer."""
    found = read_checkpoint(folder)
    weights = found.network.state_dict()
    if _shapes(weights) != _shapes(network.state_dict()):
        raise InputError(f"{folder} has another shape than the first checkpoint.")
    if found.encoder.tokenizer.to_str() != encoder.tokenizer.to_str():
        raise InputError(f"{folder} has another tokenizer than the first checkpoint.")
    return weights


def _shapes(weights: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: weight.shape for name, weight in weights.items()}
