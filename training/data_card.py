"""The corpus's data card, written from its files, never by hand (`hudna corpus card`)."""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

from huggingface_hub import DatasetCard, DatasetCardData

from models.errors import InputError
from models.labels import labels_by_head
from training.agreement import SECOND_READING, agreement, weak_batches
from training.corpus_check import composition_rows, faults
from training.corpus_measures import CorpusMeasures, measure
from training.dataset import LabelledSentence, read_sentences
from training.learning_curve import Points, read_points
from training.markdown import markdown_table

__all__ = ["write_data_card"]

_CONFIGS = {  # as the Hub and `datasets.load_dataset` read them; every row names its split
    "balanced": ["*.jsonl"],
    "whole": ["*.jsonl", "background/*.jsonl"],
}
_STRINGS = ("id", "text", "register", "construct", "event", "split", "pair", "article")
_JUDGED = ("actor", "ceasefire", "offensive", "sentiment")
_ERRORS = Path(__file__).parent / "dev_errors.tsv"
_CORRECTED = Path(__file__).parent / "second_reading" / "corrections.tsv"
_TOLD = ("offensive", "sentiment")  # of the frequent actors
_BATCHES = {  # in the order they were written, by how their ids begin
    "p01 to p31": tuple(f"p{tens}" for tens in range(4)),
    "p40 to p99": tuple(f"p{tens}" for tens in range(4, 10)),
    "q and r": ("q", "r"),
    "s to w": tuple("stuvw"),
}


def write_data_card(folder: Path) -> None:
    """Writes ``README.md`` of a corpus folder.

    Raises:
        InputError: the folder holds no labelled sentences, or `faults`.
    """
    sentences = read_sentences(folder)
    if fault := next(faults(sentences), None):
        raise InputError(f"{folder} is no sound corpus (hudna corpus check): {fault}")
    found = measure(sentences)
    card = DatasetCard.from_template(
        DatasetCardData(
            language="ar",
            license="cc-by-4.0",
            task_categories=["text-classification"],
            tags=["stance-detection", "sentiment", "arabic", "news", "libya"],
            pretty_name="Hudna corpus",
            configs=[{"config_name": name, "data_files": files} for name, files in _CONFIGS.items()],
            dataset_info=[{"config_name": name, "features": _features()} for name in _CONFIGS],
        ),
        template_str=resources.files("training").joinpath("data_card.md").read_text("utf-8"),
        **_size(sentences, found),
        constructs=markdown_table(("construct", "sentences"), found.constructs.most_common()),
        conditions=found.conditions,
        corrected=f"{len(_rows(_CORRECTED)):,}",
        **_agreement(),
        near_duplicates=f"{found.near_duplicates:.2%}",
        roles=_roles(found),
        **_curve(folder / "learning_curve"),
        **_recipe(folder / "full_recipe"),
        errors=_errors(_rows(_ERRORS)),
    )
    card.save(folder / "README.md")


def _features() -> list[dict[str, Any]]:
    """What a row holds, so that files without an article or a pair are read as those that have them."""
    judged: list[dict[str, Any]] = [{"name": name, "dtype": "string"} for name in _JUDGED]
    return [
        *({"name": name, "dtype": "string"} for name in _STRINGS),
        {"name": "position", "dtype": "int64"},
        {"name": "actors", "list": [*judged, {"name": "mentions", "list": "string"}]},
    ]


def _size(sentences: Sequence[LabelledSentence], found: CorpusMeasures) -> dict[str, Any]:
    words = [len(sentence.text.split()) for sentence in sentences]
    rows = composition_rows(found.balanced, found.whole)
    return {
        "composition": markdown_table(("", "balanced part", "with the background"), rows),
        "words": f"median {median(words):.0f}, {min(words)} to {max(words)}",
    }


def _agreement() -> dict[str, Any]:
    measured = agreement(SECOND_READING)
    rows = [(head, f"{kappa:.3f}", f"{alpha:.3f}") for head, (_, kappa, alpha) in measured.items()]
    [count] = {count for count, _, _ in measured.values()}
    header = ("", "Cohen's kappa", "Krippendorff's alpha")
    weak = [(*told, f"{kappa:.2f}") for *told, kappa in weak_batches(SECOND_READING)]
    by_age = [_kappas(name, batches) for name, batches in _BATCHES.items()]
    return {
        "readings": count,
        "agreement_by_age": markdown_table(("batches", "judgements", *measured), by_age),
        "agreement": markdown_table(header, rows),
        "weak": markdown_table(("batch", "head", "judgements", "differ", "kappa"), weak),
    }


def _kappas(name: str, batches: tuple[str, ...]) -> tuple[str, ...]:
    """A row: these batches, how many of their judgements were read twice, and each head's kappa."""
    measured = agreement(SECOND_READING, batches)
    [count] = {count for count, _, _ in measured.values()}
    return name, f"{count:,}", *(f"{kappa:.3f}" for _, kappa, _ in measured.values())


def _roles(found: CorpusMeasures) -> str:
    labels = labels_by_head()
    rows = [
        (actor, *(" / ".join(str(heads[head][label]) for label in labels[head]) for head in _TOLD))
        for actor, heads in found.actors.items()
    ]
    return markdown_table(("actor", *_TOLD), rows)


def _curve(folder: Path) -> dict[str, str]:
    """The learning curve's points as tables, and what they compare."""
    told = (
        "Macro-F1 of the network and of the TF-IDF baseline after training on growing parts of the "
        "corpus: mean, standard deviation and number of seeds (`hudna corpus curve`). `starter` is "
        "parts 01 to 21 alone; all is scored on the whole corpus's test split as it was before part 125 "
        "(2,841 sentences), and on the real news; no spelling noise in training. "
        "The recipe is cheap, one epoch or about 200 steps at the least, the last one kept: compare "
        "the points with each other, not with the model card. So the network reads 1,000 sentences "
        "six times, 2,000 three times, 4,000 twice, and more once; all but the whole corpus, as it was "
        "then (752 steps), and 12,000 (375) get 190 to 250 steps, after which a network may have just "
        "begun to answer other than none, or, as one of the three seeds at 8,000, hardly yet. "
        "The encoder's second stretch began at checkpoint 0.1.0, which had read labels of today's "
        "train split: small points are flattered. Of 405 real judgements only ten are against or "
        "conditional toward the ceasefire, so its macro-F1 says little; its micro-F1 says more."
    )
    macro, bearing = read_points(folder), read_points(folder, "bearing")
    told += (
        " From the starter set to the whole corpus the network's mean on the real news moves so: "
        f"macro-F1 {_gain(macro)}; micro-F1 {_gain(bearing)}."
    )
    return {
        "curve_told": told,
        "curve": _curve_table(macro),
        "curve_bearing": _curve_table(bearing),
    }


def _gain(points: Points) -> str:
    """By head, the real news' mean after the whole corpus less that after the starter set."""
    whole: dict[tuple[str, str], float] = {}
    for (data, head, system, corpus, _), values in sorted(points.items()):
        if (data, system) == ("real news", "network"):  # the largest size comes last
            whole[head, corpus] = mean(values)
    heads = sorted({head for head, _ in whole})
    if not all((head, corpus) in whole for head in heads for corpus in ("corpus", "starter")):
        return "unknown"
    gains = ((head, whole[head, "corpus"] - whole[head, "starter"]) for head in heads)
    return ", ".join(f"{head} {gain:+.3f}" for head, gain in gains)


def _curve_table(points: Points) -> str:
    columns = sorted({key[:2] for key in points}, reverse=True)
    rows = [
        (
            corpus,
            f"{size:,}",
            system,
            *(_cell(points, column, system, corpus, size) for column in columns),
        )
        for corpus, size, system in sorted({(key[3], key[4], key[2]) for key in points})
    ]
    header = ("corpus", "sentences", "system", *(f"{data}: {head}" for data, head in columns))
    return markdown_table(header, rows)


def _cell(points: Points, column: tuple[str, str], system: str, corpus: str, size: int) -> str:
    values = points.get((*column, system, corpus, size), [])
    if len(values) > 1:
        return f"{mean(values):.3f} ± {stdev(values):.3f} ({len(values)})"
    return f"{values[0]:.3f}" if values else ""


def _recipe(folder: Path) -> dict[str, str]:
    """Five epochs on the starter set and on the whole corpus, and what the second gains."""
    macro, bearing = read_points(folder), read_points(folder, "bearing")
    return {
        "recipe_gain": f"macro-F1 {_gain(macro)}; micro-F1 {_gain(bearing)}",
        "recipe": _curve_table(macro),
        "recipe_bearing": _curve_table(bearing),
    }


def _errors(rows: Sequence[Mapping[str, str]]) -> str:
    heads = sorted({row["head"] for row in rows})
    counts: Counter[tuple[str, str]] = Counter()
    constructs: Counter[str] = Counter()
    for row in rows:
        counts[row["construct"], row["head"]] += int(row["errors"])
        constructs[row["construct"]] += int(row["errors"])
    table = [
        (construct, *(counts[construct, head] for head in heads), total)
        for construct, total in constructs.most_common()
    ]
    return markdown_table(("construct", *heads, "all"), table)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))
