import json
from pathlib import Path
from typing import Any

import pytest

from serving.archive import sources
from serving.benchmarks.archive import make_archive, planned, rates, told
from serving.inputs import Columns


def test_the_archive_has_every_article_in_files_of_every_kind(tmp_path: Path) -> None:
    make_archive([f"رفض حفتر الهدنة {n}، «والسلام»." for n in range(20)], 100, tmp_path / "archive")
    given = sources([str(tmp_path / "archive")], Columns())
    articles = [found for source in given for _, found in source.articles()]
    assert len({source.path.suffix for source in given}) >= 6
    assert [article.id for article in articles] == [f"article-{n}" for n in range(100)]
    assert all(article.date and article.text.count("\n") >= 2 for article in articles)


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    """What `make bench-archive` measured last and was kept."""
    found: dict[str, Any] = json.loads(Path("serving/benchmarks/archive.json").read_text("utf-8"))
    return found


def test_the_pages_tell_what_was_recorded(record: dict[str, Any]) -> None:
    assert told(record) in Path("docs/batch.md").read_text("utf-8")
    assert planned(record) in Path("docs/billion.md").read_text("utf-8")


def test_the_recorded_archive_is_large_and_came_out_whole(record: dict[str, Any]) -> None:
    assert record["articles"] >= 200_000
    assert record["kills"] >= 2
    assert (record["lost"], record["twice"]) == (0, 0)
    assert record["peak_mb"] < 1_500


def test_the_record_read_as_fast_as_the_classifier(record: dict[str, Any]) -> None:
    assert record["score_per_second"] >= 0.95 * record["in_process_per_second"]


def test_a_plan_multiplies_what_was_measured() -> None:
    found = {
        "cores": 2, "score_per_second": 100.0, "cut_per_second": 10_000.0, "kills": 1, "read": 3_000,
        "start_seconds": 10.0, "minutes": 1.0, "articles": 2_000, "sentences": 10_000,
        "output_bytes": 2_000_000,
    }  # fmt: skip
    rows = [line.split("|")[2].strip() for line in planned(found).splitlines()[2:]]
    assert rows == ["55.6 core-hours", "2.8 core-hours", "0.1 hours", "2.0 GB"]


def test_one_slow_turn_decides_nothing() -> None:
    turns = [
        {"sentences": 1_000, "in_process": 10.0, "start": 5.0, "score": 13.0},
        {"sentences": 1_000, "in_process": 12.5, "start": 6.0, "score": 16.0},
        {"sentences": 1_000, "in_process": 40.0, "start": 60.0, "score": 90.0},
    ]
    assert rates(turns) == {
        "in_process_per_second": 80.0, "score_per_second": 100.0, "start_seconds": 6.0,
    }  # fmt: skip
