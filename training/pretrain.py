"""Masked-language pretraining of a small BERT encoder on Arabic news (`hudna pretrain`).

The recipe is what works on small budgets: packed short sequences without next-sentence prediction
and the loss on masked positions only (Izsak et al. 2021, https://aclanthology.org/2021.emnlp-main.831),
a higher masking rate over whole words (Wettig et al. 2023, https://aclanthology.org/2023.eacl-main.217),
no dropout and one learning-rate cycle (Geiping & Goldstein 2022, https://arxiv.org/abs/2212.14034), and
a cheap start (`training.first_state`).
"""

import json
import lzma
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_utils import EvalPrediction

from models.errors import InputError
from training.arguments import PretrainArguments
from training.first_state import look_at_neighbours, place_positions, skipgram_vectors
from training.machine import has_bfloat16, machine
from training.runs import claim, last_checkpoint
from training.tokenizer import train_tokenizer

__all__ = ["WholeWordMasking", "pretrain", "read_lines"]

_ARABIC_WORD = re.compile(r"[\u0621-\u064A]{2,}")
_SHORTEST_LINE = 5  # words; shorter lines are menus, bylines and picture credits
_HELD_OUT_ROWS = 512


def read_lines(files: Iterable[Path], about: str = "") -> Iterator[str]:
    """The usable lines of plain or xz-compressed UTF-8 text, an empty string between documents.

    With `about`, a regular expression, only the lines in which it is found.

    Raises:
        InputError: a file is missing, damaged or not UTF-8.
    """
    subject = re.compile(about)
    for file in files:
        try:
            with _open(file) as lines:
                usable = filter(None.__ne__, map(_usable, lines))
                yield from (line for line in usable if not line or subject.search(line))
        except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError) as error:
            raise InputError(f"{file} cannot be read: {error}") from error


def _open(file: Path) -> TextIO:
    if file.suffix == ".xz":
        return lzma.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")


def _usable(line: str) -> str | None:
    """The line without its ends; an empty one stays, and one that is no Arabic prose is none."""
    words = line.split()
    is_prose = len(words) >= _SHORTEST_LINE and 2 * len(_ARABIC_WORD.findall(line)) > len(words)
    return line.strip() if is_prose or not words else None


class PackedRows(Dataset[NDArray[np.int64]]):
    """Text cut into rows of equal length: [CLS], pieces without padding, [SEP]."""

    def __init__(self, pieces: NDArray[np.uint16], sequence: int, cls: int, sep: int) -> None:
        body = sequence - 2
        self._rows = pieces[: len(pieces) // body * body].reshape(-1, body)
        self._frame = cls, sep

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> NDArray[np.int64]:
        cls, sep = self._frame
        return np.concatenate([[cls], self._rows[index], [sep]]).astype(np.int64)


class WholeWordMasking:
    """Collates rows and masks whole words: 80% [MASK], 10% a random piece, 10% kept.

    Every batch has the same number of masked positions, so that a compiled model sees one shape.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, rate: float) -> None:
        pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        self._continues = torch.tensor([piece.startswith("##") for piece in pieces])
        self._special = torch.tensor([piece in tokenizer.all_special_tokens for piece in pieces])
        self._mask, self._rate = int(tokenizer.mask_token_id), rate

    def __call__(self, rows: list[NDArray[np.int64]]) -> dict[str, Tensor]:
        """`input_ids` (rows, sequence); `positions` and `labels` (masked,), flat over the batch."""
        ids = torch.from_numpy(np.stack(rows)).flatten()
        word = torch.cumsum(~self._continues[ids], 0)
        draw = torch.rand(int(word[-1]) + 1)[word]
        draw[self._special[ids]] = 2.0
        positions = draw.argsort(stable=True)[: int(self._rate * len(ids))]
        labels, fate = ids[positions], torch.rand(len(positions))
        random_piece = torch.randint(len(self._continues), (len(positions),))
        masked = ids.clone()
        masked[positions] = torch.where(
            fate < 0.8, self._mask, torch.where(fate < 0.9, random_piece, labels)
        )
        return {"input_ids": masked.view(len(rows), -1), "positions": positions, "labels": labels}


class PackedMaskedLM(BertForMaskedLM):
    """`BertForMaskedLM` that computes the vocabulary's logits at masked positions only."""

    def forward(self, input_ids: Tensor, positions: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The mean cross-entropy, and the likeliest piece at each of `positions`."""
        states = self.bert(input_ids).last_hidden_state
        logits = self.cls(states.flatten(0, 1)[positions]).float()
        return {"loss": F.cross_entropy(logits, labels), "logits": logits.argmax(-1)}


def pretrain(arguments: PretrainArguments) -> Path:
    """Trains tokenizer and encoder, or goes on from the last checkpoint; gives the encoder's folder.

    The folder ``encoder`` under `arguments.out` holds a `BertForMaskedLM` with its tokenizer, and
    ``pretraining.json`` with loss and masked-piece accuracy on held-out rows by step.

    Raises:
        InputError: a file cannot be read, there is too little text, the tokenizer is not there, or
            the folder belongs to another run.
    """
    claim(arguments.out, arguments)
    tokenizer = _tokenizer(arguments)
    pieces = _tokenized(arguments, tokenizer)
    cls, sep = int(tokenizer.cls_token_id), int(tokenizer.sep_token_id)
    held_out = _HELD_OUT_ROWS * arguments.sequence
    if len(pieces) < 2 * held_out:
        raise InputError(f"The files hold {len(pieces):,} pieces; {2 * held_out:,} are needed.")
    if arguments.encoder:
        model = _going_on(arguments)
    else:
        model = _fresh_model(arguments, tokenizer, pieces[held_out:])
    trainer = Trainer(
        model=model,
        args=_trainer_arguments(arguments),
        train_dataset=PackedRows(pieces[held_out:], arguments.sequence, cls, sep),
        eval_dataset=PackedRows(pieces[:held_out], arguments.sequence, cls, sep),
        data_collator=WholeWordMasking(tokenizer, arguments.masking_rate),
        compute_metrics=_accuracy,
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(arguments.out))
    return _write(arguments, tokenizer, model, trainer)


def _tokenizer(arguments: PretrainArguments) -> PreTrainedTokenizerFast:
    given = arguments.tokenizer or arguments.encoder
    folder = given or arguments.out / "encoder"
    if not (folder / "tokenizer.json").exists():
        if given:
            raise InputError(f"There is no tokenizer.json in {folder}.")
        learned = train_tokenizer(read_lines(arguments.files, arguments.about), arguments.vocabulary)
        learned.save_pretrained(folder)
    tokenizer: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(folder)
    return tokenizer


def _tokenized(arguments: PretrainArguments, tokenizer: PreTrainedTokenizerFast) -> NDArray[np.uint16]:
    """Every piece of the files in one array, [SEP] between documents; kept for the next start."""
    store = arguments.out / "pieces.npy"
    if not store.exists():
        chunks = [
            np.fromiter((i for line in batch for i in line), np.uint16)
            for batch in _piece_ids(read_lines(arguments.files, arguments.about), tokenizer)
        ]
        unfinished = store.with_suffix(".part.npy")
        np.save(unfinished, np.concatenate(chunks))
        unfinished.replace(store)
    pieces: NDArray[np.uint16] = np.load(store, mmap_mode="r")
    return pieces


def _piece_ids(
    lines: Iterable[str], tokenizer: PreTrainedTokenizerFast, batch: int = 20_000
) -> Iterator[list[list[int]]]:
    separator = str(tokenizer.sep_token)
    waiting: list[str] = []
    for line in lines:
        waiting.append(line or separator)
        if len(waiting) == batch:
            yield tokenizer(waiting, add_special_tokens=False)["input_ids"]
            waiting = []
    if waiting:
        yield tokenizer(waiting, add_special_tokens=False)["input_ids"]


def _fresh_model(
    arguments: PretrainArguments, tokenizer: PreTrainedTokenizerFast, pieces: NDArray[np.uint16]
) -> PackedMaskedLM:
    torch.manual_seed(arguments.seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=arguments.hidden,
        num_hidden_layers=arguments.layers,
        num_attention_heads=arguments.heads,
        intermediate_size=4 * arguments.hidden,
        max_position_embeddings=arguments.sequence,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=tokenizer.pad_token_id,
    )
    config._attn_implementation = _attention(arguments)
    model = PackedMaskedLM(config)
    if last_checkpoint(arguments.out) is None:
        _start_cheaply(model.bert, arguments, pieces)
    return model


def _going_on(arguments: PretrainArguments) -> PackedMaskedLM:
    """The model of an earlier stretch; its masked-language head is fresh where that kept none."""
    torch.manual_seed(arguments.seed)
    try:
        model = PackedMaskedLM.from_pretrained(
            arguments.encoder,
            dtype=torch.float32,
            attn_implementation=_attention(arguments),
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    except (OSError, ValueError) as error:
        raise InputError(f"{arguments.encoder} cannot be used as an encoder: {error}") from error
    return cast(PackedMaskedLM, model)


def _attention(arguments: PretrainArguments) -> str:
    """Compiled, the written-out attention trains faster on a CPU than the fused one."""
    return "eager" if _compiles(arguments) else "sdpa"


def _start_cheaply(encoder: BertModel, arguments: PretrainArguments, pieces: NDArray[np.uint16]) -> None:
    tokens = encoder.embeddings.word_embeddings.weight
    if arguments.skipgram:
        scratch = arguments.out / "pieces.txt"
        vocabulary, width = tokens.shape
        learned = skipgram_vectors(pieces, vocabulary, width, scratch, arguments.seed)
        tokens.data.copy_(learned)
    if arguments.local_layers:
        place_positions(encoder)
        look_at_neighbours(encoder, arguments.local_layers)


def _trainer_arguments(arguments: PretrainArguments) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(arguments.out),
        max_steps=arguments.steps,
        per_device_train_batch_size=arguments.rows,
        per_device_eval_batch_size=arguments.rows,
        gradient_accumulation_steps=arguments.accumulation,
        learning_rate=arguments.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=arguments.steps // 16,
        weight_decay=0.01,
        adam_beta2=0.98,
        bf16=has_bfloat16(),
        use_cpu=not torch.cuda.is_available(),
        torch_compile=_compiles(arguments),
        dataloader_drop_last=True,
        eval_strategy="steps",
        eval_steps=arguments.save_every,
        save_steps=arguments.save_every,
        save_total_limit=1,
        logging_steps=50,
        seed=arguments.seed,
        report_to="none",
    )


def _compiles(arguments: PretrainArguments) -> bool:
    return arguments.compile and shutil.which("c++") is not None


def _accuracy(prediction: EvalPrediction) -> dict[str, float]:
    return {"accuracy": float(np.mean(prediction.predictions == prediction.label_ids))}


def _write(
    arguments: PretrainArguments,
    tokenizer: PreTrainedTokenizerFast,
    model: PackedMaskedLM,
    trainer: Trainer,
) -> Path:
    folder = arguments.out / "encoder"
    model.save_pretrained(folder, max_shard_size=arguments.shard)
    tokenizer.save_pretrained(folder)
    told: dict[str, Any] = {
        **asdict(arguments),
        "pieces_seen": arguments.steps * arguments.rows * arguments.accumulation * arguments.sequence,
        "machine": machine(),
        "seconds": trainer.state.log_history[-1].get("train_runtime", 0.0),
        "history": trainer.state.log_history,
    }
    (folder / "pretraining.json").write_text(json.dumps(told, default=str, indent=1), "utf-8")
    return folder
