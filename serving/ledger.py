"""What of a scoring run is done: a folder with its parts, and a line in its manifest for each.

A part is written beside its place, synced, moved there, and then entered. Whatever happens between two
of these steps, the next start finds parts that are whole and entered, and makes the others anew.
"""

import fcntl
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from models.errors import InputError, StorageError

__all__ = [
    "UNFINISHED",
    "Counts",
    "Ledger",
    "PartEntry",
    "Position",
    "claim",
    "claimed",
    "held",
    "read_counts",
    "refusal",
    "stored",
    "write_part",
]

_RUN, _MANIFEST, _SUMMARY, _BAD = "run.json", "manifest.jsonl", "summary.json", "quarantine.jsonl"
UNFINISHED = ".unfinished-"  # begins the names of files that the next start clears away
_AS_UTF8 = ("utf-8", "backslashreplace")  # also where what is told holds lone surrogates


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keeps a folder for scores, new or of an earlier start, from other runs as long as this one lasts.

    Raises:
        InputError: it holds other files, or another run is at work in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be a folder of scores: {error.strerror}.") from error
    if not (folder / _RUN).exists() and any(not each.name.startswith(".") for each in folder.iterdir()):
        raise InputError(f"{folder} holds other files; choose another --out.")
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise InputError(f"Another run is at work in {folder}.") from None
    finally:
        os.close(opened)


class Position(BaseModel):
    """Where in the input a part ends: so many sources before, and so many rows of the next."""

    source: int = 0
    row: int = 0


class Counts(BaseModel):
    """What was scored; `read` are the sentences that the network had to read, of those with actors."""

    articles: int = 0
    sentences: int = 0
    judgements: int = 0
    asked: int = 0
    read: int = 0
    quarantined: int = 0
    labels: dict[str, int] = {}  # by head and label, as «ceasefire favor»

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        numbers = {name: getattr(self, name) + getattr(other, name) for name in _NUMBERS}
        labels = dict(sorted((Counter(self.labels) + Counter(other.labels)).items()))
        return Counts(**numbers, labels=labels)


_NUMBERS = [name for name in Counts.model_fields if name != "labels"]


class PartEntry(Counts):
    """A part that is done: its files with their SHA-256, what is in it, and where it ends."""

    part: int
    files: dict[str, str]
    end: Position


class Ledger:
    """A run's folder. It belongs to `run`, which tells inputs, checkpoint and options.

    Raises:
        InputError: the folder holds the scores of another run.
    """

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        self.folder = folder
        claim(folder, run)
        for unfinished in folder.glob(f"{UNFINISHED}*"):
            unfinished.unlink()
        self.entries = self._entered()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return (self.folder / _SUMMARY).exists()

    @property
    def next_part(self) -> int:
        """The number of the first part that is not done."""
        return len(self.entries)

    @property
    def end(self) -> Position:
        """Where in the input that part begins."""
        return self.entries[-1].end if self.entries else Position()

    def enter(self, entry: PartEntry) -> None:
        """Takes note of a part that was written."""
        path = self.folder / _MANIFEST
        with stored(path), path.open("ab") as manifest:
            manifest.write(entry.model_dump_json().encode() + b"\n")
            _sync(manifest)
        self.entries.append(entry)

    def finish(self) -> None:
        """Gathers the rows that could not be read into one file, and says that all is done."""
        entries = sorted(self.entries, key=lambda entry: entry.part)
        bad = [name for entry in entries for name in entry.files if name.endswith(_BAD)]
        if bad:
            lines = ((self.folder / name).read_bytes() for name in bad)
            _write(self.folder / _BAD, lambda file: file.writelines(lines))
        self._put(_SUMMARY, read_counts(self.folder)[0].model_dump_json(indent=1).encode() + b"\n")

    def _entered(self) -> list[PartEntry]:
        """The parts that are entered, up to the first that is not whole; what follows is forgotten."""
        entries: list[PartEntry] = []
        numbers: set[int] = set()
        for entry in _read(self.folder / _MANIFEST):
            is_whole = all(_digest(self.folder / name) == told for name, told in entry.files.items())
            if not is_whole or entry.part in numbers:
                break
            entries.append(entry)
            numbers.add(entry.part)
        kept = b"".join(each.model_dump_json().encode() + b"\n" for each in entries)
        if kept != _content(self.folder / _MANIFEST):
            (self.folder / _SUMMARY).unlink(missing_ok=True)
            self._put(_MANIFEST, kept)
        return entries

    def _put(self, name: str, content: bytes) -> None:
        _write(self.folder / name, lambda file: file.write(content))


def claim(folder: Path, run: Mapping[str, Any]) -> None:
    """Writes what a run is into its folder, or compares it with what is there.

    Raises:
        InputError: the folder holds the scores of another run.
    """
    file, told = folder / _RUN, json.loads(json.dumps(run))
    if not file.exists():
        content = json.dumps(told, ensure_ascii=False, indent=1).encode(*_AS_UTF8)
        _write(file, lambda opened: opened.write(content))
    before = claimed(folder)
    other = [name for name in told if told[name] != before.get(name)]
    if other:
        raise refusal(folder, other)


def claimed(folder: Path) -> dict[str, Any]:
    """What the run is that a folder belongs to; empty where it belongs to none."""
    file = folder / _RUN
    try:
        told: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    except ValueError as error:
        raise InputError(f"{file} is damaged; remove {folder}, or choose another --out.") from error
    return told


def refusal(folder: Path, other: Sequence[str]) -> InputError:
    """Why a run is not for this folder, by what differs, and the way out."""
    return InputError(
        f"{folder} holds the scores of a run with other {', '.join(other)}; run that one "
        "to its end, choose another --out, or remove the folder."
    )


def read_counts(folder: Path) -> tuple[Counts, bool]:
    """What the parts in a scored folder hold together, and whether the run came to its end."""
    return sum(_read(folder / _MANIFEST), Counts()), (folder / _SUMMARY).exists()


def _read(manifest: Path) -> Iterator[PartEntry]:
    """What is entered, up to a line that a full disk or a crash has torn."""
    for line in _content(manifest).splitlines():
        try:
            yield PartEntry.model_validate_json(line)
        except ValidationError:
            return


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


def write_part(
    folder: Path,
    number: int,
    end: Position,
    counts: Counts,
    write: Callable[[Any], object],
    bad: Sequence[Mapping[str, str]],
) -> PartEntry:
    """Writes a part, by `write` to a file, and its bad rows; each file whole or not at all.

    Raises:
        StorageError: there is no room, or the disk fails.
    """
    name = f"part-{number:06}.parquet"
    files = {name: _write(folder / name, write)}
    if bad:
        told = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in bad)
        lines = told.encode(*_AS_UTF8)
        name = f"part-{number:06}.{_BAD}"
        files[name] = _write(folder / name, lambda file: file.write(lines))
    return PartEntry(part=number, files=files, end=end, **counts.model_dump())


def _write(target: Path, write: Callable[[Any], object]) -> str:
    """Writes a file beside its place, syncs it, and moves it there; gives its SHA-256."""
    unfinished = target.with_name(f"{UNFINISHED}{uuid4().hex}")  # a lost worker's twin has another
    with stored(target):
        with unfinished.open("wb") as file:
            write(file)
            _sync(file)
        digest = _digest(unfinished)
        unfinished.replace(target)
        _sync_folder(target.parent)
    return digest


@contextmanager
def stored(target: Path) -> Iterator[None]:
    """Says of a disk that is full, or fails, what that means for the run, as `StorageError`."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{target} cannot be written: {error.strerror or error}. What is done stays: once there is "
            "room, run the same command again."
        ) from error


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _sync(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


def _digest(file: Path) -> str:
    if not file.exists():
        return ""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
