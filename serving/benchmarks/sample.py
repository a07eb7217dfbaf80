"""What every entry of a benchmark judges: sentences of the corpus's test split, and their actors."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import BertConfig

from models.checkpoint import Checkpoint, CheckpointConfig
from models.classifier import MarkedActor, MarkedSentence
from models.errors import InputError
from models.network import StanceConfig, StanceNetwork
from models.text import Span

__all__ = ["Sample", "articles_of", "base_size", "corpus_rows", "draw_sample"]

_NOT_LABELS = frozenset({"actor", "mentions"})
_ARABERT_BASE = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3_072,
    "vocab_size": 64_000,
    "max_position_embeddings": 512,
}


@dataclass(frozen=True)
class Sample:
    """Sentences with their actors, and the true labels of every judgement by head, in order."""

    sentences: list[MarkedSentence]
    labels: list[dict[str, str]]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """A judgement each, for those that read one actor a pass: the sentence and the actor's name."""
        return [
            (sentence.text, sentence.text[slice(*actor.spans[0])])
            for sentence in self.sentences
            for actor in sentence.actors
        ]


def draw_sample(corpus: Path, sentences: int) -> Sample:
    """So many sentences of the test split, always the same ones; the fewer are among the more.

    Raises:
        InputError: the corpus is not there.
    """
    rows = [
        row for row in corpus_rows(corpus.glob("*.jsonl")) if row["split"] == "test" and row["actors"]
    ]
    if not rows:
        raise InputError(f"There are no test sentences in {corpus}.")
    drawn = Random(7).sample(rows, len(rows))[:sentences]
    return Sample(
        [
            MarkedSentence(row["text"], [_marked(row["text"], each) for each in row["actors"]])
            for row in drawn
        ],
        [
            {k: v for k, v in each.items() if k not in _NOT_LABELS}
            for row in drawn
            for each in row["actors"]
        ],
    )


def corpus_rows(files: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """The rows of files of a corpus, in the files' order."""
    for file in sorted(files):
        yield from map(json.loads, file.read_text("utf-8").splitlines())


def _marked(text: str, actor: dict[str, Any]) -> MarkedActor:
    found = {
        Span(*match.span())
        for mention in actor["mentions"]
        for match in re.finditer(re.escape(mention), text)
    }
    return MarkedActor(actor["actor"], sorted(found))


def articles_of(sample: Sample, sentences: int) -> list[str]:
    """The sample's sentences as texts of so many each; what is left over is left out."""
    texts = [sentence.text for sentence in sample.sentences]
    whole = range(0, len(texts) - sentences + 1, sentences)
    return ["\n".join(texts[start : start + sentences]) for start in whole]


def base_size(shipped: Checkpoint) -> Checkpoint:
    """A checkpoint of AraBERT base's size with random weights.

    It keeps the shipped tokenizer: a larger one's embeddings cost memory, hardly any time.
    """
    encoder = BertConfig.from_dict(shipped.config.encoder | _ARABERT_BASE)
    config = CheckpointConfig(
        encoder=encoder.to_dict(), targets=shipped.config.targets, name="base-size", version="0"
    )
    torch.manual_seed(0)
    network = StanceNetwork(StanceConfig(**config.model_dump()))
    weights = {name: each.numpy() for name, each in network.state_dict().items()}
    return replace(shipped, config=config, weights=weights)
