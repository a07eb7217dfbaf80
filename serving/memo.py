"""What the network said of a sentence, by its content, on disk: wire copy repeats.

The key is what the network reads, its pieces and where they name whom, so that the same sentence is
found again in another article, whoever sent it.
"""

import hashlib
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate, islice
from pathlib import Path

import numpy as np

from models.encoding import Example
from models.errors import StorageError
from models.reading import Rows

__all__ = ["Memo"]

_KEYS_AT_ONCE = 500  # SQLite takes no more variables than some thousands
_TABLE = "CREATE TABLE IF NOT EXISTS said (key BLOB PRIMARY KEY, part INTEGER, rows BLOB) WITHOUT ROWID"
Read = Callable[[Sequence[Example]], list[Rows]]


class Memo:
    """Probabilities by content; `heads` are the labels by head.

    What parts from `part` on have left is forgotten: they are read again as they were the first time.

    Raises:
        StorageError: there is no room for more, or the file is damaged.
    """

    def __init__(self, file: Path, heads: Mapping[str, Sequence[str]], part: int) -> None:
        self._file = file
        self._widths = {head: len(labels) for head, labels in heads.items()}
        with self._stored():
            self._store = sqlite3.connect(file)
            self._store.execute("PRAGMA journal_mode=WAL")
            self._store.execute("PRAGMA synchronous=FULL")
            with self._store:
                self._store.execute(_TABLE)
                self._store.execute("DELETE FROM said WHERE part >= ?", (part,))

    def close(self) -> None:
        """Closes the file."""
        self._store.close()

    def read(self, part: int, examples: Sequence[Example], read: Read) -> tuple[list[Rows], int]:
        """The rows of every example, in order, and how many of them the network had to read."""
        keys = [_key(example) for example in examples]
        with self._stored():
            known = dict(self._known(dict.fromkeys(keys)))
        unknown = {key: example for key, example in zip(keys, examples, strict=True) if key not in known}
        said = map(self._packed, read(list(unknown.values())) if unknown else [])
        found = dict(zip(unknown, said, strict=True))
        with self._stored(), self._store:
            entries = ((key, part, rows) for key, rows in found.items())
            self._store.executemany("INSERT INTO said VALUES (?, ?, ?)", entries)
        return [self._unpacked(known.get(key) or found[key]) for key in keys], len(unknown)

    @contextmanager
    def _stored(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"{self._file} cannot be used: {error}.") from error

    def _known(self, keys: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
        waiting = iter(keys)
        while some := list(islice(waiting, _KEYS_AT_ONCE)):
            marks = ", ".join("?" * len(some))
            yield from self._store.execute(f"SELECT key, rows FROM said WHERE key IN ({marks})", some)

    def _packed(self, rows: Rows) -> bytes:
        return np.concatenate([row[head] for row in rows for head in self._widths]).tobytes()

    def _unpacked(self, packed: bytes) -> Rows:
        *ends, width = accumulate(self._widths.values())
        rows = np.frombuffer(packed, np.float32).reshape(-1, width)
        return [dict(zip(self._widths, np.split(row, ends), strict=True)) for row in rows]


def _key(example: Example) -> bytes:
    told = hashlib.blake2b(array("i", example.pieces).tobytes(), digest_size=16)
    for mention in example.mentions:
        told.update(b"|" + array("i", mention).tobytes())
    return told.digest()
