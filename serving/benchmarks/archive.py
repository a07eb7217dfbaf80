"""What `hudna score` does with a large archive (`make bench-archive`).

On this machine: the classifier in this process and `hudna score` on the same articles, no sentence of
which repeats, by turns, each warm, and the medians of three; then an archive of 200,000 dated articles
from the corpus's sentences, in files of every kind, scored by a process that is killed twice on its way.
Prints and writes rates, memory, repeats, and whether every article came out once.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.csv
from pyarrow import dataset, parquet

from models.classifier import Article, Classifier
from serving.archive import sources
from serving.benchmarks.sample import corpus_rows
from serving.benchmarks.watched import by_progress, watch
from serving.inputs import Columns
from serving.ledger import Position
from serving.parts import cut

__all__ = ["corpus_sentences", "main", "make_archive", "planned", "rates", "told", "write_rows"]

_FILES = ("a.jsonl", "b.jsonl.gz", "c.csv", "d.parquet", "e.jsonl.zst", "f.tsv", "g.parquet", "h.ndjson")
_FIRST, _DAYS = date(2019, 4, 4), 638  # to the end of 2020
_KILLS = 2
_TURNS = 3
_WARM_UP = 100  # articles
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
    given.out.parent.mkdir(parents=True, exist_ok=True)
    sentences = list(corpus_sentences(given.corpus))
    with TemporaryDirectory() as scratch:
        found = {
            **_side_by_side(sentences, given.alike, Path(scratch)),
            **_large(sentences, given.articles, Path(scratch)),
        }
    given.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{told(found)}\n\n{planned(found)}\n")


def corpus_sentences(corpus: Path) -> Iterator[str]:
    """The corpus's sentences, all of which name actors."""
    return (row["text"] for row in corpus_rows(corpus.rglob("*.jsonl")))


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
        write_rows(list(islice(rows, share)), folder / name)


def write_rows(rows: list[dict[str, str]], file: Path) -> None:
    """Writes rows as the file's ending says, compressed or not."""
    if file.suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(rows), file)
    elif file.suffix in (".csv", ".tsv"):
        options = pyarrow.csv.WriteOptions(delimiter="\t" if file.suffix == ".tsv" else ",")
        pyarrow.csv.write_csv(pa.Table.from_pylist(rows), file, options)
    else:
        with pa.output_stream(str(file)) as stream:
            for row in rows:
                stream.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")


def _side_by_side(sentences: Sequence[str], articles: int, scratch: Path) -> dict[str, Any]:
    """Sentences a second of the classifier's own loop and of the whole command's, starts left out."""
    waiting = iter(sentences)
    texts = ["\n".join(islice(waiting, 5)) for _ in range(articles)]
    alike, one = scratch / "alike.jsonl", scratch / "one.jsonl"
    alike.write_text("\n".join(json.dumps({"text": text}) for text in texts), "utf-8")
    one.write_text(json.dumps({"text": texts[0]}), "utf-8")
    classifier = Classifier.load()
    _alone(classifier, texts[:_WARM_UP])
    watch(one, scratch / "warm")
    turns = []
    for turn in range(_TURNS):
        read, seconds = _alone(classifier, texts)
        start = watch(one, scratch / f"one-{turn}").seconds
        whole = watch(alike, scratch / f"alike-{turn}").seconds
        turns.append({"sentences": read, "in_process": seconds, "start": start, "score": whole})
    return {"cores": os.cpu_count() or 1, **rates(turns), "turns": turns}


def _alone(classifier: Classifier, texts: Sequence[str]) -> tuple[int, float]:
    """How many sentences the classifier's own loop read, in how many seconds."""
    begun = time.monotonic()
    read = sum(len(each.sentences) for each in classifier.score(Article("", text) for text in texts))
    return read, time.monotonic() - begun


def rates(turns: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Medians over turns: sentences a second of both, and the seconds that the command's start takes."""
    start = median(turn["start"] for turn in turns)
    return {
        "in_process_per_second": median(turn["sentences"] / turn["in_process"] for turn in turns),
        "score_per_second": median(turn["sentences"] / (turn["score"] - start) for turn in turns),
        "start_seconds": start,
    }


def _large(sentences: Sequence[str], articles: int, scratch: Path) -> dict[str, Any]:
    archive, out = scratch / "archive", scratch / "scored"
    make_archive(sentences, articles, archive)
    draw = Random(2)
    runs = [watch(archive, out, draw.uniform(30, 60)) for _ in range(_KILLS)] + [watch(archive, out)]
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    ids = dataset.dataset(sorted(out.glob("*.parquet"))).to_table(columns=["id"])["id"]
    seconds = sum(run.seconds for run in runs)
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
        "peak_mb": max(run.peak_mb for run in runs),
        "memory": by_progress(runs[-1].seen),
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
    driver = found["articles"] / found["cut_per_second"] / found["sentences"]
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
