"""The description is valid, and the live service keeps to it whatever it is sent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import TypeAdapter

from serving.mounted import MOUNTED
from serving.openapi import description
from serving.schemas import AnalyzeBody, ArticleBody, ClassifyBody, FeedbackBody
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


def test_every_operation_documents_its_errors() -> None:
    for path, operations in description("1")["paths"].items():
        [operation] = operations.values()
        answers = operation["responses"]
        assert {"200", "400", "401", "429", "504"} <= set(answers), path
        for status in answers.keys() - {"200"}:
            assert answers[status]["content"]["application/json"]["example"]["error"], (path, status)


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
    assert paths == {*description("1")["paths"], "/openapi.json"}
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
    assert "Stateful" in told.stdout
