"""Fine-tuning: a pretrained encoder and labelled sentences become a checkpoint (`hudna train`)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Sampler
from transformers import Trainer, TrainingArguments
from transformers.trainer_pt_utils import LengthGroupedSampler

from models.checkpoint import write_manifest
from models.encoding import Encoder
from models.errors import InputError
from models.network import StanceNetwork
from models.registry import load_registry
from models.runtime import has_bfloat16
from training.arguments import TrainArguments
from training.augment import ActorSwapper, Epithets, PieceHiding, SpellingNoise, pools_by_agreement
from training.calibrate import calibrate
from training.dataset import (
    LabelledSentence,
    SentenceDataset,
    digest,
    drawn,
    judgements,
    read_sentences,
)
from training.evaluate import score_head
from training.machine import machine
from training.model_card import write_model_card
from training.names import composed_names, registry_names
from training.runs import claim, last_checkpoint
from training.start import earlier_training, start

__all__ = ["StanceTrainer", "finetune", "prepared", "write_checkpoint"]


class StanceTrainer(Trainer):
    """Trains every head at once and scores the dev split by macro-F1."""

    model: StanceNetwork
    train_dataset: SentenceDataset
    eval_dataset: SentenceDataset
    adjusted: Sequence[str] = ()  # targets
    focus: float = 0.0

    def compute_loss(  # noqa: D102
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,  # noqa: ARG002
    ) -> Tensor | tuple[Tensor, Any]:
        logits = model(inputs["batch"].to(self.args.device))
        heads = zip(logits.items(), inputs["labels"].unbind(1), strict=True)
        loss = torch.stack(
            [self.head_loss(head, z.float(), labels) for (head, z), labels in heads]
        ).sum()
        return (loss, logits) if return_outputs else loss

    def head_loss(self, head: str, logits: Tensor, labels: Tensor) -> Tensor:
        """One head's loss on `logits` (judgements, labels) against `labels` (judgements,).

        Stances are rarer in news than in the corpus, so heads that see too many of them learn the shares
        of whole articles: logit adjustment (Menon et al. 2021, https://arxiv.org/abs/2007.07314).
        With a `focus`, judgements that are sure already count less (Lin et al. 2017,
        https://arxiv.org/abs/1708.02002).
        """
        losses = F.cross_entropy(logits + self._offsets[head], labels, reduction="none")
        return ((1 - torch.exp(-losses)) ** self.focus * losses).mean()

    @cached_property
    def _offsets(self) -> dict[str, Tensor]:
        """What the corpus's label shares add to a head's logits, as against those of articles."""
        everywhere = self.train_dataset.label_shares()
        natural = everywhere | self.natural_shares
        return {
            head: (_log(everywhere[head]) - _log(natural[head])).to(self.args.device)
            for head in everywhere
        }

    @cached_property
    def natural_shares(self) -> dict[str, Tensor]:
        """The adjusted targets' shares of labels in news: those in the corpus's whole articles."""
        shares = self.train_dataset.label_shares(of_articles=True)
        return {target: shares[target] for target in self.adjusted if target in shares}

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:  # noqa: D102 - the best epoch's choice
        logits, labels = self.logits_on(self.eval_dataset)
        metrics = {
            f"eval_{head}_macro_f1": score_head(
                [names[i] for i in labels[head]],
                [names[i] for i in logits[head].argmax(-1)],
                names,
            ).macro
            for head, names in self.model.config.heads.items()
        }
        metrics["eval_macro_f1"] = sum(metrics.values()) / len(metrics)
        self.log(metrics)
        self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def logits_on(self, sentences: SentenceDataset) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The logits on labelled sentences, and the labels, by head; judgements in one order."""
        logits, labels = [], []
        self.model.train(False)
        with torch.inference_mode():
            for inputs in self.get_eval_dataloader(sentences):
                found = self.model(inputs["batch"].to(self.args.device))
                logits.append({head: values.float().cpu() for head, values in found.items()})
                labels.append(inputs["labels"].cpu())
        heads = list(self.model.config.heads)
        return (
            {head: torch.cat([each[head] for each in logits]) for head in heads},
            dict(zip(heads, torch.cat(labels).unbind(1), strict=True)),
        )

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:  # noqa: ARG002
        return LengthGroupedSampler(self.args.train_batch_size, lengths=self.train_dataset.lengths)


def _log(shares: Tensor) -> Tensor:
    return shares.clamp(min=1e-3).log()


def finetune(arguments: TrainArguments) -> Path:
    """Trains a checkpoint, or goes on from the last epoch that was kept; gives its folder.

    Raises:
        InputError: the corpus lacks a split, the encoder is not of BERT's class, or the folder belongs
            to another run.
    """
    trainer, encoder = prepared(arguments)
    claim(arguments.out, arguments, corpus_digest=digest(arguments.corpus))
    earlier = earlier_training(arguments.encoder)
    trainer.train(resume_from_checkpoint=last_checkpoint(arguments.out / "runs"))
    how = {
        "seconds": trainer.state.log_history[-1].get("train_runtime", 0.0),
        "earlier": earlier.get("train", {}),
    }
    return write_checkpoint(arguments, trainer, encoder, earlier["pretraining"], how)


def prepared(
    arguments: TrainArguments,
    network_class: type[StanceNetwork] = StanceNetwork,
    trainer_class: type[StanceTrainer] = StanceTrainer,
    shape: Callable[[Sequence[LabelledSentence]], Sequence[LabelledSentence]] = list,
) -> tuple[StanceTrainer, Encoder]:
    """A trainer that has read nothing yet, and the text encoder; an ablation exchanges the classes,
    or gives the sentences another `shape`.

    Raises:
        InputError: the corpus lacks a split, or the encoder is not of BERT's class.
    """
    splits = {split: read_sentences(arguments.corpus, split) for split in ("train", "dev")}
    for split, sentences in splits.items():
        if not sentences:
            raise InputError(f"The corpus at {arguments.corpus} has no {split} sentences.")
    splits["train"] = drawn(splits["train"], arguments.limit, arguments.seed)
    network, encoder = start(arguments, network_class)
    heads = network.config.heads
    hide = PieceHiding(arguments.hiding_rate, encoder.marker)
    train = SentenceDataset(shape(splits["train"]), encoder, heads, _augmentation(arguments), hide)
    trainer = trainer_class(
        model=network,
        args=_trainer_arguments(arguments),
        train_dataset=train,
        eval_dataset=SentenceDataset(splits["dev"], encoder, heads),
        data_collator=train.collate,
    )
    trainer.adjusted, trainer.focus = arguments.adjusted, arguments.focus
    return trainer, encoder


def _augmentation(arguments: TrainArguments) -> Callable[[LabelledSentence], LabelledSentence]:
    registry = load_registry()
    pools = pools_by_agreement([*registry_names(registry), *composed_names(registry)])
    swap = ActorSwapper(registry, arguments.swap_rate, pools)
    load = Epithets(registry, arguments.epithet_rate)
    misspell = SpellingNoise(arguments.noise_rate)

    def augment(sentence: LabelledSentence) -> LabelledSentence:
        # Drawn from torch's generator, whose state the trainer restores after an interrupt.
        draw = Random(int(torch.randint(2**31, (1,))))
        return misspell(load(swap(sentence, draw), draw), draw)

    return augment


def _trainer_arguments(arguments: TrainArguments) -> TrainingArguments:
    by_epoch = "epoch" if arguments.select else "no"
    return TrainingArguments(
        output_dir=str(arguments.out / "runs"),
        num_train_epochs=arguments.epochs,
        per_device_train_batch_size=arguments.sentences,
        per_device_eval_batch_size=4 * arguments.sentences,
        learning_rate=arguments.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=0.06,
        weight_decay=0.01,
        bf16=has_bfloat16(),
        use_cpu=not torch.cuda.is_available(),
        eval_strategy=by_epoch,
        save_strategy=by_epoch,
        save_total_limit=2,
        load_best_model_at_end=arguments.select,
        metric_for_best_model="macro_f1",
        logging_steps=50,
        remove_unused_columns=False,
        seed=arguments.seed,
        report_to="none",
    )


def write_checkpoint(
    arguments: TrainArguments,
    trainer: StanceTrainer,
    encoder: Encoder,
    pretraining: dict[str, Any],
    how: dict[str, Any],
) -> Path:
    """Writes a trainer's network in half precision, its calibration, metrics and card; gives its folder.

    The record of its `pretraining` stands in the metrics, and `how` it was trained beside what it read.
    """
    out, network = arguments.out, trainer.model
    network.bfloat16().float()  # type: ignore[no-untyped-call]  # what is shipped is calibrated
    logits, labels = trainer.logits_on(trainer.eval_dataset)
    natural = trainer.natural_shares
    calibration = {
        head: calibrate(logits[head], labels[head], natural.get(head)).model_dump() for head in logits
    }
    network.bfloat16().save_pretrained(out)
    encoder.tokenizer.save(str(out / "tokenizer.json"))
    (out / "calibration.json").write_text(json.dumps(calibration, indent=1) + "\n", "utf-8")
    write_manifest(out)
    told = {
        "arguments": asdict(arguments),
        "pretraining": pretraining,
        "train": _read(arguments) | how,
        "history": trainer.state.log_history,
    }
    (out / "metrics.json").write_text(json.dumps(told, default=str, indent=1) + "\n", "utf-8")
    write_model_card(out)
    return out


def _read(arguments: TrainArguments) -> dict[str, Any]:
    """How much of the corpus a checkpoint read, and where."""
    train = read_sentences(arguments.corpus, "train")
    sentences = drawn(train, arguments.limit, arguments.seed)
    return {
        "sentences": len(sentences),
        "judgements": len(judgements(sentences)),
        "machine": machine(),
    }
