"""A typed client of the service, sync and async, over httpx.

What passes (429, 503, a connection that breaks) is tried again, after the time that the service names
or after a growing, jittered one; a correction, which might be kept twice, only where it never arrived.
What is wrong is raised as the error tree of `models.errors`.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, Generic, Self, TypeVar

import httpx
from tenacity import AsyncRetrying, Retrying, retry_if_exception

from models.results import Analysis
from serving import calls
from serving.groups import Article, Group, Lines, StreamedLine, at_once, coming_groups, groups
from serving.schemas import (
    ActorEntry,
    FeedbackBody,
    FeedbackStored,
    MarkedSentenceBody,
    ModelCard,
    SentenceJudgements,
    TargetEntry,
)

__all__ = ["AsyncHudnaClient", "HudnaClient", "StreamedLine"]

Answer = TypeVar("Answer")
Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)


class _Caller(Generic[Http]):
    """What both clients are made of; `_kind` is httpx's own."""

    _kind: type[Http]

    def __init__(
        self,
        address: str,
        key: str = "",
        attempts: int = 6,
        deadline: float | None = None,
        **options: Any,
    ) -> None:
        self._http: Http = self._kind(**calls.options_of(address, key, deadline, options))
        self._retrying = calls.retrying(attempts)

    def _trying(self, request: calls.Request[Any]) -> dict[str, Any]:
        return self._retrying | {"retry": retry_if_exception(request.passes)}


class HudnaClient(_Caller[httpx.Client]):
    """Calls a service at `address`; `attempts` in all for what passes, `options` are httpx's.

    `deadline` is the seconds that the service has for a call, or for an article of a stream; without
    one it is the service's own.

    Every call raises `InputError`, `TooLargeError`, `KeyRefusedError`, `DeadlineError`, `BusyError` or
    `ServiceError` once it is given up.
    """

    _kind = httpx.Client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def analyze(self, articles: Article | Sequence[Article], **options: Any) -> list[Analysis]:
        """The analyses of articles, or one; `options` are targets, actors, explain, min_confidence."""
        return self._call(calls.analyze(articles, options))

    def classify(
        self, sentences: Sequence[MarkedSentenceBody], **options: Any
    ) -> list[SentenceJudgements]:
        """The judgements of sentences with the caller's own actors; `options` are targets, explain."""
        return self._call(calls.classify(sentences, options))

    def feedback(self, correction: FeedbackBody) -> FeedbackStored:
        """Sends what one actor's labels in one sentence should be."""
        return self._call(calls.feedback(correction))

    def model(self) -> ModelCard:
        """Which checkpoint answers."""
        return self._call(calls.Request(calls.MODEL, "model"))

    def actors(self) -> list[ActorEntry]:
        """Every actor that the service finds by itself."""
        return self._call(calls.Request(calls.ACTORS, "actors"))

    def targets(self) -> list[TargetEntry]:
        """Every target that it judges."""
        return self._call(calls.Request(calls.TARGETS, "targets"))

    def stream(self, articles: Iterable[Article], **options: Any) -> Iterator[StreamedLine]:
        """The answer to every article as soon as it is ready; any number of them, in constant memory."""
        for group in groups(articles):
            with calls.unreached():
                for attempt in Retrying(**self._retrying):
                    with attempt:
                        yield from self._streamed(group, calls.params_of(options))

    def _streamed(self, group: Group, params: dict[str, Any]) -> Iterator[StreamedLine]:
        places, content = group.lines()
        with self._http.stream("POST", "/v1/stream", content=content, params=params) as answered:
            if answered.is_error:
                answered.read()
                calls.raise_for(answered)
            lines = Lines()
            for chunk in answered.iter_bytes():
                for line in lines.ended_by(chunk):
                    yield group.answered(line, places)
        group.check_whole()

    def _call(self, request: calls.Request[Answer]) -> Answer:
        with calls.unreached():
            return Retrying(**self._trying(request))(
                lambda: request.answer(self._http.request(**request.http))
            )


class AsyncHudnaClient(_Caller[httpx.AsyncClient]):
    """`HudnaClient` for asyncio."""

    _kind = httpx.AsyncClient

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def analyze(self, articles: Article | Sequence[Article], **options: Any) -> list[Analysis]:
        """As `HudnaClient.analyze`."""
        return await self._call(calls.analyze(articles, options))

    async def classify(
        self, sentences: Sequence[MarkedSentenceBody], **options: Any
    ) -> list[SentenceJudgements]:
        """As `HudnaClient.classify`."""
        return await self._call(calls.classify(sentences, options))

    async def feedback(self, correction: FeedbackBody) -> FeedbackStored:
        """As `HudnaClient.feedback`."""
        return await self._call(calls.feedback(correction))

    async def model(self) -> ModelCard:
        """As `HudnaClient.model`."""
        return await self._call(calls.Request(calls.MODEL, "model"))

    async def actors(self) -> list[ActorEntry]:
        """As `HudnaClient.actors`."""
        return await self._call(calls.Request(calls.ACTORS, "actors"))

    async def targets(self) -> list[TargetEntry]:
        """As `HudnaClient.targets`."""
        return await self._call(calls.Request(calls.TARGETS, "targets"))

    async def stream(
        self, articles: Iterable[Article] | AsyncIterable[Article], **options: Any
    ) -> AsyncIterator[StreamedLine]:
        """As `HudnaClient.stream`; the articles may come asynchronously."""
        coming = articles if isinstance(articles, AsyncIterable) else at_once(articles)
        async for group in coming_groups(coming):
            with calls.unreached():
                async for attempt in AsyncRetrying(**self._retrying):
                    with attempt:
                        async for line in self._streamed(group, calls.params_of(options)):
                            yield line

    async def _streamed(self, group: Group, params: dict[str, Any]) -> AsyncIterator[StreamedLine]:
        places, content = group.lines()
        call = self._http.stream("POST", "/v1/stream", content=content, params=params)
        async with call as answered:
            if answered.is_error:
                await answered.aread()
                calls.raise_for(answered)
            lines = Lines()
            async for chunk in answered.aiter_bytes():
                for line in lines.ended_by(chunk):
                    yield group.answered(line, places)
        group.check_whole()

    async def _call(self, request: calls.Request[Answer]) -> Answer:
        async def tried() -> Answer:
            return request.answer(await self._http.request(**request.http))

        with calls.unreached():
            return await AsyncRetrying(**self._trying(request))(tried)
