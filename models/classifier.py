"""`Classifier`: articles in, analyses out. The one door to the model for everything else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from models.actors import ActorMatcher
from models.checkpoint import Checkpoint, read_checkpoint
from models.encoding import Example, Query, collate, token_budget_batches
from models.errors import InputError
from models.explanation import hidden_words, influences
from models.network import SENTIMENT
from models.results import (
    Analysis,
    Influence,
    Judgement,
    Mention,
    ModelName,
    Prediction,
    Sentence,
    summarise,
)
from models.runtime import Runtime
from models.text import Span, check_text, split_sentences

__all__ = ["SHIPPED_CHECKPOINT", "Article", "Classifier", "MarkedActor", "MarkedSentence"]

Place = TypeVar("Place", Mention, Influence)

SHIPPED_CHECKPOINT = Path(__file__).parent / "checkpoints" / "hudna-base"
_TOKEN_BUDGET = 4_096  # padded pieces a forward pass


@dataclass(frozen=True)
class Article:
    """A text to analyse, under the caller's id."""

    id: str
    text: str


@dataclass(frozen=True)
class MarkedActor:
    """An actor of the caller's own, named in a sentence at `spans`."""

    actor: str
    spans: Sequence[Span]


@dataclass(frozen=True)
class MarkedSentence:
    """A sentence with the caller's own actors."""

    text: str
    actors: Sequence[MarkedActor]


class Classifier:
    """Judges every actor of every sentence with a checkpoint, on this machine's best device."""

    def __init__(self, checkpoint: Checkpoint, runtime: Runtime, matcher: ActorMatcher) -> None:
        self.checkpoint, self.matcher = checkpoint, matcher
        self.targets: list[str] = checkpoint.config.targets
        self.model = ModelName(name=checkpoint.config.name, version=checkpoint.config.version)
        self.runtime = runtime
        self._network = runtime.prepare(checkpoint.network)

    @classmethod
    def load(cls, folder: Path = SHIPPED_CHECKPOINT, device: str = "auto") -> "Classifier":
        """The classifier of a checkpoint folder.

        Raises:
            CheckpointError: the folder is not a whole checkpoint.
            InputError: the device cannot be used.
        """
        return cls(read_checkpoint(folder), Runtime.choose(device), ActorMatcher())

    def analyze(
        self,
        articles: Sequence[Article],
        targets: Sequence[str] | None = None,
        actors: Sequence[str] | None = None,
        explain: bool = False,
    ) -> list[Analysis]:
        """Every article's sentences, judgements and summary, in the order given.

        `targets` and `actors` restrict what is judged; all of them by default. `explain` adds the words
        that moved each judgement, at the cost of one more pass a word.

        Raises:
            InputError: a text cannot be analysed, or a target or an actor is unknown.
        """
        wanted = self._known_targets(targets)
        self._check_actors(actors)
        found = [self._marked(article, actors) for article in articles]
        sentences = [marked for spans in found for _, marked in spans]
        judged = iter(self._judge(sentences, wanted, explain))
        return [
            self._analysis(article, [(span, next(judged)) for span, _ in spans])
            for article, spans in zip(articles, found, strict=True)
        ]

    def classify(
        self,
        sentences: Sequence[MarkedSentence],
        targets: Sequence[str] | None = None,
        explain: bool = False,
    ) -> list[list[Judgement]]:
        """The judgements of each sentence for the caller's own actors, in the order given.

        Raises:
            InputError: a text is empty or has no Arabic, a span does not fit or covers nothing to
                read, a target is unknown.
        """
        for sentence in sentences:
            check_text(sentence.text)
        judged = self._judge(sentences, self._known_targets(targets), explain)
        for sentence, found in zip(sentences, judged, strict=True):
            if len(found) < len(sentence.actors):
                raise InputError(f"A mention in {sentence.text[:40]!r} has nothing to read.")
        return judged

    def _known_targets(self, targets: Sequence[str] | None) -> list[str]:
        for target in targets or ():
            if target not in self.targets:
                known = ", ".join(self.targets)
                raise InputError(f"Unknown target {target!r}; this checkpoint knows {known}.")
        return self.targets if targets is None else list(dict.fromkeys(targets))

    def _check_actors(self, actors: Sequence[str] | None) -> None:
        for actor in actors or ():
            if actor not in self.matcher.registry.actors:
                raise InputError(f"Unknown actor {actor!r}; see models/actors.yaml for the ids.")

    def _marked(
        self, article: Article, actors: Sequence[str] | None
    ) -> list[tuple[Span, MarkedSentence]]:
        check_text(article.text)
        marked = []
        for span in split_sentences(article.text):
            text = article.text[slice(*span)]
            found = [
                MarkedActor(actor, spans)
                for actor, spans in self.matcher.find(text).items()
                if actors is None or actor in actors
            ]
            marked.append((span, MarkedSentence(text, found)))
        return marked

    def _analysis(self, article: Article, judged: list[tuple[Span, list[Judgement]]]) -> Analysis:
        sentences = [
            Sentence(
                text=article.text[slice(*span)],
                start=span.start,
                end=span.end,
                judgements=[_shifted(judgement, span.start) for judgement in judgements],
            )
            for span, judgements in judged
        ]
        return Analysis(
            id=article.id, model=self.model, sentences=sentences, actors=summarise(sentences)
        )

    def _judge(
        self, sentences: Sequence[MarkedSentence], targets: Sequence[str], explain: bool
    ) -> list[list[Judgement]]:
        queries = [Query(s.text, [actor.spans for actor in s.actors]) for s in sentences]
        rows = self.probabilities(queries)
        words = self._influences(queries, rows) if explain else {}
        return [
            [
                self._judgement(sentence, actor, row, targets, words.get((query, place)))
                for place, (actor, row) in enumerate(zip(sentence.actors, rows[query], strict=True))
                if row
            ]
            for query, sentence in enumerate(sentences)
        ]

    def probabilities(self, queries: Sequence[Query]) -> list[list[dict[str, Tensor]]]:
        """Calibrated probabilities by head, for every actor of every query; labels as in the config.

        They are empty for an actor whose mentions hold nothing to read.

        Raises:
            InputError: a span does not fit its text.
        """
        results: list[list[dict[str, Tensor]]] = [[{} for _ in query.actors] for query in queries]
        for _, query, actor, row in self._probabilities(self.checkpoint.encoder.encode(queries)):
            results[query][actor] = row
        return results

    def _influences(
        self, queries: Sequence[Query], rows: Sequence[Sequence[dict[str, Tensor]]]
    ) -> dict[tuple[int, int], dict[str, list[Influence]]]:
        """By query and actor, the words that moved its judgement."""
        encoder = self.checkpoint.encoder
        found: dict[tuple[int, int], dict[str, list[Influence]]] = {}
        for example in encoder.encode(queries):  # one at a time, since each becomes as many as its words
            query = queries[example.query]
            hidden = hidden_words(query, example, encoder.marker)
            without: dict[int, list[tuple[Span, dict[str, Tensor]]]] = {}
            for place, _, actor, row in self._probabilities([masked for _, masked in hidden]):
                without.setdefault(actor, []).append((hidden[place][0], row))
            for actor, losses in without.items():
                shown = rows[example.query][actor]
                mentions = query.actors[actor]
                found[example.query, actor] = influences(shown, losses, query.text, mentions)
        return found

    def _probabilities(
        self, examples: Sequence[Example]
    ) -> Iterator[tuple[int, int, int, dict[str, Tensor]]]:
        """For every example and actor: the example's place, its query, the actor, its probabilities."""
        encoder = self.checkpoint.encoder
        for indices in token_budget_batches(examples, _TOKEN_BUDGET):
            batch = collate([examples[i] for i in indices], encoder.marker, encoder.padding)
            logits = self.runtime.logits(self._network, batch)
            calibrated = {
                head: torch.softmax(values / self.checkpoint.calibration[head].temperature, -1)
                for head, values in logits.items()
            }
            places = [(i, examples[i].query, actor) for i in indices for actor in examples[i].actors]
            for row, (place, query, actor) in enumerate(places):
                yield place, query, actor, {head: p[row] for head, p in calibrated.items()}

    def _judgement(
        self,
        sentence: MarkedSentence,
        actor: MarkedActor,
        probabilities: dict[str, Tensor],
        targets: Sequence[str],
        words: dict[str, list[Influence]] | None,
    ) -> Judgement:
        predictions = {head: self._prediction(head, row) for head, row in probabilities.items()}
        return Judgement(
            actor=actor.actor,
            name=self.matcher.registry.name(actor.actor),
            mentions=[
                Mention(start=span.start, end=span.end, text=sentence.text[slice(*span)])
                for span in actor.spans
            ],
            stance={target: predictions[target] for target in targets},
            sentiment=predictions[SENTIMENT],
            explanation=words and {head: words[head] for head in (*targets, SENTIMENT)},
        )

    def _prediction(self, head: str, row: Tensor) -> Prediction:
        labels = self.checkpoint.config.heads[head]
        values = [round(value, 4) for value in row.tolist()]
        confidence = max(values)
        return Prediction(
            label=labels[values.index(confidence)],
            confidence=confidence,
            uncertain=confidence < self.checkpoint.calibration[head].threshold,
            probabilities=dict(zip(labels, values, strict=True)),
        )


def _shifted(judgement: Judgement, offset: int) -> Judgement:
    """The judgement with its mentions and words counted from the start of the article."""
    moved: dict[str, Any] = {"mentions": [_moved(mention, offset) for mention in judgement.mentions]}
    if judgement.explanation:
        moved["explanation"] = {
            head: [_moved(word, offset) for word in words]
            for head, words in judgement.explanation.items()
        }
    return judgement.model_copy(update=moved)


def _moved(place: Place, offset: int) -> Place:
    return place.model_copy(update={"start": place.start + offset, "end": place.end + offset})
