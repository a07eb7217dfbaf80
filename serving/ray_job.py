"""`hudna score --engine ray`: the same job on a Ray cluster, a part a task (docs/batch.md).

The driver finds where parts begin, the workers of an actor pool read, score and write them, and the
driver enters each as it comes. Input and output are on a disk that all see. A part that a lost worker
had is done by another; a part that is entered is never done again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path
from socket import gethostname
from typing import Any

import ray

from models.classifier import Classifier
from models.errors import InputError, StorageError
from serving.archive import sources
from serving.batch import ScoreArguments, Scoring, begin_part, put_part, read_part
from serving.ledger import PartEntry, Position
from serving.memo import Memo
from serving.parts import cut

__all__ = ["RayScoring", "Workers"]

_MOST_BLOCKS = 5_000  # of the list of parts, since Ray keeps account of each
_IN_MEMORY = Path(":memory:")
_HOME = Path(__file__).parents[1]  # the folder of the packages


@dataclass(frozen=True)
class Workers:
    """The actor pool: between `least` and `most` workers, each with `gpus` of a GPU and a checkpoint."""

    checkpoint: Path
    device: str = "auto"
    least: int = 1
    most: int = 4
    cpus: float = 1
    gpus: float = 0

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise InputError(
                f"--workers {self.least} {self.most}: at least 1, and no more than the most."
            )


class RayScoring(Scoring):
    """`Scoring` whose parts are done by workers; a sentence is read once in a part, not in the run."""

    engine = "ray"

    def __init__(self, classifier: Classifier, arguments: ScoreArguments, workers: Workers) -> None:
        super().__init__(classifier, arguments)
        self._workers = replace(workers, checkpoint=workers.checkpoint.absolute())

    def _score(self, told: Callable[[PartEntry], None]) -> None:
        waiting = list(self._waiting())
        for row in self._done(waiting) if waiting else ():
            entry = PartEntry.model_validate_json(row["entry"])
            self._ledger.enter(entry)
            told(entry)

    def _everywhere(self) -> ScoreArguments:
        """The arguments with names that hold in every working folder."""
        files = [str(source.path) for source in self._given]
        return replace(self._arguments, inputs=files, out=self._arguments.out.absolute())

    def _waiting(self) -> Iterator[dict[str, int]]:
        """The parts that are not entered, and where in the input each begins."""
        entered = {entry.part for entry in self._ledger.entries}
        start = Position()
        for number, part in enumerate(cut(self._given, start, self._arguments.articles)):
            if number not in entered:
                yield {"part": number, **start.model_dump()}
            start = part.end

    def _done(self, waiting: list[dict[str, int]]) -> Iterator[Mapping[str, Any]]:
        """What the workers tell, as it comes; Ray holds back tasks where results are not taken."""
        with chdir(_HOME):  # workers import from here too, and in a user's folder may be a `models`
            ray.init(ignore_reinit_error=True, log_to_driver=False)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        workers = self._workers
        done = ray.data.from_items(
            waiting, override_num_blocks=min(len(waiting), _MOST_BLOCKS)
        ).map_batches(
            _Worker,
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(min_size=workers.least, max_size=workers.most),
            num_cpus=workers.cpus,
            num_gpus=workers.gpus,
            fn_constructor_args=(workers, self._everywhere(), self._classifier.checkpoint.digests),
        )
        try:
            yield from done.iter_rows()
        except ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1].rstrip(".")  # after the tracebacks
            raise StorageError(f"The cluster failed: {reason}. What is done stays.") from error


class _Worker:
    """Scores the parts that it is given, with a checkpoint of its own, which is the driver's.

    Raises:
        InputError: on this machine another one lies there.
    """

    def __init__(self, workers: Workers, arguments: ScoreArguments, digests: Mapping[str, str]) -> None:
        self._classifier = Classifier.load(workers.checkpoint, workers.device)
        if self._classifier.checkpoint.digests != digests:
            raise InputError(f"{workers.checkpoint} on {gethostname()} is not the run's checkpoint.")
        self._arguments = arguments
        self._given = sources(arguments.inputs, arguments.columns)

    def __call__(self, parts: Mapping[str, Any]) -> dict[str, list[str]]:
        """The entries of these parts, once they are written."""
        rows = zip(parts["part"], parts["source"], parts["row"], strict=True)
        return {"entry": [self._entry(*map(int, row)).model_dump_json() for row in rows]}

    def _entry(self, number: int, source: int, row: int) -> PartEntry:
        part = next(cut(self._given, Position(source=source, row=row), self._arguments.articles))
        # A memory of the part alone, so that whoever does it writes the same bytes.
        memo = Memo(_IN_MEMORY, self._classifier.checkpoint.config.heads, number)
        begun = begin_part(self._classifier, self._arguments, part)
        read = read_part(self._classifier, memo, number, begun)
        return put_part(self._classifier, self._arguments, number, part, read)
