"""The paths beside BentoML's own endpoints: what is told, the stream, the description, and no others."""

from http import HTTPStatus
from typing import cast

import bentoml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from models.errors import HudnaError
from serving.answers import error_answer
from serving.openapi import FAILED, NOT_SERVED, description
from serving.stream import StreamedAnswer
from serving.told import TOLD

__all__ = ["MOUNTED"]


async def _told(request: Request) -> JSONResponse:
    """What the service tells of itself under the path's last part."""
    return JSONResponse(bentoml.get_current_service().told(request.url.path.rsplit("/", 1)[1]))


async def _description(_: Request) -> JSONResponse:
    return JSONResponse(description(bentoml.get_current_service().version))


async def _streamed(request: Request) -> StreamedAnswer:
    answer: StreamedAnswer = bentoml.get_current_service().stream(request.query_params)
    return answer


class _Unknown:
    """Answers what is no path of the API, or not its method (RFC 9110, 15.5.5 and 15.5.6)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        version = bentoml.get_current_service().version
        allowed = ", ".join(description(version)["paths"].get(scope["path"], {})).upper()
        status = HTTPStatus.METHOD_NOT_ALLOWED if allowed else HTTPStatus.NOT_FOUND
        answer = JSONResponse({"error": NOT_SERVED[status]}, status)
        if allowed:
            answer.headers["allow"] = allowed
        await answer(scope, receive, send)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    return error_answer(cast(HudnaError, error))


async def _failed(_: Request, __: Exception) -> JSONResponse:
    """What went wrong is in the log: Starlette raises it again once this is sent."""
    return error_answer(HudnaError(FAILED))


MOUNTED = Starlette(
    routes=[
        *(Route(f"/v1/{name}", _told) for name in TOLD),
        Route("/v1/stream", _streamed, methods=["POST"]),
        Route("/openapi.json", _description),
        Route("/v1/{path:path}", _Unknown()),  # the last, for what BentoML has not either
    ],
    exception_handlers={HudnaError: _refused, Exception: _failed},
)
