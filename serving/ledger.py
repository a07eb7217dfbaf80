"""What of a scoring run is done: a folder with its parts, and a line in its manifest for each.

A part is written beside its place, synced, moved there, and then entered. Whatever happens between two
of these steps, the next start finds parts that are whole and entered, and makes the others anew.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from serving.claims import AS_UTF8, claim
from serving.whole_files import UNFINISHED, digest_of, stored, sync, write_whole

__all__ = ["Counts", "Ledger", "PartEntry", "Position", "read_counts", "write_part"]

_MANIFEST, _SUMMARY, _BAD = "manifest.jsonl", "summary.json", "quarantine.jsonl"


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
            sync(manifest)
        self.entries.append(entry)

    def finish(self) -> None:
        """Gathers the rows that could not be read into one file, and says that all is done."""
        entries = sorted(self.entries, key=lambda entry: entry.part)
        bad = [name for entry in entries for name in entry.files if name.endswith(_BAD)]
        if bad:
            lines = ((self.folder / name).read_bytes() for name in bad)
            write_whole(self.folder / _BAD, lambda file: file.writelines(lines))
        self._put(_SUMMARY, read_counts(self.folder)[0].model_dump_json(indent=1).encode() + b"\n")

    def _entered(self) -> list[PartEntry]:
        """The parts that are entered, up to the first that is not whole; what follows is forgotten."""
        entries: list[PartEntry] = []
        numbers: set[int] = set()
        for entry in _read(self.folder / _MANIFEST):
            is_whole = all(digest_of(self.folder / name) == told for name, told in entry.files.items())
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
        write_whole(self.folder / name, lambda file: file.write(content))


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
    files = {name: write_whole(folder / name, write)}
    if bad:
        told = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in bad)
        lines = told.encode(*AS_UTF8)
        name = f"part-{number:06}.{_BAD}"
        files[name] = write_whole(folder / name, lambda file: file.write(lines))
    return PartEntry(part=number, files=files, end=end, **counts.model_dump())
