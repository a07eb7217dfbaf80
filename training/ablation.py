"""What each part of the recipe is worth (`hudna ablate`): the same small training without it, or with
another in its place, on several seeds.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

from transformers import BertModel

from models.errors import InputError
from models.network import StanceNetwork
from training.arguments import TrainArguments
from training.dataset import (
    LabelledSentence,
    SentenceDataset,
    digest,
    judgements,
    read_sentences,
)
from training.evaluate import score_head
from training.finetune import prepared
from training.markdown import markdown_table
from training.runs import claim, write_whole
from training.variants import VARIANTS, Variant

__all__ = ["AblationArguments", "ablate", "ablation_table"]

_REAL = "real news"
_SENTENCES = 16  # a batch: half the recipe's, so that a short training has twice the steps


@dataclass(frozen=True)
class AblationArguments:
    """Every variant with every seed, scored on every data, as `CurveArguments` has them."""

    corpus: Path
    encoder: str
    out: Path
    variants: Sequence[str]
    seeds: Sequence[int]
    data: dict[str, Path]
    limit: int = 4_000
    epochs: int = 2


def ablate(arguments: AblationArguments) -> None:
    """Trains and scores what ``arguments.out`` does not hold yet, a JSON file each.

    Raises:
        InputError: there is no such variant, the corpus, the data or the encoder cannot be used, or
            ``arguments.out`` holds trainings with another limit, or the like.
    """
    if unknown := set(arguments.variants) - set(VARIANTS):
        raise InputError(f"There is no variant {', '.join(sorted(unknown))}; {', '.join(VARIANTS)} are.")
    free = ("variants", "seeds", "out")
    claim(arguments.out, arguments, free, batch=str(_SENTENCES), corpus_digest=digest(arguments.corpus))
    for seed in arguments.seeds:
        for name in arguments.variants:
            file = arguments.out / f"{name}-{seed}.json"
            if not file.exists():
                write_whole(file, _scored(arguments, VARIANTS[name], seed))


def _scored(arguments: AblationArguments, variant: Variant, seed: int) -> list[dict[str, Any]]:
    with TemporaryDirectory() as scratch:
        run = TrainArguments(
            arguments.corpus, arguments.encoder, Path(scratch), limit=arguments.limit,
            epochs=arguments.epochs, sentences=_SENTENCES, select=False, seed=seed,
        )  # fmt: skip
        shape = _alone if variant.each_alone else list
        trainer, encoder = prepared(
            replace(run, **variant.overrides), variant.network, variant.trainer, shape
        )
        if variant.forgets:
            _forget(trainer.model)
        trainer.train()
    heads = trainer.model.config.heads
    rows = []
    for name, path in arguments.data.items():
        test = shape(read_sentences(path, "dev" if path.is_dir() else None))
        logits, labels = trainer.logits_on(SentenceDataset(test, encoder, heads))
        for head in variant.heads:
            names = heads[head]
            truth = [names[i] for i in labels[head]]
            score = score_head(truth, [names[i] for i in logits[head].argmax(-1)], names)
            rows.append({"data": name, "head": head, "macro": score.macro, "bearing": score.bearing})
    return rows


def _alone(sentences: Sequence[LabelledSentence]) -> list[LabelledSentence]:
    """Every judgement as a sentence of its own."""
    return [replace(sentence, actors=(actor,)) for sentence, actor in judgements(sentences)]


def _forget(network: StanceNetwork) -> None:
    fresh = BertModel(network.bert.config, add_pooling_layer=False)
    network.bert.load_state_dict(fresh.state_dict())


def ablation_table(folder: Path) -> str:
    """A row a variant: mean and standard deviation over the seeds, by data and head.

    Macro-F1; on real news, whose stances are few, micro-F1 over the stance-bearing labels.
    """
    found: dict[str, dict[tuple[str, str], list[float]]] = {}
    for file in sorted(folder.glob("*-*.json")):
        scores = found.setdefault(VARIANTS[file.stem.rsplit("-", 1)[0]].told, {})
        for row in json.loads(file.read_text("utf-8")):
            pooled = row["data"] == _REAL and row["bearing"] is not None
            score = row["bearing"] if pooled else row["macro"]
            scores.setdefault((row["data"], row["head"]), []).append(score)
    columns = sorted({column for scores in found.values() for column in scores}, reverse=True)
    order = dict.fromkeys(variant.told for variant in VARIANTS.values())
    return markdown_table(
        ("", *(f"{data}: {head}" for data, head in columns), "seeds"),
        [
            (told, *(_cell(found[told].get(column, [])) for column in columns), _seeds(found[told]))
            for told in order
            if told in found
        ],
    )


def _cell(values: Sequence[float]) -> str:
    if len(values) > 1:
        return f"{mean(values):.2f} ± {stdev(values):.2f}"
    return f"{values[0]:.2f}" if values else ""


def _seeds(scores: dict[tuple[str, str], list[float]]) -> int:
    return min(map(len, scores.values()))
