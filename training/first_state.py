"""A cheap start for pretraining: what an encoder would spend its first millions of pieces to learn.

Pretraining of a small BERT on a small budget stands still for long before its attention finds that
neighbours matter. So its token vectors start from skip-gram (Mikolov et al. 2013,
https://arxiv.org/abs/1310.4546), its position vectors from sinusoids (Vaswani et al. 2017,
https://arxiv.org/abs/1706.03762), and its lower layers' heads from weights that look at one neighbour
each (a position's sinusoids, rotated, are those of the position beside it), as trained transformers
come to do (Trockman & Kolter 2023, https://arxiv.org/abs/2305.09828).
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import BertModel
from transformers.models.bert.modeling_bert import BertLayer

__all__ = ["look_at_neighbours", "place_positions", "skipgram_vectors"]

_SPREAD = 0.02  # BERT's initial standard deviation
_FOCUS = 1.2  # of a local head: about two thirds of its attention on its neighbour


def skipgram_vectors(
    pieces: NDArray[np.uint16], vocabulary: int, width: int, scratch: Path, seed: int
) -> Tensor:
    """Skip-gram vectors of the pieces, scaled to BERT's initial spread, (vocabulary, width).

    `scratch` is a file that is written and removed; pieces that hardly occur stay random.
    """
    from gensim.models import Word2Vec  # only pretraining has it installed

    with scratch.open("w") as lines:
        for start in range(0, len(pieces), 1_000):
            lines.write(" ".join(map(str, pieces[start : start + 1_000])) + "\n")
    learned = Word2Vec(
        corpus_file=str(scratch), vector_size=width, sg=1, window=5, negative=5, min_count=5,
        sample=1e-4, epochs=1, workers=torch.get_num_threads(), seed=seed,
    ).wv  # fmt: skip
    scratch.unlink()
    vectors = np.random.default_rng(seed).normal(size=(vocabulary, width))
    vectors[[int(piece) for piece in learned.index_to_key]] = learned.vectors / learned.vectors.std()
    return torch.from_numpy(_SPREAD * vectors)


def place_positions(encoder: BertModel) -> None:
    """Sets the position vectors to sinusoids of the same length as the token vectors."""
    embeddings = encoder.embeddings
    places = embeddings.position_embeddings.weight
    angles = torch.arange(len(places))[:, None] * _frequencies(places.shape[1])
    sinusoids = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)
    spread = embeddings.word_embeddings.weight.std()
    places.data.copy_(sinusoids * spread * math.sqrt(2))


def look_at_neighbours(encoder: BertModel, layers: int) -> None:
    """Makes each head of the lowest layers look at one neighbour: -1, +1, -2, +2, …"""
    heads = encoder.config.num_attention_heads
    offsets = [(-1) ** (head + 1) * (1 + head // 2) for head in range(heads)]
    for layer in cast(list[BertLayer], list(encoder.encoder.layer)[:layers]):
        attention = layer.attention
        _focus(attention.self.query.weight, attention.self.key.weight, offsets)
        nn.init.xavier_normal_(attention.self.value.weight)
        nn.init.xavier_normal_(attention.output.dense.weight)


def _focus(query: Tensor, key: Tensor, offsets: Sequence[int]) -> None:
    width = query.shape[1]
    size = len(query) // len(offsets)
    for head, offset in enumerate(offsets):
        rows = slice(head * size, (head + 1) * size)
        query.data[rows] += _FOCUS * _rotation(width, offset)[:size]
        key.data[rows] += _FOCUS * torch.eye(width)[:size]


def _rotation(width: int, offset: int) -> Tensor:
    """The matrix that turns the sinusoids of a place into those of the place `offset` further."""
    angles = offset * _frequencies(width)
    turns = [
        torch.tensor([[cos, sin], [-sin, cos]])
        for sin, cos in zip(angles.sin().tolist(), angles.cos().tolist(), strict=True)
    ]
    return torch.block_diag(*turns)  # type: ignore[no-untyped-call, no-any-return]


def _frequencies(width: int) -> Tensor:
    return torch.pow(10_000.0, -torch.arange(0, width, 2) / width)
