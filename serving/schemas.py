"""Bodies of HTTP requests; what comes back is `models.results`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.classifier import MarkedActor, MarkedSentence
from models.results import Judgement
from models.text import Span

__all__ = [
    "ArticleBody",
    "MarkedActorBody",
    "MarkedSentenceBody",
    "ModelCard",
    "SentenceJudgements",
    "SpanBody",
]

Text = Annotated[str, Field(description="Arabic text as published; offsets count its code points.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ArticleBody(_Body):
    """An article to analyse."""

    id: str = Field(default="", description="The caller's id; its place in the request by default.")
    text: Text


class SpanBody(_Body):
    """Where a mention stands in its sentence, in Unicode code points."""

    start: int
    end: int


class MarkedActorBody(_Body):
    """An actor of the caller's own, under any name, and where the sentence names it."""

    actor: str
    mentions: Annotated[list[SpanBody], Field(min_length=1)]


class MarkedSentenceBody(_Body):
    """A sentence with the caller's own actors."""

    id: str = Field(default="", description="The caller's id; its place in the request by default.")
    text: Text
    actors: list[MarkedActorBody]

    def marked(self) -> MarkedSentence:
        """The sentence as the classifier takes it."""
        return MarkedSentence(
            self.text,
            [
                MarkedActor(actor.actor, [Span(m.start, m.end) for m in actor.mentions])
                for actor in self.actors
            ],
        )


class SentenceJudgements(BaseModel):
    """The judgements of one sentence, in the order of its actors."""

    id: str
    judgements: list[Judgement]


class ModelCard(BaseModel):
    """Which checkpoint answers, and what it knows."""

    name: str
    version: str
    digest: str = Field(description="SHA-256 of the weights.")
    targets: list[str]
    labels: dict[str, list[str]]
    device: str
