"""A scored archive as one page that can be saved, sent and shown, and as tables (`hudna report`)."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from models.network import SENTIMENT
from serving import charts
from serving.scored import Scored, read_scored
from serving.shares import SIDES, Change, Share, changes, most_named, period_of, shares

__all__ = ["write_report"]

_SAMPLES = 3  # sentences behind a number
_ARABIC = {  # of the page; ids and dates stay as they are
    "ceasefire": "وقف إطلاق النار", "offensive": "الهجوم على طرابلس", SENTIMENT: "النبرة تجاهه",
    "favor": "مع", "against": "ضد", "conditional": "بشروط", "positive": "إيجابية", "negative": "سلبية",
}  # fmt: skip


@dataclass(frozen=True)
class _Findings:
    """What a report tells; `shares` are over all and by period."""

    scored: Scored
    names: Mapping[str, str]
    period: str | None
    shares: Sequence[Share]
    changes: Sequence[Change]
    samples: Mapping[tuple[str, str, str], list[dict[str, Any]]]

    def over_all(self, head: str) -> list[Share]:
        """A head's shares over all, in the order of the actors."""
        by_actor = {
            share.actor: share for share in self.shares if share.head == head and not share.period
        }
        return [by_actor[actor] for actor in self.names if actor in by_actor]

    def by_period(self, head: str, actor: str | None = None) -> list[Share]:
        """A head's shares of each period, of one actor or of all."""
        return [
            share
            for share in self.shares
            if share.head == head and share.period and (actor is None or share.actor == actor)
        ]

    def moved(self, head: str, actor: str) -> list[Change]:
        """Where an actor's net on a head moved."""
        return [change for change in self.changes if (change.head, change.actor) == (head, actor)]


def write_report(folder: Path, out: Path, actors: int = 12) -> list[Path]:
    """Writes the page at `out`, and its tables as CSV beside it; gives the files.

    Raises:
        InputError: there are no scores in `folder`.
    """
    findings = _found(read_scored(folder), actors)
    pages = Environment(
        loader=PackageLoader("serving"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    pages.filters["percent"] = lambda value: "–" if math.isnan(value) else f"{value:.0%}"
    page = pages.get_template("report.html").render(
        found=findings, charts=charts, sides=SIDES, arabic=_ARABIC, sentiment=SENTIMENT,
        coverage=_coverage(findings.scored),
    )  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, "utf-8")
    return [out, _write_shares(findings, out), _write_changes(findings, out)]


def _found(scored: Scored, most: int) -> _Findings:
    names = dict(most_named(scored, most))
    period = period_of(scored)
    measured = shares(scored, list(names), period)
    return _Findings(scored, names, period, measured, changes(measured), _samples(scored, list(names)))


def _samples(scored: Scored, actors: Sequence[str]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """The surest sentences behind each number, one an article."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for head in scored.heads:
        sides = SIDES.get(head, SIDES["stance"])
        shown = ["id", "date", "text", pl.col(f"{head}_confidence").alias("confidence")]
        rows = (
            scored.judgements.filter(
                pl.col("actor").is_in(actors), pl.col(head).is_in(sides), ~pl.col(f"{head}_uncertain")
            )
            .sort(f"{head}_confidence", "article", descending=[True, False])
            .unique(["actor", head, "text"], keep="first", maintain_order=True)
            .unique(["actor", head, "article"], keep="first", maintain_order=True)
            .group_by("actor", head, maintain_order=True)
            .agg(pl.struct(shown).head(_SAMPLES).alias("samples"))
            .collect()
        )
        found |= {(actor, head, side): samples for actor, side, samples in rows.iter_rows()}
    return found


def _coverage(scored: Scored) -> dict[str, Any]:
    """How much there was to judge, and how much of it the checkpoint was sure of."""
    told = scored.judgements.select(
        pl.len().alias("judgements"),
        pl.col("article").n_unique().alias("articles"),
        pl.col("date").min().alias("first"),
        pl.col("date").max().alias("last"),
        *(pl.col(f"{head}_uncertain").mean().alias(f"{head} uncertain") for head in scored.heads),
    )
    return told.collect().row(0, named=True)


def _write_shares(findings: _Findings, page: Path) -> Path:
    file = page.with_name(f"{page.stem}-shares.csv")
    with file.open("w", encoding="utf-8", newline="") as rows:
        table = csv.writer(rows)
        table.writerow(
            [
                "actor",
                "name",
                "head",
                "period",
                "judged",
                "uncertain",
                "bearing",
                "side",
                "share",
                "low",
                "high",
            ]
        )
        for share in findings.shares:
            told = [share.head, share.period or "", share.judged, share.uncertain, share.bearing]
            for side, values in {**share.sides, "net": share.net}.items():
                numbers = ["" if math.isnan(value) else round(value, 4) for value in values]
                table.writerow([share.actor, findings.names[share.actor], *told, side, *numbers])
    return file


def _write_changes(findings: _Findings, page: Path) -> Path:
    file = page.with_name(f"{page.stem}-changes.csv")
    with file.open("w", encoding="utf-8", newline="") as rows:
        table = csv.writer(rows)
        table.writerow(["actor", "name", "head", "since", "net before", "net after"])
        for each in findings.changes:
            told = [each.actor, findings.names[each.actor], each.head, each.period]
            table.writerow([*told, round(each.before, 4), round(each.after, 4)])
    return file
