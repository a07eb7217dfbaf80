"""The output contract: what every surface returns for an article (docs/output.md)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel, Field

from models.labels import Sentiment, Stance

__all__ = [
    "ActorSummary",
    "Analysis",
    "Influence",
    "Judgement",
    "Mention",
    "ModelName",
    "Prediction",
    "Sentence",
    "StanceCount",
    "summarise",
]


class ModelName(BaseModel):
    """Which checkpoint judged."""

    name: str
    version: str


class Mention(BaseModel):
    """Where an actor is named; offsets in Unicode code points of the text as it was sent."""

    start: int
    end: int
    text: str


class Prediction(BaseModel):
    """One calibrated decision; `uncertain` where its confidence is under the operating threshold."""

    label: str
    confidence: float
    uncertain: bool
    probabilities: dict[str, float]


class Influence(BaseModel):
    """A word that moved a judgement; `weight` is what its label's probability loses without it."""

    start: int
    end: int
    text: str
    weight: float


class Judgement(BaseModel):
    """One actor in one sentence; `explanation`, by head and where asked for, is left out elsewhere."""

    actor: str
    name: str
    mentions: list[Mention]
    stance: dict[str, Prediction]
    sentiment: Prediction
    explanation: dict[str, list[Influence]] | None = Field(default=None, exclude_if=lambda v: v is None)

    @property
    def labels(self) -> dict[str, str]:
        """The label of every head."""
        return {head: prediction.label for head, prediction in self.predictions.items()}

    @property
    def predictions(self) -> dict[str, Prediction]:
        """The decision of every head: the targets', and the sentiment."""
        return {**self.stance, "sentiment": self.sentiment}


class Sentence(BaseModel):
    """A sentence of the article and the actors that it names."""

    text: str
    start: int
    end: int
    judgements: list[Judgement]


class StanceCount(BaseModel):
    """How many sentences show an actor with each stance toward a target, and the prevailing one."""

    favor: int = 0
    against: int = 0
    conditional: int = 0
    none: int = 0
    overall: Stance = Stance.NONE


class ActorSummary(BaseModel):
    """One actor over the whole article; `mentions` counts the places that name it."""

    actor: str
    name: str
    mentions: int
    stance: dict[str, StanceCount]
    sentiment: dict[Sentiment, int]


class Analysis(BaseModel):
    """An article, judged; `title` (its offsets are its own) and `date` only where they were given."""

    id: str
    date: str | None = Field(default=None, exclude_if=lambda v: v is None)
    model: ModelName
    title: Sentence | None = Field(default=None, exclude_if=lambda v: v is None)
    sentences: list[Sentence]
    actors: list[ActorSummary]

    @property
    def judgements(self) -> Iterator[Judgement]:
        """Those of the title and of every sentence, in order."""
        for sentence in (*([self.title] if self.title else []), *self.sentences):
            yield from sentence.judgements


def summarise(judgements: Iterable[Judgement], min_confidence: float = 0.0) -> list[ActorSummary]:
    """The actors of an article, the most often named first.

    Decisions of less than `min_confidence` are not counted.
    """
    by_actor: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        by_actor.setdefault(judgement.actor, []).append(judgement)
    summaries = [_summary(found, min_confidence) for found in by_actor.values()]
    return sorted(summaries, key=lambda summary: -summary.mentions)


def _summary(judgements: list[Judgement], least: float) -> ActorSummary:
    first = judgements[0]
    moods = [
        judgement.sentiment.label for judgement in judgements if judgement.sentiment.confidence >= least
    ]
    return ActorSummary(
        actor=first.actor,
        name=first.name,
        mentions=sum(len(judgement.mentions) for judgement in judgements),
        stance={
            target: _count(
                [j.stance[target] for j in judgements if j.stance[target].confidence >= least]
            )
            for target in first.stance
        },
        sentiment={sentiment: moods.count(sentiment) for sentiment in Sentiment},
    )


def _count(predictions: list[Prediction]) -> StanceCount:
    counts = Counter(prediction.label for prediction in predictions)
    return StanceCount(**counts, overall=_overall(predictions, counts))


def _overall(predictions: list[Prediction], counts: Mapping[str, int]) -> Stance:
    """The most frequent stance other than none; where two tie, the more probable over all."""
    taken = [stance for stance in Stance if stance is not Stance.NONE and stance in counts]
    return max(
        taken,
        key=lambda stance: (counts[stance], sum(p.probabilities[stance] for p in predictions)),
        default=Stance.NONE,
    )
