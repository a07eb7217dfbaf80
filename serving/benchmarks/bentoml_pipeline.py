"""transformers' pipeline behind BentoML, as BentoML's own text-classification example has it."""

from typing import Any

import bentoml
from pydantic import BaseModel

from models.checkpoint import read_checkpoint
from serving.benchmarks.pipeline import PairPipeline
from serving.settings import Settings

__all__ = ["Pair", "TextClassification"]


class Pair(BaseModel):
    """A sentence and the name of one of its actors."""

    text: str
    text_pair: str


@bentoml.service(name="text-classification", traffic={"timeout": 300})
class TextClassification:
    """`POST /classify` with any number of pairs."""

    def __init__(self) -> None:
        self._classify = PairPipeline.of(read_checkpoint(Settings().checkpoint)).classify

    @bentoml.api(batchable=True)
    def classify(self, pairs: list[Pair]) -> list[dict[str, Any]]:
        """The label of every pair of as many calls as the dispatcher puts together."""
        asked = [pair.model_dump() for pair in pairs]
        found: list[dict[str, Any]] = self._classify(asked, truncation=True)
        return found
