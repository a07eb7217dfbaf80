"""Archives in, Parquet out (`hudna score`): resumable, in bounded memory, each sentence read once.

The input is cut into parts by its order alone, and a part is read without regard to the others but for
what is known of their sentences, so a run that was stopped writes the same bytes as one that was not.
While the network reads one part, the next is segmented and tokenised and the last is finished and
written.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from models.classifier import Classifier, Work
from models.encoding import Example
from models.errors import InputError
from models.labels import SENTIMENT
from models.reading import Rows
from models.results import Analysis
from serving.archive import Source, passed_over, sources
from serving.claims import claim, held
from serving.forms import Form, flat_form, nested_form
from serving.inputs import Columns
from serving.ledger import Counts, Ledger, PartEntry, read_counts, write_part
from serving.memo import Memo
from serving.parts import Part, cut
from serving.spool import forget_spool, spooled

__all__ = ["ScoreArguments", "Scoring", "begin_part", "put_part", "read_part"]

_DECIDING = (
    "hudna",
    "openvino",
    "torch",
    "tokenizers",
    "sentencex",
    "pyarrow",
)  # what the bytes hang on too
_MEMO = ".said.sqlite"

Item = TypeVar("Item")
Begun = tuple[Work[list[Analysis]], Sequence[Example]]


@dataclass(frozen=True)
class ScoreArguments:
    """What is scored, how it is judged, and where it goes; `articles` are those of a part."""

    inputs: Sequence[str]
    out: Path
    columns: Columns = field(default_factory=Columns)
    flat: bool = False
    targets: Sequence[str] | None = None
    actors: Sequence[str] | None = None
    min_confidence: float = 0.0
    articles: int = 1_000

    @property
    def options(self) -> dict[str, Any]:
        """How it is judged, as `Classifier.analyze` takes it."""
        asked = {"targets": self.targets, "actors": self.actors}
        return {**asked, "min_confidence": self.min_confidence}


class Scoring:
    """A run of scoring, or what is left of it.

    Raises:
        InputError: the input or an option cannot be used, or the output is of another run.
        StorageError: the output cannot be written.
    """

    engine = "local"

    def __init__(self, classifier: Classifier, arguments: ScoreArguments) -> None:
        self._classifier, self._arguments = classifier, arguments
        classifier.analyze([], **arguments.options)  # refuses unknown targets and actors first
        with held(arguments.out):
            inputs = spooled(arguments.inputs, arguments.out)
            self._given = sources(inputs, arguments.columns, arguments.out)
            self._told = {"engine": self.engine, **_description(classifier, arguments, self._given)}
            claim(arguments.out, self._told)

    @property
    def rows(self) -> int:
        """About how many rows the input has."""
        is_done = read_counts(self._arguments.out)[1]
        return 0 if is_done else sum(source.rows for source in self._given)

    @property
    def passed_over(self) -> list[Path]:
        """The files in named folders that are of no kind that is read."""
        return passed_over(self._arguments.inputs, self._arguments.out)

    @property
    def counts(self) -> Counts:
        """What the output holds by now."""
        return read_counts(self._arguments.out)[0]

    def finish(self, told: Callable[[PartEntry], None] = lambda _: None) -> None:
        """Scores what is left; `told` hears of every part.

        Raises:
            InputError: another run is at work in the folder, or the input is no longer what it was.
            StorageError: the input cannot be read, or the output not be written.
        """
        with held(self._arguments.out):
            self._ledger = Ledger(self._arguments.out, self._told)
            if not self._ledger.is_done:
                self._score(told)
                self._check_input()
                self._ledger.finish()
            for file in self._arguments.out.glob(f"{_MEMO}*"):
                file.unlink()
            forget_spool(self._arguments.out)

    def _check_input(self) -> None:
        """Calls no run done whose input changed under it, since nobody knows what was read."""
        for source, (_, digest) in zip(self._given, self._told["input"], strict=True):
            if source.digest() != digest:
                raise InputError(
                    f"{source.path} has changed since the run began, and its rows may be of either "
                    "state; score it anew into another --out."
                )

    def _score(self, told: Callable[[PartEntry], None]) -> None:
        heads = self._classifier.checkpoint.config.heads
        memo = Memo(self._arguments.out / _MEMO, heads, self._ledger.next_part)
        with closing(memo), ThreadPoolExecutor(1) as ahead, ThreadPoolExecutor(1) as behind:
            writing: Future[PartEntry] | None = None
            for number, begun in enumerate(_ahead(ahead, self._begun()), self._ledger.next_part):
                part, work = begun
                read = read_part(self._classifier, memo, number, work)
                if writing:
                    told(writing.result())
                writing = behind.submit(self._put, number, part, read)
            if writing:
                told(writing.result())

    def _begun(self) -> Iterator[tuple[Part, Begun]]:
        """The parts that are left, segmented and tokenised."""
        for part in cut(self._given, self._ledger.end, self._arguments.articles):
            yield part, begin_part(self._classifier, self._arguments, part)

    def _put(self, number: int, part: Part, read: "ReadPart") -> PartEntry:
        entry = put_part(self._classifier, self._arguments, number, part, read)
        self._ledger.enter(entry)
        return entry


def begin_part(classifier: Classifier, arguments: ScoreArguments, part: Part) -> Begun:
    """A part's work, and what the network is to read of it."""
    work = classifier.analysing(part.articles, **arguments.options)
    return work, next(work)


@dataclass(frozen=True)
class ReadPart:
    """A part's work and what the network said; how many sentences it was asked about, and read."""

    work: Work[list[Analysis]]
    rows: Sequence[Rows]
    asked: int
    read: int


def read_part(classifier: Classifier, memo: Memo, number: int, begun: Begun) -> ReadPart:
    """What the network says of a part, or has said before."""
    work, examples = begun
    rows, read = memo.read(number, examples, classifier.reader.read)
    return ReadPart(work, rows, len(examples), read)


def put_part(
    classifier: Classifier, arguments: ScoreArguments, number: int, part: Part, read: ReadPart
) -> PartEntry:
    """Finishes a part and writes it into the output's folder.

    Raises:
        StorageError: there is no room, or the disk fails.
    """
    analyses = classifier.finished(read.work, read.rows)
    counts = _counts(analyses, part, read.asked, read.read)
    write = partial(_form(classifier, arguments).write, analyses)
    return write_part(arguments.out, number, part.end, counts, write, part.bad)


def _description(
    classifier: Classifier, arguments: ScoreArguments, given: Sequence[Source]
) -> dict[str, Any]:
    """What makes a run this one: the same description gives the same bytes."""
    return {
        "input": [[source.name, source.digest()] for source in given],
        "columns": asdict(arguments.columns),
        "registry of actors": classifier.matcher.registry.digest,
        "checkpoint": [*classifier.model.model_dump().values(), classifier.checkpoint.digests],
        "options": arguments.options,
        "form": "flat" if arguments.flat else "nested",
        "articles a part": arguments.articles,
        "device": f"{classifier.runtime}, {classifier.runtime.passes} at once",
        "versions": {name: version(name) for name in _DECIDING},
    }


def _form(classifier: Classifier, arguments: ScoreArguments) -> Form:
    model, checkpoint = classifier.model, classifier.checkpoint
    judged = [*(arguments.targets or classifier.targets), SENTIMENT]
    told = {"model": model.name, "version": model.version, "digest": checkpoint.digest}
    make = flat_form if arguments.flat else nested_form
    return make(
        {head: checkpoint.config.heads[head] for head in judged},
        {f"hudna.{name}": value for name, value in told.items()},
    )


def _ahead(thread: ThreadPoolExecutor, items: Iterator[Item]) -> Iterator[Item]:
    """The items, each made in the thread while the one before is used."""
    coming = thread.submit(next, items, None)
    while (item := coming.result()) is not None:
        coming = thread.submit(next, items, None)
        yield item


def _counts(analyses: Sequence[Analysis], part: Part, asked: int, read: int) -> Counts:
    judgements = [judgement for analysis in analyses for judgement in analysis.judgements]
    labels = Counter(f"{head} {label}" for each in judgements for head, label in each.labels.items())
    return Counts(
        articles=len(analyses),
        sentences=sum(len(analysis.sentences) for analysis in analyses),
        judgements=len(judgements),
        asked=asked,
        read=read,
        quarantined=len(part.bad),
        labels=dict(sorted(labels.items())),
    )
