"""The same classifier behind BentoML's own adaptive batching, to measure this project's queue against.

    python -m serving.benchmarks.load --service serving.benchmarks.dispatcher:Dispatched

HUDNA_BENCH_LATENCY_MS is the latency that its dispatcher aims at, 60,000 by BentoML's default.
"""

import os

import bentoml

from models.classifier import Article, Classifier
from models.results import Analysis
from serving.schemas import ArticleBody

__all__ = ["Dispatched"]

_LATENCY_MS = int(os.environ.get("HUDNA_BENCH_LATENCY_MS", "60000"))


@bentoml.service(name="dispatched", traffic={"timeout": 3_600})
class Dispatched:
    """`POST /v1/analyze` alone, as BentoML's documentation has a batched endpoint."""

    def __init__(self) -> None:
        self._classifier = Classifier.load()

    @bentoml.api(route="/v1/analyze", batchable=True, max_latency_ms=_LATENCY_MS)
    def analyze(self, articles: list[ArticleBody]) -> list[Analysis]:
        """The articles of as many calls as the dispatcher puts together."""
        return self._classifier.analyze([Article(body.id, body.text) for body in articles])
