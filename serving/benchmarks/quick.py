"""The short comparison (`hudna bench --quick`): this classifier beside transformers' pipeline.

Both judge the same sentences and actors with the same encoder, in one process, taking turns; it is
done in under a minute on two cores.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

from models.classifier import Classifier
from serving.benchmarks.machine import machine
from serving.benchmarks.pipeline import PairPipeline, by_length
from serving.benchmarks.repeats import Run, compared
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
    count = len(sample.pairs)
    found = compared(runs, count, seconds, "hudna")
    peers = {name: each["ratio"] for name, each in found["entries"].items() if name != "hudna"}
    return {
        "machine": machine(),
        "checkpoint": classifier.model.model_dump(),
        "sentences": len(sample.sentences),
        "judgements": count,
        "batch_size": batch_size,
        "tried": {size: count / each for size, each in tried.items()},
        **{f"ratio_{name}": each["median"] for name, each in peers.items()},
        **{f"ratio_{name}_interval": [each["low"], each["high"]] for name, each in peers.items()},
        **found,
    }


def quick_table(found: Mapping[str, Any]) -> Table:
    """The comparison as a table for a terminal."""
    table = Table(
        "", "judgements a second", "quartiles", "Hudna is faster", "95% interval",
        title=f"{found['judgements']} judgements in {found['sentences']} sentences, "
        f"{found['rounds']} rounds, {found['machine']['processor']}, "
        f"{found['machine']['threads']} threads",
    )  # fmt: skip
    for name, each in found["entries"].items():
        label = _NAMES[name] + (f" ({found['batch_size']})" if name == "pipeline_best" else "")
        rate, times = each["per_second"], each["ratio"]
        ratios = [f"{times['median']:.1f} times", f"{times['low']:.1f}-{times['high']:.1f}"]
        table.add_row(
            label,
            f"{rate['median']:,.1f}",
            f"{rate['low']:,.1f}-{rate['high']:,.1f}",
            *(["", ""] if name == "hudna" else ratios),
        )
    return table
