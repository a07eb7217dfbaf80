"""The error tree as HTTP: one sentence a status, in one place."""

from http import HTTPStatus

from starlette.responses import JSONResponse

from models.errors import (
    BusyError,
    DeadlineError,
    HudnaError,
    InputError,
    KeyRefusedError,
    StorageError,
    TooLargeError,
)

__all__ = ["error_answer", "status_of"]

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
