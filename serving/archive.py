"""What an archive is made of: files of every kind that is read, in one order."""

import csv
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from models.errors import InputError, StorageError
from serving.inputs import Columns, printable
from serving.readers import READERS, Found, kind_of, rows_of

__all__ = ["Source", "sources"]


@dataclass(frozen=True)
class Source:
    """A file, or a folder that `datasets` saved; its name in places, and what its columns are called."""

    path: Path
    name: str
    columns: Columns

    def articles(self, start: int = 0) -> Iterator[tuple[str, Found]]:
        """Places («a.jsonl:17») and articles, or why there is none, from row `start` on, in order.

        A file that breaks off has one row more, which says so.

        Raises:
            StorageError: the disk fails.
        """
        number, seen = "its start", 0
        try:
            for number, read in READERS[kind_of(self.path)](self.path, self.columns):
                seen += 1
                if seen > start:
                    yield f"{self.name}:{number}", read(f"{self.name}:{number}")
        except (OSError, pa.ArrowException, csv.Error) as error:
            if isinstance(error, OSError) and error.errno:
                raise StorageError(f"{self.path} cannot be read: {error.strerror}.") from error
            if seen >= start:  # else it was told before
                yield self.name, InputError(f"{self.name} cannot be read beyond {number}: {error}.")

    def digest(self) -> str:
        """SHA-256 of what is in it.

        Raises:
            InputError: it cannot be read.
        """
        told = hashlib.sha256()
        try:
            for file in sorted(self.path.rglob("*")) if self.path.is_dir() else [self.path]:
                if not file.is_dir():
                    with file.open("rb") as content:
                        told.update(hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror}.") from error
        return told.hexdigest()

    @property
    def rows(self) -> int:
        """About how many rows it has."""
        return rows_of(self.path)


def sources(inputs: Sequence[str], columns: Columns, aside: Path | None = None) -> list[Source]:
    """The files that are named, those in named folders at any depth, and those that a pattern fits.

    Each is there once, under its path from the folder that all have in common. What lies in the folder
    `aside`, or in a hidden one below a named one, is left out.

    Raises:
        InputError: nothing is there under one of the names, or it is of no kind that is read.
    """
    found = dict.fromkeys(path for name in inputs for path in _files(name, aside))
    if not found:
        return []
    shared = os.path.commonpath([path.parent for path in found])
    return [Source(path, printable(os.path.relpath(path, shared)), columns) for path in found]


def _files(name: str, aside: Path | None) -> list[Path]:
    path = Path(name).absolute()
    if path.exists() and (kind_of(path) in READERS or not path.is_dir()):
        files = [path]
    else:
        found = _within(path) if path.is_dir() else _fitting(name)
        files = sorted(file for file in found if aside is None or aside.absolute() not in file.parents)
    if not files:
        raise InputError(f"There is nothing to score at {name}.")
    for file in files:
        if kind_of(file) not in READERS:
            kinds = ", ".join(kind for kind in READERS if kind.startswith("."))
            raise InputError(f"{file} is none of {kinds}, nor a folder that datasets saved.")
    return files


def _within(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if kind_of(path) in READERS:
            yield path
        elif path.is_dir():
            yield from _within(path)


def _fitting(pattern: str) -> Iterator[Path]:
    absolute = Path(pattern).absolute()
    try:
        yield from Path(absolute.anchor).glob(str(absolute.relative_to(absolute.anchor)))
    except ValueError as error:
        raise InputError(f"{pattern} is no pattern: {error}.") from None
