"""The job on a Ray cluster of this machine's own: the same rows, also where a worker is lost."""

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray
from pyarrow import dataset

from models.classifier import Classifier
from models.errors import InputError, StorageError
from serving.batch import ScoreArguments, Scoring
from serving.ledger import PartEntry
from serving.ray_job import RayScoring, Workers

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def rows(folder: Path) -> list[dict[str, object]]:
    found = dataset.dataset(sorted(folder.glob("*.parquet"))).to_table().to_pylist()
    return json.loads(json.dumps(found), parse_float=lambda number: round(float(number), 2))


def test_two_workers_write_the_rows_of_one_process_though_one_is_killed(
    cluster: None, corpus_texts: list[str], classifier: Classifier, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "a.jsonl"
    texts = ("\n".join(corpus_texts[n % 90 : n % 90 + 3]) for n in range(200))
    archive.write_text("\n".join([*(json.dumps({"text": text}) for text in texts), "{"]), "utf-8")
    one, two = (ScoreArguments([str(archive)], tmp_path / name, articles=10) for name in ("one", "two"))
    Scoring(classifier, one).finish()
    killed: list[int] = []

    def told(entry: PartEntry) -> None:
        if not killed:
            workers = [p for p in psutil.process_iter() if "MapWorker" in " ".join(p.cmdline())]
            assert len(workers) == 2
            workers[0].kill()
            killed.append(workers[0].pid)

    run = RayScoring(classifier, two, Workers(tiny_checkpoint, "cpu", least=2, most=2))
    run.finish(told)
    assert killed
    assert rows(tmp_path / "two") == rows(tmp_path / "one")
    assert (run.counts.articles, run.counts.quarantined) == (200, 1)


def test_parts_that_are_entered_are_not_done_again(
    cluster: None, corpus_texts: list[str], classifier: Classifier, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "a.jsonl"
    archive.write_text("\n".join(json.dumps({"text": text}) for text in corpus_texts[:60]), "utf-8")
    arguments = ScoreArguments([str(archive)], tmp_path / "out", articles=10)
    workers = Workers(tiny_checkpoint, "cpu", least=1, most=2)

    def stopped(entry: PartEntry) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        RayScoring(classifier, arguments, workers).finish(stopped)
    told: list[int] = []
    RayScoring(classifier, arguments, workers).finish(lambda entry: told.append(entry.part))
    assert len(told) == 5
    ids = dataset.dataset(sorted((tmp_path / "out").glob("*.parquet"))).to_table()["id"].to_pylist()
    assert sorted(ids) == sorted(f"a.jsonl:{n}" for n in range(1, 61))


def test_what_is_asked_of_the_pool_reaches_ray(
    classifier: Classifier, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a cluster: what Ray is told of bounds, cores, shares of a GPU and tasks."""
    told: dict[str, object] = {}

    class Pipeline:
        def map_batches(self, worker: type, **options: object) -> "Pipeline":
            told.update(options)
            return self

        def iter_rows(self) -> Iterator[dict[str, object]]:
            return iter(())

    def from_items(items: list[dict[str, int]], **options: object) -> Pipeline:
        told.update(options, items=items)
        return Pipeline()

    monkeypatch.setattr(ray, "init", lambda **_: None)
    monkeypatch.setattr(ray.data, "from_items", from_items)
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text('{"text": "رفض حفتر الهدنة"}\n' * 25, "utf-8")
    arguments = ScoreArguments(["a.jsonl"], Path("out"), articles=10)
    workers = Workers(tiny_checkpoint, "cpu", least=2, most=5, cpus=1.5, gpus=0.25)
    RayScoring(classifier, arguments, workers).finish()
    pool = told["compute"]
    assert (pool.min_size, pool.max_size) == (2, 5)
    assert (told["num_cpus"], told["num_gpus"]) == (1.5, 0.25)
    assert (told["batch_size"], told["override_num_blocks"]) == (1, 3)  # a part a task
    assert [item["row"] for item in told["items"]] == [0, 10, 20]
    worker, given, _ = told["fn_constructor_args"]
    assert worker == workers
    assert (given.inputs, given.out) == ([str(tmp_path / "a.jsonl")], tmp_path / "out")


@pytest.mark.parametrize(("least", "most"), [(4, 1), (0, 4)])
def test_a_pool_that_cannot_be_is_refused(least: int, most: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"--workers {least} {most}"):
        Workers(tmp_path, least=least, most=most)


def test_a_worker_with_another_checkpoint_ends_the_run(
    cluster: None, classifier: Classifier, other_checkpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "رفض حفتر وقف إطلاق النار."}', "utf-8")
    arguments = ScoreArguments([str(tmp_path / "a.jsonl")], tmp_path / "out")
    run = RayScoring(classifier, arguments, Workers(other_checkpoint, "cpu", least=1, most=1))
    with pytest.raises(StorageError, match=r"^The cluster failed: .*is not the run's checkpoint\. What"):
        run.finish()
