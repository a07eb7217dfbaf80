"""Labelled sentences: the corpus, and any other data of its form, as queries with labels."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from models.encoding import Encoder, Example, Query, collate
from models.errors import InputError
from models.labels import HEAD_LABELS, SENTIMENT, Target
from models.network import TensorBatch
from models.text import Span

__all__ = [
    "BACKGROUND",
    "FEEDBACK",
    "LabelledActor",
    "LabelledSentence",
    "SentenceDataset",
    "digest",
    "drawn",
    "judgements",
    "labels_of",
    "read_sentences",
    "sentence_files",
]

FEEDBACK = "feedback"  # the register of what readers of the service corrected
BACKGROUND = "background"  # the folder in a corpus for what is not of its balanced part

_LETTER = re.compile(r"[\u0621-\u064A]")
_PROCLITICS = re.compile(r"(?<![\u0621-\u064A])[وف]?[بلك]?$")
_HEADS = frozenset({*map(str, Target), SENTIMENT})
_NOT_LABELS = frozenset({"actor", "mentions"})


@dataclass(frozen=True)
class LabelledActor:
    """An actor of a sentence: where it is named, and its label for every head."""

    actor: str
    spans: tuple[Span, ...]
    labels: dict[str, str]


@dataclass(frozen=True)
class LabelledSentence:
    """A row of the corpus; what it shares a tie with (article, pair, event) is in the same split."""

    id: str
    text: str
    actors: tuple[LabelledActor, ...]
    split: str = ""
    register: str = ""
    construct: str = ""
    ties: frozenset[str] = frozenset()
    is_background: bool = False

    @property
    def query(self) -> Query:
        """The sentence as the network is asked about it."""
        return Query(self.text, [actor.spans for actor in self.actors])

    @property
    def is_of_article(self) -> bool:
        """Whether it was written as part of a whole article, which has the labels that news has."""
        return any(tie.startswith("article ") for tie in self.ties)


def read_sentences(path: Path, split: str | None = None) -> list[LabelledSentence]:
    """The labelled sentences of a JSON Lines file, or of `sentence_files`; of one split if named.

    Raises:
        InputError: nothing is there, a line is not a labelled sentence, or a mention is not in its text.
    """
    files = sentence_files(path) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise InputError(f"There is no labelled data at {path}.")
    rows = [
        _sentence(line, f"{file.name}:{number}", file.parent.name == BACKGROUND)
        for file in files
        for number, line in enumerate(_lines(file), 1)
        if line.strip()
    ]
    return [row for row in rows if split is None or row.split == split]


def sentence_files(folder: Path) -> list[Path]:
    """The JSON Lines files of a folder, and of its background."""
    return sorted([*folder.glob("*.jsonl"), *(folder / BACKGROUND).glob("*.jsonl")])


def digest(path: Path) -> str:
    """The SHA-256 of what `read_sentences` reads there."""
    files = sentence_files(path) if path.is_dir() else [path]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 text (byte {error.start}).") from None


def _sentence(line: str, place: str, is_background: bool) -> LabelledSentence:
    try:
        row = json.loads(line)
        row["text"].encode()  # a lone surrogate is no text
        texts = [(actor["actor"], _mentions(actor)) for actor in row["actors"]]
        spans = _spans(row["text"], texts)
        actors = tuple(
            LabelledActor(actor["actor"], spans[actor["actor"]], _labels(actor))
            for actor in row["actors"]
        )
        told = {key: row.get(key, "") for key in ("split", "register", "construct")}
        return LabelledSentence(
            row["id"], row["text"], actors, ties=_ties(row), is_background=is_background, **told
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{place} is not a labelled sentence: {error!r}") from error


def _ties(row: dict[str, Any]) -> frozenset[str]:
    """The article, contrast pair and event that a row belongs to; the event `other` is none."""
    ties = {key: row.get(key) for key in ("article", "pair", "event")}
    return frozenset(f"{key} {name}" for key, name in ties.items() if name and name != "other")


def _mentions(actor: dict[str, Any]) -> list[str]:
    mentions = actor["mentions"]
    if not isinstance(mentions, list) or not all(isinstance(each, str) and each for each in mentions):
        raise ValueError(f"mentions of {actor['actor']} are no list of words")
    return mentions


def _labels(actor: dict[str, Any]) -> dict[str, str]:
    labels = {key: value for key, value in actor.items() if key not in _NOT_LABELS}
    if missing := _HEADS - labels.keys():
        raise ValueError(f"{actor['actor']} has no {', '.join(sorted(missing))}")
    for head, label in labels.items():
        legal = HEAD_LABELS[SENTIMENT if head == SENTIMENT else "stance"]
        if label not in legal:
            raise ValueError(f"{head} of {actor['actor']} is none of {', '.join(legal)}")
    return labels


def _spans(text: str, actors: Iterable[tuple[str, list[str]]]) -> dict[str, tuple[Span, ...]]:
    """Where each actor is named: the longest mention has a place first (قوات حفتر before حفتر)."""
    wanted = [(mention, actor) for actor, mentions in actors for mention in mentions]
    taken: list[Span] = []
    spans: dict[str, list[Span]] = {}
    for mention, actor in sorted(wanted, key=lambda each: -len(each[0])):
        found = [Span(*match.span()) for match in re.finditer(re.escape(mention), text)]
        if not found:
            raise ValueError(f"{mention!r} is not in the text")
        free = [span for span in found if not any(span.overlaps(other) for other in taken)]
        places = [span for span in free if _is_word(text, span)] or free[:1] or found[:1]
        taken += places
        spans.setdefault(actor, []).extend(places)
    return {actor: tuple(sorted(places)) for actor, places in spans.items()}


def _is_word(text: str, span: Span) -> bool:
    ends = not _LETTER.match(text, span.end)
    return ends and bool(_PROCLITICS.search(text[max(0, span.start - 4) : span.start]))


def drawn(sentences: list[LabelledSentence], limit: int, seed: int) -> list[LabelledSentence]:
    """So many of the sentences, drawn at random; the fewer of one seed are among its more. 0 is all."""
    if not limit:
        return sentences
    return Random(seed).sample(sentences, len(sentences))[:limit]


def judgements(
    sentences: Iterable[LabelledSentence],
) -> list[tuple[LabelledSentence, LabelledActor]]:
    """Every (sentence, actor) in order."""
    return [(sentence, actor) for sentence in sentences for actor in sentence.actors]


def labels_of(sentences: Iterable[LabelledSentence], head: str) -> list[str]:
    """The labels of one head, in the order of `judgements`."""
    return [actor.labels[head] for _, actor in judgements(sentences)]


class SentenceDataset(Dataset[list[tuple[Example, Tensor]]]):
    """Sentences as examples with their labels as indices, (actors, heads); `collate` makes batches.

    `augment` and `hide`, if given, are applied anew each time that a sentence is read.
    """

    def __init__(
        self,
        sentences: Sequence[LabelledSentence],
        encoder: Encoder,
        heads: dict[str, list[str]],
        augment: Callable[[LabelledSentence], LabelledSentence] | None = None,
        hide: Callable[[Example], Example] | None = None,
    ) -> None:
        self._sentences = [sentence for sentence in sentences if sentence.actors]
        self._encoder, self._heads, self._augment, self._hide = encoder, heads, augment, hide

    def __len__(self) -> int:
        return len(self._sentences)

    @cached_property
    def lengths(self) -> list[int]:
        """Pieces of each sentence, markers too, by which batches of like length are made."""
        longest = [0] * len(self)
        for example in self._encoder.encode([sentence.query for sentence in self._sentences]):
            longest[example.query] = max(longest[example.query], len(example))
        return longest

    def label_shares(self, of_articles: bool = False) -> dict[str, Tensor]:
        """The share of every label by head, (labels,); `of_articles`: in those alone, if there are."""
        of_article = [sentence for sentence in self._sentences if sentence.is_of_article]
        counted = (of_article if of_articles else None) or self._sentences
        counts = {
            head: torch.tensor([labels_of(counted, head).count(label) for label in labels])
            for head, labels in self._heads.items()
        }
        return {head: count / count.sum() for head, count in counts.items()}

    def __getitem__(self, index: int) -> list[tuple[Example, Tensor]]:
        sentence = self._sentences[index]
        if self._augment:
            sentence = self._augment(sentence)
        return [
            (
                self._hide(example) if self._hide else example,
                torch.tensor([self._indices(sentence.actors[i]) for i in example.actors]),
            )
            for example in self._encoder.encode([sentence.query])
        ]

    def _indices(self, actor: LabelledActor) -> list[int]:
        return [labels.index(actor.labels[head]) for head, labels in self._heads.items()]

    def collate(self, items: Sequence[list[tuple[Example, Tensor]]]) -> dict[str, TensorBatch | Tensor]:
        """A batch, and the labels of its judgements in the same order, (judgements, heads)."""
        windows = [window for item in items for window in item]
        examples = [example for example, _ in windows]
        batch = TensorBatch.of(collate(examples, self._encoder.marker, self._encoder.padding))
        return {"batch": batch, "labels": torch.cat([labels for _, labels in windows])}
