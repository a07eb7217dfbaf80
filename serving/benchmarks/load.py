"""What the service does at its capacity and at three times that (`make load`).

On this machine, one after the other: the classifier in a process of its own, one article a call and 32;
the service with one caller, with as many as keep it busy, and with a few that send 32 articles a call;
then with calls that come at half the rate that it answered the many, at that rate, at twice it, and at
three times, which is held for half an hour. Each of them waits two seconds at most (`X-Deadline`).
Prints and writes throughput, the times of accepted calls, refusals, and the slope of its memory.
"""

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from numpy import quantile
from rich.box import MARKDOWN
from rich.table import Table
from scipy.stats import linregress

from models.classifier import Article, Classifier
from serving.benchmarks.markdown import markdown
from serving.benchmarks.sample import corpus_rows
from serving.benchmarks.servers import bentoml_service

__all__ = ["articles", "main", "refused_ms", "slope", "told"]

_CALLERS = Path(__file__).with_name("callers.py")
_BUSY = 8  # callers that keep it busy
_RAMP = {"half of capacity": 0.5, "capacity": 1.0, "twice capacity": 2.0}
_OVERLOAD = 3.0  # times capacity
_TOGETHER, _FEW = 32, 3  # articles a call, as `hudna analyze` reads them; callers that send so many
_PATIENCE = 2.0  # seconds that a call at a rate of calls waits
_LEAST_SECONDS = 10.0
_LOOKS_EVERY = 2.0  # seconds, at the memory
_REFUSED = 429
_A_MINUTE = round(60 / _LOOKS_EVERY)


@dataclass(frozen=True)
class Phase:
    """One phase: articles answered a second, the calls' times in ms, how often each status came."""

    name: str
    accepted_per_second: float
    p50: float
    p99: float
    refused_p99: float
    statuses: dict[str, int]


def main() -> None:
    """Runs every phase and prints what they measured."""
    parser = argparse.ArgumentParser(prog="python -m serving.benchmarks.load", description=main.__doc__)
    parser.add_argument("--service", default="serving.service:HudnaService", help="What BentoML serves.")
    parser.add_argument("--seconds", type=int, default=30, help="Of every phase but the last.")
    parser.add_argument("--hold", type=int, default=1_800, help="Seconds of the overload.")
    parser.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    parser.add_argument("--out", type=Path, default=Path("runs/load.json"))
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    texts = list(articles(given.corpus))
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "articles.json").write_text(json.dumps(texts), "utf-8")
        classifier = Classifier.load()
        alone, together = (_in_process(classifier, texts, n, given.seconds) for n in (1, _TOGETHER))
        del classifier  # the service is to have the memory for itself
        with bentoml_service(given.service, folder) as (address, server):
            phases, memory = _phases(address, server, folder, given.seconds, given.hold)
        refused = refused_ms((folder / "log").read_text("utf-8"))
    found: dict[str, Any] = {
        "service": given.service,
        "patience": _PATIENCE,
        "held_minutes": given.hold / 60,
        "in_process_per_second": alone,
        "in_process_together_per_second": together,
        "http_share": max(each.accepted_per_second for each in phases) / max(alone, together),
        "refused_p99_by_log": refused,
        "phases": [asdict(phase) for phase in phases],
        "memory_mb": memory[-1][1] if memory else 0.0,
        "memory_mb_by_minute": [round(megabytes) for _, megabytes in memory[::_A_MINUTE]],
        "memory_slope_mb_per_hour": slope(memory),
    }
    given.out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    sys.stdout.write(told(found) + "\n")


def articles(corpus: Path) -> Iterator[str]:
    """The texts of the corpus's whole articles."""
    by_article: dict[str, list[tuple[int, str]]] = {}
    for row in corpus_rows(corpus.glob("*.jsonl")):
        if "article" in row:
            by_article.setdefault(row["article"], []).append((row["position"], row["text"]))
    for sentences in by_article.values():
        yield "\n".join(text for _, text in sorted(sentences))


def _in_process(classifier: Classifier, texts: list[str], at_once: int, seconds: float) -> float:
    """Articles a second, so many a call; one is how the service is asked."""
    coming = (Article("", text) for text in cycle(texts))
    classifier.analyze(list(islice(coming, at_once)))
    begun, count = time.monotonic(), 0
    while time.monotonic() - begun < seconds:
        classifier.analyze(list(islice(coming, at_once)))
        count += at_once
    return count / (time.monotonic() - begun)


def _phases(
    address: str, server: subprocess.Popen[bytes], folder: Path, seconds: int, hold: int
) -> tuple[list[Phase], list[tuple[float, float]]]:
    alone = _phase("one caller", address, folder, 1, seconds)
    busy = _phase("eight callers", address, folder, _BUSY, seconds)
    # Few calls, each of some seconds: twice the time, so that those at its ends weigh little.
    together = {"HUDNA_LOAD_TOGETHER": str(_TOGETHER)}
    long = _phase("three callers, 32 a call", address, folder, _FEW, 2 * seconds, **together)

    # As many as keep the highest rate though each call lasts as long as it may: who waits calls nobody.
    many = math.ceil(_OVERLOAD * busy.accepted_per_second * _PATIENCE)

    def paced(name: str, times: float, lasting: int) -> Phase:
        rate = times * busy.accepted_per_second / many
        settings = {"HUDNA_LOAD_RATE": str(rate), "HUDNA_LOAD_DEADLINE": str(_PATIENCE)}
        return _phase(name, address, folder, many, lasting, **settings)

    ramp = [paced(name, times, seconds) for name, times in _RAMP.items()]
    with _watched(server) as memory:
        overrun = paced("three times capacity", _OVERLOAD, hold)
    return [alone, busy, long, *ramp, overrun], memory


def _phase(name: str, address: str, folder: Path, callers: int, seconds: int, **settings: str) -> Phase:
    """Runs locust as a process; its callers count every answer under its status."""
    prefix = folder / name.replace(" ", "-")
    settings["HUDNA_LOAD_ARTICLES"] = str(folder / "articles.json")
    command = [
        sys.executable, "-m", "locust", "-f", str(_CALLERS), "--headless", "--only-summary",
        "-u", str(callers), "-r", str(callers), "-t", f"{seconds}s", "--host", address,
        "--stop-timeout", "10",
        "--csv", str(prefix),
    ]  # fmt: skip
    subprocess.run(command, env=os.environ | settings, check=True, capture_output=True)
    with Path(f"{prefix}_stats.csv").open(encoding="utf-8", newline="") as lines:
        rows = {row["Name"]: row for row in csv.DictReader(lines) if row["Name"] != "Aggregated"}
    accepted = rows.get("200", {})
    return Phase(
        name,
        int(settings.get("HUDNA_LOAD_TOGETHER", "1")) * float(accepted.get("Requests/s", 0)),
        float(accepted.get("50%", 0)),
        float(accepted.get("99%", 0)),
        float(rows.get("429", {}).get("99%", 0)),
        {status: int(row["Request Count"]) for status, row in rows.items()},
    )


@contextmanager
def _watched(server: subprocess.Popen[bytes]) -> Iterator[list[tuple[float, float]]]:
    """Seconds and resident megabytes of the process that holds the model, while inside."""
    found: list[tuple[float, float]] = []
    worker = max(psutil.Process(server.pid).children(recursive=True), key=lambda p: p.memory_info().rss)
    over = threading.Event()

    def watch() -> None:
        begun = time.monotonic()
        while not over.wait(_LOOKS_EVERY):
            found.append((time.monotonic() - begun, worker.memory_info().rss / 1e6))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield found
    finally:
        over.set()
        watching.join()


def refused_ms(log: str) -> float:
    """The 99th percentile of the service's own times of refusals, in milliseconds, by its log."""
    calls = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    seconds = [call["seconds"] for call in calls if call.get("status") == _REFUSED]
    return float(quantile(seconds, 0.99)) * 1_000 if seconds else 0.0


def slope(memory: list[tuple[float, float]]) -> float:
    """Megabytes an hour, from the second tenth of the time on: the first fills caches."""
    settled = memory[len(memory) // 10 :]
    if len(settled) < 2 or settled[-1][0] - settled[0][0] < _LEAST_SECONDS:
        return 0.0
    seconds, megabytes = zip(*settled, strict=True)
    return float(linregress(seconds, megabytes).slope) * 3_600


def told(found: Mapping[str, Any]) -> str:
    """What was measured, as a table and a sentence in Markdown."""
    table = Table(
        "", "articles a second", "p50 ms", "p99 ms", "p99 of refusals ms", "answers", box=MARKDOWN
    )
    for phase in found["phases"]:
        statuses = ", ".join(f"{count:,} × {status}" for status, count in phase["statuses"].items())
        values = (phase[key] for key in ("accepted_per_second", "p50", "p99", "refused_p99"))
        table.add_row(phase["name"], *(f"{value:.1f}" for value in values), statuses)
    refused = (
        f" To refuse a call the service itself took {found['refused_p99_by_log']:.0f} ms (p99)."
        if found["refused_p99_by_log"]
        else ""
    )
    together = found.get("in_process_together_per_second")  # records of before have none
    beside = f", {together:.1f} at {_TOGETHER} a call" if together else ""
    http = "the most over HTTP is" if together else "over HTTP it is"
    return (
        f"{markdown(table)}\n\nIn a process of its own the classifier reads "
        f"{found['in_process_per_second']:.1f} of these articles a second, one a call{beside}; "
        f"{http} {found['http_share']:.0%} of {'the better' if together else 'that'}.{refused} "
        f"After {found['held_minutes']:.0f} minutes of three times its capacity the process held "
        f"{found['memory_mb']:.0f} MB, growing by "
        f"{found['memory_slope_mb_per_hour']:.1f} MB an hour."
    )


if __name__ == "__main__":
    main()
