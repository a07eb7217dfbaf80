"""Files that are written whole or not at all, whatever happens meanwhile."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from models.errors import StorageError

__all__ = ["UNFINISHED", "digest_of", "stored", "sync", "write_whole"]

UNFINISHED = ".unfinished-"  # begins the names of files that the next start clears away


def write_whole(target: Path, write: Callable[[Any], object]) -> str:
    """Writes a file beside its place, syncs it, and moves it there; gives its SHA-256.

    Raises:
        StorageError: there is no room, or the disk fails.
    """
    unfinished = target.with_name(f"{UNFINISHED}{uuid4().hex}")  # a lost worker's twin has another
    with stored(target):
        with unfinished.open("wb") as file:
            write(file)
            sync(file)
        digest = digest_of(unfinished)
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


def sync(file: Any) -> None:
    """Waits until what was written to an open file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def digest_of(file: Path) -> str:
    """A file's SHA-256; empty where there is none."""
    if not file.exists():
        return ""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
