"""What ``pretraining.json`` tells of an encoder: its run, the stretches before it, masked examples."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from transformers import BertForMaskedLM, PreTrainedTokenizerFast, Trainer

from training.arguments import PretrainArguments
from training.machine import machine

__all__ = ["fill_masks", "read_record", "write_record"]

RECORD = "pretraining.json"
_PROMPTS = (
    "دعا المبعوث الأممي إلى وقف إطلاق [MASK] في ليبيا .",
    "شنت قوات حفتر هجوما على العاصمة [MASK] .",
    "أعلنت حكومة الوفاق [MASK] من الهدنة .",
    "رفض المشير خليفة [MASK] التوقيع على الاتفاق .",
    "قالت وزارة [MASK] الفرنسية إن باريس تدعم الحل السياسي .",
)


def read_record(encoder: Path) -> dict[str, Any]:
    """The record in an encoder's folder; empty where there is none."""
    file = encoder / RECORD
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def write_record(
    folder: Path,
    arguments: PretrainArguments,
    model: BertForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    trainer: Trainer,
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
        "history": history,
        "fill_mask": fill_masks(model, tokenizer),
        "earlier": earlier,
    }
    (folder / RECORD).write_text(json.dumps(told, default=str, indent=1), "utf-8")


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
