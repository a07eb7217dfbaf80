"""What `hudna score` does with a large archive (`make bench-archive`).

On this machine, one after the other: the classifier in a process of its own and `hudna score` on the
same articles, no sentence of which repeats; then an archive of 200,000 dated articles from the corpus's
sentences, in files of every kind, scored by a process that is killed twice on its way. Prints and
writes rates, peak memory, repeats, and whether every article came out once.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.csv
from pyarrow import dataset, parquet

from models.classifier import Article, Classifier
from serving.archive import sources
from serving.batch import cut
from serving.inputs import Columns
from serving.ledger import Position

__all__ = ["main", "make_archive", "planned", "told"]

_FILES = ("a.jsonl", "b.jsonl.gz", "c.csv", "d.parquet", "e.jsonl.zst", "f.tsv", "g.parquet", "h.ndjson")
_FIRST, _DAYS = date(2019, 4, 4), 638  # to the end of 2020
_KILLS = 2
_OF_AN_ARTICLE = 10  # sentences, where a plan counts articles


def main() -> None:
    """Runs every part and prints what it measured."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.benchmarks.archive", description=main.__doc__
    )
    parser.add_argument("--articles", type=int, default=200_000, help="Of the large archive.")
    parser.add_argument("--alike", type=int, default=1_500, help="Of the one in which nothing repeats.")
    parser.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    parser.add_argument("--out", type=Path, default=Path("runs/archive.json"))
    given = parser.parse_args()
    sentences = list(_sentences(given.corpus))
    with TemporaryDirectory() as scratch:
        found = {
            **_side_by_side(sentences, given.alike, Path(scratch)),
            **_large(sentences, given.articles, Path(scratch)),
        }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{told(found)}\n\n{planned(found)}\n")


def _sentences(corpus: Path) -> Iterator[str]:
    for file in sorted(corpus.rglob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            yield json.loads(line)["text"]


def make_archive(sentences: Sequence[str], articles: int, folder: Path) -> None:
    """Writes so many articles of three to eight sentences each, with dates, in files of every kind."""
    draw = Random(1)
    rows = (
        {
            "id": f"article-{number}",
            "text": "\n".join(draw.choices(sentences, k=draw.randint(3, 8))),
            "date": str(_FIRST + timedelta(draw.randrange(_DAYS))),
        }
        for number in range(articles)
    )
    folder.mkdir()
    share = -(-articles // len(_FILES))
    for name in _FILES:
        _write(list(islice(rows, share)), folder / name)


def _write(rows: list[dict[str, str]], file: Path) -> None:
    if file.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), file)
    elif file.suffix in (".csv", ".tsv"):
        options = pyarrow.csv.WriteOptions(delimiter="\t" if file.suffix == ".tsv" else ",")
        pyarrow.csv.write_csv(pa.Table.from_pylist(rows), file, options)
    else:
        with pa.output_stream(str(file)) as stream:
            for row in rows:
                stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _side_by_side(sentences: Sequence[str], articles: int, scratch: Path) -> dict[str, float]:
    """Sentences a second of the classifier's own loop and of the whole command's, starts left out."""
    waiting = iter(sentences)
    texts = ["\n".join(islice(waiting, 5)) for _ in range(articles)]
    classifier = Classifier.load()
    begun = time.monotonic()
    read = sum(len(each.sentences) for each in classifier.score(Article("", text) for text in texts))
    alone = read / (time.monotonic() - begun)
    file = scratch / "alike.jsonl"
    file.write_text("\n".join(json.dumps({"text": text}) for text in texts), "utf-8")
    (scratch / "one.jsonl").write_text(json.dumps({"text": texts[0]}), "utf-8")
    start, _ = _scored(scratch / "one.jsonl", scratch / "one")
    seconds, _ = _scored(file, scratch / "alike")
    return {
        "cores": os.cpu_count() or 1,
        "in_process_per_second": alone,
        "score_per_second": read / (seconds - start),
        "start_seconds": start,
    }


def _scored(archive: Path, out: Path, kill_after: float | None = None) -> tuple[float, float]:
    """Seconds and peak megabytes of the command, which is killed after so many seconds if any."""
    begun = time.monotonic()
    command = [Path(sys.executable).parent / "hudna", "score", archive, "--out", out]
    process = subprocess.Popen(
        [*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != (0 if kill_after is None else -signal.SIGKILL):
        raise RuntimeError(f"hudna score ended with {process.returncode}")
    return time.monotonic() - begun, usage.ru_maxrss / 1024


def _large(sentences: Sequence[str], articles: int, scratch: Path) -> dict[str, float]:
    archive, out = scratch / "archive", scratch / "scored"
    make_archive(sentences, articles, archive)
    draw = Random(2)
    runs = [_scored(archive, out, draw.uniform(30, 60)) for _ in range(_KILLS)] + [_scored(archive, out)]
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    ids = dataset.dataset(sorted(out.glob("*.parquet"))).to_table(columns=["id"])["id"]
    seconds = sum(each for each, _ in runs)
    return {
        "articles": articles,
        "files": len(_FILES),
        "kills": _KILLS,
        "lost": articles - len(ids.unique()),
        "twice": len(ids) - len(ids.unique()),
        "cut_per_second": articles / _seconds_to_cut(archive),
        "sentences": summary["sentences"],
        "judgements": summary["judgements"],
        "repeated": 1 - summary["read"] / summary["asked"],
        "read": summary["read"],
        "input_bytes": sum(file.stat().st_size for file in archive.iterdir()),
        "output_bytes": sum(file.stat().st_size for file in out.glob("*.parquet")),
        "minutes": seconds / 60,
        "sentences_per_second": summary["sentences"] / seconds,
        "peak_mb": max(peak for _, peak in runs),
    }


def _seconds_to_cut(archive: Path) -> float:
    """Of going through all rows once, which the driver of a cluster does alone."""
    begun = time.monotonic()
    for _ in cut(sources([str(archive)], Columns()), Position(), 1_000):
        pass
    return time.monotonic() - begun


def told(found: Mapping[str, Any]) -> str:
    """What was measured, in Markdown."""
    return (
        f"Where nothing repeats, `hudna score` read {found['score_per_second']:.0f} sentences a second, "
        f"the classifier's own loop on the same articles {found['in_process_per_second']:.0f} "
        f"({found['score_per_second'] / found['in_process_per_second']:.0%}); its start takes "
        f"{found['start_seconds']:.1f} s. An archive of {found['articles']:,} articles "
        f"({found['sentences']:,} sentences, {found['judgements']:,} judgements) in {found['files']} "
        f"files of every kind, {found['repeated']:.1%} of whose sentences had been read before: "
        f"{found['minutes']:.1f} minutes with {found['kills']} times kill -9 on the way, "
        f"{found['sentences_per_second']:,.0f} sentences a second, at most {found['peak_mb']:,.0f} MB, "
        f"{found['lost']} articles lost, {found['twice']} twice."
    )


def planned(found: Mapping[str, Any]) -> str:
    """What a million and a billion articles of ten sentences would take, in Markdown.

    What goes on beside the network is what the large archive took longer than its network's passes.
    """
    all_in_all = found["cores"] / found["score_per_second"]
    starts = (found["kills"] + 1) * found["start_seconds"]
    passes = found["read"] / found["score_per_second"]
    beside = (found["minutes"] * 60 - starts - passes) / found["sentences"]
    output = found["output_bytes"] / found["sentences"]
    driver = 1 / found["cut_per_second"] / _OF_AN_ARTICLE
    rows = {
        "reading it all, nothing repeats": (all_in_all / 3_600, "core-hours"),
        "of that, beside the network": (beside / 3_600, "core-hours"),
        "of that, the driver of a cluster alone": (driver / 3_600, "hours"),
        "output": (output / 1e9, "GB"),
    }
    lines = [
        f"| {name} | {1e6 * article:,.1f} {unit} | {1e9 * article:,.0f} {unit} |"
        for name, (each, unit) in rows.items()
        for article in [_OF_AN_ARTICLE * each]
    ]
    return "\n".join(["| | a million articles | a billion |", "|---|---|---|", *lines])


if __name__ == "__main__":
    main()
