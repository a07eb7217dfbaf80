import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from models.errors import (
    BusyError,
    DeadlineError,
    InputError,
    KeyRefusedError,
    ServiceError,
    TooLargeError,
)
from serving.client import AsyncHudnaClient, HudnaClient
from serving.schemas import FeedbackBody, MarkedSentenceBody

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار."
Handler = Callable[[httpx.Request], httpx.Response]


def client(handler: Handler, attempts: int = 4) -> HudnaClient:
    return HudnaClient("http://hudna", "k", attempts, transport=httpx.MockTransport(handler))


def in_turn(*answers: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = answers[min(len(asked), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return handler, asked


TARGETS = httpx.Response(200, json=[{"target": "ceasefire", "labels": ["favor"]}])


def test_what_passes_is_tried_again() -> None:
    handler, asked = in_turn(
        httpx.Response(429), httpx.Response(503), httpx.ConnectError("refused"), TARGETS
    )
    [target] = client(handler).targets()
    assert target.target == "ceasefire"
    assert len(asked) == 4
    assert {request.headers["authorization"] for request in asked} == {"Bearer k"}


def test_the_client_comes_again_when_it_was_told_to() -> None:
    handler, _ = in_turn(httpx.Response(429, headers={"retry-after": "1"}), TARGETS)
    begun = time.monotonic()
    client(handler).targets()
    assert time.monotonic() - begun >= 1


def test_a_correction_whose_answer_was_lost_is_not_sent_again() -> None:
    spans = [{"start": 11, "end": 15}]
    correction = FeedbackBody(text=TEXT, actor="haftar", mentions=spans, labels={"ceasefire": "against"})
    stored = httpx.Response(200, json={"id": "a"})
    handler, asked = in_turn(httpx.ReadError("reset"), stored)
    with pytest.raises(ServiceError, match="cannot be reached: reset"):
        client(handler).feedback(correction)
    assert len(asked) == 1
    handler, asked = in_turn(httpx.ConnectError("refused"), httpx.Response(503), stored)
    assert client(handler).feedback(correction).id == "a"
    assert len(asked) == 3


def test_headers_of_the_callers_own_go_beside_key_and_deadline() -> None:
    handler, asked = in_turn(TARGETS)
    options = {"transport": httpx.MockTransport(handler), "headers": {"x-trace": "1"}}
    HudnaClient("http://hudna", "k", deadline=5, **options).targets()
    sent = asked[0].headers
    assert (sent["authorization"], sent["x-deadline"], sent["x-trace"]) == ("Bearer k", "5", "1")


def test_an_error_of_what_stands_between_has_any_form() -> None:
    handler, asked = in_turn(httpx.Response(503, json={"error": {"code": 503}}), TARGETS)
    assert client(handler).targets()
    assert len(asked) == 2


def test_a_deadline_goes_with_every_call() -> None:
    handler, asked = in_turn(TARGETS)
    options = {"transport": httpx.MockTransport(handler)}
    HudnaClient("http://hudna", deadline=2.5, **options).targets()
    HudnaClient("http://hudna", **options).targets()
    assert [request.headers.get("x-deadline") for request in asked] == ["2.5", None]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InputError), (413, TooLargeError), (401, KeyRefusedError), (504, DeadlineError),
        (500, ServiceError), (418, ServiceError),
    ],
)  # fmt: skip
def test_what_is_wrong_is_raised_at_once(status: int, kind: type[Exception]) -> None:
    handler, asked = in_turn(httpx.Response(status, json={"error": "one sentence"}))
    with pytest.raises(kind, match="one sentence"):
        client(handler).model()
    assert len(asked) == 1


def test_what_does_not_pass_is_given_up() -> None:
    handler, asked = in_turn(httpx.Response(429))
    with pytest.raises(BusyError):
        client(handler, attempts=2).targets()
    assert len(asked) == 2
    with pytest.raises(ServiceError, match="cannot be reached: refused"):
        client(in_turn(httpx.ConnectError("refused"))[0], attempts=2).targets()


def answered(request: httpx.Request, most: int) -> httpx.Response:
    """The answers to the first lines of a stream; the connection ends early where there are more."""
    lines = request.content.splitlines()[:most]
    told = ({"line": n, "error": json.loads(line)["text"]} for n, line in enumerate(lines, 1))
    return httpx.Response(
        200, text="".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in told)
    )


def test_a_line_of_a_stream_ends_at_a_line_feed_alone() -> None:
    text = "رفض حفتر\u2028وقف\u0085إطلاق\u2029النار"
    stream = client(lambda request: answered(request, 64)).stream([{"text": text}, {"text": "ب"}])
    assert [line.error for line in stream] == [text, "ب"]


def test_a_stream_that_breaks_goes_on_with_what_is_not_answered() -> None:
    asked: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(len(request.content.splitlines()))
        return answered(request, 40)

    found = list(client(handler).stream({"text": str(n)} for n in range(1, 101)))
    assert [(line.line, line.error) for line in found] == [(n, str(n)) for n in range(1, 101)]
    assert asked == [64, 24, 36]


def test_a_stream_of_long_articles_is_sent_in_parts_that_buffers_hold() -> None:
    asked: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(len(request.content.splitlines()))
        return answered(request, 64)

    assert len(list(client(handler).stream({"text": "ن" * 200_000} for _ in range(5)))) == 5
    assert asked == [3, 2]


def test_why_nothing_could_be_stored_is_told_and_a_redirect_is_no_answer() -> None:
    full = httpx.Response(503, json={"error": "The correction could not be stored: disk full."})
    with pytest.raises(BusyError, match="could not be stored: disk full; try again"):
        client(in_turn(full)[0], attempts=1).targets()
    with pytest.raises(ServiceError, match="answered 301"):
        client(in_turn(httpx.Response(301, text=""))[0]).targets()


def test_a_stream_reads_no_further_than_it_is_read() -> None:
    read = 0

    def articles() -> Iterator[dict[str, str]]:
        nonlocal read
        while True:
            read += 1
            yield {"text": TEXT}

    stream = client(lambda request: answered(request, 64)).stream(articles(), targets=["ceasefire"])
    assert next(stream).line == 1
    stream.close()
    assert read == 64


def test_the_async_client_does_the_same() -> None:
    async def called() -> tuple[str, list[int]]:
        handler, _ = in_turn(httpx.Response(503), TARGETS)
        options = {"transport": httpx.MockTransport(handler)}
        async with AsyncHudnaClient("http://hudna", **options) as some:
            [target] = await some.targets()
        options = {"transport": httpx.MockTransport(lambda request: answered(request, 2))}
        async with AsyncHudnaClient("http://hudna", **options) as some:
            lines = [
                line.line async for line in some.stream([{"text": "a"}, {"text": "b"}, {"text": "c"}])
            ]
            coming = [line.line async for line in some.stream(some_coming())]
        assert coming == lines
        return target.target, lines

    async def some_coming() -> AsyncIterator[dict[str, str]]:
        for text in "abc":
            yield {"text": text}

    assert asyncio.run(called()) == ("ceasefire", [1, 2, 3])


@pytest.mark.slow
def test_both_clients_call_the_service(address: str) -> None:
    marked = MarkedSentenceBody.model_validate(
        {"text": TEXT, "actors": [{"actor": "زيد", "mentions": [{"start": 4, "end": 10}]}]}
    )
    with HudnaClient(address) as some:
        [analysis] = some.analyze([{"id": "x", "text": TEXT}], targets=["ceasefire"])
        assert [actor.actor for actor in analysis.actors] == ["haftar"]
        [found] = some.classify([marked], explain=True)
        assert found.judgements[0].explanation
        assert some.model().name == "hudna-base"
        assert len(some.actors()) > 200
        lines = sorted(
            some.stream([{"id": "a", "text": TEXT}, {"text": "x"}]), key=lambda found: found.line
        )
        assert [line.error is None for line in lines] == [True, False]
        correction = {
            **marked.model_dump()["actors"][0],
            "text": TEXT,
            "labels": {"sentiment": "positive"},
        }
        assert len(some.feedback(FeedbackBody.model_validate(correction)).id) == 32

    async def called() -> str:
        async with AsyncHudnaClient(address) as other:
            [analysis] = await other.analyze([{"id": "y", "text": TEXT}])
            return analysis.id

    assert asyncio.run(called()) == "y"
