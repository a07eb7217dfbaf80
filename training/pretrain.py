"""Pretraining of a small BERT encoder on Arabic news (`hudna pretrain`).

The recipe is what works on small budgets: packed short sequences without next-sentence prediction
and the loss on masked positions only (Izsak et al. 2021, https://aclanthology.org/2021.emnlp-main.831),
a higher masking rate over whole words (Wettig et al. 2023, https://aclanthology.org/2023.eacl-main.217),
no dropout and one learning-rate cycle (Geiping & Goldstein 2022, https://arxiv.org/abs/2212.14034), and
a cheap start (`training.first_state`). What is learned is in `training.objectives`.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from sklearn.metrics import f1_score
from transformers import (
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_utils import EvalPrediction

from models.errors import InputError
from models.runtime import has_bfloat16
from training.arguments import PretrainArguments
from training.first_state import look_at_neighbours, place_positions, skipgram_vectors
from training.objectives import Generator, PackedMaskedLM, ReplacedPieces, ReplacingTrainer
from training.pretraining_record import Speed, read_record, write_record
from training.pretraining_text import PackedRows, WholeWordMasking, read_lines
from training.runs import claim, last_checkpoint
from training.tokenizer import train_tokenizer

__all__ = ["pretrain"]

_HELD_OUT_ROWS = 512
_M = TypeVar("_M", PackedMaskedLM, ReplacedPieces)


def pretrain(arguments: PretrainArguments) -> Path:
    """Trains tokenizer and encoder, or goes on from the last checkpoint; gives the encoder's folder.

    The folder ``encoder`` under `arguments.out` holds a `BertForMaskedLM` (with a generator, a
    `ReplacedPieces`) in half precision with its tokenizer, and ``pretraining.json`` with the loss on
    held-out rows by step, and the accuracy on masked pieces (with a generator, the F1 of replaced ones).

    Raises:
        InputError: a file cannot be read, there is too little text, the tokenizer is not there, the
            generator has another one, or the folder belongs to another run.
    """
    claim(arguments.out, arguments)
    tokenizer = _tokenizer(arguments)
    pieces = _tokenized(arguments, tokenizer)
    cls, sep = int(tokenizer.cls_token_id), int(tokenizer.sep_token_id)
    held_out = _HELD_OUT_ROWS * arguments.sequence
    if len(pieces) < 2 * held_out:
        raise InputError(f"The files hold {len(pieces):,} pieces; {2 * held_out:,} are needed.")
    model = _model(arguments, tokenizer, pieces[held_out:])
    speed = Speed()
    trainer = _trainer_class(arguments, tokenizer)(
        model=model,
        args=_trainer_arguments(arguments),
        train_dataset=PackedRows(pieces[held_out:], arguments.sequence, cls, sep),
        eval_dataset=PackedRows(pieces[:held_out], arguments.sequence, cls, sep),
        data_collator=WholeWordMasking(tokenizer, arguments.masking_rate),
        compute_metrics=_told_replaced if arguments.generator else _accuracy,
        callbacks=[speed],
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(arguments.out))
    return _write(arguments, tokenizer, model, trainer, speed)


def _tokenizer(arguments: PretrainArguments) -> PreTrainedTokenizerFast:
    if arguments.tokenizer and arguments.encoder:
        raise InputError("An encoder brings its own tokenizer: give --encoder or --tokenizer, not both.")
    if arguments.generator and not arguments.encoder:
        raise InputError("A generator teaches an encoder that is there: give --encoder too.")
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
        np.save(unfinished, np.concatenate([np.empty(0, np.uint16), *chunks]))
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


def _model(
    arguments: PretrainArguments, tokenizer: PreTrainedTokenizerFast, pieces: NDArray[np.uint16]
) -> PackedMaskedLM | ReplacedPieces:
    if not arguments.encoder:
        return _fresh_model(arguments, tokenizer, pieces)
    if arguments.generator:
        return _earlier(arguments.encoder, ReplacedPieces, arguments)
    return _earlier(arguments.encoder, PackedMaskedLM, arguments)


def _trainer_class(
    arguments: PretrainArguments, tokenizer: PreTrainedTokenizerFast
) -> Callable[..., Trainer]:
    """On masked words, or where there is a generator, on the pieces that it replaced."""
    if not arguments.generator:
        return Trainer
    model = _earlier(arguments.generator, PackedMaskedLM, arguments)
    if model.config.vocab_size != len(tokenizer):
        raise InputError(f"{arguments.generator} has another vocabulary than the encoder.")
    return partial(ReplacingTrainer, generator=Generator(model, _compiles(arguments)))


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


def _earlier(folder: Path, kind: type[_M], arguments: PretrainArguments) -> _M:
    """The model of an earlier stretch; its head is fresh where that kept none of this kind."""
    torch.manual_seed(arguments.seed)
    if not read_record(folder):
        raise InputError(f"{folder} has no record of an earlier `hudna pretrain`.")
    try:
        model, loading = cast(
            tuple[_M, dict[str, set[str]]],
            kind.from_pretrained(
                folder, dtype=torch.float32, attn_implementation=_attention(arguments),
                hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, output_loading_info=True,
            ),
        )  # fmt: skip
        if missing := [name for name in loading["missing_keys"] if name.startswith("bert.")]:
            raise ValueError(f"it lacks weights: {', '.join(sorted(missing))}")
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder} cannot be used as an encoder: {error}") from error
    if arguments.sequence > model.config.max_position_embeddings:
        raise InputError(f"{folder} reads at most {model.config.max_position_embeddings} pieces a row.")
    return model


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


def _told_replaced(prediction: EvalPrediction) -> dict[str, float]:
    labels, found = np.asarray(prediction.label_ids), np.asarray(prediction.predictions)
    return {"replaced_f1": float(f1_score(labels.ravel(), found.ravel()))}


def _write(
    arguments: PretrainArguments,
    tokenizer: PreTrainedTokenizerFast,
    model: PackedMaskedLM | ReplacedPieces,
    trainer: Trainer,
    speed: Speed,
) -> Path:
    """Writes the encoder in half precision, its tokenizer and its record."""
    folder = arguments.out / "encoder"
    tokenizer.save_pretrained(folder)
    model.bfloat16().save_pretrained(folder, max_shard_size=arguments.shard)
    write_record(folder, arguments, model, tokenizer, trainer, speed)
    return folder
