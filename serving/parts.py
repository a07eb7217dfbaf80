"""The input of a scoring run in parts: bounded pieces of it, cut by its order alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from models.errors import InputError
from models.text import Article, check_article
from serving.archive import Source
from serving.ledger import Position

__all__ = ["Part", "cut"]

_CHARACTERS = 4_000_000  # of a part, so that memory is bounded whatever an article has


@dataclass
class Part:
    """Rows in a row of the input, those that can be judged and those that cannot; and where they end."""

    articles: list[Article] = field(default_factory=list)
    bad: list[dict[str, str]] = field(default_factory=list)
    characters: int = 0
    end: Position = field(default_factory=Position)

    def add(self, place: str, found: Article | InputError) -> None:
        """Takes a row in, among the bad ones if it cannot be judged."""
        try:
            if isinstance(found, InputError):
                raise found
            check_article(found)
            self.articles.append(found)
            self.characters += len(found.text)
        except InputError as error:
            self.bad.append({"place": place, "reason": str(error)})


def cut(given: Sequence[Source], start: Position, most: int) -> Iterator[Part]:
    """The input from `start` on in parts of at most so many rows, by its order alone."""
    part = Part()
    for number, source in enumerate(given):
        if number < start.source:
            continue
        row = start.row if number == start.source else 0
        for place, found in source.articles(row):
            row += 1
            part.add(place, found)
            part.end = Position(source=number, row=row)
            if len(part.articles) + len(part.bad) == most or part.characters >= _CHARACTERS:
                yield part
                part = Part()
    if part.articles or part.bad:
        yield part
