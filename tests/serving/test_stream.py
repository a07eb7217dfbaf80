import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable

import pytest
from starlette.datastructures import QueryParams
from starlette.types import Message

from models.classifier import Article, Classifier
from models.errors import InputError, TooLargeError
from models.results import Analysis
from serving.access import Access
from serving.schemas import AnalyzeOptions
from serving.stream import (
    Analyse,
    StreamedAnswer,
    answered_lines,
    paced_lines,
    split_lines,
    stream_options,
)

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار."


async def stream(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def split(chunks: Iterable[bytes], longest: int = 100) -> list[tuple[int, bytes | InputError]]:
    async def collected() -> list[tuple[int, bytes | InputError]]:
        return [line async for line in split_lines(stream(chunks), longest)]

    return asyncio.run(collected())


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_lines_are_the_same_however_they_are_cut(size: int) -> None:
    body = f'{{"text": "{TEXT}"}}\n\nثان\r\n  \nآخر'.encode()
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    lines = [(number, line.strip().decode()) for number, line in split(chunks)]
    assert lines == [(1, f'{{"text": "{TEXT}"}}'), (3, "ثان"), (5, "آخر")]


def test_a_line_too_long_is_an_error_in_its_place_and_not_kept() -> None:
    chunks = [b"a\n", *[b"x" * 60] * 5, b"\nb\n", b"y" * 101]
    first, second, third, last = split(chunks)
    assert (first, third) == ((1, b"a"), (3, b"b"))
    assert [number for number, _ in (second, last)] == [2, 4]
    assert all(isinstance(error, TooLargeError) for _, error in (second, last))


def test_a_stream_is_read_as_its_callers_allowance_has_room() -> None:
    access = Access(None, "3/second")
    access.spend("anyone")  # the call itself, and its first line

    async def read() -> tuple[list[int], float]:
        begun = time.monotonic()
        lines = paced_lines(split_lines(stream([b"a\nb\nc\nd\n"]), 100), lambda: access.allow("anyone"))
        return [number async for number, _ in lines], time.monotonic() - begun

    numbers, seconds = asyncio.run(read())
    assert numbers == [1, 2, 3, 4]
    assert seconds >= 0.9


def test_options_of_a_stream_stand_in_its_query() -> None:
    query = QueryParams("target=ceasefire&actor=lna&actor=gna&explain=true&min_confidence=0.8")
    options = stream_options(query)
    assert options.targets == ["ceasefire"]
    assert options.actors == ["lna", "gna"]
    assert options.explain
    assert options.min_confidence == 0.8
    assert stream_options(QueryParams("")) == AnalyzeOptions()


@pytest.mark.parametrize("query", ["explain=perhaps", "min_confidence=2", "speed=high"])
def test_an_option_that_cannot_be_used_is_refused_by_name(query: str) -> None:
    with pytest.raises(InputError, match=query.split("=")[0]):
        stream_options(QueryParams(query))


def answers(analyse, body: bytes, deadline: float = 5) -> list[dict[str, object]]:
    async def collected() -> list[dict[str, object]]:
        lines = split_lines(stream([body]), 10_000)
        return [json.loads(line) async for line in answered_lines(lines, analyse, deadline)]

    return asyncio.run(collected())


def line(**article: object) -> bytes:
    return json.dumps(article).encode() + b"\n"


def test_every_line_is_answered_and_a_bad_one_in_its_place(classifier: Classifier) -> None:
    async def analyse(article: Article) -> Analysis:
        [analysis] = classifier.analyze([article])
        return analysis

    body = line(id="a", text=TEXT) + b"{broken\n" + line(text=" ") + line(text=TEXT) + line(txt=TEXT)
    found = {answer["line"]: answer for answer in answers(analyse, body)}
    assert sorted(found) == [1, 2, 3, 4, 5]
    assert [found[n]["analysis"]["id"] for n in (1, 4)] == ["a", "4"]
    assert "JSON" in found[2]["error"]
    assert "empty" in found[3]["error"]
    assert found[5]["error"] == "text: Field required."


def test_a_slow_article_does_not_hold_up_the_others() -> None:
    async def analyse(article: Article) -> Analysis:
        await asyncio.sleep(0.3 if article.id == "slow" else 0)
        raise InputError(article.id)

    found = answers(analyse, line(id="slow", text=TEXT) + line(id="quick", text=TEXT))
    assert [answer["error"] for answer in found] == ["quick", "slow"]


def test_an_article_over_its_deadline_is_an_error_in_its_place() -> None:
    async def analyse(article: Article) -> Analysis:
        await asyncio.sleep(5)
        raise AssertionError

    [answer] = answers(analyse, line(text=TEXT), deadline=0.05)
    assert answer == {"line": 1, "error": "The article took longer than 0.05 s.", "status": 504}


def test_an_article_on_which_the_service_fails_costs_the_others_nothing(classifier: Classifier) -> None:
    async def analyse(article: Article) -> Analysis:
        if article.id == "b":
            raise RuntimeError("out of memory")
        [analysis] = classifier.analyze([article])
        return analysis

    body = b"".join(line(id=key, text=TEXT) for key in "abc")
    found = {answer["line"]: answer for answer in answers(analyse, body)}
    assert found[2] == {"line": 2, "error": "The service failed on this article.", "status": 500}
    assert all("analysis" in found[number] for number in (1, 3))


def test_no_more_is_read_than_there_is_room_for() -> None:
    read = 0

    async def endless() -> AsyncIterator[tuple[int, bytes]]:
        nonlocal read
        while True:
            read += 1
            yield read, line(text=TEXT)

    async def analyse(article: Article) -> Analysis:
        await asyncio.sleep(60)
        raise AssertionError

    async def call() -> None:
        answered = answered_lines(endless(), analyse, 60)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(answered), 0.2)

    asyncio.run(call())
    assert read <= 17


def served(messages: list[Message], analyse: Analyse, stay: float = 60) -> list[Message]:
    """What is sent for a body that comes in so many messages, to a client that stays so long."""
    sent: list[Message] = []

    async def call() -> None:
        waiting = iter(messages)

        async def receive() -> Message:
            await asyncio.sleep(0)
            if (message := next(waiting, None)) is None:
                await asyncio.sleep(stay)
                return {"type": "http.disconnect"}
            return message

        async def send(message: Message) -> None:
            sent.append(message)

        answer = StreamedAnswer(
            lambda chunks: answered_lines(split_lines(chunks, 10_000), analyse, deadline=60)
        )
        await asyncio.wait_for(answer({"type": "http"}, receive, send), 5)

    asyncio.run(call())
    return sent


def body(*parts: bytes) -> list[Message]:
    return [
        {"type": "http.request", "body": part, "more_body": place < len(parts)}
        for place, part in enumerate(parts, 1)
    ]


async def refuse(article: Article) -> Analysis:
    raise InputError(article.id)


def test_no_part_of_a_body_is_lost() -> None:
    content = b"".join(line(id=str(n), text=TEXT) for n in range(40))
    sent = served(body(*(content[start : start + 50] for start in range(0, len(content), 50))), refuse)
    lines = [json.loads(message["body"]) for message in sent[1:-1]]
    assert sorted(answer["line"] for answer in lines) == list(range(1, 41))
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


@pytest.mark.parametrize("is_read", [True, False])
def test_nothing_is_judged_for_a_client_that_is_gone(is_read: bool) -> None:
    stopped = []

    async def analyse(article: Article) -> Analysis:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.append(article.id)
        raise AssertionError

    messages = body(line(id="a", text=TEXT), b"")[: 1 + is_read]
    served(messages, analyse, stay=0.1)
    assert stopped == ["a"]


@pytest.mark.parametrize("is_read", [True, False])
def test_of_many_lines_that_came_at_once_no_more_are_judged_once_the_client_is_gone(
    is_read: bool,
) -> None:
    judged = []

    async def analyse(article: Article) -> Analysis:
        judged.append(article.id)
        await asyncio.sleep(0.05)
        raise InputError("judged")

    lines = b"".join(line(id=str(n), text=TEXT) for n in range(100))
    served(body(lines, b"")[: 1 + is_read], analyse, stay=0.08)
    assert 16 <= len(judged) <= 48
