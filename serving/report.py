"""A scored archive as one page that can be saved, sent and shown, and as tables (`hudna report`)."""

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from models.errors import InputError, StorageError
from models.labels import SENTIMENT
from models.registry import load_registry
from serving import charts
from serving.scored import Scored, read_scored
from serving.shares import PERIODS, SIDES, Change, Share, changes, most_named, period_of, shares, when
from serving.wording import WORDS

__all__ = ["write_report"]

# What a spreadsheet would take for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_SAMPLES = 3  # sentences for each side that an actor takes, over all and in each period


@dataclass(frozen=True)
class _Findings:
    """What a report tells; `names` are English and Arabic by actor.

    `shares` are over all and by period, and so are `samples`, by actor, head, period and side.
    """

    scored: Scored
    names: Mapping[str, tuple[str, str]]
    period: str | None
    shares: Sequence[Share]
    changes: Sequence[Change]
    samples: Mapping[tuple[str, str, date | None, str], list[dict[str, Any]]]

    @property
    def labels(self) -> dict[str, str]:
        """Both names of every actor, for pictures."""
        return {actor: " · ".join(dict.fromkeys(names)) for actor, names in self.names.items()}

    def over_all(self, head: str) -> list[Share]:
        """A head's shares over all, in the order of the actors."""
        whole = (share for share in self.shares if share.head == head and not share.period)
        by_actor = {share.actor: share for share in whole}
        return [by_actor[actor] for actor in self.names]

    def by_period(self, head: str, actor: str | None = None) -> list[Share]:
        """A head's shares of each period in which a side was taken, of one actor or of all."""
        return [
            share
            for share in self.shares
            if share.head == head and share.period and share.bearing and actor in (None, share.actor)
        ]

    def moved(self, head: str, actor: str) -> list[Change]:
        """Where an actor's net on a head moved."""
        return [change for change in self.changes if (change.head, change.actor) == (head, actor)]


def write_report(folder: Path, out: Path, actors: int = 12, every: str = "") -> list[Path]:
    """Writes the page at `out`, and its tables as CSV beside it; gives the files.

    `every` is how long a period is (a value of `PERIODS`); if empty, the archive's dates decide.

    Raises:
        InputError: there are no scores in `folder`, nobody is judged in them, or no period is so long.
        StorageError: the files cannot be written.
    """
    findings = _found(read_scored(folder), actors, every)
    pages = Environment(
        loader=PackageLoader("serving"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    for name, form in {"percent": "{:.0%}", "signed": "{:+.2f}"}.items():
        pages.filters[name] = partial(_written, form)
    coverage = _coverage(findings.scored)
    # Titles of pictures are text, so no macro's markup.
    pages.globals["plain"] = lambda name: " · ".join(WORDS.get(name, (name, name)))
    page = pages.get_template("report.html").render(
        found=findings, charts=charts, sides=SIDES, words=WORDS, sentiment=SENTIMENT,
        coverage=coverage,
    )  # fmt: skip
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(page, "utf-8")
        return [
            out, _write_shares(findings, out), _write_changes(findings, out),
            _write_sentences(findings, out), _write_coverage(coverage, out),
        ]  # fmt: skip
    except OSError as error:
        raise StorageError(f"{out} cannot be written: {error.strerror}.") from error


def _found(scored: Scored, most: int, every: str) -> _Findings:
    named = most_named(scored, most)
    if not named:
        raise InputError("Nobody is judged in these scores.")
    known = load_registry().actors
    names = {key: (known[key].english if key in known else name, name) for key, name in named}
    period = _period(every) if every else period_of(scored)
    measured = shares(scored, list(names), period)
    samples = dict(_samples(scored, list(names), period))
    return _Findings(scored, names, period, measured, changes(measured), samples)


def _written(form: str, value: float) -> str:
    return "–" if math.isnan(value) else form.format(value)


def _period(every: str) -> str:
    by_name = {name: period for period, name in PERIODS.items()}
    if every not in by_name:
        raise InputError(f"There is no period {every!r}, but {', '.join(by_name)}.")
    return by_name[every]


def _samples(
    scored: Scored, actors: Sequence[str], period: str | None
) -> Iterator[tuple[tuple[str, str, date | None, str], list[dict[str, Any]]]]:
    """The surest sentences for each side of each actor, over all and in each period."""
    for head in scored.heads:
        for actor, _, side, samples in _surest(scored, actors, head):
            yield (actor, head, None, side), samples
        for actor, begins, side, samples in _surest(scored, actors, head, period) if period else ():
            if begins:
                yield (actor, head, begins, side), samples


def _surest(
    scored: Scored, actors: Sequence[str], head: str, period: str | None = None
) -> Iterator[tuple[Any, ...]]:
    """By actor, period (or over all) and side of a head: the surest sentences, one an article."""
    by, sure = ["actor", "period", head], f"{head}_confidence"
    shown = ["id", "date", "text", pl.col(sure).alias("confidence")]
    return (
        scored.judgements.with_columns(period=when(period))
        .filter(
            pl.col("actor").is_in(actors),
            pl.col(head).is_in(SIDES.get(head, SIDES["stance"])),
            ~pl.col(f"{head}_uncertain"),
        )
        .sort(sure, "article", "text", descending=[True, False, False])
        .unique([*by, "text"], keep="first", maintain_order=True)
        .unique([*by, "article"], keep="first", maintain_order=True)
        .group_by(by, maintain_order=True)
        .agg(pl.struct(shown).head(_SAMPLES).alias("samples"))
        .sort(by)
        .collect()
        .iter_rows()
    )


def _coverage(scored: Scored) -> dict[str, Any]:
    """How much could be read and was judged, and how much of it the checkpoint was not sure of."""
    told = scored.judgements.select(
        pl.lit(scored.counts.articles).alias("articles"),
        pl.lit(scored.counts.quarantined).alias("bad rows"),
        pl.col("article").n_unique().alias("articles that name an actor"),
        pl.len().alias("judgements"),
        pl.col("date").min().alias("first"),
        pl.col("date").max().alias("last"),
        pl.col("date").is_null().mean().alias("undated"),
        *(pl.col(f"{head}_uncertain").mean().alias(f"{head} uncertain") for head in scored.heads),
    )
    return told.collect().row(0, named=True)


def _write_shares(findings: _Findings, page: Path) -> Path:
    columns = [
        "actor", "name", "head", "every", "period", "judged", "uncertain", "bearing", "side", "share",
        "low", "high",
    ]  # fmt: skip
    every = PERIODS.get(findings.period or "", "")
    rows = (
        [
            share.actor, findings.names[share.actor][1], share.head, every if share.period else "all",
            share.period or "", share.judged, share.uncertain, share.bearing, side,
            *("" if math.isnan(value) else round(value, 4) for value in values),
        ]
        for share in findings.shares
        for side, values in {**share.sides, "net": share.net}.items()
    )  # fmt: skip
    return _write_table(page.with_name(f"{page.stem}-shares.csv"), columns, rows)


def _write_changes(findings: _Findings, page: Path) -> Path:
    rows = (
        [each.actor, findings.names[each.actor][1], each.head, each.period, each.before, each.after]
        for each in findings.changes
    )
    columns = ["actor", "name", "head", "since", "net before", "net after"]
    return _write_table(page.with_name(f"{page.stem}-changes.csv"), columns, rows)


def _write_sentences(findings: _Findings, page: Path) -> Path:
    """What stands behind the shares, over all and of each period."""
    columns = ["actor", "name", "head", "every", "period", "side", "confidence", "id", "date", "text"]
    every = PERIODS.get(findings.period or "", "")
    rows = (
        [
            actor, findings.names[actor][1], head, every if begins else "all", begins or "", side,
            round(sample["confidence"], 4), sample["id"], sample["date"], sample["text"],
        ]
        for (actor, head, begins, side), samples in findings.samples.items()
        for sample in samples
    )  # fmt: skip
    return _write_table(page.with_name(f"{page.stem}-sentences.csv"), columns, rows)


def _write_coverage(coverage: Mapping[str, Any], page: Path) -> Path:
    row = [round(cell, 4) if isinstance(cell, float) else cell for cell in coverage.values()]
    return _write_table(page.with_name(f"{page.stem}-coverage.csv"), list(coverage), [row])


def _write_table(file: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with file.open("w", encoding="utf-8-sig", newline="") as lines:  # Excel wants the mark
        table = csv.writer(lines)
        table.writerow(columns)
        table.writerows(map(_as_data, row) for row in rows)
    return file


def _as_data(cell: Any) -> Any:
    """What a spreadsheet would take for a formula, quoted."""
    is_formula = isinstance(cell, str) and cell.startswith(_FORMULA)
    return f"'{cell}" if is_formula else cell
