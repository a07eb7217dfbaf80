"""The access log: a line of JSON a call, with nothing of its body unless the operator wants it."""

import json
import logging
import sys
from datetime import UTC, datetime

from opentelemetry import trace
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

__all__ = ["Answered", "log_call", "write_log"]

_log = logging.getLogger("hudna.access")


class Answered:
    """Sends on an answer with the request's id and the version, and remembers what the log tells."""

    asked: bytes | None = None  # the call's body, where the operator wants it logged

    def __init__(self, send: Send, request_id: str, version: str) -> None:
        self._send, self.request_id, self._version, self.status = send, request_id, version, 0

    async def __call__(self, message: Message) -> None:
        """Sends on a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.request_id
            headers["x-model-version"] = self._version
        await self._send(message)


def log_call(answer: Answered, caller: str, call: str, seconds: float) -> None:
    """Writes a call's line."""
    told = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "request": answer.request_id,
        "trace": format(trace.get_current_span().get_span_context().trace_id, "032x"),
        "caller": caller,
        "call": call,
        "status": answer.status,
        "seconds": round(seconds, 4),
    }
    if answer.asked is not None:
        told["body"] = answer.asked.decode("utf-8", "replace")
    _log.info(json.dumps(told, ensure_ascii=False))


def write_log() -> None:
    """Writes this package's log to standard output, a line of JSON a call."""
    log = logging.getLogger("hudna")
    writing = logging.StreamHandler(sys.stdout)
    writing.setFormatter(logging.Formatter("%(message)s"))
    log.handlers, log.propagate = [writing], False
    log.setLevel(logging.INFO)
