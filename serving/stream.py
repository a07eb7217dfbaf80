"""Articles as newline-delimited JSON, in and out: a line is answered as soon as it is judged.

The next line is read when there is room for it, so memory does not grow with the stream, and a client
that reads slowly is read slowly. Answers come as they are ready; ``line`` tells whose they are.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import aclosing

from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.types import Message, Receive, Scope, Send

from models.classifier import Article
from models.errors import DeadlineError, HudnaError, InputError, TooLargeError
from models.results import Analysis
from serving.answers import status_of
from serving.schemas import AnalyzeOptions, ArticleBody, one_sentence

__all__ = ["Analyse", "StreamedAnswer", "answered_lines", "paced_lines", "split_lines", "stream_options"]

_log = logging.getLogger("hudna.stream")
_AT_ONCE = 16  # articles of one stream that are judged together
_BYTES_AT_ONCE = 4 * 2**20  # beyond them one at a time, so that streams of long ones hold little

Analyse = Callable[[Article], Awaitable[Analysis]]
Lines = AsyncIterator[tuple[int, bytes | InputError]]  # by their numbers, from 1


class StreamedAnswer:
    """An ASGI answer whose lines are made from the body while it comes.

    Starlette's own streaming answer listens for the client's leaving, and so would take parts of the
    body; here one task reads both, two parts ahead of the judging, which ends with the client.
    """

    def __init__(self, answer: Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes]]) -> None:
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Sends the answer."""
        parts: asyncio.Queue[Message] = asyncio.Queue(1)
        listening = asyncio.create_task(_listen(receive, parts))
        writing = asyncio.create_task(self._write(_chunks(parts), send))
        try:
            await asyncio.wait({writing, listening}, return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
        finally:
            for task in (writing, listening):
                task.cancel()
            await asyncio.gather(writing, listening, return_exceptions=True)

    async def _write(self, chunks: AsyncIterator[bytes], send: Send) -> None:
        headers = [(b"content-type", b"application/x-ndjson")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async with aclosing(self._answer(chunks)) as lines:
            async for line in lines:
                await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _listen(receive: Receive, parts: asyncio.Queue[Message]) -> None:
    """Takes the body in, as there is room for its parts, until the client leaves."""
    while (message := await receive())["type"] != "http.disconnect":
        await parts.put(message)


async def _chunks(parts: asyncio.Queue[Message]) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await parts.get()
        yield message.get("body", b"")
        more = message.get("more_body", False)


def stream_options(query: QueryParams) -> AnalyzeOptions:
    """The options of a stream from its query: ``target=…&target=…&actor=…&explain=true``.

    Raises:
        InputError: one is unknown or cannot be used.
    """
    asked: dict[str, object] = dict(query)
    for one, name in (("target", "targets"), ("actor", "actors")):
        if one in asked:
            asked.pop(one)
            asked[name] = query.getlist(one)
    try:
        return AnalyzeOptions.model_validate(asked, strict=False)
    except ValidationError as error:
        raise InputError(one_sentence(error)) from None


async def split_lines(chunks: AsyncIterator[bytes], longest: int) -> Lines:
    """The lines of a stream with their numbers from 1, blank ones left out.

    A line of over `longest` bytes is an error in its place, and is not kept.
    """
    number, held, too_long = 1, bytearray(), False
    async for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            line = bytes(held) + end
            if too_long or len(line) > longest:
                yield number, _too_long(longest)
            elif line.strip():
                yield number, line
            number, held, too_long = number + 1, bytearray(), False
        too_long = too_long or len(held) + len(rest) > longest
        if too_long:
            held.clear()
        else:
            held += rest
    if too_long:
        yield number, _too_long(longest)
    elif held.strip():
        yield number, bytes(held)


def _too_long(longest: int) -> TooLargeError:
    return TooLargeError(f"The line is over {longest:,} bytes (HUDNA_MAX_BODY_BYTES).")


async def paced_lines(lines: Lines, allow: Callable[[], Awaitable[None]]) -> Lines:
    """The lines as the caller's allowance has room for them; the first came with the call."""
    is_paid = True
    async for line in lines:
        if not is_paid:
            await allow()
        is_paid = False
        yield line


async def answered_lines(lines: Lines, analyse: Analyse, deadline: float) -> AsyncGenerator[bytes]:
    """For every line ``{"line": 1, "analysis": {…}}``, or ``{"line": 1, "error": "…", "status": 400}``.

    `deadline` is in seconds and each article's own.
    """
    reading: asyncio.Future[tuple[int, bytes | InputError] | None] | None
    reading = asyncio.ensure_future(anext(lines, None))
    judging: dict[asyncio.Task[bytes], int] = {}  # and the bytes of its line
    try:
        while reading or judging:
            has_room = reading is not None and _have_room(judging.values())
            await asyncio.wait(
                {*judging, *([reading] if reading and has_room else [])},
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in [task for task in judging if task.done()]:
                del judging[task]
                yield task.result()
            if reading and reading.done() and has_room:
                found = reading.result()
                reading = asyncio.ensure_future(anext(lines, None)) if found else None
                if found:
                    line = found[1]
                    size = 0 if isinstance(line, InputError) else len(line)
                    judging[asyncio.create_task(_answer(*found, analyse, deadline))] = size
    finally:
        for each in (*judging, *([reading] if reading else [])):
            each.cancel()


def _have_room(sizes: Collection[int]) -> bool:
    """Whether another line may come in beside lines of these sizes."""
    return len(sizes) < _AT_ONCE and sum(sizes) < _BYTES_AT_ONCE


async def _answer(number: int, line: bytes | InputError, analyse: Analyse, deadline: float) -> bytes:
    try:
        if isinstance(line, InputError):
            raise line
        async with asyncio.timeout(deadline):
            analysis = await analyse(_article(line, number))
        return b'{"line":%d,"analysis":%s}\n' % (number, analysis.model_dump_json().encode())
    except TimeoutError:
        return _error(number, DeadlineError(f"The article took longer than {deadline:g} s."))
    except HudnaError as error:
        return _error(number, error)
    except Exception:
        _log.exception("Line %d of a stream", number)
        return _error(number, HudnaError("The service failed on this article."))


def _article(line: bytes, number: int) -> Article:
    try:
        body = ArticleBody.model_validate_json(line)
    except ValidationError as error:
        raise InputError(one_sentence(error)) from None
    return body.article(str(number))


def _error(number: int, error: HudnaError) -> bytes:
    told = {"line": number, "error": str(error), "status": status_of(error)}
    return (json.dumps(told, ensure_ascii=False) + "\n").encode()
