"""What `hudna score` wrote, read again: a row a judgement, whatever the form it was written in."""

from pathlib import Path

import polars as pl
from pyarrow import parquet

from models.errors import InputError
from models.network import SENTIMENT

__all__ = ["Scored", "read_scored"]

_PART = "part-*.parquet"


class Scored:
    """The judgements of a scored folder.

    `judgements` has the columns `article` (its number), `id`, `date` (none where there is none that can
    be read), `text`, `actor`, `name`, and for every head its label, `…_confidence` and `…_uncertain`.
    """

    def __init__(self, folder: Path, heads: list[str], model: str, articles: int) -> None:
        self.folder, self.heads, self.model, self.articles = folder, heads, model, articles

    @property
    def judgements(self) -> pl.LazyFrame:
        """Every judgement, unread until it is collected."""
        rows = pl.scan_parquet(self.folder / _PART)
        flat = _unnested(rows, self.heads) if "sentences" in rows.collect_schema() else _numbered(rows)
        # The day is that of the time as it was written, whatever its zone.
        return flat.with_columns(pl.col("date").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False))


def read_scored(folder: Path) -> Scored:
    """The scores in a folder.

    Raises:
        InputError: there are none.
    """
    parts = sorted(folder.glob(_PART))
    if not parts:
        raise InputError(f"There are no scores in {folder}.")
    schema = parquet.read_schema(parts[0])
    told = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items()}
    model = f"{told.get('hudna.model', '?')} {told.get('hudna.version', '?')}"
    if "sentences" in schema.names:
        stances = schema.field("actors").type.value_type.field("stance").type
        heads = [stances.field(place).name for place in range(stances.num_fields)]
        return Scored(folder, [*heads, SENTIMENT], model, _rows(parts))
    heads = [name.removesuffix("_uncertain") for name in schema.names if name.endswith("_uncertain")]
    articles = pl.scan_parquet(folder / _PART).select(pl.col("id").n_unique()).collect().item()
    return Scored(folder, heads, model, articles)


def _rows(parts: list[Path]) -> int:
    return sum(parquet.read_metadata(part).num_rows for part in parts)


def _numbered(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.with_columns(pl.col("id").rank("dense").cast(pl.UInt32).alias("article"))


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
    decided = (
        judgement.field(head) if head == SENTIMENT else judgement.field("stance").struct.field(head)
    )
    return [
        decided.struct.field("label").alias(head),
        decided.struct.field("confidence").alias(f"{head}_confidence"),
        decided.struct.field("uncertain").alias(f"{head}_uncertain"),
    ]
