"""Who can be named, and by which words: the registry of ``actors.yaml``, every phrase folded."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from models.folding import fold

__all__ = ["Actor", "Registry", "load_registry", "own_registry"]

_CUES = ("place", "event", "visit", "sender", "acting")
_ADJECTIVE_ENDINGS = ("", "ه", "ين", "ون", "ا")


@dataclass(frozen=True)
class Actor:
    """One entry of the registry; `of` is the body that a person speaks for."""

    id: str
    kind: str
    side: str
    name: str
    english: str
    of: str | None = None


class _Phrase(NamedTuple):
    kind: str  # name, title, place, capital, seat, office, role, honorific, or nothing
    actor: str = ""


@dataclass(frozen=True)
class Registry:
    """The actors by id and what they are called, every phrase folded, and the words around places.

    `digest` is the SHA-256 of the file that says so.
    """

    actors: dict[str, Actor]
    forms: dict[str, tuple[str, ...]]
    phrases: dict[str, _Phrase]  # of one phrase in two entries, the later entry's
    honorifics: frozenset[str]  # some of them are somebody's title too: المشير، المستشارة
    cues: dict[str, frozenset[str]]  # words around capitals: of place, events, visiting, acting
    digest: str

    def name(self, actor: str) -> str:
        """The Arabic name of a registered actor, or the id itself."""
        return self.actors[actor].name if actor in self.actors else actor


def load_registry(path: Path | None = None) -> Registry:
    """Reads the registry: the package's own, or a file of the same form."""
    source = path or resources.files("models").joinpath("actors.yaml")
    content = source.read_bytes()
    data = yaml.load(content, Loader=yaml.CSafeLoader)
    actors = {
        key: Actor(key, entry["kind"], entry["side"], entry["ar"], entry["en"], entry.get("of"))
        for key, entry in data["actors"].items()
    }
    forms = {
        key: tuple(entry["names"] + entry.get("capitals", []) + entry.get("titles", []))
        for key, entry in data["actors"].items()
    }
    texts, phrases_of = zip(*_phrases(data), strict=True)
    phrases = {
        variant: phrase
        for text, phrase in zip(_folded(texts), phrases_of, strict=True)
        for variant in _with_article_fused(text)
    }
    cues = {kind: frozenset(fold(word).text for word in data[f"{kind}_cues"]) for kind in _CUES}
    honorifics = frozenset(_folded(data["honorifics"]))
    return Registry(actors, forms, phrases, honorifics, cues, hashlib.sha256(content).hexdigest())


@cache
def own_registry() -> Registry:
    """The package's own registry, read once."""
    return load_registry()


def _phrases(data: dict[str, Any]) -> Iterator[tuple[str, _Phrase]]:
    yield from ((text, _Phrase("honorific")) for text in data["honorifics"])
    yield from ((text, _Phrase("role")) for text in data["roles"])
    yield from ((text, _Phrase("nothing")) for text in data["not_actors"])
    for adjective in data["foreign_adjectives"]:
        yield from _organs(data["foreign_bodies"], adjective, _Phrase("nothing"))
    for key, entry in data["actors"].items():
        own = "place" if entry["kind"] == "state" else "name"
        yield from ((text, _Phrase(own, key)) for text in entry["names"])
        yield from ((text, _Phrase("capital", key)) for text in entry.get("capitals", ()))
        yield from ((text, _Phrase("title", key)) for text in entry.get("titles", ()))
        yield from ((text, _Phrase("name", key)) for text in entry.get("bodies", ()))
        yield from ((text, _Phrase("seat", key)) for text in entry.get("seats", ()))
        for commander in entry.get("commanded_by", ()):
            yield from ((_behind(force, commander), _Phrase("name", key)) for force in data["forces"])
        for adjective in entry.get("adjectives", ()):
            yield from _organs(data["organs"], adjective, _Phrase("office", key))


def _organs(organs: list[str], adjective: str, phrase: _Phrase) -> Iterator[tuple[str, _Phrase]]:
    """An organ or act with the state's adjective in its forms: الخارجية الفرنسية، دعم فرنسي."""
    for organ in organs:
        article = "ال" if organ.split()[-1].startswith("ال") or " " in organ else ""
        for ending in _ADJECTIVE_ENDINGS:
            yield f"{organ} {article}{adjective}{ending}", phrase


def _folded(texts: Sequence[str]) -> list[str]:
    """Every text folded, all at once: one by one, they take a second of every start."""
    return [text.strip() for text in fold("|".join(texts)).text.split("|")]


def _behind(force: str, commander: str) -> str:
    """The force with whoever commands it: أرتال حفتر، القوات الموالية للمشير."""
    if not force.endswith(" ل"):
        return f"{force} {commander}"
    return force + ("ل" + commander[2:].removeprefix("ل") if commander.startswith("ال") else commander)


def _with_article_fused(phrase: str) -> Iterator[str]:
    yield phrase
    if phrase.startswith("ال"):
        yield "لل" + phrase[2:].removeprefix("ل")
