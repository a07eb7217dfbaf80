from datetime import date
from pathlib import Path

import polars as pl
import pytest

from models.classifier import Article, Classifier
from models.errors import InputError
from serving.forms import flat_form, nested_form
from serving.scored import read_scored

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحبت حكومة الوفاق به."


@pytest.fixture(params=[nested_form, flat_form])
def folder(request, classifier: Classifier, tmp_path: Path) -> Path:
    """A scored folder of two parts, in either form."""
    articles = [
        Article("a", TEXT, "حفتر يرفض الهدنة", "2019-05-22T10:00:00Z"),
        Article("b", TEXT), Article("c", "لا أحد هنا."),
    ]  # fmt: skip
    form = request.param(classifier.checkpoint.config.heads, {"hudna.model": "m", "hudna.version": "2"})
    for part, some in enumerate((articles[:1], articles[1:])):
        form.write(classifier.analyze(some), tmp_path / f"part-{part}.parquet")
    return tmp_path


def test_every_judgement_is_a_row_in_either_form(folder: Path, classifier: Classifier) -> None:
    scored = read_scored(folder)
    rows = scored.judgements.sort("article", "text").collect()
    assert (scored.model, scored.heads) == ("m 2", ["ceasefire", "offensive", "sentiment"])
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
