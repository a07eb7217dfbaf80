"""The service's log: a line of JSON each, that names its request and trace."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from opentelemetry import trace
from pythonjsonlogger.json import JsonFormatter
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

__all__ = ["REQUEST", "Answered", "log_call", "write_log"]

REQUEST: ContextVar[str] = ContextVar("request", default="-")  # the id of this call
_FIELDS = ("time", "levelname", "request", "trace", "message")
_log = logging.getLogger("hudna.access")


class Answered:
    """Sends on an answer with the request's id and the version, and remembers what the log tells."""

    asked: bytes | None = None  # the call's body, where the operator wants it logged

    def __init__(self, send: Send, version: str) -> None:
        self._send, self._version, self.status = send, version, 0

    async def __call__(self, message: Message) -> None:
        """Sends on a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = REQUEST.get()
            headers["x-model-version"] = self._version
        await self._send(message)


def log_call(answer: Answered, caller: str, call: str, seconds: float) -> None:
    """Writes a call's line, with nothing of its body unless the operator wants it."""
    told = {"caller": caller, "call": call, "status": answer.status, "seconds": round(seconds, 4)}
    if answer.asked is not None:
        told["body"] = answer.asked.decode("utf-8", "replace")
    _log.info("answered", extra=told)


def write_log() -> None:
    """Writes this package's log to standard output."""
    log = logging.getLogger("hudna")
    writing = logging.StreamHandler(sys.stdout)
    writing.addFilter(_placed)
    names = {"levelname": "level"}
    writing.setFormatter(JsonFormatter(_FIELDS, rename_fields=names, json_ensure_ascii=False))
    log.handlers, log.propagate = [writing], False
    log.setLevel(logging.INFO)


def _placed(record: logging.LogRecord) -> bool:
    """Tells a record when it was, and of which call."""
    record.time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    record.request = REQUEST.get()
    record.trace = format(trace.get_current_span().get_span_context().trace_id, "032x")
    return True
