"""`Classifier`: articles in, analyses out. The one door to the model for everything else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from models.actors import ActorMatcher
from models.checkpoint import Checkpoint, read_checkpoint
from models.encoding import Query, collate, token_budget_batches
from models.errors import InputError
from models.network import SENTIMENT
from models.results import Analysis, Judgement, Mention, ModelName, Prediction, Sentence, summarise
from models.runtime import Runtime
from models.text import Span, check_text, split_sentences

__all__ = ["SHIPPED_CHECKPOINT", "Article", "Classifier", "MarkedActor", "MarkedSentence"]

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
    ) -> list[Analysis]:
        """Every article's sentences, judgements and summary, in the order given.

        `targets` and `actors` restrict what is judged; all of them by default.

        Raises:
            InputError: a text cannot be analysed, or a target or an actor is unknown.
        """
        wanted = self._known_targets(targets)
        self._check_actors(actors)
        found = [self._marked(article, actors) for article in articles]
        sentences = [marked for spans in found for _, marked in spans]
        judged = iter(self._judge(sentences, wanted))
        return [
            self._analysis(article, [(span, next(judged)) for span, _ in spans])
            for article, spans in zip(articles, found, strict=True)
        ]

    def classify(
        self, sentences: Sequence[MarkedSentence], targets: Sequence[str] | None = None
    ) -> list[list[Judgement]]:
        """The judgements of each sentence for the caller's own actors, in the order given.

        Raises:
            InputError: a text is empty or has no Arabic, a span does not fit or covers nothing to
                read, a target is unknown.
        """
        for sentence in sentences:
            check_text(sentence.text)
        judged = self._judge(sentences, self._known_targets(targets))
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
        self, sentences: Sequence[MarkedSentence], targets: Sequence[str]
    ) -> list[list[Judgement]]:
        queries = [Query(s.text, [actor.spans for actor in s.actors]) for s in sentences]
        probabilities = self.probabilities(queries)
        return [
            [
                self._judgement(sentence, actor, row, targets)
                for actor, row in zip(sentence.actors, rows, strict=True)
                if row
            ]
            for sentence, rows in zip(sentences, probabilities, strict=True)
        ]

    def probabilities(self, queries: Sequence[Query]) -> list[list[dict[str, Tensor]]]:
        """Calibrated probabilities by head, for every actor of every query; labels as in the config.

        They are empty for an actor whose mentions hold nothing to read.

        Raises:
            InputError: a span does not fit its text.
        """
        results: list[list[dict[str, Tensor]]] = [[{} for _ in query.actors] for query in queries]
        for query, actor, logits in self._logits(queries):
            results[query][actor] = {
                head: torch.softmax(values / self.checkpoint.calibration[head].temperature, -1)
                for head, values in logits.items()
            }
        return results

    def _logits(self, queries: Sequence[Query]) -> Iterator[tuple[int, int, dict[str, Tensor]]]:
        encoder = self.checkpoint.encoder
        examples = encoder.encode(queries)
        for indices in token_budget_batches(examples, _TOKEN_BUDGET):
            batch = collate([examples[i] for i in indices], encoder.marker, encoder.padding)
            logits = self.runtime.logits(self._network, batch)
            places = [(examples[i].query, actor) for i in indices for actor in examples[i].actors]
            for row, (query, actor) in enumerate(places):
                yield query, actor, {head: values[row] for head, values in logits.items()}

    def _judgement(
        self,
        sentence: MarkedSentence,
        actor: MarkedActor,
        probabilities: dict[str, Tensor],
        targets: Sequence[str],
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
    """The judgement with its mentions counted from the start of the article."""
    moved = [
        Mention(start=mention.start + offset, end=mention.end + offset, text=mention.text)
        for mention in judgement.mentions
    ]
    return judgement.model_copy(update={"mentions": moved})
