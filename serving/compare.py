"""Two checkpoints on the same archive: how often they agree, and where they do not (`hudna compare`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from sklearn.metrics import cohen_kappa_score

from models.errors import InputError
from serving.scored import Scored, read_scored

__all__ = ["Agreement", "agreements", "print_comparison"]

_KEY = ["id", "text", "actor"]


@dataclass(frozen=True)
class Agreement:
    """How two checkpoints' labels of one head compare; `moves` counts (before, after) that differ."""

    head: str
    judged: int
    agreed: float
    kappa: float
    confidence: tuple[float, float]
    moves: dict[tuple[str, str], int]
    examples: Sequence[tuple[str, str, str, str]]  # labels, actor's name, sentence


def print_comparison(first: Path, second: Path, examples: int = 5) -> None:
    """Prints agreement by head, the most frequent moves, and sentences behind them.

    Raises:
        InputError: there are no scores, or none of the same sentences and heads.
    """
    before, after = read_scored(first), read_scored(second)
    console = Console(width=110, soft_wrap=True)
    table = Table(
        "head", "judgements", "agree", "kappa", f"confidence, {before.model}", after.model, box=None
    )
    found = agreements(before, after, examples)
    for each in found:
        confidence = (f"{value:.1%}" for value in each.confidence)
        table.add_row(
            each.head, f"{each.judged:,}", f"{each.agreed:.1%}", f"{each.kappa:.3f}", *confidence
        )
    console.print(table)
    for each in found:
        for (was, becomes), count in each.moves.items():
            console.print(f"{each.head}: {was} → {becomes}  {count:,}")
        for was, becomes, name, text in each.examples:
            console.print(f"  {was} → {becomes}  {name}\n  {text}", markup=False)


def agreements(before: Scored, after: Scored, examples: int = 5) -> list[Agreement]:
    """The agreement on every head that both have, over the judgements that both have.

    Raises:
        InputError: they have no head or no judgement in common.
    """
    heads = [head for head in before.heads if head in after.heads]
    both = (
        before.judgements.unique(_KEY, keep="first", maintain_order=True)
        .join(
            after.judgements.unique(_KEY, keep="first"), on=_KEY, suffix=" after", maintain_order="left"
        )
        .collect()
    )
    if not heads or both.is_empty():
        raise InputError(f"{before.folder} and {after.folder} have no judgement in common.")
    return [_agreement(head, both, examples) for head in heads]


def _agreement(head: str, both: pl.DataFrame, examples: int) -> Agreement:
    was, becomes = pl.col(head), pl.col(f"{head} after")
    moved = both.filter(was != becomes)
    counts = moved.group_by(was, becomes).len().sort("len", head, descending=[True, False])
    surest = moved.with_columns(
        least=pl.min_horizontal(f"{head}_confidence", f"{head}_confidence after")
    ).sort("least", "id", descending=[True, False])
    return Agreement(
        head=head,
        judged=len(both),
        agreed=1 - len(moved) / len(both),
        kappa=float(cohen_kappa_score(both[head], both[f"{head} after"])),
        confidence=(_mean(both, f"{head}_confidence"), _mean(both, f"{head}_confidence after")),
        moves={(one, other): count for one, other, count in counts.iter_rows()},
        examples=list(surest.head(examples).select(was, becomes, "name", "text").iter_rows()),
    )


def _mean(frame: pl.DataFrame, column: str) -> float:
    return float(frame.select(pl.col(column).mean()).item())
