"""Answers as HTTP: the error tree, one sentence a status, in one place; and what is found, as JSON."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec, TypeVar, cast

from pydantic import TypeAdapter
from starlette.responses import JSONResponse, Response

from models.errors import (
    BusyError,
    DeadlineError,
    HudnaError,
    InputError,
    KeyRefusedError,
    StorageError,
    TooLargeError,
)

__all__ = ["as_json", "error_answer", "status_of", "translated"]

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

_STATUS = {  # the nearest class of an error's line of descent decides
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    InputError: HTTPStatus.BAD_REQUEST,
    BusyError: HTTPStatus.TOO_MANY_REQUESTS,
    DeadlineError: HTTPStatus.GATEWAY_TIMEOUT,
    KeyRefusedError: HTTPStatus.UNAUTHORIZED,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def status_of(error: HudnaError) -> HTTPStatus:
    """The status under which an error is answered."""
    kind = next((kind for kind in type(error).__mro__ if kind in _STATUS), None)
    return _STATUS[kind] if kind else HTTPStatus.INTERNAL_SERVER_ERROR


def error_answer(error: HudnaError) -> JSONResponse:
    """``{"error": "one sentence"}`` with the error's status, and when to come again where it says so."""
    headers = {}
    if isinstance(error, BusyError):
        headers["retry-after"] = f"{error.retry_after:.0f}"
    if isinstance(error, StorageError):
        headers["retry-after"] = "60"
    if isinstance(error, KeyRefusedError):
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": str(error)}, status_of(error), headers)


def translated(
    answer: Callable[Parameters, Awaitable[Answer]],
) -> Callable[Parameters, Awaitable[Answer | JSONResponse]]:
    """The error tree as HTTP. BentoML's own translation puts the error into a list of one."""

    @wraps(answer)
    async def translated(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer | JSONResponse:
        try:
            return await answer(*args, **kwargs)
        except HudnaError as error:
            return error_answer(error)

    return translated


async def as_json(form: TypeAdapter[Answer], answer: Answer) -> Answer:
    """The answer as UTF-8, written beside the event loop; BentoML's own writer escapes every letter."""
    content = await asyncio.to_thread(form.dump_json, answer)
    return cast(Answer, Response(content, media_type="application/json"))
