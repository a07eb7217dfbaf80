import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from models.actors import ActorMatcher
from serving.archive import sources
from serving.benchmarks.memory import make_nameless, measured, nameless, told
from serving.benchmarks.watched import Watched, by_progress
from serving.inputs import Columns

NAMING = [f"رفض حفتر الهدنة في اليوم {n}، ورحب السراج بها بعد حين." for n in range(40)]


def test_most_sentences_name_nobody_and_a_hundredth_come_from_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.benchmarks.memory._POOL", 60)
    make_nameless(NAMING, 5_000, tmp_path / "archive")
    [source] = sources([str(tmp_path / "archive")], Columns())
    articles = [found for _, found in source.articles()]
    lines = [line for article in articles for line in article.text.split("\n")]
    assert (len({article.id for article in articles}), len(lines)) == (500, 5_000)
    named = [line for line in lines if line in NAMING]
    assert len(named) / len(lines) == pytest.approx(0.01, abs=0.005)


def test_words_of_sentences_that_name_actors_are_put_together_so_that_they_name_none(
    matcher: ActorMatcher,
) -> None:
    found = list(nameless(NAMING, Random(1), 50))
    assert len(set(found)) == 50
    assert not any(map(matcher.find, found))
    assert {len(text.split()) for text in found} == {15}


def test_memory_is_told_by_the_most_of_each_stretch() -> None:
    seen = [(0, 300.0), (0, 500.0), (1, 450.0), (2, 700.0), (3, 650.0), (3, 660.0)]
    assert by_progress(seen, 2) == [(1, 500.0), (3, 700.0)]
    assert by_progress(seen) == [(0, 500.0), (1, 450.0), (2, 700.0), (3, 660.0)]


def test_growth_would_show_in_the_record() -> None:
    counted = {"articles": 100, "sentences": 1_000, "judgements": 20, "asked": 10, "read": 9}
    flat = [(part, 700.0 + part % 3) for part in range(101)]
    grown = [(part, 700.0 + part) for part in range(101)]
    steady, growing = (measured(Watched(120.0, seen), counted) for seen in (flat, grown))
    assert (steady["sooner_mb"], steady["later_mb"], steady["peak_mb"]) == (702, 702, 702)
    assert (growing["sooner_mb"], growing["later_mb"], growing["peak_mb"]) == (749, 800, 800)
    assert "1,000 sentences in 100 articles, of which 10 name actors and the network read 9: 2 min" in (
        told(steady)
    )


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("serving/benchmarks/memory.json").read_text("utf-8"))
    return found


def test_the_page_tells_what_was_recorded(record: dict[str, Any]) -> None:
    assert told(record) in Path("docs/batch.md").read_text("utf-8")


def test_ten_million_sentences_were_recorded_in_bounded_memory_that_does_not_grow(
    record: dict[str, Any],
) -> None:
    assert record["sentences"] >= 9_900_000
    assert record["peak_mb"] < 1_500
    assert record["later_mb"] < 1.05 * record["sooner_mb"]
