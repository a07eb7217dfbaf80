"""What `hudna score` wrote, read again: a row a judgement, whatever the form it was written in."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from models.errors import InputError
from models.labels import SENTIMENT
from serving.ledger import Counts, read_counts

__all__ = ["Scored", "read_scored"]

_DATED = date(1900, 1, 1), date(2100, 1, 1)  # archives write others where they know no date


@dataclass(frozen=True)
class Scored:
    """A scored folder: its files, the heads that were judged, by which model, and what was counted.

    `is_whole` where its run came to its end.
    """

    files: list[Path]
    heads: list[str]
    model: str
    counts: Counts
    is_whole: bool

    @property
    def judgements(self) -> pl.LazyFrame:
        """Every judgement, unread until it is collected.

        Its columns: `article` (which one; with `--flat` those of one id are one), `id`, `date` (none
        where none can be read, or where it stands for none, as 0001-01-01 does), `text`, `actor`,
        `name`, and for every head its label, `…_confidence` and `…_uncertain`.
        """
        rows = pl.scan_parquet(self.files, glob=False)  # a folder may have brackets in its name
        is_nested = "sentences" in rows.collect_schema()
        flat = _unnested(rows, self.heads) if is_nested else rows.with_columns(article="id")
        # The day is that of the time as it was written, whatever its zone.
        days = (
            pl.col("date").str.slice(0, length).str.to_date(form, strict=False)
            for length, form in ((10, "%Y-%m-%d"), (8, "%Y%m%d"))
        )
        day = pl.coalesce(*days)
        return flat.with_columns(date=pl.when(day.is_between(*_DATED)).then(day))


def read_scored(folder: Path) -> Scored:
    """The scores in a folder.

    Raises:
        InputError: there are none, or what is there cannot be read.
    """
    parts = sorted(folder.glob("part-*.parquet"))
    if not parts:
        raise InputError(f"There are no scores in {folder}.")
    try:
        schema = parquet.read_schema(parts[0])
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{parts[0]} cannot be read: {error}.") from error
    told = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    digest = told.get("hudna.digest", "")[:8]
    model = f"{told.get('hudna.model', '?')} {told.get('hudna.version', '?')} {digest}".strip()
    if "sentences" in schema.names:
        stances = schema.field("actors").type.value_type.field("stance").type
        heads = [*(stances.field(place).name for place in range(stances.num_fields)), SENTIMENT]
    else:
        heads = [name.removesuffix("_uncertain") for name in schema.names if name.endswith("_uncertain")]
    if not heads:
        raise InputError(f"{parts[0]} holds no scores of hudna score.")
    return Scored(parts, heads, model, *read_counts(folder))


def _unnested(rows: pl.LazyFrame, heads: list[str]) -> pl.LazyFrame:
    rows = rows.with_row_index("article")
    kept = ["article", "id", "date"]
    titles = rows.filter(pl.col("title").is_not_null()).select(*kept, sentence="title")
    sentences = rows.select(*kept, sentence="sentences").explode("sentence")
    judged = (
        pl.concat([titles, sentences])
        .select(
            *kept,
            pl.col("sentence").struct.field("text"),
            judgement=pl.col("sentence").struct.field("judgements"),
        )
        .explode("judgement")
        .filter(pl.col("judgement").is_not_null())
    )
    judgement = pl.col("judgement").struct
    decisions = [_decision(head) for head in heads]
    return judged.select(
        *kept, "text", judgement.field("actor"), judgement.field("name"),
        *(column for columns in decisions for column in columns),
    )  # fmt: skip


def _decision(head: str) -> list[pl.Expr]:
    judgement = pl.col("judgement").struct
    holder = judgement if head == SENTIMENT else judgement.field("stance").struct
    decided = holder.field(head)
    return [
        decided.struct.field("label").alias(head),
        decided.struct.field("confidence").alias(f"{head}_confidence"),
        decided.struct.field("uncertain").alias(f"{head}_uncertain"),
    ]
