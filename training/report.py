"""What `hudna evaluate` prints and writes: a checkpoint's scores beside the baselines'."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.classifier import Classifier
from models.errors import InputError
from training.baselines import baseline_predictions
from training.calibrate import expected_calibration_error
from training.dataset import LabelledSentence, judgements, labels_of, read_sentences
from training.evaluate import HeadScore, Probabilities, evaluate, predict
from training.model_card import record

__all__ = ["report"]


def report(
    checkpoint: Path, data: Path, split: str | None, corpus: Path | None, title: str | None
) -> None:
    """Prints the scores on `data` and writes them as JSON under ``runs``.

    The baselines learn from the train split of `corpus`. Under a `title` the scores go into the
    checkpoint's model card too.

    Raises:
        InputError: there are no labelled sentences.
        CheckpointError: the checkpoint cannot be loaded.
    """
    classifier = Classifier.load(checkpoint)
    test = read_sentences(data, split)
    place = " ".join(filter(None, [str(data), split]))
    if not judgements(test):
        raise InputError(f"There is nothing to score in {place}.")
    heads = classifier.checkpoint.config.heads
    probabilities = classifier.probabilities([sentence.query for sentence in test])
    predicted = {classifier.model.name: predict(probabilities, heads)}
    if train := read_sentences(corpus, "train") if corpus else []:
        predicted |= baseline_predictions(train, test, list(heads))
    found = {system: evaluate(test, answers, heads) for system, answers in predicted.items()}
    calibration = _calibration_errors(probabilities, test, heads)
    console = Console()
    console.print(f"{place}: {len(test)} sentences, {len(judgements(test))} judgements")
    for head, labels in heads.items():
        console.print(_table(head, {system: by_head[head] for system, by_head in found.items()}))
        console.print(_confusion(labels, found[classifier.model.name][head]))
        console.print(f"expected calibration error: {calibration[head]:.3f}\n")
    content = {
        "title": title or place,
        "sentences": len(test),
        "judgements": len(judgements(test)),
        "scores": {system: {h: asdict(s) for h, s in heads.items()} for system, heads in found.items()},
        "ece": calibration,
    }
    file = Path("runs") / f"evaluation-{checkpoint.name}-{data.stem}{f'-{split}' if split else ''}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    console.print(f"written to {file}")
    if title:
        record(checkpoint, content)


def _calibration_errors(
    probabilities: Probabilities, test: list[LabelledSentence], heads: dict[str, list[str]]
) -> dict[str, float]:
    errors = {}
    for head, labels in heads.items():
        best = [actor[head].max(-1) for row in probabilities for actor in row]
        right = [
            labels[int(found.indices)] == truth
            for found, truth in zip(best, labels_of(test, head), strict=True)
        ]
        errors[head] = expected_calibration_error([float(found.values) for found in best], right)
    return errors


def _table(head: str, by_system: Mapping[str, HeadScore]) -> Table:
    """A row a system; a target's macro-F1 leaves none out, `f+a` is favor and against alone."""
    first = next(iter(by_system.values()))
    extra = [] if first.polar is None else ["f+a", "micro"]
    table = Table("", "macro-F1", "95%", *extra, *first.f1, title=head, title_justify="left", box=None)
    for system, score in by_system.items():
        low, high = score.interval
        more = [] if score.polar is None or score.bearing is None else [score.polar, score.bearing]
        values = [*more, *score.f1.values()]
        table.add_row(
            system, f"{score.macro:.3f}", f"{low:.2f}-{high:.2f}", *(f"{v:.3f}" for v in values)
        )
    table.add_row("n", "", "", *([""] * len(extra)), *map(str, first.support.values()))
    return table


def _confusion(labels: list[str], score: HeadScore) -> Table:
    table = Table("truth \\ predicted", *labels, box=None)
    for label, row in zip(labels, score.confusion, strict=True):
        table.add_row(label, *map(str, row))
    return table
