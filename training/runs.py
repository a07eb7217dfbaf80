"""A run's folder: whose it is, and where it stopped."""

import json
import os
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.errors import InputError

__all__ = ["claim", "last_checkpoint", "write_whole"]


_GOES_ON = ("steps", "epochs", "out")  # how long, and where


def claim(folder: Path, arguments: Any, free: Collection[str] = _GOES_ON, **read: str) -> None:
    """Writes a run's arguments (a dataclass) into its folder, or compares them with those there.

    Those that are `free` may change between starts; `read` are digests of what the run reads.

    Raises:
        InputError: the folder belongs to a run with other arguments.
    """
    told = {name: str(value) for name, value in asdict(arguments).items()} | read
    file = folder / "arguments.json"
    if file.exists():
        before = json.loads(file.read_text("utf-8"))
        for name in sorted(told.keys() - set(free)):
            if told[name] != before.get(name):
                raise InputError(
                    f"{folder} holds a run with {name} {before.get(name)}, not {told[name]}; "
                    "choose another --out, or remove it."
                )
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def write_whole(file: Path, found: Any) -> None:
    """Writes what was found as JSON, whole or not at all, whoever else writes the same file."""
    unfinished = file.with_suffix(f".part{os.getpid()}")
    unfinished.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    unfinished.replace(file)


def last_checkpoint(folder: Path) -> str | None:
    """The newest checkpoint of a trainer that was written to its end, if there is one."""
    whole = [file.parent for file in folder.glob("checkpoint-*/trainer_state.json")]
    newest = max(whole, key=lambda found: int(found.name.split("-")[1]), default=None)
    return str(newest) if newest else None
