import io

import pytest
from pyarrow import parquet

from models.classifier import Article, Classifier
from models.results import Analysis
from serving.forms import flat_form, nested_form

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحبت حكومة الوفاق به."


@pytest.fixture(scope="module")
def analyses(classifier: Classifier) -> list[Analysis]:
    articles = [Article("a", TEXT, "حفتر يرفض الهدنة", "2019-05-22"), Article("b", "لا أحد هنا.")]
    return classifier.analyze(articles)


@pytest.fixture(scope="module")
def heads(classifier: Classifier) -> dict[str, list[str]]:
    return classifier.checkpoint.config.heads


def test_a_nested_row_is_the_output_contract(analyses, heads) -> None:
    file = io.BytesIO()
    nested_form(heads, {"hudna.version": "1"}).write(analyses, file)
    table = parquet.read_table(file)
    assert table.schema.metadata[b"hudna.version"] == b"1"
    rows = [Analysis.model_validate(row) for row in table.to_pylist()]
    assert [row.model_dump() for row in rows] == [each.model_dump() for each in analyses]


def test_a_flat_row_is_a_judgement(analyses, heads) -> None:
    file = io.BytesIO()
    flat_form(heads, {}).write(analyses, file)
    rows = parquet.read_table(file).to_pylist()
    judgements = [judgement for analysis in analyses for judgement in analysis.judgements]
    assert [row["actor"] for row in rows] == [judgement.actor for judgement in judgements]
    assert [row["sentence"] for row in rows] == [None, 0, 1]
    for row, judgement in zip(rows, judgements, strict=True):
        assert (row["id"], row["date"]) == ("a", "2019-05-22")
        assert row["ceasefire"] == judgement.stance["ceasefire"].label
        assert row["ceasefire_favor"] == judgement.stance["ceasefire"].probabilities["favor"]
        assert row["sentiment_confidence"] == judgement.sentiment.confidence
    second = rows[1]
    assert TEXT[second["start"] : second["end"]] == second["text"]
    [mention] = second["mentions"]
    assert TEXT[mention["start"] : mention["end"]] == mention["text"]


def test_the_same_articles_are_the_same_bytes(analyses, heads) -> None:
    files = [io.BytesIO(), io.BytesIO()]
    for file in files:
        nested_form(heads, {}).write(analyses, file)
    assert files[0].getvalue() == files[1].getvalue()


def test_articles_without_anyone_are_rows_too(heads, analyses) -> None:
    file = io.BytesIO()
    nested_form(heads, {}).write(analyses[1:], file)
    [row] = parquet.read_table(file).to_pylist()
    assert (row["id"], row["title"], row["actors"]) == ("b", None, [])
