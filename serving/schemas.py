"""Bodies of HTTP requests; what comes back is `models.results`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.classifier import MarkedActor, MarkedSentence
from models.results import Judgement
from models.text import Span

__all__ = [
    "ActorEntry",
    "AnalyzeBody",
    "ArticleBody",
    "ClassifyBody",
    "FeedbackBody",
    "FeedbackStored",
    "MarkedActorBody",
    "MarkedSentenceBody",
    "ModelCard",
    "SentenceJudgements",
    "SpanBody",
    "TargetEntry",
    "one_sentence",
]

Text = Annotated[str, Field(description="Arabic text as published; offsets count its code points.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


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


class AnalyzeBody(_Body):
    """A request to `POST /v1/analyze`."""

    articles: list[ArticleBody]
    targets: list[str] | None = Field(default=None, description="Judge these alone.")
    actors: list[str] | None = Field(default=None, description="Judge these alone.")
    explain: bool = Field(default=False, description="Add the words that moved each judgement.")


class ClassifyBody(_Body):
    """A request to `POST /v1/classify`."""

    sentences: list[MarkedSentenceBody]
    targets: list[str] | None = Field(default=None, description="Judge these alone.")
    explain: bool = Field(default=False, description="Add the words that moved each judgement.")


class FeedbackBody(_Body):
    """A request to `POST /v1/feedback`: what one actor's labels in one sentence should be."""

    text: Text
    actor: Annotated[str, Field(min_length=1, max_length=200)]
    mentions: Annotated[list[SpanBody], Field(min_length=1)]
    labels: Annotated[
        dict[str, str],
        Field(
            min_length=1, description="By head, those that are wrong; the others are taken as judged."
        ),
    ]


class FeedbackStored(BaseModel):
    """A correction that was kept."""

    id: str


def one_sentence(error: ValidationError) -> str:
    """The first fault of a body, and where: «articles[1].text: Field required.»"""
    fault = error.errors(include_url=False, include_input=False)[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"])
    return f"{place.lstrip('.') or 'The body'}: {fault['msg']}."


class SentenceJudgements(BaseModel):
    """The judgements of one sentence, in the order of its actors."""

    id: str
    judgements: list[Judgement]


class ActorEntry(BaseModel):
    """An actor that the matcher knows."""

    actor: str = Field(description="Its id, as judgements have it.")
    name: str
    kind: str


class TargetEntry(BaseModel):
    """A target that the checkpoint knows."""

    target: str
    labels: list[str]


class ModelCard(BaseModel):
    """Which checkpoint answers, and what it knows."""

    name: str
    version: str
    digest: str = Field(description="SHA-256 of the weights.")
    targets: list[str]
    labels: dict[str, list[str]]
    device: str
