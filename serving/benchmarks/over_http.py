"""This service beside services around the pipeline, over HTTP on this machine.

Each is sent the same articles, one a call, by four callers at once. The services around the pipeline
get what this one finds for itself: each article's sentences paired with the actors that they name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from models.classifier import Article, Classifier
from serving.benchmarks.repeats import OURS, Run
from serving.benchmarks.servers import Started, bentoml_service, litserve_service

__all__ = ["Call", "calls_of", "services"]

_CALLERS = 4
_PATIENCE = 120.0  # seconds

Call = Mapping[str, Any]  # the body of one


def calls_of(classifier: Classifier, texts: Sequence[str]) -> tuple[list[Call], list[Call], int]:
    """An article's call each: to this service, to one around the pipeline; and the judgements in all."""
    analyses = classifier.analyze([Article("", text) for text in texts])
    pairs = [
        [
            {"text": sentence.text, "text_pair": judgement.mentions[0].text}
            for sentence in analysis.sentences
            for judgement in sentence.judgements
        ]
        for analysis in analyses
    ]
    articles: list[Call] = [{"articles": [{"text": text}]} for text in texts]
    return articles, [{"pairs": each} for each in pairs], sum(map(len, pairs))


@contextmanager
def services(
    checkpoint: Path, articles: Sequence[Call], pairs: Sequence[Call], folder: Path
) -> Iterator[Mapping[str, Callable[[], Run]]]:
    """What starts each service and makes its run; all of them end with the context."""
    settings = {"HUDNA_CHECKPOINT": str(checkpoint.resolve())}
    with ExitStack() as running:

        def start(name: str, service: _Service, route: str, bodies: Sequence[Call]) -> Run:
            home = folder / name
            home.mkdir()
            address, _ = running.enter_context(service(home, **settings))
            client = running.enter_context(httpx.Client(base_url=address, timeout=_PATIENCE))
            return partial(_call, client, route, bodies)

        ours = partial(bentoml_service, "serving.service:HudnaService")
        bentos = partial(bentoml_service, "serving.benchmarks.bentoml_pipeline:TextClassification")
        litserves = partial(litserve_service, "serving.benchmarks.litserve_pipeline")
        yield {
            OURS: partial(start, "ours", ours, "/v1/analyze", articles),
            "BentoML example": partial(start, "bentoml", bentos, "/classify", pairs),
            "LitServe": partial(start, "litserve", litserves, "/predict", pairs),
        }


_Service = Callable[..., AbstractContextManager[Started]]


def _call(client: httpx.Client, route: str, bodies: Sequence[Call]) -> None:
    with ThreadPoolExecutor(_CALLERS) as callers:
        for answer in callers.map(lambda body: client.post(route, json=body), bodies):
            answer.raise_for_status()
