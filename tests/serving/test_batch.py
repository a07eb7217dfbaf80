"""Archives into Parquet: what comes out, and that no stop, however rude, changes a byte of it."""

import io
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from pyarrow import dataset, parquet

from models.actors import ActorMatcher
from models.classifier import Article, Classifier
from models.errors import InputError
from models.registry import load_registry
from models.results import Analysis
from serving.batch import ScoreArguments, Scoring
from serving.inputs import Columns
from serving.ledger import PartEntry

KILLS = int(os.environ.get("HUDNA_KILLS", "5"))
HUDNA = Path(sys.executable).parent / "hudna"


@pytest.fixture(scope="module")
def archive(corpus_texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of short articles, of which some sentences repeat, with three bad rows among them."""
    folder = tmp_path_factory.mktemp("archive")
    draw = Random(1)
    for name in ("a.jsonl", "b.jsonl"):
        rows = [
            json.dumps({"id": f"{name[0]}{n}", "text": "\n".join(draw.sample(corpus_texts[:60], 3))})
            for n in range(70)
        ]
        (folder / name).write_text("\n".join([*rows[:5], "{", *rows[5:], '{"text": "abc"}']), "utf-8")
    with (folder / "b.jsonl").open("a") as file:
        file.write('\n{"text": ""}\n')
    return folder


def asked(archive: Path, out: Path, **more: object) -> ScoreArguments:
    return ScoreArguments(**{"inputs": [str(archive)], "out": out, "articles": 6} | more)


def written(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def finish(checkpoint: Path, arguments: ScoreArguments) -> None:
    Scoring(Classifier.load(checkpoint, "cpu"), arguments).finish()


@pytest.fixture(scope="module")
def whole(classifier: Classifier, archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    Scoring(classifier, asked(archive, out)).finish()
    return out


def test_every_article_comes_out_once_as_the_classifier_judges_it(
    whole: Path, archive: Path, classifier: Classifier
) -> None:
    rows = dataset.dataset(sorted(whole.glob("*.parquet"))).to_table().to_pylist()
    assert [row["id"] for row in rows] == [f"{name}{n}" for name in "ab" for n in range(70)]
    first = json.loads((archive / "a.jsonl").read_text("utf-8").split("\n")[0])
    [expected] = classifier.analyze([Article(**first)])
    found = Analysis.model_validate(rows[0])
    assert [j.labels for j in found.judgements] == [j.labels for j in expected.judgements]
    for ours, its in zip(found.judgements, expected.judgements, strict=True):
        assert ours.mentions == its.mentions
        assert ours.sentiment.confidence == pytest.approx(its.sentiment.confidence, abs=2e-4)


def test_bad_rows_are_told_by_file_and_line(whole: Path) -> None:
    lines = map(json.loads, (whole / "quarantine.jsonl").read_text("utf-8").splitlines())
    assert {row["place"]: row["reason"] for row in lines} == {
        "a.jsonl:6": "a.jsonl:6 is not JSON.",
        "a.jsonl:72": "The text has no Arabic letters.",
        "b.jsonl:6": "b.jsonl:6 is not JSON.",
        "b.jsonl:72": "The text has no Arabic letters.",
        "b.jsonl:73": "The text is empty.",
    }


def test_a_sentence_that_repeats_is_read_once(whole: Path) -> None:
    summary = json.loads((whole / "summary.json").read_text())
    assert (summary["articles"], summary["quarantined"]) == (140, 5)
    assert summary["read"] <= 60 < summary["asked"]


def test_a_run_that_is_done_is_not_done_again(
    whole: Path, archive: Path, classifier: Classifier
) -> None:
    before = {file: file.stat().st_mtime_ns for file in whole.iterdir()}
    Scoring(classifier, asked(archive, whole)).finish(lambda _: pytest.fail("a part was scored"))
    assert {file: file.stat().st_mtime_ns for file in whole.iterdir()} == before


@pytest.fixture
def stopped(classifier: Classifier, archive: Path, tmp_path: Path) -> Path:
    """The output of a run that was stopped behind its fourth part."""

    def interrupted(entry: PartEntry) -> None:
        if entry.part == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Scoring(classifier, asked(archive, tmp_path / "out")).finish(interrupted)
    return tmp_path / "out"


@pytest.mark.parametrize("run", ["whole", "stopped"])
def test_another_input_or_option_is_refused(
    run: str, archive: Path, classifier: Classifier, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    out: Path = request.getfixturevalue(run)
    before = written(out)
    (tmp_path / "a.jsonl").write_text('{"text": "رفض حفتر"}')
    for other in (
        {"inputs": [str(tmp_path / "a.jsonl")]}, {"targets": ["ceasefire"]}, {"flat": True},
        {"articles": 7}, {"columns": Columns(text="body")}, {"actors": ["haftar"]},
    ):  # fmt: skip
        with pytest.raises(InputError, match="choose another --out"):
            Scoring(classifier, asked(archive, out, **other))
    assert written(out) == before


def test_an_input_that_changes_while_it_is_read_is_told(
    archive: Path, classifier: Classifier, tmp_path: Path
) -> None:
    copy, out = Path(shutil.copytree(archive, tmp_path / "in")), tmp_path / "out"

    def grown(_: PartEntry) -> None:
        with (copy / "b.jsonl").open("a", encoding="utf-8") as file:
            file.write('{"text": "رفض حفتر وقف إطلاق النار."}\n')

    with pytest.raises(InputError, match=r"b\.jsonl has changed since the run began"):
        Scoring(classifier, asked(copy, out)).finish(grown)
    assert not (out / "summary.json").exists()
    with pytest.raises(InputError, match="choose another --out"):
        Scoring(classifier, asked(copy, out))


@pytest.fixture(scope="module")
def changed_checkpoint(other_checkpoint: Path, classifier: Classifier) -> Classifier:
    """One whose name and version are the same, and whose calibration is another."""
    changed = Classifier.load(other_checkpoint, "cpu")
    assert changed.model == classifier.model
    return changed


@pytest.fixture(scope="module")
def changed_registry(classifier: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """One whose registry of actors has been edited."""
    copy = tmp_path_factory.mktemp("changed") / "actors.yaml"
    copy.write_bytes(Path("models/actors.yaml").read_bytes() + b"\n# edited\n")
    return Classifier(classifier.checkpoint, classifier.runtime, ActorMatcher(load_registry(copy)))


@pytest.mark.parametrize("output", ["whole", "stopped"])
@pytest.mark.parametrize(
    ("changed", "named"),
    [("changed_checkpoint", "checkpoint"), ("changed_registry", "registry of actors")],
)
def test_a_changed_checkpoint_or_registry_is_refused(
    output: str, changed: str, named: str, archive: Path, request: pytest.FixtureRequest
) -> None:
    out, other = request.getfixturevalue(output), request.getfixturevalue(changed)
    before = written(out)
    with pytest.raises(InputError, match=f"a run with other {named}; run that one to its end"):
        Scoring(other, asked(archive, out))
    assert written(out) == before


def test_options_and_metadata_reach_the_output(
    archive: Path, classifier: Classifier, tmp_path: Path
) -> None:
    options = {"flat": True, "targets": ["offensive"], "actors": ["haftar"], "min_confidence": 0.99}
    Scoring(classifier, asked(archive, tmp_path / "out", **options)).finish()
    table = dataset.dataset(sorted((tmp_path / "out").glob("*.parquet"))).to_table()
    assert set(table["actor"].to_pylist()) == {"haftar"}
    assert "offensive" in table.column_names
    assert "ceasefire" not in table.column_names
    assert all(table["offensive_uncertain"].to_pylist())
    told = parquet.read_schema(tmp_path / "out/part-000000.parquet").metadata
    assert (told[b"hudna.model"], told[b"hudna.version"]) == (b"tiny", b"1")


def test_the_output_may_lie_within_the_input(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "رفض حفتر"}')
    for _ in range(2):
        run = Scoring(classifier, asked(tmp_path, tmp_path / "scored"))
        run.finish()
        assert run.counts.articles == 1


def test_two_runs_are_not_at_work_in_one_folder(
    archive: Path, classifier: Classifier, tmp_path: Path
) -> None:
    other = Scoring(classifier, asked(archive, tmp_path / "out"))
    seen = []

    def told(entry: PartEntry) -> None:
        if not seen:
            seen.append(entry.part)
            with pytest.raises(InputError, match="Another run is at work"):
                other.finish()

    Scoring(classifier, asked(archive, tmp_path / "out")).finish(told)
    assert seen == [0]
    other.finish(lambda _: pytest.fail("a part was scored twice"))


def test_what_a_kill_left_behind_is_cleared_away(
    archive: Path, classifier: Classifier, whole: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(whole, tmp_path / "out"))
    for name in (".said.sqlite", ".said.sqlite-wal", ".unfinished-1"):
        (out / name).write_text("")
    Scoring(classifier, asked(archive, out)).finish()
    assert written(out) == written(whole)


def test_standard_input_is_read_as_json_lines(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = json.dumps({"id": "x", "text": "رفض حفتر الهدنة"}).encode()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(row + b"\n{")))
    Scoring(classifier, asked(Path("-"), tmp_path / "out")).finish()
    assert parquet.read_table(tmp_path / "out/part-000000.parquet")["id"].to_pylist() == ["x"]
    assert "stdin.jsonl:2" in (tmp_path / "out/quarantine.jsonl").read_text()
    assert not (tmp_path / "out/.input").exists()


def test_another_standard_input_is_refused_and_the_same_goes_on(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun(text: str) -> Scoring:
        row = json.dumps({"text": text}).encode()
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(row)))
        return Scoring(classifier, asked(Path("-"), tmp_path / "out"))

    begun("رفض حفتر الهدنة")
    for state in ("unfinished", "finished"):
        with pytest.raises(InputError, match="other input"):
            begun("رحب السراج بها")
        begun("رفض حفتر الهدنة").finish()
        assert not (tmp_path / "out/.input").exists(), state


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(
    archive: Path, classifier: Classifier, stopped: Path, whole: Path
) -> None:
    left: list[int] = []
    Scoring(classifier, asked(archive, stopped)).finish(lambda entry: left.append(entry.part))
    assert left[0] > 3
    assert written(stopped) == written(whole)


@pytest.mark.slow
def test_no_kill_changes_a_byte_or_loses_an_article(
    archive: Path, whole: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    """Kill -9 at random moments, HUDNA_KILLS times; the same command again goes on each time."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["serving.batch"])
    draw, kills, runs = Random(7), 0, 0

    def begun(out: Path) -> BaseProcess:
        process = processes.Process(target=finish, args=(tiny_checkpoint, asked(archive, out)))
        process.start()
        return process

    begun(tmp_path / "first").join()  # it also starts the server that the others are forked from
    start = time.monotonic()
    begun(tmp_path / "timed").join()
    seconds = time.monotonic() - start
    while kills < KILLS:
        runs += 1
        out = tmp_path / f"out-{runs}"
        while True:
            process = begun(out)
            process.join(draw.uniform(0, seconds) if kills < KILLS else None)
            if process.exitcode is not None:
                break
            process.kill()
            process.join()
            kills += 1
        assert process.exitcode == 0
        assert written(out) == written(whole)


@pytest.mark.slow
def test_a_full_disk_is_told_and_the_same_command_goes_on(
    archive: Path, whole: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    score = f"{HUDNA} score {archive} --out {tmp_path / 'out'} --part 6 --checkpoint {tiny_checkpoint}"
    full = subprocess.run(["bash", "-c", f"ulimit -f 40; {score}"], capture_output=True, text=True)
    assert full.returncode == 2
    assert re.search("cannot be (written|used)", full.stderr)
    again = subprocess.run(["bash", "-c", score], capture_output=True, text=True)
    assert (again.returncode, "quarantine.jsonl" in again.stderr) == (3, True)
    assert again.stdout.startswith("140 articles in")
    assert "5 bad rows" in again.stdout
    assert written(tmp_path / "out").keys() == written(whole).keys()
