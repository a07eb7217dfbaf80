"""What `hudna evaluate` prints and writes: a checkpoint's scores beside the baselines'."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.classifier import Classifier
from models.errors import InputError
from models.reading import Rows
from training.baselines import baseline_predictions
from training.breakdown import breakdown
from training.calibrate import Bin, expected_calibration_error, reliability, risk_coverage
from training.contrast import contrast_consistency
from training.dataset import LabelledSentence, judgements, labels_of, read_sentences
from training.evaluate import HeadScore, evaluate, predict
from training.faithfulness import Flips, faithfulness
from training.model_card import record
from training.robustness import robustness

__all__ = ["report"]


@dataclass(frozen=True)
class Evaluation:
    """What is known of a checkpoint on some data; `scores` by system and head, the rest by head."""

    title: str
    sentences: int
    judgements: int
    scores: dict[str, dict[str, HeadScore]]
    ece: dict[str, float]
    reliability: dict[str, list[Bin]]
    risk_coverage: dict[str, list[tuple[float, float]]]
    contrast: dict[str, tuple[int, int]]
    accepted: dict[str, tuple[float, float]]
    robustness: dict[str, dict[str, tuple[int, float, float]]]
    faithfulness: dict[str, Flips]
    breakdown: dict[str, dict[str, tuple[int, dict[str, float]]]]


def report(
    checkpoint: Path,
    data: Path,
    split: str | None,
    corpus: Path | None,
    title: str | None,
    errors: Path | None,
) -> None:
    """Prints the scores on `data` and writes them as JSON under ``runs``.

    The baselines learn from the train split of `corpus`. Under a `title` the scores go into the
    checkpoint's model card too. `errors` is where every wrong judgement is listed, tab-separated.

    Raises:
        InputError: there are no labelled sentences, or there is no folder for `errors`.
        CheckpointError: the checkpoint cannot be loaded.
    """
    if errors and not errors.resolve().parent.is_dir():
        raise InputError(f"There is no folder for {errors}.")
    classifier = Classifier.load(checkpoint, "auto:float32")  # the same numbers on every machine
    test = read_sentences(data, split)
    place = " ".join(filter(None, [str(data), split]))
    if not judgements(test):
        raise InputError(f"There is nothing to score in {place}.")
    probabilities = classifier.probabilities([sentence.query for sentence in test])
    predicted = predict(probabilities, classifier.checkpoint.config.heads)
    evaluation = _evaluated(classifier, test, probabilities, predicted, corpus, title or place)
    _print(evaluation, place, classifier)
    file = Path("runs") / f"evaluation-{checkpoint.name}-{data.stem}{f'-{split}' if split else ''}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(asdict(evaluation), indent=1) + "\n", "utf-8")
    Console().print(f"written to {file}")
    if title:
        record(checkpoint, asdict(evaluation))
    if errors:
        _write_errors(errors, test, predicted)


def _evaluated(
    classifier: Classifier,
    test: list[LabelledSentence],
    probabilities: Sequence[Rows],
    own: dict[str, list[str]],
    corpus: Path | None,
    title: str,
) -> Evaluation:
    heads = classifier.checkpoint.config.heads
    predicted = {classifier.model.name: own}
    if train := read_sentences(corpus, "train") if corpus else []:
        predicted |= baseline_predictions(train, test, list(heads))
    best = {head: _best(probabilities, test, head, labels) for head, labels in heads.items()}
    bins = {head: reliability(*found) for head, found in best.items()}
    return Evaluation(
        title=title,
        sentences=len(test),
        judgements=len(judgements(test)),
        scores={system: evaluate(test, answers, heads) for system, answers in predicted.items()},
        ece={head: expected_calibration_error(found) for head, found in bins.items()},
        reliability=bins,
        risk_coverage={head: risk_coverage(*found) for head, found in best.items()},
        contrast=contrast_consistency(test, own),
        accepted={
            head: _accepted(*found, classifier.checkpoint.calibration[head].threshold)
            for head, found in best.items()
        },
        robustness=robustness(classifier, test, own),
        faithfulness=faithfulness(classifier, test),
        breakdown=breakdown(test, own, heads),
    )


def _best(
    probabilities: Sequence[Rows], test: list[LabelledSentence], head: str, labels: list[str]
) -> tuple[list[float], list[bool]]:
    """The confidence of every judgement, and whether it is right."""
    said = [actor[head] for row in probabilities for actor in row]
    truth = labels_of(test, head)
    right = [labels[one.argmax()] == label for one, label in zip(said, truth, strict=True)]
    return [float(one.max()) for one in said], right


def _accepted(confidence: list[float], right: list[bool], threshold: float) -> tuple[float, float]:
    """The share of judgements at or over the operating threshold, and how many of those are right."""
    kept = [hit for sure, hit in zip(confidence, right, strict=True) if sure >= threshold]
    return len(kept) / len(right), sum(kept) / max(1, len(kept))


def _print(evaluation: Evaluation, place: str, classifier: Classifier) -> None:
    console = Console()
    console.print(f"{place}: {evaluation.sentences} sentences, {evaluation.judgements} judgements")
    for head, labels in classifier.checkpoint.config.heads.items():
        by_system = {system: by_head[head] for system, by_head in evaluation.scores.items()}
        console.print(_table(head, by_system))
        console.print(_confusion(labels, by_system[classifier.model.name]))
        console.print(f"expected calibration error: {evaluation.ece[head]:.3f}")
        right, pairs = evaluation.contrast[head]
        console.print(f"contrast pairs with every flipped label right: {right} of {pairs}")
        accepted, precision = evaluation.accepted[head]
        console.print(f"over the threshold: {accepted:.1%} of judgements, {precision:.1%} right")
        console.print(_flips_told(evaluation.faithfulness.get(head)) + "\n")
    for kind, groups in evaluation.breakdown.items():
        console.print(_breakdown_table(kind, groups))
    console.print(_robustness_table(evaluation.robustness))


def _flips_told(flips: Flips | None) -> str:
    if flips is None:
        return "no label has words that explain it"
    return (
        f"labels changed without the words that explain them: {flips.explained} of {flips.judgements}; "
        f"without as many others: {flips.random}"
    )


def _breakdown_table(kind: str, groups: Mapping[str, tuple[int, dict[str, float]]]) -> Table:
    heads = list(next(iter(groups.values()))[1]) if groups else []
    table = Table(kind, "judgements", *heads, title="macro-F1", title_justify="left", box=None)
    for group, (count, scores) in groups.items():
        table.add_row(group, str(count), *(f"{scores[head]:.3f}" for head in heads))
    return table


def _write_errors(
    file: Path, test: list[LabelledSentence], predicted: Mapping[str, Sequence[str]]
) -> None:
    """Lists the wrong judgements; the construct is the sentence's own, or left for a reader to name."""
    with file.open("w", encoding="utf-8", newline="") as lines:
        table = csv.writer(lines, delimiter="\t", lineterminator="\n")
        table.writerow(["id", "actor", "head", "truth", "predicted", "construct"])
        for head, labels in predicted.items():
            for (sentence, actor), label in zip(judgements(test), labels, strict=True):
                if label != actor.labels[head]:
                    told = (actor.labels[head], label, sentence.construct)
                    table.writerow([sentence.id, actor.actor, head, *told])


def _robustness_table(perturbed: Mapping[str, Mapping[str, tuple[int, float, float]]]) -> Table:
    """Macro-F1 on the judgements that a perturbation changed, as sent and perturbed."""
    table = Table("perturbation", "head", "judgements", "as sent", "perturbed", box=None)
    for name, by_head in perturbed.items():
        for head, (changed, before, after) in by_head.items():
            table.add_row(name, head, str(changed), f"{before:.3f}", f"{after:.3f}")
    return table


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
