"""What a person sees of a run: all of it at 80 columns on a terminal, whole lines in a log."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from serving import progress
from serving.ledger import Counts, PartEntry, Position

LABELS = {
    "ceasefire favor": 900,
    "ceasefire none": 7_000,
    "offensive against": 400,
    "sentiment negative": 80,
}
PART = PartEntry(
    part=0, files={}, end=Position(), articles=999, sentences=5_000, judgements=9_000, asked=5_000,
    read=3_000, quarantined=1, labels=LABELS,
)  # fmt: skip


def lines_of(width: int, rows: int, parts: int, done: Counts | None = None) -> list[str]:
    """What stands on a terminal of that width at the end."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=width, height=25, color_system=None)
    with progress.shown(console, rows, done or Counts()) as told:
        for _ in range(parts):
            told(PART)
    return screen.getvalue().split("\x1b[2K")[-1].replace("\x1b[?25h", "").splitlines()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock finds it fifty seconds later."""
    looks = iter(range(0, 10**6, 50))
    monkeypatch.setattr("serving.progress.time.monotonic", lambda: float(next(looks)))


@pytest.mark.parametrize("rows", [200_000, 9_999_999])
def test_eighty_columns_hold_bar_count_rate_time_left_and_every_label(rows: int) -> None:
    first, *rest = lines_of(80, rows, 2, Counts(articles=rows // 2))
    assert "━" * 8 in first
    assert f"{rows // 2 + 2_000}/{rows} articles" in first
    assert "sentences/s" in first
    assert first.rstrip().endswith(" left")
    assert all(len(line) <= 80 for line in (first, *rest))
    told = " ".join(" ".join(rest).split())
    assert told == (
        "18,000 judgements · ceasefire: favor 1,800 · offensive: against 800 · "
        "sentiment: negative 160 · 40% read before · 2 bad rows"
    )


def test_rate_and_time_left_are_those_of_this_start(clock: None) -> None:
    [first, *_] = lines_of(120, 3_000, 1, Counts(articles=1_000, sentences=70_000))
    assert "2000/3000 articles" in first
    assert "100 sentences/s 0:00:50 left" in first


def test_before_the_first_part_nothing_is_known_of_the_time_left() -> None:
    assert "0/500 articles -:--:-- left" in " ".join(lines_of(80, 500, 0)[0].split())


def test_a_count_that_was_too_low_grows_with_what_is_read() -> None:
    assert "2000/2000 articles" in lines_of(80, 1_500, 2)[0]


def test_a_log_has_a_whole_line_now_and_then(clock: None) -> None:
    log = io.StringIO()
    with progress.shown(Console(file=log, width=80), 4_000, Counts()) as told:
        told(PART)
        told(PART)
    first, second = log.getvalue().splitlines()
    assert first.startswith("1,000 of about 4,000 articles · ")
    assert second.startswith("2,000 of about 4,000 articles · ")
    assert " sentences/s " in second
    assert second.endswith("left · " + progress.told(PART + PART))


def test_a_log_is_silent_where_parts_come_fast() -> None:
    log = io.StringIO()
    with progress.shown(Console(file=log, width=80), 4_000, Counts()) as told:
        told(PART)
    assert log.getvalue() == ""


def test_of_files_that_are_passed_over_the_first_are_named() -> None:
    assert progress.passed_over([Path("a.json"), Path("b.xls")]) == (
        "Passed over, of no kind that is read: 2 files (a.json, b.xls)."
    )
    many = progress.passed_over([Path(f"{n}.json") for n in range(1_000)])
    assert many.endswith("1,000 files (0.json, 1.json, 2.json, 3.json, 4.json, …).")
