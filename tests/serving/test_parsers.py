"""Whatever bytes come, the parsers give what was meant or one clear error, and never anything else."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope, Send

from models.classifier import Article
from models.errors import InputError, KeyRefusedError, TooLargeError
from models.results import Analysis, ModelName
from serving.access import Access
from serving.gate import Gate
from serving.inputs import read_articles
from serving.schemas import AnalyzeBody, ClassifyBody, FeedbackBody
from serving.settings import Settings
from serving.stream import answered_lines, split_lines, stream_options

pytestmark = pytest.mark.fuzz

CUTS = st.lists(st.binary(max_size=40), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(["id", "title", "text", "date", "articles", "sentences", "actors", "labels"])
BODIES = {
    "/v1/analyze": AnalyzeBody, "/v1/classify": ClassifyBody, "/v1/feedback": FeedbackBody,
}  # fmt: skip


def chunked(chunks: list[bytes]) -> AsyncIterator[bytes]:
    async def coming() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return coming()


@given(CUTS, st.integers(1, 60))
def test_lines_are_those_of_the_whole_body_however_it_is_cut(chunks: list[bytes], longest: int) -> None:
    async def lines() -> dict[int, bytes | InputError]:
        return {number: line async for number, line in split_lines(chunked(chunks), longest)}

    found = asyncio.run(lines())
    for number, line in enumerate(b"".join(chunks).split(b"\n"), 1):
        if len(line) > longest:
            assert isinstance(found.pop(number), TooLargeError)
        elif line.strip():
            assert found.pop(number) == line
    assert not found


@given(st.lists(st.binary(max_size=30) | st.builds(lambda value: json.dumps(value).encode(), JSON)))
def test_every_line_of_a_stream_is_answered_once_under_its_number(bodies: list[bytes]) -> None:
    async def analyse(article: Article) -> Analysis:
        model = ModelName(name="none", version="0")
        return Analysis(id=article.id, date=None, model=model, title=None, sentences=[], actors=[])

    async def answers() -> list[dict[str, Any]]:
        lines = split_lines(chunked([b"\n".join(bodies)]), 1_000)
        return [json.loads(line) async for line in answered_lines(lines, analyse, 5)]

    found = asyncio.run(answers())
    sent = b"\n".join(bodies).split(b"\n")
    assert sorted(each["line"] for each in found) == [n for n, b in enumerate(sent, 1) if b.strip()]
    for each in found:
        refused = 413 if len(sent[each["line"] - 1]) > 1_000 else 400
        assert ("analysis" in each) != (each.get("status") == refused)


@given(st.lists(st.tuples(st.text() | FIELDS, st.text())))
def test_options_of_a_stream_are_used_or_refused(query: list[tuple[str, str]]) -> None:
    try:
        options = stream_options(QueryParams(query))
    except InputError:
        return
    assert 0 <= options.min_confidence <= 1


@given(st.binary() | st.lists(st.builds(lambda row: json.dumps(row).encode(), JSON)).map(b"\n".join))
def test_a_file_of_articles_is_read_or_told_of(tmp_path_factory, content: bytes) -> None:
    for name in ("a.jsonl", "a.txt"):
        file = tmp_path_factory.getbasetemp() / name
        file.write_bytes(content)
        assert all(isinstance(each, Article | InputError) for each in read_articles(file))


@given(st.binary() | st.text().map(str.encode), st.text())
def test_no_file_of_keys_admits_who_is_not_in_it(tmp_path_factory, content: bytes, key: str) -> None:
    file = tmp_path_factory.getbasetemp() / "keys"
    file.write_bytes(content)
    with pytest.raises((InputError, KeyRefusedError)):
        Access(file).name(key)


@given(
    st.sampled_from([*BODIES, "/v1/model", "/v1/none"]),
    st.binary() | st.dictionaries(FIELDS, JSON).map(lambda body: json.dumps(body).encode()),
    st.dictionaries(
        st.sampled_from(["x-deadline", "x-request-id", "authorization", "content-type", "x-api-key"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")),
    ),
)
def test_a_call_is_passed_on_whole_or_refused_in_one_sentence(
    path: str, body: bytes, headers: dict[str, str]
) -> None:
    passed = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gate = Gate(app, Settings(), bodies=BODIES)
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}

    async def call() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://x") as client:
            return await client.post(path, content=body, headers=encoded)

    answer = asyncio.run(call())
    if answer.status_code == 200:
        assert passed == [body]
    else:
        assert (answer.status_code, answer.json()["error"][-1]) == (400, ".")
