"""How scores rise with the corpus (`hudna corpus curve`): the network and the TF-IDF baseline."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from models.classifier import Classifier
from models.errors import InputError
from models.labels import labels_by_head
from training.arguments import TrainArguments
from training.baselines import baseline_predictions
from training.dataset import LabelledSentence, drawn, judgements, read_sentences
from training.evaluate import evaluate, predict
from training.finetune import finetune
from training.runs import write_whole

__all__ = ["CurveArguments", "Points", "learning_curve", "plot_curve", "print_curve", "read_points"]

_HEADS = labels_by_head()


@dataclass(frozen=True)
class CurveArguments:
    """A learning curve: every size with every seed, scored on every data; 0 is the whole corpus.

    `data` are labelled sentences by name: a file, or a folder of which the test split is taken.
    """

    corpus: Path
    encoder: str
    out: Path
    sizes: Sequence[int]
    seeds: Sequence[int]
    data: dict[str, Path]
    epochs: int = 2
    steps: int = 200  # at the least, so that small corpora are not merely read too little
    sentences: int = 32


def learning_curve(arguments: CurveArguments) -> None:
    """Trains and scores every point that ``arguments.out`` does not hold yet, a JSON file each.

    Raises:
        InputError: the corpus or the data cannot be read, the encoder cannot be used, or
            ``arguments.out`` holds points of another one.
    """
    tests = {
        name: read_sentences(path, "test" if path.is_dir() else None)
        for name, path in arguments.data.items()
    }
    for name, path in arguments.data.items():
        if not judgements(tests[name]):
            raise InputError(f"There is nothing to score in {path}.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    whole = len(read_sentences(arguments.corpus, "train"))
    for size in (size for size in arguments.sizes if not size or size < whole):  # 0 is the whole
        for seed in arguments.seeds:
            file = arguments.out / f"{arguments.corpus.name}-{size}-{seed}.json"
            if file.exists():
                _refuse_other(file, arguments)
            else:
                write_whole(file, list(_point(arguments, size, seed, tests)))


def _refuse_other(file: Path, arguments: CurveArguments) -> None:
    for row in json.loads(file.read_text("utf-8")):
        if (row["encoder"], row["epochs"]) != (arguments.encoder, arguments.epochs):
            raise InputError(f"{file} is of another encoder or number of epochs; choose another --out.")


def _point(
    arguments: CurveArguments, size: int, seed: int, tests: dict[str, list[LabelledSentence]]
) -> Iterator[dict[str, Any]]:
    """Scores of one size and seed: a row a system, test and head."""
    train = drawn(read_sentences(arguments.corpus, "train"), size, seed)
    if not train:
        raise InputError(f"The corpus at {arguments.corpus} has no train sentences.")
    asked = [sentence for test in tests.values() for sentence in test]
    found = {"network": _network(arguments, size, seed, len(train), asked)}
    if size or seed == arguments.seeds[0]:  # the whole corpus is the same for every seed
        found["tfidf_svm"] = baseline_predictions(train, asked, list(_HEADS))["tfidf_svm"]
    told = {
        "corpus": arguments.corpus.name,
        "encoder": arguments.encoder,
        "epochs": arguments.epochs,
        "sentences": len(train),
        "seed": seed,
    }
    for system, predicted in found.items():
        for name, labels in _by_test(predicted, tests):
            scores = evaluate(tests[name], labels, _HEADS, interval=False)
            for head, score in scores.items():
                bearing = score.bearing
                row = {"system": system, "head": head, "macro": score.macro, "bearing": bearing}
                yield {**told, "data": name, **row}


def _network(
    arguments: CurveArguments, size: int, seed: int, train: int, asked: list[LabelledSentence]
) -> dict[str, list[str]]:
    """The labels that a network fine-tuned on so many sentences gives."""
    epochs = max(arguments.epochs, round(arguments.steps * arguments.sentences / train))
    with TemporaryDirectory() as scratch:
        run = TrainArguments(
            arguments.corpus, arguments.encoder, Path(scratch), limit=size, epochs=epochs,
            sentences=arguments.sentences, select=False, noise_rate=0.0, seed=seed,
        )  # fmt: skip
        classifier = Classifier.load(finetune(run))
    return predict(classifier.probabilities([sentence.query for sentence in asked]), _HEADS)


def _by_test(
    predicted: dict[str, list[str]], tests: dict[str, list[LabelledSentence]]
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Labels of all tests in a row, cut into each test's own."""
    start = 0
    for name, test in tests.items():
        end = start + len(judgements(test))
        yield name, {head: labels[start:end] for head, labels in predicted.items()}
        start = end


Points = dict[tuple[str, str, str, str, int], list[float]]


def read_points(folder: Path, measure: str = "macro") -> Points:
    """Macro-F1 of every seed by (data, head, system, corpus, sentences).

    With the measure `bearing`, micro-F1 over the stance-bearing labels, for the targets alone.
    """
    points: Points = {}
    for file in sorted(folder.glob("*.json")):
        for row in json.loads(file.read_text("utf-8")):
            key = (row["data"], row["head"], row["system"], row["corpus"], row["sentences"])
            if row[measure] is not None:
                points.setdefault(key, []).append(row[measure])
    return dict(sorted(points.items()))


def print_curve(folder: Path) -> None:
    """Prints mean and standard deviation over the seeds for every point in a curve's folder."""
    table = Table("data", "head", "system", "corpus", "sentences", "macro-F1", "sd", "seeds", box=None)
    for (*names, sentences), values in read_points(folder).items():
        spread = stdev(values) if len(values) > 1 else 0.0
        table.add_row(*names, f"{sentences:,}", f"{mean(values):.3f}", f"{spread:.3f}", str(len(values)))
    Console(width=110).print(table)


def plot_curve(folder: Path, picture: Path, corpus: str) -> None:
    """Draws the curve of one corpus: a panel a data and head, mean and standard deviation over seeds."""
    from matplotlib.figure import Figure

    points = {key: v for key, v in read_points(folder).items() if key[3] == corpus}
    data = sorted({key[0] for key in points}, reverse=True)
    figure = Figure(figsize=(10, 3 * len(data)), layout="constrained")
    axes = figure.subplots(len(data), len(_HEADS), sharex=True, sharey=True, squeeze=False)
    for row, name in enumerate(data):
        for column, head in enumerate(_HEADS):
            panel = axes[row, column]
            for system, style in (("network", "o-"), ("tfidf_svm", "s--")):
                sizes = sorted(key[4] for key in points if key[:3] == (name, head, system))
                values = [points[name, head, system, corpus, size] for size in sizes]
                spreads = [stdev(v) if len(v) > 1 else 0.0 for v in values]
                panel.errorbar(sizes, [*map(mean, values)], spreads, fmt=style, capsize=3, label=system)
            panel.set_title(f"{head}, {name}")
            panel.set_xscale("log", base=2)
            panel.set_xticks(sizes, [f"{size / 1_000:.3g}" for size in sizes])
            panel.grid(alpha=0.3)
    axes[0, 0].legend()
    figure.supxlabel("thousands of sentences in training")
    figure.supylabel("macro-F1")
    figure.savefig(picture, dpi=110)
