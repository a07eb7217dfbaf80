import json
from pathlib import Path

import pytest

from serving.benchmarks import load

BENCHMARKS = Path("serving/benchmarks")
PAGE = Path("docs/service.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["load", "dispatcher"])
def test_what_the_documentation_tells_is_what_was_measured(name: str) -> None:
    found = json.loads((BENCHMARKS / f"{name}.json").read_text("utf-8"))
    assert load.told(found) in PAGE


def test_under_three_times_its_capacity_the_service_kept_its_word() -> None:
    """The recorded run: only answers that are meant, in time, at the full rate, in level memory."""
    found = json.loads((BENCHMARKS / "load.json").read_text("utf-8"))
    alone, busy, overrun = found["phases"]
    assert set(overrun["statuses"]) <= {"200", "429", "503", "504"}
    assert overrun["p99"] <= 2 * alone["p99"] + 1_000 * found["patience"]
    assert overrun["accepted_per_second"] >= 0.85 * busy["accepted_per_second"]
    assert found["http_share"] >= 0.85
    assert abs(found["memory_slope_mb_per_hour"]) < 0.05 * found["memory_mb"]


def test_articles_of_the_corpus_come_whole_and_in_order() -> None:
    articles = list(load.articles(Path("training/corpus")))
    assert len(articles) == 505
    assert min(article.count("\n") for article in articles) >= 3


def test_a_slope_is_an_hours_growth_once_caches_are_filled() -> None:
    filling = [(float(second), 500.0 + 40 * min(second, 10)) for second in range(0, 1_000, 2)]
    growing = [(second, megabytes + second / 36) for second, megabytes in filling]
    assert load.slope(filling) == pytest.approx(0, abs=1)
    assert load.slope(growing) == pytest.approx(100, abs=1)
    assert load.slope(filling[:4]) == 0
