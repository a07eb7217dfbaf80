"""What fine-tuning starts from: a pretrained encoder and fresh heads, or an earlier checkpoint."""

import json
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoConfig, BertConfig, BertModel

from models.checkpoint import read_checkpoint
from models.encoding import Encoder
from models.errors import InputError
from models.network import StanceConfig, StanceNetwork
from training.arguments import TrainArguments
from training.pretraining_record import read_record
from training.tokenizer import adopt_vocabulary

__all__ = ["earlier_training", "start"]

_TOLD = ("version", "epochs", "adjusted")  # of the arguments that a checkpoint was trained with


def start(
    arguments: TrainArguments, network_class: type[StanceNetwork] = StanceNetwork
) -> tuple[StanceNetwork, Encoder]:
    """The network with the encoder's weights in it, and its text encoder.

    The heads are fresh, or where the encoder is a checkpoint of `hudna train`, that checkpoint's.

    Raises:
        CheckpointError: a checkpoint is damaged.
        InputError: the encoder is not of BERT's class, or cannot be read.
    """
    torch.manual_seed(arguments.seed)
    try:
        begin = _earlier if _is_checkpoint(arguments.encoder) else _fresh
        network, tokenizer = begin(arguments, network_class), _tokenizer(arguments.encoder)
        bert = network.bert.config
        if tokenizer.get_vocab_size() != bert.vocab_size:
            raise ValueError("its tokenizer has another number of pieces")
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{arguments.encoder} cannot be used as an encoder: {error}") from error
    return network, Encoder(tokenizer, bert.max_position_embeddings)


def earlier_training(encoder: str) -> dict[str, Any]:
    """What is on record of how an encoder came to be: ``pretraining`` and, of a checkpoint, ``train``.

    A checkpoint's ``train`` also tells the checkpoint's ``version``, its ``epochs`` and what it
    ``adjusted``.

    Raises:
        InputError: a checkpoint has no such record.
    """
    if not _is_checkpoint(encoder):
        return {"pretraining": read_record(Path(encoder))}
    try:
        told = json.loads((Path(encoder) / "metrics.json").read_text("utf-8"))
        arguments = {name: told["arguments"][name] for name in _TOLD}
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{encoder} does not tell in metrics.json how it was trained.") from error
    return {"pretraining": told["pretraining"], "train": {**told["train"], **arguments}}


def _is_checkpoint(encoder: str) -> bool:
    config = Path(encoder) / "config.json"
    if not config.exists():
        return False
    try:
        return bool(json.loads(config.read_text("utf-8")).get("model_type") == StanceConfig.model_type)
    except ValueError as error:
        raise InputError(f"{config} is damaged: {error}") from error


def _fresh(arguments: TrainArguments, network_class: type[StanceNetwork]) -> StanceNetwork:
    settings = AutoConfig.from_pretrained(arguments.encoder)
    if not isinstance(settings, BertConfig):
        raise ValueError(f"it is of class {settings.model_type}, not BERT's")
    _drop_out(settings, arguments.dropout)
    network = network_class(
        StanceConfig(settings.to_dict(), name=arguments.name, version=arguments.version)
    )
    network.bert, loading = cast(
        tuple[BertModel, dict[str, set[str]]],
        BertModel.from_pretrained(
            arguments.encoder, config=network.bert.config, add_pooling_layer=False,
            dtype=torch.float32, output_loading_info=True,
        ),
    )  # fmt: skip
    if missing := loading["missing_keys"]:  # transformers would draw them at random
        raise ValueError(f"it lacks weights: {', '.join(sorted(missing))}")
    return network


def _earlier(arguments: TrainArguments, network_class: type[StanceNetwork]) -> StanceNetwork:
    found = read_checkpoint(Path(arguments.encoder))
    settings = BertConfig.from_dict(found.config.encoder)
    _drop_out(settings, arguments.dropout)
    config = StanceConfig(settings.to_dict(), found.config.targets, arguments.name, arguments.version)
    return network_class.of(config, found.weights)


def _drop_out(settings: BertConfig, rate: float) -> None:
    settings.hidden_dropout_prob = settings.attention_probs_dropout_prob = rate


def _tokenizer(encoder: str) -> Tokenizer:
    """The encoder's own prepared tokenizer, or AraBERT's vocabulary behind AraBERT's preparation."""
    folder = Path(encoder)
    if _is_checkpoint(encoder) or read_record(folder):
        try:
            return Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # it raises no narrower one
            raise ValueError(f"tokenizer.json cannot be read: {error}") from error
    return adopt_vocabulary(encoder).backend_tokenizer
