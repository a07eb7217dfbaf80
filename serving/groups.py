"""The articles of a client's stream in groups, each of which goes in one call, and their answers."""

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import httpx
from pydantic import BaseModel

from models.results import Analysis

__all__ = ["Article", "Group", "Lines", "StreamedLine", "at_once", "coming_groups", "groups"]

# httpx sends a body before it reads, and a long one would wait for itself.
_LINES_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 500_000

Article = Mapping[str, Any]  # {"text": …, "id"?: …, "title"?: …, "date"?: …}


class StreamedLine(BaseModel):
    """The answer to an article of a stream; `line` is its place, from 1, and either other is there."""

    line: int
    analysis: Analysis | None = None
    error: str | None = None
    status: int | None = None  # of the error, as HTTP has it


class Group:
    """Articles of a stream that go in one call, by their places; those answered are taken out."""

    def __init__(self, articles: Sequence[tuple[int, Article]]) -> None:
        self._waiting = dict(articles)

    def lines(self) -> tuple[list[int], bytes]:
        """The places of those that are not answered, and a body that asks for them."""
        bodies = (json.dumps({"id": str(place), **article}) for place, article in self._waiting.items())
        return list(self._waiting), "\n".join(bodies).encode()

    def answered(self, line: bytes, places: Sequence[int]) -> StreamedLine:
        """An answer with its article's place in the stream."""
        found = StreamedLine.model_validate_json(line)
        place = places[found.line - 1]
        del self._waiting[place]
        return found.model_copy(update={"line": place})

    def check_whole(self) -> None:
        """Raises a transport's error where some were not answered, so that they are asked again."""
        if self._waiting:
            raise httpx.RemoteProtocolError("The stream ended early.")


class Lines:
    """Lines of a body that comes in chunks, cut at line feeds alone; httpx would cut inside a text too,
    at the other line ends of Unicode.
    """

    def __init__(self) -> None:
        self._rest = b""

    def ended_by(self, chunk: bytes) -> list[bytes]:
        """The lines that end in a chunk."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return lines


class Grouping:
    """Puts the articles of a stream into groups of so many, and so long, as go in one call."""

    def __init__(self) -> None:
        self._places, self._group, self._characters = count(1), list[tuple[int, Article]](), 0

    def with_one_more(self, article: Article) -> Iterator[Group]:
        """Takes an article in; gives the group that it fills, if it does."""
        self._group.append((next(self._places), article))
        self._characters += len(str(article.get("text", "")))
        if len(self._group) == _LINES_AT_ONCE or self._characters >= _CHARACTERS_AT_ONCE:
            yield from self.rest()

    def rest(self) -> Iterator[Group]:
        """Gives what is in no group yet."""
        if self._group:
            yield Group(self._group)
        self._group, self._characters = [], 0


def groups(articles: Iterable[Article]) -> Iterator[Group]:
    """The groups of articles that are there."""
    grouping = Grouping()
    for article in articles:
        yield from grouping.with_one_more(article)
    yield from grouping.rest()


async def coming_groups(articles: AsyncIterable[Article]) -> AsyncIterator[Group]:
    """The groups of articles that are still coming."""
    grouping = Grouping()
    async for article in articles:
        for group in grouping.with_one_more(article):
            yield group
    for group in grouping.rest():
        yield group


async def at_once(articles: Iterable[Article]) -> AsyncIterator[Article]:
    """Articles that are there, as if they came."""
    for article in articles:
        yield article
