"""What an archive is made of: files of every kind that is read, in one order."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import InputError, StorageError
from serving.inputs import Columns, printable
from serving.readers import BROKEN, COMPRESSED, READERS, Found, kind_of, rows_of

__all__ = ["Source", "passed_over", "sources"]


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
        except BROKEN as error:
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

    Each is there once, whatever links lead to it, under its path from the folder that all have in
    common. What lies in the folder `aside`, or in a hidden one below a named one, is left out.

    Raises:
        InputError: nothing is there under one of the names, or it is of no kind that is read.
    """
    found: dict[Path, Path] = {}
    for name in inputs:
        for path in _files(name, aside):
            found.setdefault(path.resolve(), path)
    if not found:
        return []
    shared = os.path.commonpath([path.parent for path in found.values()])
    return [Source(path, printable(os.path.relpath(path, shared)), columns) for path in found.values()]


def passed_over(inputs: Sequence[str], aside: Path | None = None) -> list[Path]:
    """The files in named folders that `sources` leaves out because they are of no kind that is read."""
    folders = [path for name in inputs if (path := Path(name).absolute()).is_dir()]
    found = {file for folder in folders if kind_of(folder) not in READERS for file in _within(folder)}
    return sorted(file for file in _beside(aside, found) if kind_of(file) not in READERS)


def _files(name: str, aside: Path | None) -> list[Path]:
    try:
        files = _there(name, aside)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}.") from error
    if not files:
        raise InputError(f"There is nothing to score at {name}.")
    for file in files:
        if kind_of(file) not in READERS:
            others = [kind for kind in READERS if kind.startswith(".") and kind not in COMPRESSED]
            raise InputError(
                f"{file} is none of {', '.join(COMPRESSED)} (also compressed), {', '.join(others)}, "
                "nor a folder that datasets saved."
            )
    return files


def _there(name: str, aside: Path | None) -> list[Path]:
    path = Path(name).absolute()
    if path.exists() and (kind_of(path) in READERS or not path.is_dir()):
        return [path]
    if path.is_dir():
        return sorted(file for file in _beside(aside, _within(path)) if kind_of(file) in READERS)
    return sorted(_beside(aside, _fitting(name)))


def _beside(aside: Path | None, files: Iterable[Path]) -> Iterator[Path]:
    """Those that do not lie in the folder, by whatever way each is named."""
    real = aside and aside.resolve()
    return (file for file in files if real not in file.resolve().parents)


def _within(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """The files in it at any depth, and the folders that `datasets` saved, as one each."""
    above |= {folder.resolve()}
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if not path.is_dir() or kind_of(path) in READERS:
            yield path
        elif path.resolve() not in above:  # a link upwards
            yield from _within(path, above)


def _fitting(pattern: str) -> Iterator[Path]:
    asked = Path(pattern)
    here = Path(asked.anchor) if asked.is_absolute() else Path.cwd()  # its brackets are no pattern
    try:
        yield from here.glob(str(asked.relative_to(asked.anchor)))
    except ValueError as error:
        raise InputError(f"{pattern} is no pattern: {error}.") from None
