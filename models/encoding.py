"""From a sentence and its actors to what the network reads.

Each actor adds one marker behind the sentence (levitated marker, PL-Marker, Ye et al. 2022,
https://aclanthology.org/2022.acl-long.337): it has the position of the actor's first mention, sees the
text and itself, and the text does not see it. The marker is the [MASK] piece: the one piece whose
pretraining already was to gather what its context says about a position.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from models.errors import InputError
from models.text import Span

__all__ = ["Batch", "Encoder", "Example", "Query", "collate", "rounded", "token_budget_batches"]

_ACTORS_AT_ONCE = 32
_ROW = 16  # pieces
# AraBERT's, for a link, an e-mail and a user: they name nobody
_STAND_INS = ("[رابط]", "[بريد]", "[مستخدم]")


@dataclass(frozen=True)
class Query:
    """A sentence and the mentions of each actor to judge in it; spans count code points of `text`."""

    text: str
    actors: Sequence[Sequence[Span]]


@dataclass(frozen=True)
class Example:
    """A sentence, or a window of one, as pieces; `mentions[i]` are the pieces that name `actors[i]`.

    `offsets` are those of the pieces in the sentence's text; the first and the last piece have none.
    """

    query: int
    actors: tuple[int, ...]
    pieces: tuple[int, ...]
    mentions: tuple[tuple[int, ...], ...]
    offsets: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.pieces) + len(self.actors)


@dataclass(frozen=True)
class Batch:
    """What one forward pass reads: R rows of at most L pieces, with at most A actors a row."""

    input_ids: NDArray[np.int32]  # (R, L), the markers behind the text, then padding
    position_ids: NDArray[np.int32]  # (R, L)
    attention_mask: NDArray[np.bool_]  # (R, 1, L, L), true where a query may look at a key
    markers: NDArray[np.int32]  # (R, A), where each actor's marker stands in its row
    mentions: NDArray[np.float32]  # (R, A, L), weights of the mean over an actor's pieces
    judged: NDArray[np.bool_]  # (R, A), true where there is an actor


class Encoder:
    """Turns queries into examples with a checkpoint's tokenizer.

    A sentence longer than `limit` pieces is read in overlapping windows: each actor is judged in the
    window that has its first mention nearest to the middle, and by its mentions there.
    """

    def __init__(self, tokenizer: Tokenizer, limit: int) -> None:
        self.tokenizer, self._limit = tokenizer, limit
        self.marker, self.padding = (_piece(tokenizer, name) for name in ("[MASK]", "[PAD]"))
        self._stand_ins = frozenset(map(tokenizer.token_to_id, _STAND_INS))

    def encode(self, queries: Sequence[Query]) -> list[Example]:
        """The examples of all queries, in their order; a query without actors gives none.

        An actor whose mentions hold nothing that the tokenizer reads (they stand inside a link, say)
        is in no example.

        Raises:
            InputError: an actor has no span, or one lies outside its text.
        """
        wanted = [(i, query) for i, query in enumerate(queries) if query.actors]
        encodings = self.tokenizer.encode_batch([query.text for _, query in wanted])
        return [
            example
            for (i, query), encoding in zip(wanted, encodings, strict=True)
            for example in self._windows(i, encoding, self._mention_pieces(query, encoding))
        ]

    def _windows(
        self, index: int, encoding: Encoding, mentions: Sequence[tuple[int, ...]]
    ) -> Iterator[Example]:
        """One example for a sentence that fits; else one a window, with the actors nearest to it."""
        ids, offsets = encoding.ids, encoding.offsets
        body, inside = ids[1:-1], self._limit - 2
        last = max(0, len(body) - inside)
        starts = [*range(0, last, inside // 2), last]
        here: dict[int, list[int]] = {}
        for actor, pieces in enumerate(mentions):
            if pieces:
                middle = pieces[0] - 1 - inside / 2
                here.setdefault(min(starts, key=lambda start: abs(start - middle)), []).append(actor)
        for start, actors in here.items():
            window = (ids[0], *body[start : start + inside], ids[-1])
            places = (offsets[0], *offsets[1:-1][start : start + inside], offsets[-1])
            for group in _groups(actors):
                shown = (
                    tuple(p - start for p in mentions[actor] if 1 <= p - start <= inside)
                    for actor in group
                )
                yield Example(index, tuple(group), window, tuple(shown), places)

    def _mention_pieces(self, query: Query, encoding: Encoding) -> list[tuple[int, ...]]:
        """For each actor the pieces that overlap its spans; the first and the last stand for none."""
        ids, offsets = encoding.ids, encoding.offsets
        ends = [end for _, end in offsets[1:-1]]
        found = []
        for spans in query.actors:
            _check_spans(spans, query.text)
            pieces = {piece for span in spans for piece in _covering(span, offsets, ends)}
            found.append(tuple(sorted(each for each in pieces if ids[each] not in self._stand_ins)))
        return found


def _groups(actors: list[int]) -> Iterator[list[int]]:
    """So few actors an example that many do not make it long; no logits depend on it."""
    for start in range(0, len(actors), _ACTORS_AT_ONCE):
        yield actors[start : start + _ACTORS_AT_ONCE]


def _piece(tokenizer: Tokenizer, name: str) -> int:
    piece = tokenizer.token_to_id(name)
    if piece is None:
        raise ValueError(f"the tokenizer has no {name}")
    return piece


def _check_spans(spans: Sequence[Span], text: str) -> None:
    if not spans:
        raise InputError("An actor has no span.")
    for span in spans:
        if not 0 <= span.start < span.end <= len(text):
            raise InputError(
                f"The span {span.start}-{span.end} is outside the sentence, "
                f"which has {len(text)} characters."
            )


def _covering(span: Span, offsets: Sequence[tuple[int, int]], ends: Sequence[int]) -> Iterator[int]:
    """The pieces that overlap a span, found by halving, since a text may name an actor at every word."""
    for piece in range(1 + bisect_right(ends, span.start), len(offsets) - 1):
        if offsets[piece][0] >= span.end:
            return
        yield piece


def token_budget_batches(examples: Sequence[Example], budget: int) -> Iterator[list[int]]:
    """Indices of examples in batches of at most `budget` padded pieces, the shortest rows first.

    The rows of a batch are of one length by `rounded`: what is read in vain is at most the rounding.
    """
    lengths = [rounded(len(example)) for example in examples]
    batch: list[int] = []
    for index in sorted(range(len(examples)), key=lengths.__getitem__):
        length = lengths[index]
        if batch and (length > lengths[batch[-1]] or (len(batch) + 1) * length > budget):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def rounded(pieces: int) -> int:
    """The length of the row that so many pieces are read in.

    An engine makes, and keeps, kernels for every length, so there are few: multiples of 16, which are
    the rows of a tile of AMX.
    """
    return -(-pieces // _ROW) * _ROW


def collate(examples: Sequence[Example], marker: int, padding: int) -> Batch:
    """Pads examples into one batch, in rows of `rounded` length, and writes who may look at whom."""
    rows, length = len(examples), rounded(max(map(len, examples)))
    actors = max(len(example.actors) for example in examples)
    ids = np.full((rows, length), padding, dtype=np.int32)
    positions = np.zeros((rows, length), dtype=np.int32)
    text = np.zeros((rows, length), dtype=bool)
    markers = np.zeros((rows, actors), dtype=np.int32)
    mentions = np.zeros((rows, actors, length), dtype=np.float32)
    judged = np.zeros((rows, actors), dtype=bool)
    places = np.arange(length)
    for row, example in enumerate(examples):
        end, count = len(example.pieces), len(example.actors)
        ids[row, :end] = example.pieces
        ids[row, end : end + count] = marker
        positions[row, :end] = places[:end]
        positions[row, end : end + count] = [pieces[0] for pieces in example.mentions]
        text[row, :end] = True
        markers[row, :count] = places[end : end + count]
        judged[row, :count] = True
        for actor, pieces in enumerate(example.mentions):
            mentions[row, actor, pieces] = 1 / len(pieces)
    attention = text[:, None, None, :] | np.eye(length, dtype=bool)
    return Batch(ids, positions, attention, markers, mentions, judged)
