"""What ``pretraining.json`` tells of an encoder: its run, the stretches before it, masked examples."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import BertForMaskedLM, PreTrainedTokenizerFast, Trainer, TrainerCallback

from training.arguments import PretrainArguments
from training.machine import machine, matrix_rate
from training.objectives import ReplacedPieces
from training.pretraining_text import line_counts

__all__ = ["Speed", "fill_masks", "read_record", "write_record"]

RECORD = "pretraining.json"
_PROMPTS = (
    "دعا المبعوث الأممي إلى وقف إطلاق [MASK] في ليبيا .",
    "شنت قوات حفتر هجوما على العاصمة [MASK] .",
    "أعلنت حكومة الوفاق [MASK] من الهدنة .",
    "رفض المشير خليفة [MASK] التوقيع على الاتفاق .",
    "قالت وزارة [MASK] الفرنسية إن باريس تدعم الحل السياسي .",
)


class Speed(TrainerCallback):
    """Measures steps a second since the last start, evaluations and all."""

    def __init__(self) -> None:
        self.steps_per_second = 0.0

    def on_train_begin(self, *called: Any, **_: Any) -> None:  # noqa: D102
        self._begun = time.monotonic(), called[1].global_step

    def on_train_end(self, *called: Any, **_: Any) -> None:  # noqa: D102
        then, step = self._begun
        self.steps_per_second = (called[1].global_step - step) / (time.monotonic() - then)


def read_record(encoder: Path) -> dict[str, Any]:
    """The record in an encoder's folder; empty where there is none."""
    file = encoder / RECORD
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def write_record(
    folder: Path,
    arguments: PretrainArguments,
    model: BertForMaskedLM | ReplacedPieces,
    tokenizer: PreTrainedTokenizerFast,
    trainer: Trainer,
    speed: Speed,
) -> None:
    """Writes the record of a finished run into its encoder's folder; pieces and seconds add up."""
    earlier = read_record(arguments.encoder) if arguments.encoder else {}
    pieces = arguments.steps * arguments.rows * arguments.accumulation * arguments.sequence
    history = trainer.state.log_history
    told = {
        **asdict(arguments),
        "layers": model.config.num_hidden_layers,
        "hidden": model.config.hidden_size,
        "heads": model.config.num_attention_heads,
        "pieces_seen": pieces + earlier.get("pieces_seen", 0),
        "machine": machine(),
        "seconds": history[-1].get("train_runtime", 0.0) + earlier.get("seconds", 0.0),
        "lines": line_counts(arguments.files, arguments.about),
        **_speed(arguments, model, speed.steps_per_second),
        "history": history,
        "fill_mask": fill_masks(model, tokenizer) if isinstance(model, BertForMaskedLM) else {},
        "earlier": earlier,
    }
    (folder / RECORD).write_text(json.dumps(told, default=str, indent=1), "utf-8")


def _speed(
    arguments: PretrainArguments, model: BertForMaskedLM | ReplacedPieces, steps_per_second: float
) -> dict[str, float]:
    """Pieces a second, and the share of this machine's matrix rate that they make use of."""
    pieces = steps_per_second * arguments.rows * arguments.accumulation * arguments.sequence
    config = model.config
    weights = sum(w.numel() for w in model.bert.encoder.parameters() if w.ndim == 2)
    attention = 2 * config.num_hidden_layers * config.hidden_size * arguments.sequence
    head = arguments.masking_rate * config.hidden_size * (config.vocab_size + config.hidden_size)
    # Forward and twice back, a product and a sum each; a generator goes forward alone.
    masked = 6 * (weights + attention + head)
    replaced = 8 * (weights + attention) + 2 * head
    operations = replaced if arguments.generator else masked
    return {
        "pieces_per_second": round(pieces, 1),
        "matrix_share": float(f"{pieces * operations / matrix_rate():.3g}"),  # of a tiny model, tiny
    }


def fill_masks(
    model: BertForMaskedLM, tokenizer: PreTrainedTokenizerFast, most: int = 5
) -> dict[str, list[str]]:
    """For sentences of Libyan news with one masked word, the likeliest pieces."""
    found: dict[str, list[str]] = {}
    model.train(False)
    for prompt in _PROMPTS:
        ids = torch.tensor([tokenizer(prompt)["input_ids"]], device=model.device)
        place = int((ids[0] == tokenizer.mask_token_id).nonzero()[0])
        with torch.inference_mode():
            states = model.bert(ids).last_hidden_state[:, place]
            best = model.cls(states).float().topk(most).indices[0].tolist()
        found[prompt] = [str(tokenizer.convert_ids_to_tokens(piece)) for piece in best]
    return found
