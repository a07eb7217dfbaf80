"""What the service tells of itself: its checkpoint, and the actors and targets that it knows."""

from collections.abc import Callable

from models.classifier import Classifier
from serving.schemas import ActorEntry, ModelCard, TargetEntry

__all__ = ["TOLD"]


def _model(classifier: Classifier) -> dict[str, object]:
    checkpoint = classifier.checkpoint
    return ModelCard(
        name=checkpoint.config.name,
        version=checkpoint.config.version,
        digest=checkpoint.digest,
        targets=checkpoint.config.targets,
        labels=checkpoint.config.heads,
        device=str(classifier.runtime),
        metrics=checkpoint.evaluations,
        card=checkpoint.card,
    ).model_dump()


def _actors(classifier: Classifier) -> list[dict[str, object]]:
    return [
        ActorEntry(actor=key, name=actor.name, kind=actor.kind).model_dump()
        for key, actor in classifier.matcher.registry.actors.items()
    ]


def _targets(classifier: Classifier) -> list[dict[str, object]]:
    heads = classifier.checkpoint.config.heads
    return [
        TargetEntry(target=target, labels=heads[target]).model_dump() for target in classifier.targets
    ]


TOLD: dict[str, Callable[[Classifier], object]] = {  # by the last part of the path that answers it
    "model": _model,
    "actors": _actors,
    "targets": _targets,
}
