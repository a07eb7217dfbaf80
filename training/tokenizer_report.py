"""How a tokenizer fits real text, and whether its preparation is AraBERT's (`hudna tokenizer`)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer

from models.errors import InputError
from models.registry import load_registry
from training.pretraining_text import read_lines

__all__ = ["TokenizerReport", "measure_tokenizer", "print_tokenizer_report"]

_LONGEST_NAME = 2  # pieces


@dataclass(frozen=True)
class TokenizerReport:
    """What was measured on so many lines; `long_names` have a word of three pieces or more."""

    lines: int
    fertility: float  # pieces per word between blanks
    unknown: float  # share of the pieces
    long_names: dict[str, list[str]]
    same: int  # lines that the arabert package prepares alike
    differences: Counter[str]


def measure_tokenizer(tokenizer: Tokenizer, lines: Sequence[str]) -> TokenizerReport:
    """Measures a tokenizer whose preparation is inside it on lines of text.

    Raises:
        InputError: there are no lines.
    """
    from arabert.preprocess import ArabertPreprocessor  # only developers have it installed

    if not lines:
        raise InputError("There are no lines to measure the tokenizer on.")
    prepared = [_prepared(tokenizer, line) for line in lines]
    pieces = [encoding.tokens for encoding in tokenizer.encode_batch(lines, add_special_tokens=False)]
    theirs = map(ArabertPreprocessor("bert-base-arabertv02").preprocess, lines)
    differences = [
        list(_differences(own, other.split())) for own, other in zip(prepared, theirs, strict=True)
    ]
    count = sum(map(len, pieces))
    return TokenizerReport(
        lines=len(lines),
        fertility=count / sum(len(line.split()) for line in lines),
        unknown=sum(tokens.count("[UNK]") for tokens in pieces) / count,
        long_names=_long_names(tokenizer),
        same=sum(not found for found in differences),
        differences=Counter(kind for found in differences for kind in found),
    )


def _prepared(tokenizer: Tokenizer, line: str) -> list[str]:
    """The words that the tokenizer's own preparation cuts a line into."""
    clean = tokenizer.normalizer.normalize_str(line)
    return [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(clean)]


def _differences(own: Sequence[str], theirs: Sequence[str]) -> Iterator[str]:
    """The kind of the first difference between two preparations of a line, if there is one."""
    for ours, other in zip_longest(own, theirs, fillvalue=""):
        if ours != other:
            yield _kind(ours + other)
            return


def _kind(word: str) -> str:
    if "[" in word:
        return "link, mail, user or bracket"
    if any(letter.isascii() and letter.isalpha() for letter in word):
        return "Latin letters"
    if any(letter.isdigit() for letter in word):
        return "digits"
    return "Arabic letters" if any(letter.isalpha() for letter in word) else "signs"


def _long_names(tokenizer: Tokenizer) -> dict[str, list[str]]:
    names = {actor.name for actor in load_registry().actors.values()}
    longest = {name: _longest(tokenizer, name) for name in sorted(names)}
    return {name: pieces for name, pieces in longest.items() if len(pieces) > _LONGEST_NAME}


def _longest(tokenizer: Tokenizer, name: str) -> list[str]:
    """The pieces of the word of a name that falls into most."""
    words = (tokenizer.encode(word, add_special_tokens=False).tokens for word in name.split())
    return max(words, key=len)


def print_tokenizer_report(folder: Path, files: Sequence[Path], lines: int) -> None:
    """Prints what is measured on so many lines, drawn at random from all of the files.

    Raises:
        InputError: there is no tokenizer.json in the folder, or a file cannot be read.
    """
    file = folder / "tokenizer.json"
    if not file.is_file():
        raise InputError(f"There is no tokenizer.json in {folder}.")
    every = [line for line in read_lines(files) if line]
    drawn = Random(0).sample(every, min(lines, len(every)))
    found = measure_tokenizer(Tokenizer.from_file(str(file)), drawn)
    table = Table("measured on real lines", "", box=None)
    table.add_row("lines", f"{found.lines:,}")
    table.add_row("pieces a word", f"{found.fertility:.3f}")
    table.add_row("unknown pieces", f"{found.unknown:.4%}")
    table.add_row("prepared as by the arabert package", f"{found.same / found.lines:.2%}")
    for kind, count in found.differences.most_common():
        table.add_row(f"  else: {kind}", str(count))
    table.add_row("main names with a word of over 2 pieces", str(len(found.long_names)))
    for name, pieces in found.long_names.items():
        table.add_row(f"  {name}", " ".join(pieces))
    Console(width=100).print(table)
