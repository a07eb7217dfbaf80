"""Two checkpoints on the same archive: how often they agree, and where they do not (`hudna compare`)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from sklearn.metrics import cohen_kappa_score

from models.errors import InputError
from serving.claims import claimed
from serving.scored import Scored, read_scored
from serving.shares import Interval, intervals

__all__ = ["Agreement", "agreements", "print_comparison"]

_KEY = ["id", "text", "actor"]


@dataclass(frozen=True)
class Agreement:
    """How two checkpoints' labels of one head compare, over the judgements that both have.

    `agreed` is their share with its 95% interval, a bootstrap over articles; `agreed_sure` is of those
    of which both are sure; `moves` counts (before, after) that differ.
    """

    head: str
    judged: int
    agreed: Interval
    agreed_sure: float | None
    kappa: float | None  # none where there is one label alone
    uncertain: tuple[float, float]
    moves: dict[tuple[str, str], int]
    examples: Sequence[tuple[str, str, str, str]]  # labels, actor's name, sentence


def print_comparison(first: Path, second: Path, examples: int = 5) -> None:
    """Prints agreement by head, the most frequent moves, and sentences behind them.

    Raises:
        InputError: there are no scores, or none of the same sentences and heads.
    """
    before, after = read_scored(first), read_scored(second)
    console = Console(width=110, soft_wrap=True, highlight=False)
    for name, scored in (("first", before), ("second", after)):
        apart = scored.judgements.select(pl.struct(_KEY).n_unique()).collect().item()
        console.print(
            f"{name}: {scored.model}, {scored.counts.judgements:,} judgements, "
            f"{apart:,} where a sentence that repeats in an article counts once"
        )
    if _inputs(first) != _inputs(second):
        console.print("These are scores of different inputs; what is told is of the judgements in both.")
    table = Table("head", "in both", "agree", "where both are sure", "kappa", "unsure", box=None)
    found = agreements(before, after, examples)
    for each in found:
        sure = "–" if each.agreed_sure is None else f"{each.agreed_sure:.1%}"
        unsure = " / ".join(f"{share:.1%}" for share in each.uncertain)
        kappa = "–" if each.kappa is None else f"{each.kappa:.3f}"
        table.add_row(each.head, f"{each.judged:,}", _told(each.agreed), sure, kappa, unsure)
    console.print(table)
    for each in found:
        for (was, becomes), count in each.moves.items():
            console.print(f"{each.head}: {was} → {becomes}  {count:,}")
        for was, becomes, name, text in each.examples:
            console.print(f"  {was} → {becomes}  {name}\n  {text}", markup=False)


def _told(agreed: Interval) -> str:
    share, low, high = agreed
    return f"{share:.1%}" if math.isnan(low) else f"{share:.1%} [{low:.1%}-{high:.1%}]"


def _inputs(folder: Path) -> list[str]:
    """The digests of what was scored, wherever it lay."""
    return sorted(digest for _, digest in claimed(folder).get("input", ()))


def agreements(before: Scored, after: Scored, examples: int = 5) -> list[Agreement]:
    """The agreement on every head that both have, over the judgements that both have.

    Raises:
        InputError: they have no head or no judgement in common.
    """
    heads = [head for head in before.heads if head in after.heads]
    both = (
        _decided(before, heads)
        .join(_decided(after, heads), on=_KEY, suffix=" after", maintain_order="left")
        .collect()
    )
    if not heads or both.is_empty():
        raise InputError("These scores have no judgement in common.")
    return [_agreement(head, both, examples) for head in heads]


def _decided(scored: Scored, heads: Sequence[str]) -> pl.LazyFrame:
    columns = (f"{head}{end}" for head in heads for end in ("", "_confidence", "_uncertain"))
    rows = scored.judgements.select(*_KEY, "name", *columns)
    return rows.unique(_KEY, keep="first", maintain_order=True)


def _agreement(head: str, both: pl.DataFrame, examples: int) -> Agreement:
    was, becomes = pl.col(head), pl.col(f"{head} after")
    unsure = [pl.col(f"{head}_uncertain"), pl.col(f"{head}_uncertain after")]
    moved = both.filter(was != becomes)
    counts = moved.group_by(was, becomes).len()
    counts = counts.sort("len", was, becomes, descending=[True, False, False])
    least = pl.min_horizontal(f"{head}_confidence", f"{head}_confidence after")
    surest = moved.sort(least, *_KEY, descending=[True, False, False, False])
    by_article = both.group_by("id").agg(agreed=(was == becomes).sum(), moved=(was != becomes).sum())
    counted = by_article.select(pl.col("agreed", "moved").cast(pl.Int64)).to_numpy()
    told = both.select(
        sure=(was == becomes).filter(~unsure[0] & ~unsure[1]).mean(),
        before=unsure[0].mean(),
        after=unsure[1].mean(),
    ).row(0, named=True)
    return Agreement(
        head=head,
        judged=len(both),
        agreed=intervals(counted)[0],
        agreed_sure=told["sure"],
        kappa=_kappa(both[head], both[f"{head} after"]),
        uncertain=(told["before"], told["after"]),
        moves={(one, other): count for one, other, count in counts.iter_rows()},
        examples=list(surest.head(examples).select(was, becomes, "name", "text").iter_rows()),
    )


def _kappa(first: pl.Series, second: pl.Series) -> float | None:
    if pl.concat([first, second]).n_unique() == 1:
        return None
    return float(cohen_kappa_score(first, second))
