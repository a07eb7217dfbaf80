"""Bodies of HTTP requests; what comes back is `models.results`."""

from itertools import pairwise
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from models.classifier import Article, MarkedActor, MarkedSentence
from models.errors import InputError
from models.results import Judgement
from models.text import MAX_SENTENCE, MAX_TITLE, Span, check_date
from serving.limits import pieces_of

__all__ = [
    "MAX_MENTIONS",
    "ActorEntry",
    "AnalyzeBody",
    "AnalyzeOptions",
    "ArticleBody",
    "Articles",
    "CallBody",
    "ClassifyBody",
    "ErrorBody",
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

MAX_MENTIONS = 1_000  # of an actor in a sentence, which has no more words that the network reads
_FAULTS_TOLD = 1_000  # to tell of the first is to list them all, at half a kilobyte each
Text = Annotated[str, Field(description="Arabic text as published; offsets count its code points.")]


def _checked_date(text: str) -> str:
    """The text as it is, since answers give back what was sent."""
    try:
        check_date(text)
    except InputError as error:
        raise PydanticCustomError("date", "{told}", {"told": str(error).rstrip(".")}) from None
    return text


Date = Annotated[
    str,
    AfterValidator(_checked_date),
    Field(json_schema_extra={"anyOf": [{"format": "date"}, {"format": "date-time"}]}),
]
Confidence = Annotated[
    float,
    Field(
        ge=0, le=1, description="Decisions under it are uncertain too, and not counted in the summary."
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ArticleBody(_Body):
    """An article to analyse."""

    id: str = Field(default="", description="The caller's id; its place in the request by default.")
    title: str = Field(
        default="", description=f"Judged as a sentence; at most {MAX_TITLE:,} characters."
    )
    text: Text
    date: Date | None = Field(default=None, description="Given back with the answer.")

    def article(self, place: str) -> Article:
        """The article as the classifier takes it, under the caller's id or its place."""
        return Article(self.id or place, self.text, self.title, self.date)


def _as_list(articles: object) -> object:
    return [articles] if isinstance(articles, dict) else articles


Articles = Annotated[  # one goes without a list; BentoML's client takes the first form for the only one
    list[ArticleBody],
    Field(fail_fast=True),
    BeforeValidator(_as_list, json_schema_input_type=list[ArticleBody] | ArticleBody),
]


class SpanBody(_Body):
    """Where a mention stands in its sentence, in Unicode code points."""

    start: int
    end: int


def _apart(mentions: list[SpanBody]) -> list[SpanBody]:
    """The mentions; overlapping ones would be one many times over, each as long as the text."""
    ordered = sorted(mentions, key=lambda mention: mention.start)
    if any(left.end > right.start for left, right in pairwise(ordered)):
        raise PydanticCustomError("overlap", "Mentions of one actor overlap")
    return mentions


Mentions = Annotated[
    list[SpanBody],
    Field(fail_fast=True, min_length=1, max_length=MAX_MENTIONS, description="None overlaps another."),
    AfterValidator(_apart),
]
Names = Annotated[list[str], Field(fail_fast=True)]


class MarkedActorBody(_Body):
    """An actor of the caller's own, under any name, and where the sentence names it."""

    actor: str
    mentions: Mentions


class MarkedSentenceBody(_Body):
    """A sentence with the caller's own actors."""

    id: str = Field(default="", description="The caller's id; its place in the request by default.")
    text: Annotated[Text, Field(description=f"One sentence; at most {MAX_SENTENCE:,} characters.")]
    actors: Annotated[list[MarkedActorBody], Field(fail_fast=True)]

    def marked(self) -> MarkedSentence:
        """The sentence as the classifier takes it."""
        return MarkedSentence(
            self.text,
            [
                MarkedActor(actor.actor, [Span(m.start, m.end) for m in actor.mentions])
                for actor in self.actors
            ],
        )


class AnalyzeOptions(_Body):
    """What is judged of articles, and how it is told."""

    targets: Names | None = Field(default=None, description="Judge these alone.")
    actors: Names | None = Field(default=None, description="Judge these alone.")
    explain: bool = Field(default=False, description="Add the words that moved each judgement.")
    min_confidence: Confidence = 0.0


class AnalyzeBody(AnalyzeOptions):
    """A request to `POST /v1/analyze`."""

    articles: Articles

    @property
    def pieces(self) -> int:
        """About how many the network reads."""
        texts = (text for article in self.articles for text in (article.title, article.text))
        return pieces_of(texts, self.explain)


class ClassifyBody(_Body):
    """A request to `POST /v1/classify`."""

    sentences: Annotated[list[MarkedSentenceBody], Field(fail_fast=True)]
    targets: Names | None = Field(default=None, description="Judge these alone.")
    explain: bool = Field(default=False, description="Add the words that moved each judgement.")

    @property
    def pieces(self) -> int:
        """About how many the network reads."""
        marked = sum(len(sentence.actors) for sentence in self.sentences)
        return pieces_of((sentence.text for sentence in self.sentences), self.explain, marked)


class FeedbackBody(_Body):
    """A request to `POST /v1/feedback`: what one actor's labels in one sentence should be."""

    text: Text
    actor: Annotated[str, Field(min_length=1, max_length=200)]
    mentions: Mentions
    labels: Annotated[
        dict[str, str],
        Field(
            min_length=1, description="By head, those that are wrong; the others are taken as judged."
        ),
    ]

    @property
    def pieces(self) -> int:
        """About how many the network reads."""
        return pieces_of([self.text], explain=False)


CallBody = AnalyzeBody | ClassifyBody | FeedbackBody  # of the calls that the network answers


class ErrorBody(BaseModel):
    """Why a call was not answered, in one sentence."""

    error: str


class FeedbackStored(BaseModel):
    """A correction that was kept."""

    id: str


def one_sentence(error: ValidationError) -> str:
    """The first fault of a body, and where: «articles[1].text: Field required.»"""
    if error.error_count() > _FAULTS_TOLD:
        return f"The body has {error.error_count():,} faults, unknown keys or values of a wrong type."
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
    metrics: dict[str, Any] = Field(description="By the data it was scored on; shares and F1, 0 to 1.")
    card: str = Field(description="The model card, in Markdown.")
