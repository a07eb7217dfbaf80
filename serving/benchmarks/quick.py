"""The short comparison (`hudna bench --quick`): this classifier beside transformers' pipeline.

Both judge the same sentences and actors with the same encoder, in one process, taking turns; it is
done in under a minute on two cores.
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from models.classifier import Classifier
from serving.benchmarks.machine import machine
from serving.benchmarks.pipeline import PairPipeline, by_length
from serving.benchmarks.repeats import Run, Spread, interleaved, ratio, spread
from serving.benchmarks.sample import draw_sample

__all__ = ["compare_quickly", "quick_table"]

_SECONDS = 20.0  # of measuring, beside what starting and choosing a batch size take
_NAMES = {
    "hudna": "Hudna",
    "pipeline_default": "transformers pipeline, default",
    "pipeline_best": "transformers pipeline, best batch",
}


def compare_quickly(
    classifier: Classifier, corpus: Path, sentences: int = 64, seconds: float = _SECONDS
) -> dict[str, Any]:
    """What was measured: judgements a second with quartiles, and the ratios with 95% intervals.

    Raises:
        InputError: the corpus is not there.
    """
    sample = draw_sample(corpus, sentences)
    peer = PairPipeline.of(classifier.checkpoint)
    batch_size, tried = peer.best(sample.pairs)
    runs: dict[str, Run] = {
        "hudna": lambda: classifier.classify(sample.sentences),
        "pipeline_default": peer.at(sample.pairs, 1),
        "pipeline_best": peer.at(by_length(sample.pairs), batch_size),
    }
    for run in runs.values():
        run()
    took = interleaved(runs, seconds)
    count = len(sample.pairs)
    return {
        "machine": machine(),
        "checkpoint": classifier.model.model_dump(),
        "sentences": len(sample.sentences),
        "judgements": count,
        "rounds": len(took["hudna"]),
        "batch_size": batch_size,
        "tried": {size: count / each for size, each in tried.items()},
        "per_second": {
            name: asdict(spread([count / each for each in seconds])) for name, seconds in took.items()
        },
        **_ratios(took),
    }


def _ratios(took: Mapping[str, list[float]]) -> dict[str, Any]:
    found: dict[str, Spread] = {
        name: ratio(took[name], took["hudna"]) for name in took if name != "hudna"
    }
    medians = {f"ratio_{name}": each.median for name, each in found.items()}
    return medians | {f"ratio_{name}_interval": [each.low, each.high] for name, each in found.items()}


def quick_table(found: Mapping[str, Any]) -> Table:
    """The comparison as a table for a terminal."""
    table = Table(
        "", "judgements a second", "quartiles", "Hudna is faster by",
        title=f"{found['judgements']} judgements in {found['sentences']} sentences, "
        f"{found['rounds']} rounds, {found['machine']['processor']}, "
        f"{found['machine']['threads']} threads",
    )  # fmt: skip
    for name, each in found["per_second"].items():
        told = _told_ratio(found, name) if f"ratio_{name}" in found else ""
        label = _NAMES[name] + (f" ({found['batch_size']})" if name == "pipeline_best" else "")
        table.add_row(label, f"{each['median']:,.0f}", f"{each['low']:,.0f}-{each['high']:,.0f}", told)
    return table


def _told_ratio(found: Mapping[str, Any], name: str) -> str:
    low, high = found[f"ratio_{name}_interval"]
    return f"{found[f'ratio_{name}']:.1f} times [{low:.1f}-{high:.1f}]"
