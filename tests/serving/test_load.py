import json
import time
from contextlib import nullcontext
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from models.classifier import Article
from serving.benchmarks import load


def test_articles_of_the_corpus_come_whole_and_in_order() -> None:
    articles = list(load.articles(Path("training/corpus")))
    assert len(articles) == 525
    assert min(article.count("\n") for article in articles) >= 3


def test_a_slope_is_an_hours_growth_once_caches_are_filled() -> None:
    filling = [(float(second), 500.0 + 40 * min(second, 10)) for second in range(0, 1_000, 2)]
    growing = [(second, megabytes + second / 36) for second, megabytes in filling]
    assert load.slope(filling) == pytest.approx(0, abs=1)
    assert load.slope(growing) == pytest.approx(100, abs=1)
    assert load.slope(filling[:4]) == 0


def test_times_of_refusals_are_those_of_the_services_own_log() -> None:
    calls = [{"status": 429, "seconds": 0.001 * n} for n in range(101)] + [{"status": 200, "seconds": 9}]
    log = "a line of BentoML\n" + "".join(json.dumps(call) + "\n" for call in calls)
    assert load.refused_ms(log) == pytest.approx(99)
    assert load.refused_ms("") == 0


def test_what_was_measured_is_told_as_a_table() -> None:
    phase = {
        "name": "busy", "accepted_per_second": 14.42, "p50": 540, "p99": 980, "refused_p99": 40,
        "statuses": {"200": 1_200, "429": 30},
    }  # fmt: skip
    told = load.told(
        {
            "phases": [phase], "in_process_per_second": 15.0, "http_share": 0.961, "memory_mb": 900.4,
            "memory_slope_mb_per_hour": 1.25, "held_minutes": 30.0,
            "refused_p99_by_log": 21.4,
        }
    )  # fmt: skip
    assert "| busy | 14.4" in told
    assert "1,200 × 200, 30 × 429" in told
    assert "over HTTP it is 96% of that" in told
    assert "After 30 minutes" in told
    assert "took 21 ms" in told


def test_what_is_read_many_a_call_is_told_beside(record: dict[str, Any]) -> None:
    told = load.told({**record, "in_process_together_per_second": 16.3, "http_share": 0.88})
    assert "one a call, 16.3 at 32 a call; the most over HTTP is 88% of the better." in told


def test_the_rate_of_calls_rises_to_three_times_what_was_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[str, float, int]] = []
    articles: list[str] = []
    callers: list[int] = []

    def phase(name: str, _: str, __: Path, many: int, seconds: int, **told: str) -> load.Phase:
        callers.append(many)
        calls.append((name, many * float(told.get("HUDNA_LOAD_RATE", "0")), seconds))
        articles.append(told.get("HUDNA_LOAD_TOGETHER", "1"))
        return load.Phase(name, 10.0, 0, 0, 0, {})

    monkeypatch.setattr(load, "_phase", phase)
    monkeypatch.setattr(load, "_watched", lambda _: nullcontext([]))
    phases, _ = load._phases("", None, Path(), 30, 1_800)
    assert [rate for _, rate, _ in calls] == pytest.approx([0, 0, 0, 5, 10, 20, 30])
    assert [seconds for *_, seconds in calls] == [30, 30, 60] + [30] * 3 + [1_800]
    assert articles == ["1", "1", "32", "1", "1", "1", "1"]
    assert callers == [1, 8, 3] + [60] * 4  # 30 calls a second, two seconds each
    assert [each.name for each in phases] == [name for name, *_ in calls]


@pytest.mark.parametrize("at_once", [1, 32])
def test_articles_are_read_so_many_a_call(at_once: int) -> None:
    seen: list[int] = []

    class Reader:
        def analyze(self, articles: list[Article]) -> None:
            seen.append(len(articles))
            time.sleep(0.01)

    rate = load._in_process(Reader(), ["رفض حفتر الهدنة"], at_once, 0.1)
    assert set(seen) == {at_once}
    assert 5 * at_once < rate <= 100 * at_once


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    """What `make load` measured last and was kept."""
    found: dict[str, Any] = json.loads(Path("serving/benchmarks/load.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def of_dispatcher() -> dict[str, Any]:
    """What it measured of BentoML's own batching."""
    found: dict[str, Any] = json.loads(Path("serving/benchmarks/dispatcher.json").read_text("utf-8"))
    return found


def test_the_page_tells_what_was_recorded(record: dict[str, Any], of_dispatcher: dict[str, Any]) -> None:
    page = Path("docs/service.md").read_text("utf-8")
    assert load.told(record) in page
    assert load.told(of_dispatcher) in page


def test_the_projects_queue_measured_better_than_bentomls(
    record: dict[str, Any], of_dispatcher: dict[str, Any]
) -> None:
    by_name = [{phase["name"]: phase for phase in each["phases"]} for each in (record, of_dispatcher)]
    for name in ("one caller", "eight callers", "three times capacity"):
        ours, theirs = (phases[name] for phases in by_name)
        assert ours["accepted_per_second"] > theirs["accepted_per_second"]
        assert ours["p99"] < theirs["p99"]


def test_the_recorded_overload_was_held_for_half_an_hour_without_a_failure(
    record: dict[str, Any],
) -> None:
    alone, *_, overrun = record["phases"]
    assert record["held_minutes"] >= 30
    assert set(overrun["statuses"]) <= {"200", "429", "503", "504"}
    assert overrun["statuses"]["429"] > overrun["statuses"]["200"]
    assert overrun["p99"] <= 2 * alone["p99"] + 1_000 * record["patience"]


def test_the_recorded_service_refused_within_fifty_milliseconds(record: dict[str, Any]) -> None:
    assert 0 < record["refused_p99_by_log"] <= 50


def test_the_memory_of_the_recorded_service_is_flat(record: dict[str, Any]) -> None:
    by_minute = record["memory_mb_by_minute"][1:]  # the first fills caches
    third = len(by_minute) // 3
    assert fmean(by_minute[-third:]) < 1.05 * fmean(by_minute[:third])


def test_the_recorded_service_read_nearly_as_fast_as_the_classifier(record: dict[str, Any]) -> None:
    assert record["http_share"] >= 0.85
