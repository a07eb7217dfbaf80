"""Text for pretraining: usable lines, packed rows, masked words."""

import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset
from transformers import PreTrainedTokenizerFast

from models.errors import InputError

__all__ = ["PackedRows", "WholeWordMasking", "line_counts", "read_lines"]

_ARABIC_WORD = re.compile(r"[\u0621-\u064A]{2,}")
_SHORTEST_LINE = 5  # words; shorter lines are menus, bylines and picture credits


def read_lines(files: Iterable[Path], about: str = "") -> Iterator[str]:
    """The usable lines of plain or xz-compressed UTF-8 text, an empty string between documents.

    With `about`, a regular expression, only the lines in which it is found.

    Raises:
        InputError: a file is missing, damaged or not UTF-8, or `about` is no regular expression.
    """
    subject = _subject(about)
    usable = map(_usable, _every_line(files))
    yield from (u for u in usable if u is not None and (not u or subject.search(u)))


def line_counts(files: Iterable[Path], about: str = "") -> dict[str, int]:
    """How many lines the files hold, how many are Arabic prose, and how many of those are `about` it.

    Raises:
        InputError: as `read_lines`.
    """
    subject, counts = _subject(about), Counter(lines=0, prose=0, about=0)
    for line in _every_line(files):
        usable = _usable(line)
        counts["lines"] += bool(line.strip())
        counts["prose"] += bool(usable)
        counts["about"] += bool(usable and subject.search(usable))
    return dict(counts)


def _subject(about: str) -> re.Pattern[str]:
    try:
        return re.compile(about)
    except re.error as error:
        raise InputError(f"{about!r} is no regular expression: {error}") from error


def _every_line(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        try:
            with _open(file) as lines:
                yield from lines
        except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError) as error:
            raise InputError(f"{file} cannot be read: {error}") from error


def _open(file: Path) -> TextIO:
    if file.suffix == ".xz":
        return lzma.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")


def _usable(line: str) -> str | None:
    """The line without its ends; an empty one stays, and one that is no Arabic prose is none."""
    words = line.split()
    is_prose = len(words) >= _SHORTEST_LINE and 2 * len(_ARABIC_WORD.findall(line)) > len(words)
    return line.strip() if is_prose or not words else None


class PackedRows(Dataset[NDArray[np.int64]]):
    """Text cut into rows of equal length: [CLS], pieces without padding, [SEP]."""

    def __init__(self, pieces: NDArray[np.uint16], sequence: int, cls: int, sep: int) -> None:
        body = sequence - 2
        self._rows = pieces[: len(pieces) // body * body].reshape(-1, body)
        self._frame = cls, sep

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> NDArray[np.int64]:
        cls, sep = self._frame
        return np.concatenate([[cls], self._rows[index], [sep]]).astype(np.int64)


class WholeWordMasking:
    """Collates rows and masks whole words: 80% [MASK], 10% a random piece, 10% kept.

    Every batch has the same number of masked positions, so that a compiled model sees one shape.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, rate: float) -> None:
        pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        self._continues = torch.tensor([piece.startswith("##") for piece in pieces])
        self._special = torch.tensor([piece in tokenizer.all_special_tokens for piece in pieces])
        self._mask, self._rate = int(tokenizer.mask_token_id), rate

    def __call__(self, rows: list[NDArray[np.int64]]) -> dict[str, Tensor]:
        """`input_ids` (rows, sequence); `positions` and `labels` (masked,), flat over the batch."""
        ids = torch.from_numpy(np.stack(rows)).flatten()
        word = torch.cumsum(~self._continues[ids], 0)
        draw = torch.rand(int(word[-1]) + 1)[word]
        draw[self._special[ids]] = 2.0
        positions = draw.argsort(stable=True)[: int(self._rate * len(ids))]
        labels, fate = ids[positions], torch.rand(len(positions))
        random_piece = torch.randint(len(self._continues), (len(positions),))
        masked = ids.clone()
        masked[positions] = torch.where(
            fate < 0.8, self._mask, torch.where(fate < 0.9, random_piece, labels)
        )
        return {"input_ids": masked.view(len(rows), -1), "positions": positions, "labels": labels}
