"""What an operator watches: Prometheus metrics of the queue, the network and the labels.

BentoML counts the calls themselves (``bentoml_service_request_total`` by endpoint and status).
"""

import os
from collections import Counter as Counts
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.multiprocess import mark_process_dead

from models.results import Judgement
from serving.scheduler import Pass, Watcher

__all__ = ["Operations", "forget_the_dead"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SHARES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1)

_QUEUE = Gauge("hudna_queue_pieces", "Pieces let in and not answered.", multiprocess_mode="livesum")
_PIECES = Counter("hudna_pieces", "Pieces that the network read.")
_PADDED = Counter("hudna_padded_pieces", "The same with padding.")
_READING = Histogram("hudna_pass_seconds", "Time of a pass of the network.", buckets=_SECONDS)
_WAITING = Histogram("hudna_queue_seconds", "Longest wait in a pass.", buckets=_SECONDS)
_FILL = Histogram("hudna_pass_fill", "Share of a pass's budget taken.", buckets=_SHARES)
_PREPARING = Histogram(
    "hudna_prepare_seconds",
    "Time before the network (segmenting, matching, tokenising) and after it (writing).",
    ["step"],
    buckets=_SECONDS,
)
_LABELS = Counter("hudna_labels", "Judgements by head and label, for drift.", ["head", "label"])
_UNCERTAIN = Counter("hudna_uncertain", "Judgements under the operating threshold.", ["head"])


class Operations(Watcher):
    """Counts what was read and answered; uncertain is what is under the checkpoint's `thresholds`."""

    def __init__(self, thresholds: Mapping[str, float]) -> None:
        self._thresholds = thresholds

    def queued(self, pieces: int) -> None:  # noqa: D102
        _QUEUE.set(pieces)

    def passed(self, passed: Pass) -> None:  # noqa: D102
        _PIECES.inc(passed.pieces)
        _PADDED.inc(passed.padded)
        _FILL.observe(passed.fill)
        _READING.observe(passed.seconds)
        _WAITING.observe(max(0.0, passed.waited))

    def prepared(self, step: str, seconds: float) -> None:  # noqa: D102
        _PREPARING.labels(step).observe(seconds)

    def answered(self, judgements: Iterable[Judgement]) -> None:
        """These judgements were given; counted together, since each count takes a lock and a file."""
        given = [told for judgement in judgements for told in judgement.predictions.items()]
        unsure = (head for head, told in given if told.confidence < self._thresholds[head])
        for (head, label), count in Counts((head, told.label) for head, told in given).items():
            _LABELS.labels(head, label).inc(count)
        unsure_of = Counts(unsure)
        for head in {head for head, _ in given}:
            _UNCERTAIN.labels(head).inc(unsure_of[head])


def forget_the_dead() -> None:
    """Takes the gauges of workers that are gone out of the sum: who was killed could not do it."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    for file in Path(folder).glob("gauge_live*_*.db") if folder else ():
        process = int(file.stem.rpartition("_")[2])
        if not psutil.pid_exists(process):
            mark_process_dead(process, folder)  # type: ignore[no-untyped-call]
