"""How far two independent readings of the corpus agree (`hudna corpus agreement`)."""

import json
from pathlib import Path

import krippendorff
from rich.console import Console
from rich.table import Table
from sklearn.metrics import cohen_kappa_score

from models.network import StanceConfig

__all__ = ["SECOND_READING", "agreement", "print_agreement"]

SECOND_READING = Path(__file__).parent / "second_reading" / "judgements.jsonl"


def agreement(file: Path) -> dict[str, tuple[int, float, float]]:
    """By head: judgements, Cohen's kappa and Krippendorff's nominal alpha of the two readings.

    A line of `file` holds a judgement's `first` and `second` labels, before adjudication.
    """
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    found = {}
    for head, labels in StanceConfig().heads.items():
        readings = [[row[reader][head] for row in rows] for reader in ("first", "second")]
        indices = [[labels.index(label) for label in reading] for reading in readings]
        alpha = krippendorff.alpha(reliability_data=indices, level_of_measurement="nominal")
        found[head] = len(rows), float(cohen_kappa_score(*readings)), float(alpha)
    return found


def print_agreement(file: Path = SECOND_READING) -> None:
    """Prints `agreement` as a table."""
    table = Table("head", "judgements", "Cohen's kappa", "Krippendorff's alpha", box=None)
    for head, (count, kappa, alpha) in agreement(file).items():
        table.add_row(head, str(count), f"{kappa:.3f}", f"{alpha:.3f}")
    Console().print(table)
