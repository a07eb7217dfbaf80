"""Standard input as a file in the output's folder, kept until all of it is scored."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from models.errors import InputError
from serving.archive import Source
from serving.claims import claimed, refusal
from serving.inputs import STANDARD_INPUT, Columns
from serving.whole_files import UNFINISHED, stored

__all__ = ["forget_spool", "spooled"]

_SPOOL = Path(".input", "stdin.jsonl")


def spooled(inputs: Sequence[str], folder: Path) -> list[str]:
    """The inputs, with standard input as a file, which is there again after an interrupt.

    Where standard input is empty, what an earlier start was given is meant.

    Raises:
        InputError: the folder holds the scores of another input, standard input was not kept whole, or
            it is closed.
        StorageError: there is no room for it.
    """
    if str(STANDARD_INPUT) not in inputs:
        return list(inputs)
    if sys.stdin is None:
        raise InputError("Standard input is closed.")
    file, fresh = folder / _SPOOL, folder / f"{UNFINISHED}stdin"
    was_cut = fresh.exists()
    with stored(file), fresh.open("wb") as spool:
        shutil.copyfileobj(sys.stdin.buffer, spool)
    if was_cut and not fresh.stat().st_size and not file.exists():
        fresh.unlink()
        raise InputError("The run was stopped before it had all of standard input; send it again.")
    if fresh.stat().st_size or not file.exists():
        _check(fresh, folder)
        file.parent.mkdir(exist_ok=True)
        fresh.replace(file)
    else:
        fresh.unlink()
    return [str(file) if name == str(STANDARD_INPUT) else name for name in inputs]


def _check(fresh: Path, folder: Path) -> None:
    """Refuses what a run that is under way was not given, before it takes the place of what it was."""
    run = claimed(folder)
    if run and Source(fresh, fresh.name, Columns()).digest() not in dict(run["input"]).values():
        fresh.unlink()
        raise refusal(folder, ["input"])


def forget_spool(folder: Path) -> None:
    """Removes what was kept of standard input."""
    shutil.rmtree(folder / _SPOOL.parent, ignore_errors=True)
