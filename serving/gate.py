"""What every call under ``/v1`` passes first: who calls, how much, for how long, and whether still.

A plain ASGI middleware, so that it holds for BentoML's own endpoints and for mounted ones alike. It
reads a body within its limit before anything parses it, gives the call its deadline, and cancels what
runs for a client that went away.
"""

import asyncio
import logging
import math
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import BusyError, DeadlineError, HudnaError, InputError, TooLargeError
from serving.access import Access
from serving.answers import error_answer
from serving.logs import REQUEST, Answered, log_call
from serving.schemas import CallBody, one_sentence
from serving.settings import Settings

__all__ = ["ALLOWANCE", "CALLER", "DEADLINE", "PATIENCE", "PIECES", "ROOM", "SHORTEST_DEADLINE", "Gate"]

CALLER: ContextVar[str] = ContextVar("caller", default="-")  # the name of the key of this call
DEADLINE: ContextVar[float] = ContextVar("deadline", default=math.inf)  # when this call ends, monotonic
PATIENCE: ContextVar[float] = ContextVar("patience", default=math.inf)  # its seconds; a stream's, a line
PIECES: ContextVar[int] = ContextVar("pieces")  # about how many this call has read
ROOM: ContextVar[AsyncExitStack] = ContextVar("room")  # is closed once they are read
ALLOWANCE: ContextVar[Callable[[], Awaitable[None]]]  # waits until one article more may be read
ALLOWANCE = ContextVar("allowance")
SHORTEST_DEADLINE = 0.5  # seconds; no call is so short that less could be meant
_log = logging.getLogger("hudna.gate")
_CLIENT_GONE = 499  # as nginx has it in its log
_BODIES_AT_ONCE = 8  # of the longest, that all calls may hold together
_STREAMED = "/v1/stream"  # reads its body as it comes, and has a deadline for every article


class Gate:
    """Guards an ASGI app's paths under ``/v1``; `bodies` are the forms of those that BentoML reads.

    `check_room` refuses a call for which there is no room before its body is parsed, `check_limits` one
    that is over a limit, and `room` is what a call of so many pieces has from then on, until it closes
    `ROOM` or ends: what is refused is to cost little. `version` is told with every answer.

    Raises:
        InputError: the settings' keys or rate cannot be used.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings | None = None,
        bodies: Mapping[str, type[CallBody]] | None = None,
        check_room: Callable[[bytes], None] = lambda _: None,
        check_limits: Callable[[CallBody], None] = lambda _: None,
        room: Callable[[int], AbstractAsyncContextManager[None]] = lambda _: nullcontext(),
        version: Callable[[], str] = str,
    ) -> None:
        self._app, self._bodies = app, bodies or {}
        self._check_room, self._check_limits = check_room, check_limits
        self._room, self._version = room, version
        self._settings = settings or Settings()
        self._access = Access(self._settings.keys, self._settings.rate)
        self._held = _Held(_BODIES_AT_ONCE * self._settings.max_body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a call through, or answers it."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        REQUEST.set(_request_id(Headers(scope=scope)))
        answer = Answered(send, self._version())
        begun, caller = time.monotonic(), "-"
        try:
            headers = Headers(scope=scope)
            caller = self._access.name(_key(headers))
            self._access.spend(caller)
            CALLER.set(caller)
            ALLOWANCE.set(partial(self._access.allow, caller))
            await self._passed(scope, headers, receive, answer)
            if not answer.status:
                await _left_alone(scope, receive, answer)
        except HudnaError as error:
            if not answer.status:
                await error_answer(error)(scope, receive, answer)
        except Exception:  # BentoML would let the client wait for an hour
            _log.exception("The call failed")
            if not answer.status:
                await error_answer(HudnaError("The service failed."))(scope, receive, answer)
        finally:
            call = f"{scope['method']} {scope['path']}"
            log_call(answer, caller, call, time.monotonic() - begun)

    async def _passed(self, scope: Scope, headers: Headers, receive: Receive, send: Answered) -> None:
        seconds = _deadline(headers, self._settings)
        PATIENCE.set(seconds)
        if scope["path"] == _STREAMED:
            DEADLINE.set(math.inf)  # else a call that was pipelined has that of the one before
            await self._app(scope, receive, send)
            return
        DEADLINE.set(time.monotonic() + seconds)
        try:
            async with asyncio.timeout(seconds):
                await self._with_its_body(scope, headers, receive, send)
        except TimeoutError:
            raise DeadlineError(f"The call took longer than {seconds:g} s.") from None

    async def _with_its_body(
        self, scope: Scope, headers: Headers, receive: Receive, send: Answered
    ) -> None:
        with self._held.by_a_call() as hold:
            body = await self._body(headers, receive, hold)
            if self._settings.log_bodies:
                send.asked = body
            form = None
            if scope["method"] == "POST":
                if body:
                    _check_type(headers)
                self._check_room(body)
                form = self._form(scope["path"], body)
            async with AsyncExitStack() as room:
                ROOM.set(room)
                if form:
                    self._check_limits(form)
                    PIECES.set(max(1, form.pieces))
                    await room.enter_async_context(self._room(PIECES.get()))
                await self._while_there(scope, body, receive, send)

    async def _body(self, headers: Headers, receive: Receive, hold: Callable[[int], None]) -> bytes:
        limit = self._settings.max_body_bytes
        _check_size(int(headers.get("content-length", "0")), limit)
        body, more = bytearray(), True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise InputError("The body ended early.")
            hold(len(message.get("body", b"")))
            body += message.get("body", b"")
            more = message.get("more_body", False)
            _check_size(len(body), limit)
        return bytes(body)

    def _form(self, path: str, body: bytes) -> CallBody | None:
        """What a body asks the network to read.

        One of another form is refused here, since BentoML would print parts of it into the log.
        """
        form = self._bodies.get(path)
        try:
            return form.model_validate_json(body) if form else None
        except ValidationError as error:
            raise InputError(one_sentence(error)) from None

    async def _while_there(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Runs the app until it has answered, or the client is gone."""
        replayed = _Replayed(body)
        running = asyncio.ensure_future(self._app(scope, replayed, send))
        watching = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
        finally:
            for task in (running, watching):
                task.cancel()
            await asyncio.gather(running, watching, return_exceptions=True)


class _Held:
    """The bytes of the bodies that all calls have here, at most so many together."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0

    @contextmanager
    def by_a_call(self) -> Iterator[Callable[[int], None]]:
        """Counts what a call takes, by what is given, until the call is over."""
        mine = 0

        def hold(size: int) -> None:
            nonlocal mine
            if self._held + size > self._limit:
                raise BusyError(1.0, "Too many long calls are coming in")
            self._held, mine = self._held + size, mine + size

        try:
            yield hold
        finally:
            self._held -= mine


class _Replayed:
    """A body that was read, for whoever reads it again; then nothing more comes."""

    def __init__(self, body: bytes) -> None:
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def __call__(self) -> Message:
        if not self._messages:
            await asyncio.Event().wait()  # until the call is over
        return self._messages.pop()


async def _left_alone(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a client that is gone: nobody reads it, but BentoML waits an hour for any answer."""
    await JSONResponse({"error": "The client went away."}, _CLIENT_GONE)(scope, receive, send)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _request_id(headers: Mapping[str, str]) -> str:
    given = headers.get("x-request-id", "")
    return (
        given if given.isascii() and given.isprintable() and 0 < len(given) <= 64 else uuid.uuid4().hex
    )


def _key(headers: Mapping[str, str]) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")


def _deadline(headers: Mapping[str, str], settings: Settings) -> float:
    """The seconds that the caller gives, at most those that the operator does."""
    given = headers.get("x-deadline")
    if given is None:
        return settings.deadline
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not SHORTEST_DEADLINE <= seconds < float("inf"):
        raise InputError(f"X-Deadline is a number of seconds, at least {SHORTEST_DEADLINE:g}.")
    return min(seconds, settings.max_deadline)


def _check_type(headers: Mapping[str, str]) -> None:
    # A page elsewhere may send a body without a type and unasked, but none that calls itself JSON.
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise InputError(f"The body is application/json, not {kind or 'untold'}.")


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise TooLargeError(f"The body is over {limit:,} bytes (HUDNA_MAX_BODY_BYTES).")
