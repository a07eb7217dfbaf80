"""Judged articles as Parquet: nested as the output contract has it, or flat, a row a judgement."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from models.labels import SENTIMENT, Sentiment, Stance
from models.results import Analysis, Judgement, Sentence

__all__ = ["Form", "flat_form", "nested_form"]

_SPAN = [("start", pa.int32()), ("end", pa.int32())]
_MENTIONS = pa.list_(pa.struct([*_SPAN, ("text", pa.string())]))


class Form:
    """A schema, and how an article becomes rows of it."""

    def __init__(
        self, fields: Sequence[tuple[str, Any]], is_flat: bool, told: Mapping[str, str]
    ) -> None:
        self._schema = pa.schema(fields, metadata=dict(told))
        self._is_flat = is_flat

    def write(self, analyses: Sequence[Analysis], file: Any) -> None:
        """Writes a file of Parquet, the same bytes for the same articles."""
        rows = [row for analysis in analyses for row in self._rows(analysis)]
        table = pa.Table.from_pylist(rows, self._schema)
        parquet.write_table(table, file, compression="zstd")

    def _rows(self, analysis: Analysis) -> Iterator[dict[str, Any]]:
        if self._is_flat:
            yield from _flat_rows(analysis)
        else:
            yield analysis.model_dump(mode="json")


def nested_form(heads: Mapping[str, Sequence[str]], told: Mapping[str, str]) -> Form:
    """A row an article; `heads` are the judged ones with their labels, `told` is the file's metadata."""
    stances = [head for head in heads if head != SENTIMENT]
    decisions = {head: pa.struct(_decision(labels)) for head, labels in heads.items()}
    judgement = pa.struct(
        [
            *_fields(pa.string(), "actor", "name"),
            ("mentions", _MENTIONS),
            ("stance", pa.struct([(head, decisions[head]) for head in stances])),
            (SENTIMENT, decisions[SENTIMENT]),
        ]
    )
    sentence = pa.struct([("text", pa.string()), *_SPAN, ("judgements", pa.list_(judgement))])
    count = pa.struct([*_fields(pa.int32(), *Stance), ("overall", pa.string())])
    actor = pa.struct(
        [
            *_fields(pa.string(), "actor", "name"),
            ("mentions", pa.int32()),
            ("stance", pa.struct(_fields(count, *stances))),
            (SENTIMENT, pa.struct(_fields(pa.int32(), *Sentiment))),
        ]
    )
    fields = [
        *_fields(pa.string(), "id", "date"),
        ("model", pa.struct(_fields(pa.string(), "name", "version"))),
        ("title", sentence),
        ("sentences", pa.list_(sentence)),
        ("actors", pa.list_(actor)),
    ]
    return Form(fields, False, told)


def flat_form(heads: Mapping[str, Sequence[str]], told: Mapping[str, str]) -> Form:
    """A row a judgement, a column a decision, its confidence, and each label's probability.

    `sentence` counts from 0, and is null for the title.
    """
    fields = [
        *_fields(pa.string(), "id", "date"),
        ("sentence", pa.int32()),
        ("text", pa.string()),
        *_SPAN,
    ]
    fields += [*_fields(pa.string(), "actor", "name"), ("mentions", _MENTIONS)]
    for head, labels in heads.items():
        fields += [(head, pa.string()), (f"{head}_confidence", pa.float64())]
        fields += [(f"{head}_uncertain", pa.bool_())]
        fields += _fields(pa.float64(), *(f"{head}_{label}" for label in labels))
    return Form(fields, True, told)


def _fields(kind: Any, *names: str) -> list[tuple[str, Any]]:
    return [(str(name), kind) for name in names]


def _decision(labels: Sequence[str]) -> list[tuple[str, Any]]:
    return [
        ("label", pa.string()),
        ("confidence", pa.float64()),
        ("uncertain", pa.bool_()),
        ("probabilities", pa.struct(_fields(pa.float64(), *labels))),
    ]


def _flat_rows(analysis: Analysis) -> Iterator[dict[str, Any]]:
    placed: list[tuple[int | None, Sentence]] = [(None, analysis.title)] if analysis.title else []
    for place, sentence in [*placed, *enumerate(analysis.sentences)]:
        stands = {"sentence": place, "text": sentence.text, "start": sentence.start, "end": sentence.end}
        for judgement in sentence.judgements:
            told = {"id": analysis.id, "date": analysis.date, **stands}
            yield told | _flat_judgement(judgement)


def _flat_judgement(judgement: Judgement) -> dict[str, Any]:
    row: dict[str, Any] = {
        "actor": judgement.actor,
        "name": judgement.name,
        "mentions": [mention.model_dump() for mention in judgement.mentions],
    }
    for head, decided in judgement.predictions.items():
        row[head] = decided.label
        row[f"{head}_confidence"] = decided.confidence
        row[f"{head}_uncertain"] = decided.uncertain
        row |= {f"{head}_{label}": share for label, share in decided.probabilities.items()}
    return row
