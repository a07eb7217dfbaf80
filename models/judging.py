"""From an actor's probabilities to its judgement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.checkpoint import Calibration, CheckpointConfig
from models.labels import SENTIMENT
from models.registry import Registry
from models.results import Influence, Judgement, Mention, Prediction
from models.text import Span

__all__ = ["Judge", "MarkedActor", "MarkedSentence", "Probabilities"]

Probabilities = Mapping[str, NDArray[np.float32]]  # of one actor, calibrated: by head, of each label


@dataclass(frozen=True)
class MarkedActor:
    """An actor of the caller's own, named in a sentence at `spans`."""

    actor: str
    spans: Sequence[Span]


@dataclass(frozen=True)
class MarkedSentence:
    """A sentence with the caller's own actors; `start` is where it stands in what it is of."""

    text: str
    actors: Sequence[MarkedActor]
    start: int = 0


class Judge:
    """Turns probabilities into judgements; offsets count from where the sentence's `start` does."""

    def __init__(
        self, config: CheckpointConfig, calibration: Mapping[str, Calibration], registry: Registry
    ) -> None:
        self._heads, self._calibration, self._registry = config.heads, calibration, registry

    def __call__(
        self,
        sentence: MarkedSentence,
        actor: MarkedActor,
        probabilities: Probabilities,
        targets: Sequence[str],
        words: dict[str, list[Influence]] | None,
        min_confidence: float = 0.0,
    ) -> Judgement:
        """The judgement of one actor on `targets`, with the `words` that explain it, by head.

        What is under `min_confidence` is uncertain, as what is under the checkpoint's threshold.
        """
        predictions = {
            head: self._prediction(head, row, min_confidence) for head, row in probabilities.items()
        }
        return Judgement(
            actor=actor.actor,
            name=self._registry.name(actor.actor),
            mentions=[
                Mention(
                    start=sentence.start + span.start,
                    end=sentence.start + span.end,
                    text=sentence.text[slice(*span)],
                )
                for span in actor.spans
            ],
            stance={target: predictions[target] for target in targets},
            sentiment=predictions[SENTIMENT],
            explanation=words
            and {head: _placed(words[head], sentence.start) for head in (*targets, SENTIMENT)},
        )

    def _prediction(self, head: str, row: NDArray[np.float32], min_confidence: float) -> Prediction:
        labels = self._heads[head]
        threshold = max(min_confidence, self._calibration[head].threshold)
        exact = row.tolist()
        best = exact.index(max(exact))  # rounded, two may be alike
        values = [round(value, 4) for value in exact]
        confidence = values[best]
        return Prediction(
            label=labels[best],
            confidence=confidence,
            uncertain=confidence < threshold,
            probabilities=dict(zip(labels, values, strict=True)),
        )


def _placed(words: Sequence[Influence], start: int) -> list[Influence]:
    return [
        word.model_copy(update={"start": start + word.start, "end": start + word.end}) for word in words
    ]
