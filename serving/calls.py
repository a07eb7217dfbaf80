"""What both clients share: the calls and the forms of their answers, and what is tried again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError
from tenacity import (
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from models.errors import (
    BusyError,
    DeadlineError,
    HudnaError,
    InputError,
    KeyRefusedError,
    ServiceError,
    TooLargeError,
)
from models.results import Analysis
from serving.groups import Article
from serving.schemas import (
    ActorEntry,
    ErrorBody,
    FeedbackBody,
    FeedbackStored,
    MarkedSentenceBody,
    ModelCard,
    SentenceJudgements,
    TargetEntry,
)
from serving.waits import named_wait

__all__ = [
    "ACTORS",
    "MODEL",
    "TARGETS",
    "Request",
    "analyze",
    "classify",
    "feedback",
    "options_of",
    "params_of",
    "raise_for",
    "retrying",
    "unreached",
]

_ANALYSES, _JUDGEMENTS = TypeAdapter(list[Analysis]), TypeAdapter(list[SentenceJudgements])
ACTORS, TARGETS = TypeAdapter(list[ActorEntry]), TypeAdapter(list[TargetEntry])
MODEL, _STORED = TypeAdapter(ModelCard), TypeAdapter(FeedbackStored)
_UNSENT = httpx.ConnectError | httpx.ConnectTimeout
_PATIENCE = 60.0  # seconds, beyond a deadline, that an answer may take on its way
_ERRORS: Mapping[int, type[HudnaError]] = {
    HTTPStatus.BAD_REQUEST: InputError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLargeError,
    HTTPStatus.UNAUTHORIZED: KeyRefusedError,
    HTTPStatus.GATEWAY_TIMEOUT: DeadlineError,
}

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Request(Generic[Answer]):
    """A call, and the form of its answer."""

    form: TypeAdapter[Answer]
    route: str
    body: object = None
    is_kept: bool = False  # by the service, and would be once more, were it sent again

    @property
    def http(self) -> dict[str, Any]:
        """The call as httpx takes it."""
        method = "GET" if self.body is None else "POST"
        return {"method": method, "url": f"/v1/{self.route}", "json": self.body}

    def passes(self, error: BaseException) -> bool:
        """Whether the call can be tried again after an error."""
        return _passes(error, _UNSENT if self.is_kept else httpx.TransportError)

    def answer(self, answered: httpx.Response) -> Answer:
        """What was answered; raises what went wrong."""
        raise_for(answered)
        return self.form.validate_json(answered.content)


def analyze(
    articles: Article | Sequence[Article], options: Mapping[str, Any]
) -> Request[list[Analysis]]:
    """A call of `POST /v1/analyze`."""
    sent = articles if isinstance(articles, Mapping) else [*articles]
    return Request(_ANALYSES, "analyze", {"articles": sent, **options})


def classify(
    sentences: Sequence[MarkedSentenceBody], options: Mapping[str, Any]
) -> Request[list[SentenceJudgements]]:
    """A call of `POST /v1/classify`."""
    bodies = [sentence.model_dump() for sentence in sentences]
    return Request(_JUDGEMENTS, "classify", {"sentences": bodies, **options})


def feedback(correction: FeedbackBody) -> Request[FeedbackStored]:
    """A call of `POST /v1/feedback`."""
    return Request(_STORED, "feedback", correction.model_dump(), is_kept=True)


def params_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a stream as its query."""
    names = {"targets": "target", "actors": "actor"}
    told = {names.get(name, name): value for name, value in options.items() if value is not None}
    return told | ({"explain": "true"} if told.get("explain") else {})


def raise_for(answered: httpx.Response) -> None:
    """Raises what an answer tells of; what passes as `BusyError`."""
    if answered.is_success:
        return
    try:
        told = ErrorBody.model_validate_json(answered.content).error
    except ValidationError:  # from what stands between
        told = f"The service answered {answered.status_code}."
    named = _seconds(answered.headers.get("retry-after", ""))
    if answered.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        raise BusyError(named, told.rstrip("."))
    if answered.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise BusyError(named)
    raise _ERRORS.get(answered.status_code, ServiceError)(told)


def _seconds(retry_after: str) -> float:
    """What Retry-After names; for a date, as a proxy may give (RFC 9110, 10.2.3), back-off must do."""
    return float(retry_after) if retry_after.isdecimal() else 0.0


def _passes(error: BaseException, broken: Any = httpx.TransportError) -> bool:
    return isinstance(error, BusyError | broken)


_grows = wait_random_exponential(multiplier=0.2, max=20)


def _wait(state: RetryCallState) -> float:
    """What the service names, and a jitter beside it, so that not all come again at once."""
    return named_wait(state) + _grows(state)


@contextmanager
def unreached() -> Iterator[None]:
    """Turns what httpx raises into one sentence."""
    try:
        yield
    except httpx.HTTPError as error:
        raise ServiceError(f"The service cannot be reached: {error or type(error).__name__}.") from error


def options_of(
    address: str, key: str, deadline: float | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """How httpx calls the service."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    if deadline is not None:
        headers["x-deadline"] = f"{deadline:g}"
    patience = _PATIENCE + (deadline or 0.0)
    given = {"base_url": address, "timeout": patience, **options}
    return given | {"headers": {**(options.get("headers") or {}), **headers}}


def retrying(attempts: int) -> dict[str, Any]:
    """What is tried again, how often, after how long, for tenacity."""
    tried = {"retry": retry_if_exception(_passes), "stop": stop_after_attempt(attempts)}
    return {**tried, "wait": _wait, "reraise": True}
