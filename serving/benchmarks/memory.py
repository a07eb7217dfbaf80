"""What `hudna score` holds in memory over ten million sentences (`make bench-memory`).

One sentence in a hundred names actors, and comes from the corpus; the others are words of the corpus in
no order and name nobody. So all of the work is done on all of them but what is done for actors: the
network, what is remembered of its answers, and writing judgements, are left to that hundredth, and to
`serving.benchmarks.archive`, all of whose sentences name somebody. Prints and writes memory by progress.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from models import SHIPPED_CHECKPOINT
from models.actors import ActorMatcher
from serving.benchmarks.archive import corpus_sentences, write_rows
from serving.benchmarks.watched import Watched, by_progress, watch

__all__ = ["main", "make_nameless", "measured", "nameless", "told"]

_OF_AN_ARTICLE, _OF_A_FILE = 10, 50_000  # sentences, articles
_NAMING = 0.01  # the share of sentences that name actors
_POOL, _WORDS = 20_000, 15  # different sentences that name nobody, and words of each


def main() -> None:
    """Makes the archive, scores it once, and prints and writes what it held."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.benchmarks.memory", description=main.__doc__
    )
    parser.add_argument("--sentences", type=int, default=10_000_000)
    parser.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    parser.add_argument("--checkpoint", type=Path, default=SHIPPED_CHECKPOINT)
    parser.add_argument("--scratch", type=Path, help="Where some five gigabytes have room.")
    parser.add_argument("--out", type=Path, default=Path("runs/memory.json"))
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=given.scratch) as scratch:
        archive, out = Path(scratch, "archive"), Path(scratch, "scored")
        make_nameless(list(corpus_sentences(given.corpus)), given.sentences, archive)
        run = watch(archive, out, checkpoint=given.checkpoint)
        found = measured(run, json.loads((out / "summary.json").read_text("utf-8")))
    given.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{told(found)}\n")


def make_nameless(sentences: Sequence[str], many: int, folder: Path) -> None:
    """Writes about so many sentences in articles of ten, of which `sentences` are a hundredth."""
    draw = Random(1)
    pool = list(nameless(sentences, draw, _POOL))
    folder.mkdir()
    for first in range(0, many // _OF_AN_ARTICLE, _OF_A_FILE):
        numbers = range(first, min(first + _OF_A_FILE, many // _OF_AN_ARTICLE))
        rows = [{"id": str(number), "text": _text(sentences, pool, draw)} for number in numbers]
        write_rows(rows, folder / f"{first:09}.jsonl.zst")


def _text(sentences: Sequence[str], pool: Sequence[str], draw: Random) -> str:
    drawn = draw.choices(pool, k=_OF_AN_ARTICLE)
    named = [draw.choice(sentences) if draw.random() < _NAMING else each for each in drawn]
    return "\n".join(named)


def nameless(sentences: Sequence[str], draw: Random, many: int) -> Iterator[str]:
    """So many sentences, of the words of others in no order, that name no actor."""
    matcher = ActorMatcher()
    words = sorted({word for text in sentences for word in text.split()})
    while many:
        text = " ".join(draw.choices(words, k=_WORDS))
        if not matcher.find(text):
            many -= 1
            yield text


def measured(run: Watched, summary: Mapping[str, Any]) -> dict[str, Any]:
    """The record: what was scored, and megabytes by parts; `later` and `sooner` tell whether they grow.

    They are the most that was held in the second and in the second quarter of the run, since the first
    loads the checkpoint and fills what is kept.
    """
    memory = by_progress(run.seen)
    last = max(parts for parts, _ in run.seen)
    sooner = [held for parts, held in run.seen if last / 4 <= parts < last / 2]
    later = [held for parts, held in run.seen if parts >= last / 2]
    counted = {name: summary[name] for name in ("articles", "sentences", "judgements", "asked", "read")}
    return {
        **counted,
        "minutes": run.seconds / 60,
        "peak_mb": run.peak_mb,
        "sooner_mb": max(sooner, default=0.0),
        "later_mb": max(later),
        "memory": memory,
    }


def told(found: Mapping[str, Any]) -> str:
    """What was measured, in Markdown."""
    return (
        f"{found['sentences']:,} sentences in {found['articles']:,} articles, of which "
        f"{found['asked']:,} name actors and the network read {found['read']:,}: "
        f"{found['minutes']:.0f} minutes, at most {found['peak_mb']:,.0f} MB; at most "
        f"{found['sooner_mb']:,.0f} MB in the second quarter and {found['later_mb']:,.0f} MB in the "
        "second half."
    )


if __name__ == "__main__":
    main()
