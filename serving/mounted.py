"""The paths beside BentoML's own endpoints: what is told, the stream, the description."""

from typing import cast

import bentoml
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from models.errors import HudnaError
from serving.answers import error_answer
from serving.openapi import description
from serving.stream import StreamedAnswer
from serving.told import TOLD

__all__ = ["MOUNTED"]


async def _told(request: Request) -> JSONResponse:
    """What the service tells of itself under the path's last part."""
    return JSONResponse(bentoml.get_current_service().told(request.url.path.rsplit("/", 1)[1]))


async def _description(_: Request) -> JSONResponse:
    return JSONResponse(description(bentoml.get_current_service().version))


class _Streamed(HTTPEndpoint):
    async def post(self, request: Request) -> StreamedAnswer:
        answer: StreamedAnswer = bentoml.get_current_service().stream(request.query_params)
        return answer


async def _refused(_: Request, error: Exception) -> JSONResponse:
    return error_answer(cast(HudnaError, error))


MOUNTED = Starlette(
    routes=[
        *(Route(f"/v1/{name}", _told) for name in TOLD),
        Route("/v1/stream", _Streamed),
        Route("/openapi.json", _description),
    ],
    exception_handlers={HudnaError: _refused},
)
