"""The part of the corpus whose labels are balanced (`hudna corpus balanced`).

News asks for many sentences in which nobody takes a stance; the whole corpus has them, and so has fewer
stances than a balanced set. This draws from it the part whose labels come nearest to `BALANCE`: all
whole articles, and of the other sentences those that a linear program picks (HiGHS, Huangfu & Hall
2018, https://doi.org/10.1007/s12532-017-0130-5); the sides of a contrast pair come together.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, identity, vstack

from training.dataset import LabelledSentence, labels_of, read_sentences

__all__ = ["BALANCE", "balanced", "print_balanced"]

BALANCE = {  # of judgements; the rest shows no stance, or a neutral sentiment
    ("ceasefire", "favor"): 0.25,
    ("ceasefire", "against"): 0.14,
    ("ceasefire", "conditional"): 0.14,
    ("offensive", "favor"): 0.15,
    ("offensive", "against"): 0.15,
    ("offensive", "conditional"): 0.04,
    ("sentiment", "positive"): 0.18,
    ("sentiment", "negative"): 0.27,
}

_ANY = 1e-6  # of a unit


def balanced(
    sentences: Sequence[LabelledSentence], least: int = 12_000, least_judgements: int = 27_000
) -> list[LabelledSentence]:
    """The balanced part, in the order given: at least so many sentences and judgements, or all.

    What is minimised is the sum over `BALANCE` of how far the share of a label is from the one wished,
    in relation to that.
    """
    units = list(_units(sentences).values())
    sizes = np.array([len(unit) for unit in units])
    judged = np.array([sum(len(sentence.actors) for sentence in unit) for unit in units])
    if sizes.sum() <= least or judged.sum() <= least_judgements:
        return list(sentences)
    in_article = [unit[0].is_of_article for unit in units]
    counts = np.array([[labels_of(unit, h).count(label) for unit in units] for h, label in BALANCE])
    taken = _taken(counts, judged, sizes, in_article, least, least_judgements)
    chosen = {
        sentence.id for unit, is_taken in zip(units, taken, strict=True) if is_taken for sentence in unit
    }
    return [sentence for sentence in sentences if sentence.id in chosen]


def print_balanced(folder: Path) -> None:
    """Prints the rows of a corpus that are in its balanced part, as they stand in its files.

    Raises:
        InputError: as `read_sentences`.
    """
    chosen = {sentence.id for sentence in balanced(read_sentences(folder))}
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8").split("\n"):
            if line.strip() and json.loads(line)["id"] in chosen:
                sys.stdout.write(line + "\n")


def _units(sentences: Sequence[LabelledSentence]) -> dict[str, list[LabelledSentence]]:
    """What is taken or left together: a contrast pair, or a sentence."""
    units: dict[str, list[LabelledSentence]] = {}
    for sentence in sentences:
        pairs = sorted(tie for tie in sentence.ties if tie.startswith("pair "))
        units.setdefault(pairs[0] if pairs else sentence.id, []).append(sentence)
    return units


def _taken(
    counts: NDArray[np.int64],
    judged: NDArray[np.int64],
    sizes: NDArray[np.int64],
    forced: Sequence[bool],
    least: int,
    least_judgements: int,
) -> NDArray[np.bool_]:
    """Of every unit whether it is taken; `counts` has a row a label of `BALANCE`, a column a unit."""
    wished = np.array(list(BALANCE.values()))
    over = csr_array(counts - wished[:, None] * judged)
    slack = identity(len(wished), format="csr")
    enough = hstack([csr_array(-np.array([sizes, judged])), csr_array((2, len(wished)))])
    found = linprog(
        np.concatenate([np.zeros(len(sizes)), 1 / wished]),
        A_ub=vstack([hstack([over, -slack]), hstack([-over, -slack]), enough]),
        b_ub=np.concatenate([np.zeros(2 * len(wished)), [-least, -least_judgements]]),
        bounds=[(float(must), 1.0) for must in forced] + [(0.0, None)] * len(wished),
        method="highs",
    )
    taken: NDArray[np.bool_] = found.x[: len(sizes)] > _ANY  # all but a few are whole already
    return taken
