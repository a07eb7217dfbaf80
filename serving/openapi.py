"""The service's OpenAPI description, from the same forms that read and write the bodies.

BentoML describes its own endpoints at ``/docs.json``, without mounted ones, errors or examples; this is
the whole, served at ``/openapi.json`` (https://spec.openapis.org/oas/v3.1.0).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from models.errors import BusyError
from models.results import Analysis
from serving.gate import SHORTEST_DEADLINE
from serving.schemas import (
    ActorEntry,
    AnalyzeBody,
    ArticleBody,
    ClassifyBody,
    ErrorBody,
    FeedbackBody,
    FeedbackStored,
    ModelCard,
    SentenceJudgements,
    TargetEntry,
)

__all__ = ["FAILED", "NOT_SERVED", "description"]

FAILED = "An unexpected error has occurred, please check the server log."  # in BentoML's own words
NOT_SERVED = {
    HTTPStatus.NOT_FOUND: "There is no such path; /openapi.json has them all.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The path is asked by another method, which Allow names.",
}

_TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار."
_TITLE = "حفتر يرفض الهدنة"
_ANSWERS = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))  # by path
_MARKED = {"actor": "haftar", "mentions": [{"start": 4, "end": 21}]}
_TOLD = {  # when each status is answered, and with what, for example
    HTTPStatus.BAD_REQUEST: (
        "The body, a span, a target, an actor or a header cannot be used.",
        "articles[0].text: Field required.",
    ),
    HTTPStatus.UNAUTHORIZED: (
        "The key is missing or unknown (where keys are asked).",
        "An API key is needed: Authorization: Bearer KEY.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "A limit is passed; the sentence names it and its setting.",
        "The call has 300 articles; at most 256 are read at once (HUDNA_MAX_ARTICLES).",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "The queue or the key's allowance is full; Retry-After says when to come again.",
        str(BusyError(2)),
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("The service failed.", FAILED),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "The correction could not be stored.",
        "The correction could not be stored: the disk is full.",
    ),
    HTTPStatus.GATEWAY_TIMEOUT: ("The deadline passed.", "The call took longer than 30 s."),
}
_ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_HEADERS = {
    "X-Request-ID": "The id of the call: what the caller sent under this name, or a new one.",
    "X-Model-Version": "The checkpoint's version.",
    "Retry-After": "Seconds after which to come again.",
}
_ALWAYS_SENT = ("X-Request-ID", "X-Model-Version")
_SENT_WITH = dict.fromkeys(
    (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE), (*_ALWAYS_SENT, "Retry-After")
)


_JUDGED = "$response.body#/0/sentences/0/judgements/0"
_Links = Mapping[str, tuple[str, Mapping[str, Any]]]  # by name, an operation and its body
_LINKS: Mapping[str, _Links] = {  # what an answer can be asked about next, by the paths that answer
    "/v1/actors": {
        "judge": ("analyze", {"articles": [{"text": _TEXT}], "actors": ["$response.body#/0/actor"]})
    },
    "/v1/targets": {
        "judge": ("analyze", {"articles": [{"text": _TEXT}], "targets": ["$response.body#/0/target"]})
    },
    "/v1/analyze": {
        "correct": (
            "feedback",
            {
                "text": "$response.body#/0/sentences/0/text",
                "actor": f"{_JUDGED}/actor",
                "mentions": [
                    {"start": f"{_JUDGED}/mentions/0/start", "end": f"{_JUDGED}/mentions/0/end"}
                ],
                "labels": {"sentiment": f"{_JUDGED}/sentiment/label"},
            },
        )
    },
}
_NAMES = {"type": "array", "items": {"type": "string"}}
_STREAM_QUERY = {  # AnalyzeOptions, as `serving.stream.stream_options` reads them
    "target": _NAMES,
    "actor": _NAMES,
    "explain": {"type": "boolean"},
    "min_confidence": {"type": "number", "minimum": 0, "maximum": 1},
}


@dataclass(frozen=True)
class _Operation:
    path: str
    told: str
    answer: TypeAdapter[Any]
    body: TypeAdapter[Any] | None = None
    example: Any = None
    errors: tuple[HTTPStatus, ...] = ()
    kind: str = "application/json"
    query: Mapping[str, Any] = field(default_factory=dict)  # schemas by name


_OPERATIONS = (
    _Operation(
        "/v1/analyze",
        "Every actor of every sentence of the articles, in the order sent.",
        TypeAdapter(list[Analysis]),
        TypeAdapter(AnalyzeBody),
        {
            "articles": [{"id": "a1", "title": _TITLE, "text": _TEXT, "date": "2019-05-22"}],
            "targets": ["ceasefire"],
            "min_confidence": 0.6,
        },
        (HTTPStatus.REQUEST_ENTITY_TOO_LARGE,),
    ),
    _Operation(
        "/v1/classify",
        "The caller's own actors in the caller's own sentences; any actor name works.",
        TypeAdapter(list[SentenceJudgements]),
        TypeAdapter(ClassifyBody),
        {"sentences": [{"text": _TEXT, "actors": [_MARKED]}]},
        (HTTPStatus.REQUEST_ENTITY_TOO_LARGE,),
    ),
    _Operation(
        "/v1/feedback",
        "Keeps what a reader says an actor's labels should be.",
        TypeAdapter(FeedbackStored),
        TypeAdapter(FeedbackBody),
        {"text": _TEXT, **_MARKED, "labels": {"ceasefire": "against"}},
        (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.SERVICE_UNAVAILABLE),
    ),
    _Operation(
        "/v1/stream",
        "An article a line in; out, when each is ready, a line of {line, analysis} or {line, error}.",
        TypeAdapter(str),
        TypeAdapter(ArticleBody),
        {"id": "a1", "text": _TEXT},
        kind="application/x-ndjson",
        query=_STREAM_QUERY,
    ),
    _Operation("/v1/model", "Which checkpoint answers, and what it knows.", TypeAdapter(ModelCard)),
    _Operation("/v1/actors", "Every actor that is found by itself.", TypeAdapter(list[ActorEntry])),
    _Operation("/v1/targets", "Every target that is judged.", TypeAdapter(list[TargetEntry])),
)


@cache
def description(version: str) -> dict[str, Any]:
    """The OpenAPI document of a checkpoint's version."""
    forms: dict[str, TypeAdapter[Any]] = {"error": TypeAdapter(ErrorBody)}
    for operation in _OPERATIONS:
        forms[f"{operation.path} answer"] = operation.answer
        if operation.body:
            forms[f"{operation.path} body"] = operation.body
    schemas, shared = TypeAdapter.json_schemas(
        [(name, "validation", form) for name, form in forms.items()],
        ref_template="#/components/schemas/{model}",
    )
    by_name = {name: schema for (name, _), schema in schemas.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hudna", "version": version, "description": "Who wants what, in Arabic news."},
        "paths": {each.path: _path(each, by_name) for each in _OPERATIONS},
        "components": {
            "schemas": shared["$defs"],
            "headers": {
                name: {"description": told, "schema": {"type": "string"}}
                for name, told in _HEADERS.items()
            },
            "responses": {  # of what is none of these operations
                status.phrase.title().replace(" ", ""): _error(status, told, told, by_name["error"])
                for status, told in NOT_SERVED.items()
            },
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "security": [{}, {"bearer": []}, {"key": []}],
    }


def _path(operation: _Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    answer, example = schemas[f"{operation.path} answer"], _ANSWERS[operation.path]
    answered: dict[str, Any] = {
        "200": _content(HTTPStatus.OK, "Answered.", operation.kind, answer, example)
    }
    answered["200"]["links"] = _links(operation.path)
    for status in (*_ALWAYS, *operation.errors):
        answered[str(status.value)] = _error(status, *_TOLD[status], schemas["error"])
    described: dict[str, Any] = {
        "operationId": operation.path.rsplit("/", 1)[1],
        "summary": operation.told,
        "parameters": _parameters(operation),
        "responses": dict(sorted(answered.items())),
    }
    if not operation.body:
        return {"get": described}
    body = {"schema": schemas[f"{operation.path} body"], "example": operation.example}
    return {"post": described | {"requestBody": {"required": True, "content": {operation.kind: body}}}}


def _links(path: str) -> dict[str, Any]:
    return {
        name: {"operationId": operation, "requestBody": body}
        for name, (operation, body) in _LINKS.get(path, {}).items()
    }


def _error(status: HTTPStatus, told: str, example: str, schema: dict[str, Any]) -> dict[str, Any]:
    return _content(status, told, "application/json", schema, {"error": example})


def _content(
    status: HTTPStatus, told: str, kind: str, schema: dict[str, Any], example: object
) -> dict[str, Any]:
    headers = _SENT_WITH.get(status, _ALWAYS_SENT)
    return {
        "description": told,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
        "content": {kind: {"schema": schema, "example": example}},
    }


def _parameters(operation: _Operation) -> list[dict[str, Any]]:
    least = {"type": "number", "minimum": SHORTEST_DEADLINE}
    told = "Seconds that the caller waits; in a stream, for each article."
    deadline = {"name": "X-Deadline", "in": "header", "description": told, "schema": least}
    asked = [{"name": name, "in": "query", "schema": each} for name, each in operation.query.items()]
    return [*asked, deadline]
