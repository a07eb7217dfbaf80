import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from models.errors import InputError, StorageError
from serving.feedback import Correction, FeedbackStore, corpus_rows
from training.dataset import read_sentences

TEXT = "رفض حفتر وقف إطلاق النار."
LABELS = {"ceasefire": "against", "offensive": "none", "sentiment": "neutral"}


def correction(actor: str = "haftar", **labels: str) -> Correction:
    return Correction("desk", "hudna 1", TEXT, actor, ["حفتر"], LABELS | labels, sorted(labels))


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(f"sqlite:///{tmp_path / 'feedback.sqlite'}")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server that this test starts, on a socket in a folder of its own."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        pytest.skip("make test installs PostgreSQL where it may")
    account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses root
    with TemporaryDirectory(dir="/tmp") as folder:
        if account:
            shutil.chown(folder, "postgres")

        def run(program: str, *options: str) -> None:
            line = [*account, programs / program, "-D", f"{folder}/data", *options]
            subprocess.run(line, check=True, stdout=subprocess.DEVNULL, cwd=folder)

        run("initdb", "-U", "hudna", "-A", "trust", "-E", "UTF8", "--locale=C")
        run("pg_ctl", "start", "-w", "-o", f"-k {folder} -h ''", "-l", f"{folder}/log")
        try:
            yield f"postgresql+psycopg://hudna@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "-m", "fast")


def test_what_is_kept_is_there_after_a_restart(store: FeedbackStore, tmp_path: Path) -> None:
    key = store.add(correction(ceasefire="favor"))
    assert len(key) == 32
    [found] = FeedbackStore(f"sqlite:///{tmp_path / 'feedback.sqlite'}").corrections()
    assert found == correction(ceasefire="favor")


@pytest.mark.slow
def test_postgresql_keeps_corrections_as_well(postgres: str) -> None:
    for wrong in (correction(ceasefire="favor"), correction("lna")):  # the table is made, and is there
        store = FeedbackStore(postgres)
        store.add(wrong)
        store.engine.dispose()
    assert list(store.corrections()) == [correction(ceasefire="favor"), correction("lna")]
    store.engine.dispose()


def test_the_database_writes_ahead(store: FeedbackStore, tmp_path: Path) -> None:
    store.add(correction())
    with sqlite3.connect(tmp_path / "feedback.sqlite") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@contextmanager
def locked(store: FeedbackStore) -> Iterator[None]:
    """The database while somebody else is writing."""
    other = sqlite3.connect(store.engine.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def cut_off(storing: "asyncio.Task[str]") -> None:
    await asyncio.sleep(0.2)
    storing.cancel()
    await asyncio.sleep(0.1)


def test_who_is_told_that_the_time_ran_out_need_not_wonder(store: FeedbackStore) -> None:
    async def two_calls_out_of_time() -> tuple[str, bool]:
        begun = asyncio.create_task(store.keep(correction(ceasefire="favor")))
        waiting = asyncio.create_task(store.keep(correction("lna")))
        with locked(store):
            await cut_off(waiting)
            await cut_off(begun)
        return await begun, waiting.cancelled()

    key, was_cancelled = asyncio.run(two_calls_out_of_time())
    assert was_cancelled
    assert len(key) == 32
    assert list(store.corrections()) == [correction(ceasefire="favor")]


def test_a_database_that_keeps_corrections_waiting_keeps_nothing_else_waiting(
    store: FeedbackStore,
) -> None:
    async def others_meanwhile() -> float:
        waiting = [asyncio.create_task(store.keep(correction())) for _ in range(40)]
        with locked(store):
            await asyncio.sleep(0.1)
            begun = asyncio.get_running_loop().time()
            await asyncio.to_thread(str)
            took = asyncio.get_running_loop().time() - begun
        await asyncio.gather(*waiting)
        return took

    assert asyncio.run(others_meanwhile()) < 2
    assert len(list(store.corrections())) == 40


def test_the_later_correction_holds_though_the_clock_was_set_back(
    store: FeedbackStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Yesterday(datetime):
        @classmethod
        def now(cls, tz=None) -> datetime:
            return datetime.now(UTC) - timedelta(days=1)

    store.add(correction(ceasefire="favor"))
    monkeypatch.setattr("serving.feedback.datetime", Yesterday)
    store.add(correction(ceasefire="against"))
    [row] = corpus_rows(store.corrections())
    assert row["actors"][0]["ceasefire"] == "against"


def test_a_full_disk_is_one_sentence_and_nothing_is_lost(store: FeedbackStore, tmp_path: Path) -> None:
    store.add(correction())
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    long = replace(correction(), text="نص " * 10_000)
    with pytest.raises(StorageError, match="could not be stored: database or disk is full"):
        store.add(long)
    assert next(iter(store.corrections())) == correction()


@pytest.mark.parametrize("url", ["nowhere", "unknown://u:secret@host/db", ""])
def test_what_is_no_databases_url_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="no database's URL") as refused:
        FeedbackStore(url)
    assert "secret" not in str(refused.value)


def test_a_driver_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(InputError, match=r"driver .* is not installed: .*oracledb") as refused:
        FeedbackStore("oracle+oracledb://u:secret@host/db")
    assert "secret" not in str(refused.value)


def test_what_a_server_says_of_itself_is_for_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(StorageError) as refused:
        FeedbackStore("postgresql+psycopg://desk:secret@127.0.0.1:1/corrections")
    assert str(refused.value) == "The database of corrections cannot be opened."
    assert "127.0.0.1" in caplog.text
    assert "secret" not in caplog.text


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be opened"):
        FeedbackStore(f"sqlite:///{tmp_path / 'none' / 'feedback.sqlite'}")


def test_the_export_is_labelled_sentences_of_which_the_last_word_holds(tmp_path: Path) -> None:
    told = [correction(), correction("zayd", sentiment="negative"), correction(ceasefire="favor")]
    [row] = corpus_rows(iter(told))
    (tmp_path / "rows.jsonl").write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    [sentence] = read_sentences(tmp_path / "rows.jsonl", "train")
    assert {actor.actor: actor.labels for actor in sentence.actors} == {
        "haftar": LABELS | {"ceasefire": "favor"},
        "zayd": LABELS | {"sentiment": "negative"},
    }


def test_what_a_later_correction_leaves_to_the_model_was_perhaps_corrected_before() -> None:
    told = [
        correction(ceasefire="favor"),
        correction(sentiment="negative"),
        correction(ceasefire="none"),
    ]
    [row] = corpus_rows(iter(told[:2]))
    assert [row["actors"][0][head] for head in LABELS] == ["favor", "none", "negative"]
    [row] = corpus_rows(iter(told))
    assert [row["actors"][0][head] for head in LABELS] == ["none", "none", "negative"]
