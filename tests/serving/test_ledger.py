import errno
from pathlib import Path
from typing import Any

import pytest

from models.errors import StorageError
from serving.ledger import Counts, Ledger, Position, read_counts, write_part

RUN = {"input": [["a.jsonl", "0"]], "options": {"targets": None}}


def write(content: bytes):
    def written(file: Any) -> None:
        file.write(content)

    return written


def enter(ledger: Ledger, row: int, bad: list[dict[str, str]] | None = None) -> None:
    counts = Counts(articles=2, labels={"ceasefire favor": 1})
    content, number = write(b"part %d" % row), ledger.next_part
    ledger.enter(write_part(ledger.folder, number, Position(row=row), counts, content, bad or []))


def test_a_run_goes_on_behind_its_last_part(tmp_path: Path) -> None:
    enter(Ledger(tmp_path, RUN), 2)
    ledger = Ledger(tmp_path, RUN)
    assert (ledger.next_part, ledger.end.row, ledger.is_done) == (1, 2, False)
    enter(ledger, 4)
    ledger.finish()
    again = Ledger(tmp_path, RUN)
    assert again.is_done
    assert read_counts(tmp_path)[0] == Counts(articles=4, labels={"ceasefire favor": 2})


def test_a_line_that_was_cut_short_is_a_part_that_was_not_entered(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, RUN)
    enter(ledger, 2)
    enter(ledger, 4)
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-20])
    assert read_counts(tmp_path) == (Counts(articles=2, labels={"ceasefire favor": 1}), False)
    ledger = Ledger(tmp_path, RUN)
    assert ledger.next_part == 1
    enter(ledger, 4)
    assert Ledger(tmp_path, RUN).next_part == 2


def test_a_part_that_was_changed_is_made_anew_with_all_that_follow(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, RUN)
    for row in (2, 4, 6):
        enter(ledger, row)
    ledger.finish()
    (tmp_path / "part-000001.parquet").write_bytes(b"part")
    ledger = Ledger(tmp_path, RUN)
    assert (ledger.next_part, ledger.is_done) == (1, False)


def test_bad_rows_are_gathered_at_the_end(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, RUN)
    for row in (2, 4, 6):
        enter(ledger, row, [{"place": f"a.jsonl:{row}", "reason": "لا نص"}] if row != 4 else [])
    ledger.finish()
    lines = (tmp_path / "quarantine.jsonl").read_text("utf-8").splitlines()
    assert lines == [f'{{"place": "a.jsonl:{row}", "reason": "لا نص"}}' for row in (2, 6)]


def test_a_full_disk_is_told_and_leaves_what_is_done(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, RUN)
    enter(ledger, 2)

    def full(_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError, match=r"No space left on device\. What is done stays"):
        write_part(tmp_path, 1, Position(row=4), Counts(), full, [])
    assert Ledger(tmp_path, RUN).next_part == 1
