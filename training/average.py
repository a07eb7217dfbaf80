"""The mean of checkpoints' weights as one checkpoint (`hudna average`).

Networks that were fine-tuned from the same encoder lie in one basin, where the mean of their weights
comes near to the mean of their answers, at the price of one (Wortsman et al. 2022, "Model soups",
https://arxiv.org/abs/2203.05482).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from models.encoding import Encoder
from models.errors import InputError
from training.arguments import TrainArguments
from training.finetune import prepared, write_checkpoint
from training.start import earlier_training, start

__all__ = ["average"]


def average(checkpoints: Sequence[Path], arguments: TrainArguments) -> Path:
    """Writes the mean of the checkpoints' weights, calibrated on the corpus's dev split.

    ``arguments.encoder`` is the checkpoint that brings tokenizer and shape; gives ``arguments.out``.

    Raises:
        InputError: a folder is no checkpoint of `hudna train`, they differ in shape or tokenizer, or
            the corpus lacks a split.
    """
    trainer, encoder = prepared(arguments)
    averaged = [earlier_training(str(folder)).get("train") for folder in checkpoints]
    if None in averaged:
        raise InputError(f"{checkpoints[averaged.index(None)]} is no checkpoint of `hudna train`.")
    members = list(_members(checkpoints, arguments, encoder))
    mean = {name: sum(each[name] for each in members) / len(members) for name in members[0]}
    trainer.model.load_state_dict(mean)
    return write_checkpoint(arguments, trainer, encoder, {"averaged": averaged, "seconds": 0.0})


def _members(
    checkpoints: Sequence[Path], arguments: TrainArguments, encoder: Encoder
) -> Iterator[dict[str, Tensor]]:
    """The weights of every checkpoint, alike in tokenizer and shape."""
    shape = None
    for folder in checkpoints:
        network, own = start(replace(arguments, encoder=str(folder)))
        weights = network.state_dict()
        shape = shape or {name: weight.shape for name, weight in weights.items()}
        if shape != {name: weight.shape for name, weight in weights.items()}:
            raise InputError(f"{folder} has another shape than {arguments.encoder}.")
        if own.tokenizer.to_str() != encoder.tokenizer.to_str():
            raise InputError(f"{folder} has another tokenizer than {arguments.encoder}.")
        yield weights
