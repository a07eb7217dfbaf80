import json
from pathlib import Path
from typing import Any

import pytest

from serving.benchmarks.summary import told, write


def entry(rate: float, ratio: float) -> dict[str, Any]:
    around = {"median": rate, "low": 0.9 * rate, "high": 1.1 * rate}
    return {"per_second": around, "ratio": {"median": ratio, "low": ratio - 0.5, "high": ratio + 0.5}}


@pytest.fixture
def record() -> dict[str, Any]:
    beside: dict[str, Any] = {
        "judgements": 117, "rounds": 5, "absent": {"OpenVINO bfloat16": "not in this processor"},
        "entries": {"Hudna": entry(400, 1), "transformers pipeline, default": entry(80, 5)},
    }  # fmt: skip
    limit = {
        "operations": 7e9, "rates": {"float32": 140e9}, "format": "float32", "share": 0.61,
        "floor_seconds": {"float32": 0.05},
    }  # fmt: skip
    size = beside | {"batch_size": 16, "tried": {"8": 90, "16": 110}, "limit": limit, "padding": 0.021}
    return {
        "machine": {
            "processor": "A processor", "cores": 2, "threads": 2, "instructions": ["aes", "avx2"],
            "versions": {"torch": "2.13.0", "transformers": "5.24.0"},
        },
        "sizes": {"shipped": size, "base": size},
        "http": beside,
        "article_ms": {"median": 61.2, "low": 60, "high": 63},
        "start": {"seconds": 2.94, "first_mb": 510, "working_mb": 530},
        "steps": {"shares": {"matching": 0.031, "model": 0.94}, "matched_mb_per_second": 1.9},
        "operators": {"matrix products": 0.68, "Python": 0.06},
        "cost_of_five_actors": {"median": 1.11, "low": 1.08, "high": 1.13},
        "ms_a_sentence": {"8": 3.1, "64": 2.9},
        "precision": {
            "format": "float32", "judgements": 900, "agreement": 1.0,
            "macro_f1_difference": {"ceasefire": 0.0},
        },
        "minutes": 8.31,
    }  # fmt: skip


def test_every_peer_has_its_ratio_and_interval(record: dict[str, Any]) -> None:
    [row, *_] = [line for line in told(record).splitlines() if "pipeline, default" in line]
    assert [cell.strip() for cell in row.split("|")[2:6]] == [
        "80.0",
        "72.0-88.0",
        "5.00 times",
        "4.50-5.50",
    ]


def test_what_was_not_measured_is_told_with_the_reason(record: dict[str, Any]) -> None:
    assert "Not measured: OpenVINO bfloat16 (not in this processor)." in told(record)


def test_the_machine_its_limit_and_our_own_time_are_told(record: dict[str, Any]) -> None:
    text = told(record)
    assert "A processor, 2 cores, 2 threads; matrix products by avx2" in text
    assert "Hudna, in float32, works at 61% of that; 2.1% of what it reads is padding" in text
    assert "61 ms (60-63)" in text
    assert "Five actors a sentence take 1.11 times as long as one" in text
    assert "agree with float32's in 100.00% of 900 judgements" in text


def test_a_format_without_a_rate_has_no_share(record: dict[str, Any]) -> None:
    record["sizes"]["shipped"]["limit"] |= {"format": "bfloat16", "share": None}
    assert "Hudna, in bfloat16, works at no known share of that" in told(record)


def test_the_record_the_page_and_a_picture_of_each_comparison_are_written(
    record: dict[str, Any], tmp_path: Path
) -> None:
    written = write(record, tmp_path / "out")
    assert {file.name for file in written} == {
        "bench.json", "bench.md", "bench-shipped.svg", "bench-base.svg", "bench-http.svg",
    }  # fmt: skip
    assert json.loads(written[0].read_text("utf-8")) == record
    page = written[1].read_text("utf-8")
    assert all(file.name in page for file in written[2:])


def test_the_kept_page_is_of_the_kept_record() -> None:
    kept = Path("serving/benchmarks")
    record = json.loads((kept / "bench.json").read_text("utf-8"))
    assert (kept / "bench.md").read_text("utf-8") == told(record)
