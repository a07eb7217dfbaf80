"""How far two independent readings of the corpus agree (`hudna corpus agreement`)."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import krippendorff
from rich.console import Console
from rich.table import Table
from sklearn.metrics import cohen_kappa_score

from models.labels import labels_by_head

__all__ = ["LEAST", "SECOND_READING", "agreement", "print_agreement", "weak_batches"]

SECOND_READING = Path(__file__).parent / "second_reading" / "judgements.jsonl"
LEAST = 0.8  # kappa of a batch whose labels need no other look
_ENOUGH = 50  # judgements of a batch; of fewer, one that differs says nothing


def agreement(file: Path, batches: tuple[str, ...] = ()) -> dict[str, tuple[int, float, float]]:
    """By head: judgements, Cohen's kappa and Krippendorff's nominal alpha of the two readings.

    A line of `file` holds a judgement's `first` and `second` labels, before adjudication; only those
    whose ids begin like one of `batches` count, where any is named.
    """
    rows = [row for row in _rows(file) if not batches or row["id"].startswith(batches)]
    found = {}
    for head, labels in labels_by_head().items():
        readings = _readings(rows, head)
        indices = [[labels.index(label) for label in reading] for reading in readings]
        alpha = krippendorff.alpha(reliability_data=indices, level_of_measurement="nominal")
        found[head] = len(rows), float(cohen_kappa_score(*readings)), float(alpha)
    return found


def weak_batches(file: Path) -> list[tuple[str, str, int, int, float]]:
    """Files of the corpus that the readers saw differently, before adjudication, by name.

    File, head, judgements, those that differ, and Cohen's kappa, under `LEAST`.
    """
    batches = defaultdict(list)
    for row in _rows(file):
        batches[row["id"].split("-")[0]].append(row)
    found = []
    for batch, rows in sorted(batches.items()):
        for head in labels_by_head():
            first, second = _readings(rows, head)
            differing = sum(one != other for one, other in zip(first, second, strict=True))
            if len(rows) >= _ENOUGH and differing:
                found.append(
                    (batch, head, len(rows), differing, float(cohen_kappa_score(first, second)))
                )
    return [each for each in found if each[-1] < LEAST]


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _readings(rows: Sequence[dict[str, Any]], head: str) -> list[list[str]]:
    return [[row[reader][head] for row in rows] for reader in ("first", "second")]


def print_agreement(file: Path = SECOND_READING) -> None:
    """Prints `agreement` and `weak_batches` as tables."""
    table = Table("head", "judgements", "Cohen's kappa", "Krippendorff's alpha", box=None)
    for head, (count, kappa, alpha) in agreement(file).items():
        table.add_row(head, str(count), f"{kappa:.3f}", f"{alpha:.3f}")
    weak = Table("batch", "head", "judgements", "differ", "Cohen's kappa", box=None)
    for batch, head, count, differing, kappa in weak_batches(file):
        weak.add_row(batch, head, str(count), str(differing), f"{kappa:.3f}")
    console = Console()
    console.print(table, f"\nBatches under {LEAST}, before adjudication:", weak, sep="\n")
