"""Names that actors are given: in training, so that no name carries a label, and in a test of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import product
from random import Random

import yaml

from models.registry import Registry

__all__ = ["Named", "composed_names", "invented_names", "registry_names"]

Named = tuple[str, str, str]  # id, kind, name

_MANY = 1_200  # composed men, and groups: about as many as the registry has names for


def registry_names(registry: Registry) -> Iterator[Named]:
    """Every name of every actor of the registry."""
    for actor, forms in registry.forms.items():
        yield from ((actor, registry.actors[actor].kind, form) for form in forms)


def composed_names(registry: Registry) -> list[Named]:
    """Names made of common parts (swap_names.yaml), the same ones each time; none is the registry's."""
    parts, draw = _lists("swap_names.yaml"), Random(0)
    men = [*product(parts["men"], parts["families"]), *product(parts["foreigners"])]
    titled = [(draw.choice(parts["titles"]), *name) for name in draw.sample(men, _MANY)]
    women = draw.sample([*product(parts["women"], parts["families"])], _MANY // 8)
    groups = draw.sample([*product(parts["bodies"], parts["named"])], _MANY)
    names: dict[str, list[tuple[str, ...]]] = {
        "person": [*titled, *women], "group": [*groups], "state": [*product(parts["states"])]
    }  # fmt: skip
    known = {name for _, _, name in registry_names(registry)}
    composed = _named("composed", {kind: map(_joined, each) for kind, each in names.items()})
    return [each for each in composed if each[2] not in known]


def invented_names() -> list[Named]:
    """Names that no corpus holds and that are never trained on (invented_actors.yaml)."""
    return list(_named("invented", _lists("invented_actors.yaml")))


def _lists(file: str) -> dict[str, list[str]]:
    found = yaml.safe_load(resources.files("training").joinpath(file).read_text("utf-8"))
    return dict(found)


def _joined(parts: Sequence[str]) -> str:
    return " ".join(filter(None, parts))


def _named(origin: str, names: Mapping[str, Iterable[str]]) -> Iterator[Named]:
    for kind, each in names.items():
        yield from ((f"{origin} {name}", kind, name) for name in each)
