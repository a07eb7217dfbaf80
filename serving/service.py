"""The BentoML service: the classifier over HTTP (docs/service.md).

Answers follow `models.results`; every error is ``{"error": "one sentence"}`` with a 4xx status.
"""

import os
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import bentoml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from models.classifier import SHIPPED_CHECKPOINT, Article, Classifier
from models.errors import InputError, TooLargeError
from models.results import Analysis
from models.text import check_text
from serving.schemas import ArticleBody, MarkedSentenceBody, ModelCard, SentenceJudgements

__all__ = ["HudnaService"]


Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


def _translated(
    answer: Callable[Parameters, Answer],
) -> Callable[Parameters, Answer | JSONResponse]:
    """The error tree as HTTP. BentoML's own translation puts the error into a list of one."""

    @wraps(answer)
    def translated(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer | JSONResponse:
        try:
            return answer(*args, **kwargs)
        except TooLargeError as error:
            return JSONResponse({"error": str(error)}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        except InputError as error:
            return JSONResponse({"error": str(error)}, HTTPStatus.BAD_REQUEST)

    return translated


async def _model_card(_: Request) -> JSONResponse:
    service = cast(HudnaService, bentoml.get_current_service())
    return JSONResponse(service.model_card().model_dump())


@bentoml.asgi_app(Starlette(routes=[Route("/v1/model", _model_card)]))
@bentoml.service(name="hudna", traffic={"timeout": 60})
class HudnaService:
    """Stance and sentiment of every actor in Arabic news."""

    def __init__(self) -> None:
        checkpoint = Path(os.environ.get("HUDNA_CHECKPOINT", SHIPPED_CHECKPOINT))
        self._classifier = Classifier.load(checkpoint, os.environ.get("HUDNA_DEVICE", "auto"))

    def model_card(self) -> ModelCard:
        """Which checkpoint answers, and what it knows."""
        checkpoint = self._classifier.checkpoint
        return ModelCard(
            name=checkpoint.config.name,
            version=checkpoint.config.version,
            digest=checkpoint.digest,
            targets=checkpoint.config.targets,
            labels=checkpoint.config.heads,
            device=str(self._classifier.runtime.device),
        )

    @bentoml.api(route="/v1/analyze")
    @_translated
    def analyze(
        self,
        articles: list[ArticleBody],
        targets: list[str] | None = None,
        actors: list[str] | None = None,
        explain: bool = False,
    ) -> list[Analysis]:
        """Every actor of every sentence of the articles, in the order sent."""
        asked = [Article(body.id or str(place), body.text) for place, body in enumerate(articles)]
        for place, article in enumerate(asked):
            _check(article.text, f"articles[{place}]")
        return self._classifier.analyze(asked, targets, actors, explain)

    @bentoml.api(route="/v1/classify")
    @_translated
    def classify(
        self,
        sentences: list[MarkedSentenceBody],
        targets: list[str] | None = None,
        explain: bool = False,
    ) -> list[SentenceJudgements]:
        """The caller's own actors in the caller's own sentences; any actor name works."""
        for place, body in enumerate(sentences):
            _check(body.text, f"sentences[{place}]")
        asked = [body.marked() for body in sentences]
        judged = self._classifier.classify(asked, targets, explain)
        return [
            SentenceJudgements(id=body.id or str(place), judgements=judgements)
            for place, (body, judgements) in enumerate(zip(sentences, judged, strict=True))
        ]


def _check(text: str, place: str) -> None:
    """Refuses a text that cannot be analysed, and says which of the request it is."""
    try:
        check_text(text)
    except InputError as error:
        raise type(error)(f"{place}: {error}") from None
