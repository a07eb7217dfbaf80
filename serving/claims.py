"""Whose a folder of scores is: one run's, by what decides its bytes, and one start's at a time."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import InputError
from serving.whole_files import write_whole

__all__ = ["AS_UTF8", "claim", "claimed", "held", "refusal"]

AS_UTF8 = ("utf-8", "backslashreplace")  # also where what is told holds lone surrogates
_RUN = "run.json"
_A_WORD = 24  # characters: a device, a form, and no digest


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


def claim(folder: Path, run: Mapping[str, Any]) -> None:
    """Writes what a run is into its folder, or compares it with what is there.

    Raises:
        InputError: the folder holds the scores of another run.
    """
    file, told = folder / _RUN, json.loads(json.dumps(run))
    if not file.exists():
        content = json.dumps(told, ensure_ascii=False, indent=1).encode(*AS_UTF8)
        write_whole(file, lambda opened: opened.write(content))
    before = claimed(folder)
    other = [_named(name, before.get(name)) for name in told if told[name] != before.get(name)]
    if other:
        raise refusal(folder, other)


def _named(name: str, before: Any) -> str:
    is_word = isinstance(before, str) and len(before) <= _A_WORD
    return f"{name} ({before})" if is_word else name


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
