"""The description is valid, and the live service keeps to it whatever it is sent."""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter

from models.results import Analysis
from serving.groups import StreamedLine
from serving.mounted import MOUNTED
from serving.openapi import description
from serving.schemas import (
    ActorEntry,
    AnalyzeBody,
    ArticleBody,
    ClassifyBody,
    FeedbackBody,
    FeedbackStored,
    ModelCard,
    SentenceJudgements,
    TargetEntry,
)
from serving.service import HudnaService
from serving.settings import Settings

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
LINES = """\
import json
import schemathesis

@schemathesis.serializer("application/x-ndjson")
def written(context, value):
    return {"data": value if isinstance(value, bytes) else json.dumps(value).encode() + b"\\n"}

@schemathesis.deserializer("application/x-ndjson")
def read(context, response):
    return response.content.decode()
"""  # what schemathesis is told of a stream
IN_PLACE = """
[[operations]]
include-path = "/v1/stream"
checks.negative_data_rejection.enabled = false
"""  # a stream answers what is wrong in its line, with 200 before it
pytestmark = pytest.mark.filterwarnings("default")


def test_the_description_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(description("1")).validate()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("analyze", AnalyzeBody), ("classify", ClassifyBody), ("feedback", FeedbackBody),
        ("stream", ArticleBody),
    ],
)  # fmt: skip
def test_every_example_has_the_form_that_it_stands_for(path: str, form: type) -> None:
    operation = description("1")["paths"][f"/v1/{path}"]["post"]
    [content] = operation["requestBody"]["content"].values()
    TypeAdapter(form).validate_python(content["example"])


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("analyze", list[Analysis]), ("classify", list[SentenceJudgements]), ("model", ModelCard),
        ("feedback", FeedbackStored), ("actors", list[ActorEntry]), ("targets", list[TargetEntry]),
    ],
)  # fmt: skip
def test_every_example_of_an_answer_has_its_form(path: str, form: type) -> None:
    [operation] = description("1")["paths"][f"/v1/{path}"].values()
    TypeAdapter(form).validate_python(
        operation["responses"]["200"]["content"]["application/json"]["example"]
    )


def test_the_example_of_a_streams_answer_is_lines_of_json() -> None:
    answer = description("1")["paths"]["/v1/stream"]["post"]["responses"]["200"]
    lines = answer["content"]["application/x-ndjson"]["example"].splitlines()
    analysed, refused = map(StreamedLine.model_validate_json, lines)
    assert (analysed.analysis.id, refused.status) == ("a1", 400)


def test_every_operation_documents_its_errors() -> None:
    for path, operations in description("1")["paths"].items():
        [operation] = operations.values()
        answers = operation["responses"]
        assert {"200", "400", "401", "429", "500", "504"} <= set(answers), path
        for status in answers.keys() - {"200"}:
            assert answers[status]["content"]["application/json"]["example"]["error"], (path, status)


def test_every_header_that_is_read_or_sent_is_described() -> None:
    document = description("1")
    for path, operations in document["paths"].items():
        [operation] = operations.values()
        read = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
        assert read == {"X-Deadline"}, (
            path
        )  # X-Request-ID takes anything, and so is told of where it is sent
        for status, answer in operation["responses"].items():
            again = {"Retry-After"} if status in ("429", "503") else set()
            assert set(answer["headers"]) == {"X-Request-ID", "X-Model-Version"} | again, (path, status)
    keys = document["components"]["securitySchemes"].values()
    assert {each["type"] for each in keys} == {"http", "apiKey"}


def test_what_is_no_operation_is_described_as_well() -> None:
    for answer in description("1")["components"]["responses"].values():
        assert answer["content"]["application/json"]["example"]["error"]


@pytest.mark.slow
@pytest.mark.parametrize("path", ["analyze", "classify", "model", "actors", "targets"])
def test_an_example_is_made_as_the_service_answers(address: str, path: str) -> None:
    [(method, operation)] = description("1")["paths"][f"/v1/{path}"].items()
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    answer = httpx.request(method, f"{address}/v1/{path}", json=body, timeout=60).json()
    example = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert told_of(example) <= told_of(answer)


def told_of(answer: object, place: str = "") -> set[str]:
    """Where an answer tells something, and what, but for what the next checkpoint may tell otherwise."""
    if isinstance(answer, dict):
        return {each for key, value in answer.items() for each in told_of(value, f"{place}.{key}")}
    if isinstance(answer, list):
        return {each for value in answer for each in told_of(value, f"{place}[]")}
    named = place.endswith((".text", ".start", ".end", ".actor", ".name", ".target", ".id"))
    return {f"{place} {answer}" if named else place}


def test_what_an_answer_links_to_has_the_form_of_that_call() -> None:
    bodies = {"analyze": AnalyzeBody, "feedback": FeedbackBody}
    document = description("1")["paths"]
    operations = (operation for methods in document.values() for operation in methods.values())
    links = [link for each in operations for link in each["responses"]["200"]["links"].values()]
    assert {link["operationId"] for link in links} == set(bodies)
    for link in links:
        assert set(link["requestBody"]) <= set(bodies[link["operationId"]].model_fields)


def test_the_service_has_no_path_that_it_does_not_describe() -> None:
    own = {api.route for api in HudnaService.apis.values()}
    paths = own | {route.path for route in MOUNTED.routes}
    assert paths == {*description("1")["paths"], "/openapi.json", "/v1/{path:path}"}
    assert MOUNTED.routes[-1].path == "/v1/{path:path}"  # which refuses
    assert not any(api.is_task for api in HudnaService.apis.values())


def test_bentoml_keeps_a_timer_for_a_call_no_longer_than_it_can_last() -> None:
    assert HudnaService.config["traffic"]["timeout"] < Settings().max_deadline + 60


@pytest.mark.slow
@pytest.mark.fuzz
def test_the_service_keeps_to_its_description(address: str, tmp_path: Path) -> None:
    """Schemathesis sends what fits, what nearly fits and what does not, and follows the links.

    What fits may still be refused: no schema says that a text is Arabic, or that a span lies in it.
    HUDNA_FUZZ_EXAMPLES is how much is sent.
    """
    examples = os.environ.get("HUDNA_FUZZ_EXAMPLES", "12")
    run = [
        SCHEMATHESIS, "run", f"{address}/openapi.json", "--max-examples", examples, "--seed", "1",
        "--exclude-checks", "positive_data_acceptance", "--no-color",
    ]  # fmt: skip
    (tmp_path / "lines.py").write_text(LINES)
    (tmp_path / "schemathesis.toml").write_text(IN_PLACE)
    hooks = os.environ | {"SCHEMATHESIS_HOOKS": "lines", "PYTHONPATH": str(tmp_path)}
    told = subprocess.run(run, capture_output=True, text=True, cwd=tmp_path, env=hooks)
    assert told.returncode == 0, told.stdout
    counted = r"Stateful.*?API Links: +(\d+) covered.*?✅ +(\d+) passed"
    [followed] = re.findall(counted, told.stdout, re.DOTALL)
    assert min(map(int, followed)) >= 1, told.stdout
