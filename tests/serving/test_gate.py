import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, redirect_stdout
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from models.errors import BusyError, TooLargeError
from serving.access import new_key
from serving.admission import Admission
from serving.gate import CALLER, PIECES, ROOM, Gate
from serving.limits import least_pieces, pieces_of
from serving.logs import write_log
from serving.schemas import AnalyzeBody
from serving.settings import Settings

Log = Callable[[], list[dict[str, object]]]


class Endpoint:
    """Answers what it was sent; it can take its time, and knows whether it was cancelled."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.cancelled = seconds, False

    async def __call__(self, request: Request) -> JSONResponse:
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return JSONResponse({"length": len(await request.body())})


def gated(endpoint: Endpoint, **settings: object) -> Gate:
    async def told(request: Request) -> PlainTextResponse:
        return PlainTextResponse("up")

    async def call(request: Request) -> JSONResponse:
        return await endpoint(request)

    routes = [Route("/v1/echo", call, methods=["GET", "POST"]), Route("/livez", told)]
    return Gate(Starlette(routes=routes), Settings(**settings))


def asked(gate: Gate, ask: Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]) -> httpx.Response:
    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://hudna") as client:
            return await ask(client)

    return asyncio.run(call())


def test_a_call_goes_through_with_its_body() -> None:
    answer = asked(gated(Endpoint()), lambda c: c.post("/v1/echo", json={"text": "رفض"}))
    assert answer.json() == {"length": len('{"text":"رفض"}'.encode())}


def test_a_request_keeps_its_id_or_is_given_one() -> None:
    headers = {"x-request-id": "desk-17"}
    assert (
        asked(gated(Endpoint()), lambda c: c.get("/v1/echo", headers=headers)).headers["x-request-id"]
        == "desk-17"
    )
    assert len(asked(gated(Endpoint()), lambda c: c.get("/v1/echo")).headers["x-request-id"]) == 32


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused_before_it_is_read_whole(chunked: bool) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1_000):
            read += 100
            yield b" " * 100

    content = body() if chunked else b" " * 100_000
    answer = asked(
        gated(Endpoint(), max_body_bytes=1_000), lambda c: c.post("/v1/echo", content=content)
    )
    assert answer.status_code == 413
    assert answer.json() == {"error": "The body is over 1,000 bytes (HUDNA_MAX_BODY_BYTES)."}
    assert read <= 1_200


def test_the_bodies_of_all_calls_together_are_bounded() -> None:
    gate = gated(Endpoint(0.3), max_body_bytes=1_000)

    async def at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(gate)
        async with httpx.AsyncClient(transport=transport, base_url="http://hudna") as client:
            body = {"json": "a" * 900}
            calls = [client.post("/v1/echo", **body) for _ in range(12)]
            first = await asyncio.gather(*calls)
            return [*first, await client.post("/v1/echo", **body)]

    *first, after = asyncio.run(at_once())
    refused = [answer for answer in first if answer.status_code == 429]
    assert (len(first) - len(refused), after.status_code) == (8, 200)
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}


@pytest.mark.parametrize("kind", ["application/vnd.bentoml+pickle", "text/plain", ""])
def test_another_kind_of_body_is_refused(kind: str) -> None:
    """One of no kind too: a page elsewhere could send it to a service on its reader's machine."""
    headers = {"content-type": kind} if kind else {}
    answer = asked(gated(Endpoint()), lambda c: c.post("/v1/echo", content=b"x", headers=headers))
    assert answer.status_code == 400
    assert "application/json" in answer.json()["error"]


def test_a_call_over_its_deadline_is_answered_and_cancelled() -> None:
    endpoint = Endpoint(5)
    answer = asked(gated(endpoint, deadline=0.05), lambda c: c.get("/v1/echo"))
    assert answer.status_code == 504
    assert answer.json() == {"error": "The call took longer than 0.05 s."}
    assert endpoint.cancelled


def test_a_caller_sets_a_deadline_within_the_operators() -> None:
    def timed(seconds: str, **settings: object) -> httpx.Response:
        headers = {"x-deadline": seconds}
        return asked(gated(Endpoint(0.7), **settings), lambda c: c.get("/v1/echo", headers=headers))

    assert timed("0.5").status_code == 504
    assert timed("9", deadline=0.05).status_code == 200
    assert timed("9", deadline=0.05, max_deadline=0.05).status_code == 504
    assert {timed(wrong).status_code for wrong in ("soon", "-1", "nan", "inf", "0.1")} == {400}


def test_what_a_client_that_went_away_asked_for_is_cancelled() -> None:
    endpoint = Endpoint(5)
    gate = gated(endpoint)
    sent = []

    async def call() -> None:
        messages = iter([{"type": "http.request", "body": b"", "more_body": False}])
        gone = asyncio.Event()

        async def receive() -> Message:
            message = next(messages, None)
            if message is None:
                await gone.wait()
                return {"type": "http.disconnect"}
            return message

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/v1/echo", "headers": [], "query_string": b"",
        }  # fmt: skip
        asyncio.get_running_loop().call_later(0.05, gone.set)
        await asyncio.wait_for(gate(scope, receive, send), 2)

    asyncio.run(call())
    assert endpoint.cancelled
    assert sent[0]["status"] == 499  # to nobody, so that BentoML does not wait for an answer


def test_keys_are_asked_under_v1_alone(tmp_path: Path) -> None:
    key, line = new_key("desk")
    (tmp_path / "keys").write_text(line)
    gate = gated(Endpoint(), keys=tmp_path / "keys")
    refused = asked(gate, lambda c: c.get("/v1/echo"))
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    for headers in ({"authorization": f"Bearer {key}"}, {"x-api-key": key}):
        answer = asked(gate, lambda c, headers=headers: c.get("/v1/echo", headers=headers))
        assert answer.status_code == 200
    assert asked(gate, lambda c: c.get("/livez")).text == "up"


def test_a_call_goes_under_the_name_of_its_key(tmp_path: Path) -> None:
    async def named(request: Request) -> PlainTextResponse:
        return PlainTextResponse(CALLER.get())

    key, line = new_key("desk")
    (tmp_path / "keys").write_text(line)
    gate = Gate(Starlette(routes=[Route("/v1/name", named)]), Settings(keys=tmp_path / "keys"))
    assert asked(gate, lambda c: c.get("/v1/name", headers={"x-api-key": key})).text == "desk"


def test_who_calls_too_often_is_told_when_to_come_again() -> None:
    gate = gated(Endpoint(), rate="1/minute")
    assert asked(gate, lambda c: c.get("/v1/echo")).status_code == 200
    refused = asked(gate, lambda c: c.get("/v1/echo"))
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60


@pytest.fixture
def log() -> Iterator[Log]:
    """The lines that the service writes meanwhile."""
    package, written = logging.getLogger("hudna"), io.StringIO()
    before = package.handlers, package.propagate, package.level
    with redirect_stdout(written):
        write_log()
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    package.handlers, package.propagate = before[:2]
    package.setLevel(before[2])


def test_the_log_tells_the_call_and_nothing_of_its_body(log: Log) -> None:
    headers = {"x-request-id": "desk-17"}
    asked(gated(Endpoint()), lambda c: c.post("/v1/echo?text=سر", json={"text": "رفض"}, headers=headers))
    [line] = log()
    assert (line["request"], line["call"], line["status"]) == ("desk-17", "POST /v1/echo", 200)
    assert "رفض" not in str(line)
    assert "سر" not in str(line)


def test_the_log_has_a_body_where_the_operator_asks_for_it(log: Log) -> None:
    asked(gated(Endpoint(), log_bodies=True), lambda c: c.post("/v1/echo", json={"text": "رفض"}))
    [line] = log()
    assert json.loads(line["body"]) == {"text": "رفض"}


def test_a_fault_is_answered_at_once_and_told_in_the_log_under_the_request(log: Log) -> None:
    async def faulty(*_: object) -> None:
        raise RuntimeError("a fault")

    answer = asked(Gate(faulty, Settings()), lambda c: c.get("/v1/model", headers={"x-request-id": "r"}))
    assert (answer.status_code, answer.json()) == (500, {"error": "The service failed."})
    fault, call = log()
    assert (fault["level"], fault["request"], call["status"]) == ("ERROR", "r", 500)
    assert "RuntimeError: a fault" in fault["exc_info"]


def test_a_call_without_room_is_refused_before_its_body_is_parsed() -> None:
    def full(body: bytes) -> None:
        raise BusyError(7.0)

    gate = Gate(_unreached, Settings(), check_room=full)
    headers = {"content-type": "application/json"}
    answer = asked(gate, lambda c: c.post("/v1/analyze", content=b"{no json", headers=headers))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_a_call_has_room_for_its_pieces_until_it_closes_it() -> None:
    admission, seen = Admission(10), []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((admission.admitted, PIECES.get()))
        await ROOM.get().aclose()
        seen.append((admission.admitted, PIECES.get()))
        await JSONResponse([])(scope, receive, send)

    async def call(text: str) -> int:
        gate = Gate(app, Settings(), {"/v1/analyze": AnalyzeBody}, room=admission.room)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(gate), base_url="http://hudna"
        ) as client:
            return (await client.post("/v1/analyze", json={"articles": {"text": text}})).status_code

    async def told() -> None:
        async with admission.room(4):
            assert await call("رفض حفتر وقف إطلاق النار") == 200
            assert await call("رفض حفتر وقف إطلاق النار" * 2) == 429
            assert admission.admitted == 4

    asyncio.run(told())
    assert seen == [(4 + 6, 6), (4, 6)]


def test_a_call_over_a_limit_has_no_room_and_is_not_told_to_come_again() -> None:
    def over(_: object) -> None:
        raise TooLargeError("The call has 300 articles.")

    def full(_: int) -> AbstractAsyncContextManager[None]:
        raise BusyError(7.0)

    gate = Gate(_unreached, Settings(), {"/v1/analyze": AnalyzeBody}, check_limits=over, room=full)
    body = {"articles": {"text": "رفض حفتر"}}
    assert asked(gate, lambda c: c.post("/v1/analyze", json=body)).status_code == 413


def test_a_call_of_hardly_a_piece_has_room_too() -> None:
    def full(pieces: int) -> AbstractAsyncContextManager[None]:
        assert pieces == 1
        raise BusyError(7.0)

    gate = Gate(_unreached, Settings(), {"/v1/analyze": AnalyzeBody}, room=full)
    body = {"articles": {"text": "مصر"}}
    assert asked(gate, lambda c: c.post("/v1/analyze", json=body)).status_code == 429


async def _unreached(*_: object) -> None:
    raise AssertionError


@pytest.mark.parametrize("is_ascii", [True, False])
def test_a_body_holds_at_least_so_many_pieces(is_ascii: bool) -> None:
    text = "رفض المشير خليفة حفتر وقف إطلاق النار. " * 50
    body = json.dumps({"articles": [{"text": text}]}, ensure_ascii=is_ascii).encode()
    assert (
        0.75 * pieces_of([text], explain=False) < least_pieces(body) <= pieces_of([text], explain=False)
    )


def test_what_is_no_letter_weighs_nothing() -> None:
    """Marked actors are JSON's signs, digits and names of fields, many times the network's pieces."""
    sentence = {
        "text": "رفض حفتر",
        "actors": [{"actor": "haftar", "mentions": [{"start": 4, "end": 8}]}],
    }
    body = json.dumps({"sentences": [sentence] * 100}, ensure_ascii=False).encode()
    assert least_pieces(body) <= pieces_of(["رفض حفتر"] * 100, explain=False, actors=100)


def test_the_log_tells_whose_allowance_is_spent(tmp_path: Path, log: Log) -> None:
    key, line = new_key("desk")
    (tmp_path / "keys").write_text(line)
    gate = gated(Endpoint(), keys=tmp_path / "keys", rate="1/minute")
    for _ in range(2):
        asked(gate, lambda c: c.get("/v1/echo", headers={"x-api-key": key}))
    assert [(each["status"], each["caller"]) for each in log()] == [(200, "desk"), (429, "desk")]


@pytest.mark.parametrize("seconds", [0.0, 5.0])
def test_a_call_that_fails_or_is_late_leaves_no_room_taken(seconds: float) -> None:
    admission = Admission(10)

    async def failing(*_: object) -> None:
        await asyncio.sleep(seconds)
        raise RuntimeError

    gate = Gate(failing, Settings(deadline=0.1), {"/v1/analyze": AnalyzeBody}, room=admission.room)
    body = {"articles": {"text": "رفض حفتر وقف إطلاق النار"}}
    answer = asked(gate, lambda c: c.post("/v1/analyze", json=body))
    assert (answer.status_code, admission.admitted) == (504 if seconds else 500, 0)
