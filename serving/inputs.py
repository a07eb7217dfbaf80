"""Articles from files: plain text, JSON Lines, or standard input."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.errors import InputError
from models.text import Article

__all__ = ["STANDARD_INPUT", "Columns", "article_of", "json_article", "printable", "read_articles"]

STANDARD_INPUT = Path("-")


@dataclass(frozen=True)
class Columns:
    """Under which names rows keep what an article is made of; all but the text may be missing."""

    text: str = "text"
    id: str = "id"
    title: str = "title"
    date: str = "date"


def read_articles(path: Path, text_field: str = "text") -> Iterator[Article | InputError]:
    """The articles of a file, in order; what cannot be read comes as an error in its place.

    A ``.jsonl`` or ``.ndjson`` file has an object a line, its text under `text_field` and perhaps an
    ``id``, a ``title`` and a ``date``; any other file is one article under its own name. ``-`` is plain
    text from standard input.
    """
    try:
        content = _content(path)
    except InputError as error:
        yield error
        return
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        for number, line in enumerate(content.split("\n"), 1):
            if line.strip():
                yield json_article(line, f"{path.name}:{number}", Columns(text_field))
    else:
        yield Article("stdin" if path == STANDARD_INPUT else printable(path.name), content)


def _content(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if path == STANDARD_INPUT else path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}).") from None


def printable(name: str) -> str:
    """A file's name as text that can be seen, whatever bytes and invisible signs it has."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def json_article(line: str, place: str, columns: Columns) -> Article | InputError:
    """The article that a line of JSON holds, or why it holds none."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return InputError(f"{place} is not JSON.")
    return article_of(row if isinstance(row, dict) else {}, place, columns)


def article_of(row: Mapping[str, object], place: str, columns: Columns) -> Article | InputError:
    """The article that a row holds, or why it holds none; without an id it goes by its place."""
    text = row.get(columns.text)
    if not isinstance(text, str):
        return InputError(f"{place} has no text under {columns.text!r}.")
    given = row.get(columns.id)
    is_named = given is not None and given != ""
    name = str(given) if is_named else place
    if is_named and not name.isprintable():
        return InputError(f"{place} has an id with unprintable signs.")
    title, written = row.get(columns.title), row.get(columns.date)
    if isinstance(written, date):  # a typed column; times are dates too
        written = written.isoformat()
    if not isinstance(title, str | None) or not isinstance(written, str | None):
        return InputError(f"{place} has a title or a date that is no text.")
    return Article(name, text, title or "", written or None)
