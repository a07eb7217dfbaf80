"""The model card, written from what training and evaluation recorded, never by hand."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from training.markdown import markdown_table
from training.pictures import draw_calibration

__all__ = ["record", "record_ablation", "write_model_card"]

_SOURCES = {  # of the files that `hudna pretrain` was given, by name
    "news-antcorpus": "ANTCorpus (BBC, CNN, Al Arabiya, Sky News Arabia, France 24, Jawhara FM; GitHub "
    "antcorpus/antcorpus.multisource.data and antcorpus/antcorpus.data, Apache-2.0)",
    "news-saudinewsnet": "SaudiNewsNet (14 Saudi outlets; parallelfold/SaudiNewsNet, CC BY-NC-SA 4.0)",
    "news-alkhaleej": "Al Khaleej and others (aizen991/arabic-Text-classification, no licence stated)",
    "news-other": "BBC and CNN Arabic, pan-Arab papers, Hespress, Al Jazeera, satire, Wikipedia "
    "paragraphs and WMT news from menaattia/arabic-fake-news, Nasreddine/arabic_news_papers_for_llms, "
    "vulca1n/arabic-news-articles-clustering, sadanyh/Arabic-Satirical-Fake-News-Dataset, "
    "Nahla-yasmine/Arabic-News-Scraper, hamdi-ramdane/S8-WANLP-PROJECT, "
    "elsayed-issa/Arabic-News-Summaries, MaramHasanain/ArMPro, husseinmozannar/SOQAL, "
    "MicrosoftTranslator/NTREX and JehadOumer/RealorFakeorSatire (each under its own terms)",
    "corpus-train": "the text of this project's corpus, train split",
}


def record(checkpoint: Path, evaluation: dict[str, Any]) -> None:
    """Keeps an evaluation in the checkpoint's ``metrics.json`` and writes its card anew."""
    with _metrics(checkpoint) as metrics:
        metrics.setdefault("evaluations", {})[evaluation["title"]] = evaluation


def record_ablation(checkpoint: Path, table: str) -> None:
    """Keeps an ablation's table in the checkpoint's ``metrics.json`` and writes its card anew."""
    with _metrics(checkpoint) as metrics:
        metrics["ablation"] = table


@contextmanager
def _metrics(checkpoint: Path) -> Iterator[dict[str, Any]]:
    file = checkpoint / "metrics.json"
    metrics = json.loads(file.read_text("utf-8"))
    yield metrics
    file.write_text(json.dumps(metrics, indent=1) + "\n", "utf-8")
    write_model_card(checkpoint)


def write_model_card(checkpoint: Path) -> None:
    """Writes a checkpoint's ``README.md`` and its picture from what its other files tell."""
    metrics = json.loads((checkpoint / "metrics.json").read_text("utf-8"))
    config = json.loads((checkpoint / "config.json").read_text("utf-8"))
    calibration = json.loads((checkpoint / "calibration.json").read_text("utf-8"))
    evaluations = list(metrics.get("evaluations", {}).values())
    if evaluations:
        draw_calibration(evaluations, checkpoint / "calibration.png")
    card = ModelCard.from_template(
        _card_data(config["name"], evaluations, "apache-2.0" if metrics["pretraining"] else "other"),
        template_str=resources.files("training").joinpath("model_card.md").read_text("utf-8"),
        **{key: config[key] for key in ("name", "version")},
        layers=config["encoder"]["num_hidden_layers"],
        hidden=config["encoder"]["hidden_size"],
        vocabulary=f"{config['encoder']['vocab_size']:,}",
        targets=", ".join(config["targets"]),
        sources=_sources(metrics["pretraining"]),
        note=" ".join(s["note"] for s in _stretches(metrics["pretraining"]) if "note" in s),
        evaluations=[_section(config["name"], evaluation) for evaluation in evaluations],
        ablation=metrics.get("ablation", ""),
        calibration="; ".join(
            f"{head}: temperature {found['temperature']:.2f}, threshold {found['threshold']:.2f}"
            for head, found in calibration.items()
        ),
        **_effort(metrics),
    )
    card.save(checkpoint / "README.md")


def _effort(metrics: dict[str, Any]) -> dict[str, Any]:
    """What training and pretraining read, and how long they took on what."""
    train, pretraining = metrics["train"], metrics["pretraining"]
    return {
        "sentences": f"{train['sentences']:,}",
        "judgements": f"{train['judgements']:,}",
        "hours": f"{sum(_seconds(train, metrics['arguments']['version']).values()) / 3600:.1f}",
        "machine": train["machine"],
        "epochs": metrics["arguments"]["epochs"],
        "encoder": metrics["arguments"]["encoder"],
        "corpus": metrics["arguments"]["corpus"],
        "origin": _origin(train),
        "pieces_seen": f"{pretraining['pieces_seen'] / 1e6:.1f} million" if pretraining else "",
        "pretraining_hours": f"{pretraining.get('seconds', 0) / 3600:.1f}",
        "pretraining_machine": pretraining.get("machine", "an unknown machine"),
        "fill_mask": "\n".join(
            f"- {prompt}: {'، '.join(pieces)}"
            for prompt, pieces in pretraining.get("fill_mask", {}).items()
        ),
        "held_out": _held_out(pretraining.get("history", [])),
    }


def _origin(train: dict[str, Any]) -> str:
    """What a training began from or is the mean of, in words; empty where it began from an encoder."""
    lineage = "; ".join(f"{version}: {how}" for version, how in _lineage(train).items())
    return f"{_begun(train)} ({lineage})" if lineage else ""


def _lineage(train: dict[str, Any]) -> dict[str, str]:
    """The trainings that one builds upon in words, by version, each once and behind its own."""
    found: dict[str, str] = {}
    for each in _earlier(train):
        epochs = "" if each.get("averaged") else f"{each['epochs']} epochs"
        how = filter(None, (epochs, _begun(each), f"{each['sentences']:,} sentences"))
        found |= _lineage(each) | {each["version"]: ", ".join(how)}
    return found


def _begun(train: dict[str, Any]) -> str:
    versions = " and ".join(each["version"] for each in _earlier(train))
    if train.get("averaged"):
        return f"the mean of the weights of {versions}"
    return f"going on from {versions}" if versions else ""


def _earlier(train: dict[str, Any]) -> list[dict[str, Any]]:
    """The trainings that one builds upon."""
    return [*train.get("averaged", []), *filter(None, [train.get("earlier")])]


def _seconds(train: dict[str, Any], version: str) -> dict[str, float]:
    """The seconds of a training and of those that it builds upon, each once, by version."""
    found = {version: float(train["seconds"])}
    for each in _earlier(train):
        found |= _seconds(each, each["version"])
    return found


def _stretches(pretraining: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The records of all stretches, the last one first."""
    while pretraining:
        yield pretraining
        pretraining = pretraining.get("earlier", {})


def _sources(pretraining: dict[str, Any]) -> str:
    """Where the text of all stretches came from, in words."""
    files = (Path(f).name.split(".")[0] for stretch in _stretches(pretraining) for f in stretch["files"])
    return "; ".join(dict.fromkeys(map(_source, files)))


def _source(file: str) -> str:
    return next((told for name, told in _SOURCES.items() if file.startswith(name)), file)


def _held_out(history: list[dict[str, Any]]) -> str:
    """The last loss and accuracy on held-out rows."""
    scored = [entry for entry in history if "eval_accuracy" in entry]
    if not scored:
        return "not measured"
    return (
        f"loss {scored[-1]['eval_loss']:.2f}, {scored[-1]['eval_accuracy']:.1%} of masked pieces right, "
        f"at step {scored[-1]['step']:,} of the last stretch (rows that this stretch did not read; an "
        "earlier one may have)"
    )


def _card_data(name: str, evaluations: list[dict[str, Any]], licence: str) -> ModelCardData:
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type="hudna",
            dataset_name=evaluation["title"],
            dataset_config=evaluation["title"],  # by which the Hub tells results apart, not by the name
            metric_type="f1",
            metric_name=f"{head} macro-F1",
            metric_value=round(score["macro"], 4),
        )
        for evaluation in evaluations
        for head, score in evaluation["scores"][name].items()
    ]
    return ModelCardData(
        language="ar",
        license=licence,
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["stance-detection", "arabic", "news", "libya"],
        model_name=name,
        eval_results=results or None,
    )


def _section(name: str, evaluation: dict[str, Any]) -> dict[str, Any]:
    heads = list(evaluation["scores"][name])
    rows = [
        (system, *(_cell(scores[head]) for head in heads))
        for system, scores in evaluation["scores"].items()
    ]
    return {
        **evaluation,
        "table": markdown_table(("", *heads), rows),
        "labels": "; ".join(
            f"{head} "
            + ", ".join(
                f"{label} {score['f1'][label]:.2f} (n={n})" for label, n in score["support"].items()
            )
            for head, score in evaluation["scores"][name].items()
        ),
        "bearing": ", ".join(
            f"{head} {score['bearing']:.2f}"
            for head, score in evaluation["scores"][name].items()
            if score["bearing"] is not None
        ),
        **_beyond_scores(evaluation),
        "ece": ", ".join(f"{head} {value:.3f}" for head, value in evaluation["ece"].items()),
    }


def _beyond_scores(evaluation: dict[str, Any]) -> dict[str, str]:
    """Coverage, contrast pairs, robustness, explanations and groups, in words and tables."""
    told = {
        "accepted_told": ", ".join(
            f"{head} {share:.0%} of judgements, {right:.0%} of them right"
            for head, (share, right) in evaluation["accepted"].items()
        ),
        "contrast_told": ", ".join(
            f"{head} {right} of {pairs}"
            for head, (right, pairs) in evaluation["contrast"].items()
            if pairs
        ),
        "robustness_table": "",
        "faithful_told": ", ".join(
            f"{head} {found['explained']} of {found['judgements']} against {found['random']}"
            for head, found in evaluation["faithfulness"].items()
        ),
        "breakdown_tables": "\n\n".join(
            markdown_table((kind, "judgements", *next(iter(groups.values()))[1]), _groups(groups))
            for kind, groups in evaluation["breakdown"].items()
            if groups
        ),
    }
    if changes := evaluation["robustness"]:
        heads = list(next(iter(changes.values())))
        rows = [
            (change, *(f"{by[h][1]:.3f} → {by[h][2]:.3f} (n={by[h][0]})" for h in heads))
            for change, by in changes.items()
        ]
        told["robustness_table"] = markdown_table(("", *heads), rows)
    return told


def _groups(groups: dict[str, Any]) -> list[tuple[object, ...]]:
    return [
        (name, count, *(f"{score:.2f}" for score in scores.values()))
        for name, (count, scores) in groups.items()
    ]


def _cell(score: dict[str, Any]) -> str:
    low, high = score["interval"]
    return f"{score['macro']:.3f} [{low:.2f}-{high:.2f}]"
