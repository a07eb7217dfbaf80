import json
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from models.classifier import Article, Classifier
from models.errors import InputError
from serving.batch import ScoreArguments, Scoring
from serving.scored import read_scored

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحبت حكومة الوفاق به."


@pytest.fixture(params=[False, True], ids=["nested", "flat"])
def folder(request, classifier: Classifier, tmp_path: Path) -> Path:
    """A scored folder of two parts, in either form."""
    articles = [
        {"id": "a", "text": TEXT, "title": "حفتر يرفض الهدنة", "date": "2019-05-22T10:00:00Z"},
        {"id": "b", "text": TEXT}, {"id": "c", "text": "لا أحد هنا.", "date": "20190404"},
    ]  # fmt: skip
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, articles)), "utf-8")
    inputs, out = [str(tmp_path / "a.jsonl")], tmp_path / "out"
    Scoring(classifier, ScoreArguments(inputs, out, flat=request.param, articles=2)).finish()
    return out


def test_every_judgement_is_a_row_in_either_form(folder: Path, classifier: Classifier) -> None:
    scored = read_scored(folder)
    rows = scored.judgements.sort("article", "text").collect()
    assert scored.heads == ["ceasefire", "offensive", "sentiment"]
    assert scored.model.startswith("tiny 1 ")
    assert (scored.counts.articles, scored.is_whole) == (3, True)
    assert rows["id"].to_list() == ["a"] * 3 + ["b"] * 2
    assert rows["article"].n_unique() == 2
    assert set(rows["date"].to_list()) == {date(2019, 5, 22), None}
    assert set(rows["actor"]) == {"haftar", "gna"}
    [analysis] = classifier.analyze([Article("b", TEXT)])
    expected = {j.actor: j.labels for j in analysis.judgements}
    for row in rows.filter(pl.col("id") == "b").iter_rows(named=True):
        assert {head: row[head] for head in scored.heads} == expected[row["actor"]]
        assert 0 < row["sentiment_confidence"] <= 1
        assert isinstance(row["offensive_uncertain"], bool)


def test_a_folder_without_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scores"):
        read_scored(tmp_path)


def test_what_is_no_scored_part_is_refused(tmp_path: Path) -> None:
    part = tmp_path / "part-000000.parquet"
    part.write_bytes(b"PAR1")
    with pytest.raises(InputError, match="cannot be read"):
        read_scored(tmp_path)
    parquet.write_table(pa.table({"text": ["رفض حفتر"]}), part)
    with pytest.raises(InputError, match="holds no scores of hudna score"):
        read_scored(tmp_path)


def test_a_date_that_stands_for_none_is_none_and_a_folder_has_any_name(
    classifier: Classifier, tmp_path: Path
) -> None:
    dates = ["0001-01-01", "9999-12-31", "2019-04-04"]
    rows = [json.dumps({"id": day, "text": "رفض حفتر الهدنة.", "date": day}) for day in dates]
    (tmp_path / "a.jsonl").write_text("\n".join(rows), "utf-8")
    out = tmp_path / "scored[1]"
    Scoring(classifier, ScoreArguments([str(tmp_path / "a.jsonl")], out)).finish()
    found = read_scored(out).judgements.sort("id").collect()
    assert found["date"].to_list() == [None, date(2019, 4, 4), None]
