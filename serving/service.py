"""The BentoML service: the classifier over HTTP (docs/service.md).

Answers follow `models.results`; every error is ``{"error": "one sentence"}`` (`serving.answers`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar, cast

import bentoml
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from models.classifier import Article, Classifier
from models.errors import HudnaError, InputError, TooLargeError
from models.results import Analysis
from models.text import check_text, split_sentences
from serving.answers import error_answer
from serving.gate import Gate
from serving.operations import Operations
from serving.scheduler import Scheduler
from serving.schemas import (
    ActorEntry,
    AnalyzeBody,
    ArticleBody,
    ClassifyBody,
    MarkedSentenceBody,
    ModelCard,
    SentenceJudgements,
    TargetEntry,
)
from serving.settings import Settings
from serving.stream import answered_lines, split_lines

__all__ = ["HudnaService"]

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
_CHARACTERS_A_PIECE = 4  # of Arabic news, markers included
_WORDS_A_SENTENCE = 25
_ANALYSES, _JUDGEMENTS = TypeAdapter(list[Analysis]), TypeAdapter(list[SentenceJudgements])
_WARMING = "أعلن المشير خليفة حفتر رفضه وقف إطلاق النار في طرابلس."


def _translated(
    answer: Callable[Parameters, Awaitable[Answer]],
) -> Callable[Parameters, Awaitable[Answer | JSONResponse]]:
    """The error tree as HTTP. BentoML's own translation puts the error into a list of one."""

    @wraps(answer)
    async def translated(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer | JSONResponse:
        try:
            return await answer(*args, **kwargs)
        except HudnaError as error:
            return error_answer(error)

    return translated


async def _told(request: Request) -> JSONResponse:
    """What the service tells of itself under the path's last part."""
    service: HudnaService = bentoml.get_current_service()
    told = {"model": service.model_card, "actors": service.actors, "targets": service.target_list}
    return JSONResponse(told[request.url.path.rsplit("/", 1)[1]]())


async def _streamed(request: Request) -> StreamingResponse:
    service: HudnaService = bentoml.get_current_service()
    return service.stream(request)


_MOUNTED = Starlette(
    routes=[
        *(Route(f"/v1/{name}", _told) for name in ("model", "actors", "targets")),
        Route("/v1/stream", _streamed, methods=["POST"]),
    ]
)


@bentoml.asgi_app(_MOUNTED)
@bentoml.service(name="hudna", traffic={"timeout": 3_600})  # the gate has the deadlines
class HudnaService:
    """Stance and sentiment of every actor in Arabic news."""

    def __init__(self) -> None:
        self._settings = Settings()
        self._classifier = Classifier.load(self._settings.checkpoint, self._settings.device)
        self._classifier.analyze([Article("warming", _WARMING)], explain=True)
        self._operations = Operations()
        self._scheduler = Scheduler(
            self._classifier.score,
            self._settings.batch_tokens,
            self._settings.queue_tokens,
            self._operations,
        )

    @bentoml.on_shutdown
    async def stop(self) -> None:
        """Ends once what is being read is read."""
        await self._scheduler.close()

    def model_card(self) -> dict[str, object]:
        """Which checkpoint answers, and what it knows."""
        checkpoint = self._classifier.checkpoint
        return ModelCard(
            name=checkpoint.config.name,
            version=checkpoint.config.version,
            digest=checkpoint.digest,
            targets=checkpoint.config.targets,
            labels=checkpoint.config.heads,
            device=str(self._classifier.runtime.device),
        ).model_dump()

    def actors(self) -> list[dict[str, object]]:
        """Every actor that the matcher knows."""
        registry = self._classifier.matcher.registry
        return [
            ActorEntry(actor=key, name=actor.name, kind=actor.kind).model_dump()
            for key, actor in registry.actors.items()
        ]

    def target_list(self) -> list[dict[str, object]]:
        """Every target that the checkpoint knows, and its labels."""
        heads = self._classifier.checkpoint.config.heads
        return [
            TargetEntry(target=target, labels=heads[target]).model_dump()
            for target in self._classifier.targets
        ]

    @bentoml.api(route="/v1/analyze")
    @_translated
    async def analyze(
        self,
        articles: list[ArticleBody],
        targets: list[str] | None = None,
        actors: list[str] | None = None,
        explain: bool = False,
    ) -> list[Analysis]:
        """Every actor of every sentence of the articles, in the order sent."""
        self._check_count(articles, "articles")
        asked = [Article(body.id or str(place), body.text) for place, body in enumerate(articles)]
        for place, article in enumerate(asked):
            self._check(article.text, f"articles[{place}]")
        analyses = await self._analyses(asked, targets, actors, explain)
        return await _as_json(_ANALYSES, analyses)

    def stream(self, request: Request) -> StreamingResponse:
        """A line of JSON for every line of JSON that the body brings, while it comes."""
        asked = request.query_params
        targets, actors = asked.getlist("target") or None, asked.getlist("actor") or None
        explain = asked.get("explain") == "true"

        async def analyse(article: Article) -> Analysis:
            self._check(article.text, "The article")
            [analysis] = await self._analyses([article], targets, actors, explain, patient=True)
            return analysis

        lines = split_lines(request.stream(), self._settings.max_body_bytes)
        return StreamingResponse(
            answered_lines(lines, analyse, self._settings.deadline), media_type="application/x-ndjson"
        )

    async def _analyses(
        self,
        articles: Sequence[Article],
        targets: Sequence[str] | None,
        actors: Sequence[str] | None,
        explain: bool,
        patient: bool = False,
    ) -> list[Analysis]:
        pieces = _pieces((article.text for article in articles), explain)
        async with self._scheduler.admission(pieces, patient):
            work = self._classifier.analysing(articles, targets, actors, explain)
            analyses = await self._scheduler.perform(work)
        self._operations.answered(
            judgement for analysis in analyses for s in analysis.sentences for judgement in s.judgements
        )
        return analyses

    @bentoml.api(route="/v1/classify")
    @_translated
    async def classify(
        self,
        sentences: list[MarkedSentenceBody],
        targets: list[str] | None = None,
        explain: bool = False,
    ) -> list[SentenceJudgements]:
        """The caller's own actors in the caller's own sentences; any actor name works."""
        self._check_count(sentences, "sentences")
        for place, body in enumerate(sentences):
            self._check(body.text, f"sentences[{place}]")
            if len(body.actors) > self._settings.max_actors:
                raise TooLargeError(
                    f"sentences[{place}] has {len(body.actors)} actors; at most "
                    f"{self._settings.max_actors} are judged (HUDNA_MAX_ACTORS)."
                )
        asked = [body.marked() for body in sentences]
        async with self._scheduler.admission(_pieces((each.text for each in asked), explain)):
            work = self._classifier.classifying(asked, targets, explain)
            judged = await self._scheduler.perform(work)
        self._operations.answered(judgement for found in judged for judgement in found)
        found = [
            SentenceJudgements(id=body.id or str(place), judgements=judgements)
            for place, (body, judgements) in enumerate(zip(sentences, judged, strict=True))
        ]
        return await _as_json(_JUDGEMENTS, found)

    def _check_count(self, bodies: Sequence[object], kind: str) -> None:
        if len(bodies) > self._settings.max_articles:
            raise TooLargeError(
                f"The call has {len(bodies)} {kind}; at most {self._settings.max_articles} are "
                "read at once (HUDNA_MAX_ARTICLES)."
            )

    def _check(self, text: str, place: str) -> None:
        """Refuses a text that cannot be analysed, and says which of the request it is."""
        try:
            check_text(text)
        except InputError as error:
            raise type(error)(f"{place}: {error}") from None
        most = self._settings.max_sentences
        if len(text) > 2 * most and len(split_sentences(text)) > most:
            raise TooLargeError(f"{place} has over {most:,} sentences (HUDNA_MAX_SENTENCES).")


async def _as_json(form: TypeAdapter[Answer], answer: Answer) -> Answer:
    """The answer as UTF-8, written beside the event loop; BentoML's own writer escapes every letter."""
    content = await asyncio.to_thread(form.dump_json, answer)
    return cast(Answer, Response(content, media_type="application/json"))


def _pieces(texts: Iterable[str], explain: bool) -> int:
    """About how many pieces the network will read; for an explanation, a sentence once more a word."""
    pieces = sum(map(len, texts)) // _CHARACTERS_A_PIECE
    return pieces * (1 + _WORDS_A_SENTENCE * explain)


HudnaService.add_asgi_middleware(Gate, bodies={"/v1/analyze": AnalyzeBody, "/v1/classify": ClassifyBody})  # type: ignore[attr-defined]
