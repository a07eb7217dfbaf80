"""Rows of one file, a few at a time, by its kind: JSON Lines, CSV, Parquet, folders of `datasets`.

Each reader gives, for every row in order, its number and how to read it; what is read is an article, or
why there is none, so that the other rows are. The first two may be compressed; pyarrow undoes that, but
for .xz, which it does not know.
"""

import csv
import io
import lzma
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
from pyarrow import parquet

from models.errors import InputError, TooLargeError
from models.text import Article
from serving.inputs import Columns, article_of, json_article

__all__ = ["BROKEN", "COMPRESSED", "READERS", "Found", "Reading", "kind_of", "rows_of"]

BROKEN = (OSError, EOFError, csv.Error, lzma.LZMAError, pa.ArrowException)  # what reading a file raises
COMPRESSED = (".jsonl", ".ndjson", ".csv", ".tsv")  # which may be, by one of
_COMPRESSIONS = (".gz", ".bz2", ".zst", ".lz4", ".xz")
_LONGEST = 16 * 2**20  # bytes of a row; the longest text, with every letter escaped, fits
_BLOCK = 2**16  # bytes
_AT_ONCE = 256  # rows of a columnar file
_DATASETS = "datasets"  # the kind of a folder that has either of these
_SAVED = (("state.json", "dataset_info.json"), ("dataset_dict.json",))

Found = Article | InputError
Reading = Iterator[tuple[str, Callable[[str], Found]]]  # numbers, and readers that take the place's name


def kind_of(path: Path) -> str:
    """The ending that tells the kind, without that of its compression; `datasets` for such a folder."""
    if path.is_dir():
        is_saved = any(all((path / name).is_file() for name in names) for names in _SAVED)
        return _DATASETS if is_saved else ""
    *_, inner, outer = ["", "", *Path(path.name.lower()).suffixes]
    return inner if outer in _COMPRESSIONS and inner in COMPRESSED else outer


def rows_of(path: Path) -> int:
    """About how many rows there are; a line of CSV counts, also within a field."""
    kind = kind_of(path)
    try:
        if kind == ".parquet":
            with path.open("rb") as file:
                return int(parquet.read_metadata(file).num_rows)
        if kind == _DATASETS:
            return sum(map(len, _splits(path).values()))
        with _stream(path) as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(2**20), b""))
    except BROKEN:
        return 0  # reading it will say what is wrong


@contextmanager
def _stream(path: Path) -> Iterator[BinaryIO]:
    name = path.name.lower()
    if name.endswith(".xz"):
        with lzma.open(path) as unpacked:
            yield cast(BinaryIO, unpacked)
        return
    with path.open("rb") as file:  # Arrow's own files want names that are UTF-8
        if not name.endswith(_COMPRESSIONS):
            yield file
            return
        unpacked = pa.CompressedInputStream(pa.PythonFile(file, "r"), pa.Codec.detect(name).name)
        yield io.BufferedReader(unpacked, _BLOCK)


def _lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines; none stands for one that is too long, of which no more is kept."""
    while line := stream.readline(_LONGEST):
        if len(line) < _LONGEST or line.endswith(b"\n"):
            yield line
            continue
        while (rest := stream.readline(_LONGEST)) and not rest.endswith(b"\n"):
            pass
        yield None


def _json_lines(path: Path, columns: Columns) -> Reading:
    with _stream(path) as stream:
        for number, line in enumerate(_lines(stream), 1):
            if line is None or line.strip():
                yield str(number), partial(_json_row, line, columns)


def _json_row(line: bytes | None, columns: Columns, place: str) -> Found:
    if line is None:
        return TooLargeError(f"{place} has over {_LONGEST:,} bytes.")
    try:
        return json_article(line.decode("utf-8-sig"), place, columns)
    except UnicodeDecodeError as error:
        return InputError(f"{place} is not UTF-8 text (byte {error.start}).")


def _table(path: Path, columns: Columns) -> Reading:
    """Rows of CSV, or of tab-separated values; their numbers are the lines on which they end."""
    csv.field_size_limit(_LONGEST - 1)
    with _stream(path) as stream:
        separator = "\t" if kind_of(path) == ".tsv" else ","
        reader = csv.DictReader(_written(_lines(stream)), delimiter=separator, strict=True)
        if reader.fieldnames is None:
            return
        _wanted(reader.fieldnames, columns)
        while (row := _next(reader)) is not None:
            # The outer reader forgets the lines of rows that are wrong.
            yield str(reader.reader.line_num), partial(_table_row, row, columns, separator)


def _written(lines: Iterable[bytes | None]) -> Iterator[str]:
    """Lines as text; what is not UTF-8 becomes lone surrogates, which no article may hold.

    One that is too long stays too long for a field.
    """
    for number, line in enumerate(lines):
        coding = "utf-8" if number else "utf-8-sig"
        yield "-" * _LONGEST + "\n" if line is None else line.decode(coding, "surrogateescape")


def _next(reader: "csv.DictReader[str]") -> dict[str, Any] | csv.Error | None:
    """The next row, or what is wrong with it; none at the end."""
    try:
        return next(reader, None)
    except csv.Error as error:
        return error


def _table_row(row: dict[str, Any] | csv.Error, columns: Columns, separator: str, place: str) -> Found:
    if isinstance(row, csv.Error):
        return InputError(f"{place} cannot be read: {row}.")
    if separator == "\t" and any(map(_runs_on, row.values())):
        return InputError(f"{place} ends a quote that began lines before; rows between are lost.")
    if None in row:
        return InputError(f"{place} has more fields than there are columns.")
    if not all(_is_utf8(row.get(name)) for name in vars(columns).values()):
        return InputError(f"{place} is not UTF-8 text.")
    return article_of(row, place, columns)


def _runs_on(cell: object) -> bool:
    """Whether a cell of tab-separated values swallowed rows: those have no quoting as a rule."""
    return isinstance(cell, str) and "\t" in cell and "\n" in cell


def _is_utf8(cell: str | None) -> bool:
    """Whether a cell has no lone surrogates, which stand for what was no UTF-8."""
    try:
        (cell or "").encode()
    except UnicodeEncodeError:
        return False
    return True


def _parquet(path: Path, columns: Columns) -> Reading:
    with path.open("rb") as opened:
        file = parquet.ParquetFile(opened, buffer_size=2**20, pre_buffer=False)
        names = _wanted(file.schema_arrow.names, columns)
        yield from _typed("", file.iter_batches(_AT_ONCE, columns=names), columns)


def _dataset(path: Path, columns: Columns) -> Reading:
    for split, rows in _splits(path).items():
        chosen = rows.select_columns(_wanted(rows.column_names, columns)).with_format("arrow")
        yield from _typed(f"{split}:" if split else "", chosen.iter(_AT_ONCE), columns)


def _splits(path: Path) -> dict[str, Any]:
    """The splits of a folder that `datasets` saved; one without splits has the empty name."""
    try:
        from datasets import DatasetDict, load_from_disk
    except ModuleNotFoundError:
        raise InputError(f"To read {path}: pip install 'hudna[batch]'.") from None
    try:
        found = load_from_disk(str(path))
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # what damaged JSON makes of it
        raise pa.ArrowInvalid(f"its files are damaged ({error})") from error
    return dict(found) if isinstance(found, DatasetDict) else {"": found}


def _typed(prefix: str, batches: Iterable[Any], columns: Columns) -> Reading:
    number = 0
    for batch in batches:
        for place in range(batch.num_rows):
            number += 1
            yield f"{prefix}{number}", partial(_typed_row, batch, place, columns)


def _typed_row(batch: Any, place_in_batch: int, columns: Columns, place: str) -> Found:
    try:
        [row] = batch.slice(place_in_batch, 1).to_pylist()
    except (ValueError, OverflowError) as error:  # no UTF-8, or a time beyond what Python knows
        return InputError(f"{place} cannot be read: {error}.")
    return article_of(row, place, columns)


def _wanted(names: Sequence[str], columns: Columns) -> list[str]:
    """Those of the columns that are there; the text must be."""
    if columns.text not in names:
        raise pa.ArrowInvalid(f"it has no column {columns.text!r}, but {', '.join(names)}")
    return [name for name in vars(columns).values() if name in names]


READERS: dict[str, Callable[[Path, Columns], Reading]] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".csv": _table,
    ".tsv": _table,
    ".parquet": _parquet,
    _DATASETS: _dataset,
}
