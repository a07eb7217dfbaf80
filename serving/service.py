"""The BentoML service: the classifier over HTTP (docs/service.md).

Answers follow `models.results`; every error is ``{"error": "one sentence"}`` (`serving.answers`).
"""

import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import TypeVar

import bentoml
from bentoml._internal.configuration.containers import BentoMLContainer
from opentelemetry import trace
from pydantic import TypeAdapter
from starlette.datastructures import QueryParams

from models.classifier import Article, Classifier, MarkedActor, MarkedSentence, Work
from models.errors import InputError
from models.results import Analysis
from models.runtime import give_way
from models.text import Span
from serving.answers import as_json, translated
from serving.collecting import collect_rarely
from serving.feedback import Correction, FeedbackStore
from serving.gate import ALLOWANCE, CALLER, DEADLINE, PATIENCE, PIECES, ROOM, Gate
from serving.limits import Limits, least_pieces, pieces_of
from serving.logs import write_log
from serving.mounted import MOUNTED
from serving.operations import Operations, forget_the_dead
from serving.pages import Pages
from serving.scheduler import Scheduler
from serving.schemas import (
    AnalyzeBody,
    AnalyzeOptions,
    Articles,
    CallBody,
    ClassifyBody,
    FeedbackBody,
    FeedbackStored,
    MarkedSentenceBody,
    SentenceJudgements,
    SpanBody,
)
from serving.settings import Settings
from serving.stream import StreamedAnswer, answered_lines, paced_lines, split_lines, stream_options
from serving.told import TOLD

__all__ = ["HudnaService"]

Answer = TypeVar("Answer")
_ANALYSES, _JUDGEMENTS = TypeAdapter(list[Analysis]), TypeAdapter(list[SentenceJudgements])

_MARGIN = 10  # seconds in which a call that is over its deadline is answered
_SWITCH = 0.0005  # seconds for which a busy thread may hold up the event loop, a tenth of Python's
_WARMING = "أعلن المشير خليفة حفتر رفضه وقف إطلاق النار في طرابلس."


@bentoml.asgi_app(MOUNTED)
# The gate has the deadlines. BentoML keeps a timer of some kilobytes for every call until this time,
# whenever it was answered, so it is no longer than a call can last.
@bentoml.service(
    name="hudna",
    traffic={"timeout": Settings().max_deadline + _MARGIN},
    logging={"access": {"enabled": False}},  # the gate writes a line a call
)
class HudnaService:
    """Stance and sentiment of every actor in Arabic news."""

    def __init__(self) -> None:
        sys.setswitchinterval(_SWITCH)
        write_log()
        trace.set_tracer_provider(BentoMLContainer.tracer_provider.get())  # what BENTOML_CONFIG asks for
        self._settings = Settings()
        self._limits = Limits(self._settings)
        # The engine's threads come from the one that loads it, and take its priority.
        with ThreadPoolExecutor(1, "loading", give_way) as loading:
            load = partial(Classifier.load, self._settings.checkpoint, self._settings.device)
            self._classifier = loading.submit(load).result()
        self._classifier.analyze([Article("warming", _WARMING)], explain=True)
        self._feedback = FeedbackStore(self._settings.feedback)
        forget_the_dead()
        calibration = self._classifier.checkpoint.calibration
        self._operations = Operations({head: each.threshold for head, each in calibration.items()})
        batch_tokens = self._settings.batch_tokens or self._classifier.runtime.token_budget
        self._scheduler = Scheduler(
            self._classifier.reader.read_together,
            batch_tokens,
            self._settings.queue_tokens,
            self._operations,
            self._classifier.runtime.passes,
            self._begin_reading,
        )
        collect_rarely()

    @bentoml.on_shutdown
    async def stop(self) -> None:
        """Ends once what is being read is read."""
        await self._scheduler.close()

    def _begin_reading(self) -> None:
        self._classifier.runtime.begin()
        give_way()

    @property
    def version(self) -> str:
        """The checkpoint's version."""
        return self._classifier.model.version

    def told(self, name: str) -> object:
        """What `serving.told` tells of the classifier under this name."""
        return TOLD[name](self._classifier)

    @bentoml.api(route="/v1/analyze")
    @translated
    async def analyze(
        self,
        articles: Articles,
        targets: list[str] | None = None,
        actors: list[str] | None = None,
        explain: bool = False,
        min_confidence: float = 0.0,
    ) -> list[Analysis]:
        """Every actor of every sentence of the articles, in the order sent; one goes without a list."""
        asked = [body.article(str(place)) for place, body in enumerate(articles)]
        for place, article in enumerate(asked):
            await self._limits.check_text(article.text, f"articles[{place}]")
        options = AnalyzeOptions(
            targets=targets, actors=actors, explain=explain, min_confidence=min_confidence
        )
        analyses = await self._analyses(asked, options)
        return await as_json(_ANALYSES, analyses)

    def stream(self, asked: QueryParams) -> StreamedAnswer:
        """A line of JSON for every line of JSON that the body brings, while it comes."""
        options = stream_options(asked)
        self._classifier.analyze([], **options.model_dump())  # refuses unknown targets and actors

        async def analyse(article: Article) -> Analysis:
            await self._limits.check_text(article.text, "The article")
            pieces = pieces_of((article.title, article.text), options.explain)
            async with AsyncExitStack() as room:
                await room.enter_async_context(self.room(pieces, patient=True))
                PIECES.set(pieces)
                ROOM.set(room)
                [analysis] = await self._analyses([article], options)
            return analysis

        def answered(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
            lines = paced_lines(split_lines(chunks, self._settings.max_body_bytes), ALLOWANCE.get())
            return answered_lines(lines, analyse, PATIENCE.get())

        return StreamedAnswer(answered)

    def check_room(self, body: bytes) -> None:
        """Refuses a call, by its body, for which there is no room."""
        self._scheduler.admission.check(least_pieces(body), DEADLINE.get() - time.monotonic())

    def check_limits(self, asked: CallBody) -> None:
        """Refuses a call that is over a limit of what one may ask."""
        if isinstance(asked, AnalyzeBody):
            self._limits.check_count(asked.articles, "articles")
        elif isinstance(asked, ClassifyBody):
            self._limits.check_count(asked.sentences, "sentences")
            for place, body in enumerate(asked.sentences):
                self._limits.check_sentence(body.text, f"sentences[{place}]")
                self._limits.check_actors(body.actors, f"sentences[{place}]")

    async def _performed(self, work: Work[Answer]) -> Answer:
        try:
            return await self._scheduler.perform(work, PIECES.get())
        finally:  # whoever reads an answer slowly, or a correction's store, keeps nobody out
            await ROOM.get().aclose()

    def room(self, pieces: int, patient: bool = False) -> AbstractAsyncContextManager[None]:
        """Room for a call's pieces while it lasts; the `patient` wait for it."""
        return self._scheduler.admission.room(pieces, DEADLINE.get() - time.monotonic(), patient)

    async def _analyses(self, articles: Sequence[Article], options: AnalyzeOptions) -> list[Analysis]:
        check = self._limits.check_article_actors
        work = self._classifier.analysing(articles, **options.model_dump(), check_actors=check)
        analyses = await self._performed(work)
        self._operations.answered(judgement for each in analyses for judgement in each.judgements)
        return analyses

    @bentoml.api(route="/v1/classify")
    @translated
    async def classify(
        self,
        sentences: list[MarkedSentenceBody],
        targets: list[str] | None = None,
        explain: bool = False,
    ) -> list[SentenceJudgements]:
        """The caller's own actors in the caller's own sentences; any actor name works."""
        asked = [body.marked() for body in sentences]
        work = self._classifier.classifying(asked, targets, explain)
        judged = await self._performed(work)
        self._operations.answered(judgement for found in judged for judgement in found)
        found = [
            SentenceJudgements(id=body.id or str(place), judgements=judgements)
            for place, (body, judgements) in enumerate(zip(sentences, judged, strict=True))
        ]
        return await as_json(_JUDGEMENTS, found)

    @bentoml.api(route="/v1/feedback")
    @translated
    async def feedback(
        self,
        text: str,
        actor: str,
        mentions: list[SpanBody],
        labels: dict[str, str],
    ) -> FeedbackStored:
        """Keeps what a reader says an actor's labels should be."""
        heads = self._classifier.checkpoint.config.heads
        for head, label in labels.items():
            if label not in heads.get(head, ()):
                legal = "; ".join(f"{name}: {', '.join(each)}" for name, each in heads.items())
                raise InputError(f"{label!r} is no label of {head!r}; {legal}.")
        if "\0" in text + actor:
            raise InputError("A correction holds no NUL, which PostgreSQL cannot keep.")
        self._limits.check_sentence(text, "text")
        sentence = MarkedSentence(text, [MarkedActor(actor, [Span(m.start, m.end) for m in mentions])])
        work = self._classifier.classifying([sentence])
        [[judgement]] = await self._performed(work)
        correction = Correction(
            caller=CALLER.get(),
            model=f"{self._classifier.model.name} {self._classifier.model.version}",
            text=text,
            actor=actor,
            mentions=list(dict.fromkeys(mention.text for mention in judgement.mentions)),
            labels={**judgement.labels, **labels},
            corrected=sorted(labels),
        )
        return FeedbackStored(id=await self._feedback.keep(correction))


def _service() -> HudnaService:
    service: HudnaService = bentoml.get_current_service()
    return service


_BODIES = {"/v1/analyze": AnalyzeBody, "/v1/classify": ClassifyBody, "/v1/feedback": FeedbackBody}
HudnaService.add_asgi_middleware(  # type: ignore[attr-defined]
    Gate,
    bodies=_BODIES,
    check_room=lambda body: _service().check_room(body),
    check_limits=lambda asked: _service().check_limits(asked),
    room=lambda pieces: _service().room(pieces),
    version=lambda: _service().version,
)
HudnaService.add_asgi_middleware(Pages)  # type: ignore[attr-defined]
