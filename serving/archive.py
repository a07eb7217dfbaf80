"""Rows of archives, a few at a time: JSON Lines, CSV, Parquet, and folders that `datasets` saved.

The first two may be compressed (.gz, .bz2, .zst, .lz4), for pyarrow to undo. A row that cannot be read
comes as an error in its place, so that the others are.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from models.classifier import Article
from models.errors import InputError, TooLargeError
from serving.inputs import Columns, article_of

__all__ = ["Source", "sources"]

_COMPRESSED = (".gz", ".bz2", ".zst", ".lz4")
_LONGEST = 16 * 2**20  # bytes of a row; the longest text, with every letter escaped, fits
_BLOCK = 2**16  # bytes
_AT_ONCE = 256  # rows of a columnar file
_DATASETS = "datasets"  # the kind of a folder that one of these makes
_SAVED = ("state.json", "dataset_dict.json")

Found = Article | InputError
Rows = Iterator[tuple[str, Callable[[], Found]]]  # places, and how to read what is there


@dataclass(frozen=True)
class Source:
    """A file, or a folder that `datasets` saved, and what its columns are called."""

    path: Path
    columns: Columns

    def articles(self, start: int = 0) -> Iterator[tuple[str, Found]]:
        """Places («a.jsonl:17») and articles, or why there is none, from row `start` on, in order."""
        place, seen = self.path.name, 0
        try:
            for place, read in _READERS[_kind(self.path)](self):
                seen += 1
                if seen > start:
                    yield place, read()
        except (OSError, pa.ArrowException, csv.Error) as error:
            if seen >= start:  # else it was told before
                yield place, InputError(f"{self.path.name} cannot be read beyond {place}: {error}.")

    def digest(self) -> str:
        """SHA-256 of what is in it."""
        told = hashlib.sha256()
        for file in sorted(self.path.rglob("*")) if self.path.is_dir() else [self.path]:
            if file.is_file():
                with file.open("rb") as content:
                    told.update(hashlib.file_digest(content, "sha256").digest())
        return told.hexdigest()

    def rows(self) -> int:
        """About how many rows it has; a line of CSV counts, also within a field."""
        kind = _kind(self.path)
        try:
            if kind == ".parquet":
                return int(parquet.read_metadata(self.path).num_rows)
            if kind == _DATASETS:
                return sum(map(len, _saved(self.path).values()))
            with _stream(self.path) as stream:
                return sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b""))
        except (OSError, pa.ArrowException):
            return 0  # reading it will say what is wrong


def sources(inputs: Sequence[str], columns: Columns) -> list[Source]:
    """The files that are named, those in named folders at any depth, and those that a pattern fits.

    Raises:
        InputError: nothing is there under one of the names, or it is of no kind that is read.
    """
    found = dict.fromkeys(path for name in inputs for path in _files(name))
    return [Source(path, columns) for path in found]


def _files(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir() and not _is_saved(path):
        files = [each for each in sorted(path.rglob("*")) if each.is_file() and _kind(each) in _READERS]
    else:
        files = [path] if path.exists() else sorted(_fitting(name))
    if not files:
        raise InputError(f"There is nothing to score at {name}.")
    for file in files:
        if _kind(file) not in _READERS:
            kinds = ", ".join(kind for kind in _READERS if kind.startswith("."))
            raise InputError(f"{file} is none of {kinds}, nor a folder that datasets saved.")
    return files


def _fitting(pattern: str) -> Iterator[Path]:
    absolute = Path(pattern).absolute()
    return Path(absolute.anchor).glob(str(absolute.relative_to(absolute.anchor)))


def _is_saved(path: Path) -> bool:
    return any((path / name).is_file() for name in _SAVED)


def _kind(path: Path) -> str:
    if path.is_dir():
        return _DATASETS if _is_saved(path) else ""
    plain = path.with_suffix("") if path.suffix in _COMPRESSED else path
    return plain.suffix


@contextmanager
def _stream(path: Path) -> Iterator[BinaryIO]:
    with pa.OSFile(str(path)) as file:
        kind = pa.Codec.detect(str(path)).name if path.suffix in _COMPRESSED else None
        raw = pa.CompressedInputStream(file, kind) if kind else file
        yield io.BufferedReader(raw, _BLOCK)


def _json_lines(source: Source) -> Rows:
    with _stream(source.path) as stream:
        for number, line in _lines(stream):
            place = f"{source.path.name}:{number}"
            yield place, partial(_json_row, line, place, source.columns)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not blank, by number from 1; none stands for one that is too long."""
    number = 0
    while line := stream.readline(_LONGEST):
        number += 1
        if len(line) < _LONGEST or line.endswith(b"\n"):
            if line.strip():
                yield number, line
            continue
        while (rest := stream.readline(_LONGEST)) and not rest.endswith(b"\n"):
            pass
        yield number, None


def _json_row(line: bytes | None, place: str, columns: Columns) -> Found:
    if line is None:
        return TooLargeError(f"{place} has over {_LONGEST:,} bytes.")
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return InputError(f"{place} is not UTF-8 text (byte {error.start}).")
    except (ValueError, RecursionError):
        return InputError(f"{place} is not JSON.")
    return article_of(row if isinstance(row, dict) else {}, place, columns)


def _table(source: Source) -> Rows:
    """Rows of CSV, or of tab-separated values; their places are the lines on which they end."""
    csv.field_size_limit(_LONGEST)
    with _stream(source.path) as stream:
        # What is not UTF-8 becomes lone surrogates, which no article may hold.
        text = io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="")
        separator = "\t" if _kind(source.path) == ".tsv" else ","
        reader = csv.DictReader(text, delimiter=separator, restkey="")
        _check_column(source, reader.fieldnames or ())
        while (row := _next(reader)) is not None:
            place = f"{source.path.name}:{reader.reader.line_num}"  # the outer one forgets errors
            yield place, partial(_table_row, row, place, source.columns)


def _next(reader: "csv.DictReader[str]") -> dict[str, Any] | csv.Error | None:
    """The next row, or what is wrong with it; none at the end."""
    try:
        return next(reader, None)
    except csv.Error as error:
        return error


def _table_row(row: dict[str, Any] | csv.Error, place: str, columns: Columns) -> Found:
    if isinstance(row, csv.Error):
        return InputError(f"{place} cannot be read: {row}.")
    if "" in row:
        return InputError(f"{place} has more fields than there are columns.")
    return article_of(row, place, columns)


def _parquet(source: Source) -> Rows:
    file = parquet.ParquetFile(source.path)
    _check_column(source, file.schema_arrow.names)
    wanted = [name for name in vars(source.columns).values() if name in file.schema_arrow.names]
    yield from _typed(source, source.path.name, file.iter_batches(_AT_ONCE, columns=wanted))


def _dataset(source: Source) -> Rows:
    for split, rows in _saved(source.path).items():
        _check_column(source, rows.column_names)
        wanted = [name for name in vars(source.columns).values() if name in rows.column_names]
        batches = rows.select_columns(wanted).with_format("arrow").iter(_AT_ONCE)
        yield from _typed(source, f"{source.path.name}/{split}" if split else source.path.name, batches)


def _saved(path: Path) -> dict[str, Any]:
    """The splits of a folder that `datasets` saved; one without splits has the empty name."""
    try:
        from datasets import DatasetDict, load_from_disk
    except ModuleNotFoundError:
        raise InputError(f"To read {path}: pip install 'hudna[batch]'.") from None
    found = load_from_disk(str(path))
    return dict(found) if isinstance(found, DatasetDict) else {"": found}


def _typed(source: Source, name: str, batches: Iterator[Any]) -> Rows:
    number = 0
    for batch in batches:
        for row in batch.to_pylist():
            number += 1
            place = f"{name}:{number}"
            yield place, partial(article_of, row, place, source.columns)


def _check_column(source: Source, names: Sequence[str]) -> None:
    if source.columns.text not in names:
        raise pa.ArrowInvalid(f"it has no column {source.columns.text!r}, but {', '.join(names)}")


_READERS: dict[str, Callable[[Source], Rows]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".csv": _table,
    ".tsv": _table,
    ".parquet": _parquet,
    _DATASETS: _dataset,
}
