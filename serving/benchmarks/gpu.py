"""The classifier on an NVIDIA GPU at AraBERT base's size, in bfloat16 (`make bench-gpu`).

Prints pieces a second that the network reads, padding left out; the share of the measured rate of
matrix products; and transformers' pipeline beside it, on the same judgements, in the same format.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from models import SHIPPED_CHECKPOINT
from models.actors import ActorMatcher
from models.checkpoint import read_checkpoint
from models.classifier import Classifier
from models.runtime import Runtime
from serving.benchmarks import anatomy
from serving.benchmarks.limit import matrix_rate, operations
from serving.benchmarks.machine import machine
from serving.benchmarks.pipeline import PairPipeline, by_length
from serving.benchmarks.repeats import OURS, Run, compared
from serving.benchmarks.sample import Sample, base_size, draw_sample

__all__ = ["main", "measure"]

_BATCH_SIZE = 256  # of the pipeline
_ROWS = 32_768  # pieces at once when the rate of products is measured: a GPU wants more than a CPU


def main() -> None:
    """Measures and prints one object; where there is no GPU it says so, with exit code 3."""
    parser = argparse.ArgumentParser(prog="python -m serving.benchmarks.gpu", description=main.__doc__)
    parser.add_argument("--sentences", type=int, default=1_393, help="Of the test split; all of it.")
    parser.add_argument("--seconds", type=float, default=30, help="Of measuring.")
    parser.add_argument("--corpus", type=Path, default=Path("training/corpus"))
    given = parser.parse_args()
    if not torch.cuda.is_available():
        sys.stderr.write("There is no NVIDIA GPU that PyTorch can use here; nothing was measured.\n")
        raise SystemExit(3)
    found = measure(draw_sample(given.corpus, given.sentences), "cuda", given.seconds)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


def measure(sample: Sample, device: str, seconds: float) -> dict[str, Any]:
    """Rates of the classifier and the pipeline on a device, with random weights of base size."""
    base = base_size(read_checkpoint(SHIPPED_CHECKPOINT))
    peer = PairPipeline.of(base, device)
    classifier = Classifier(base, Runtime.choose(device), ActorMatcher())
    peer.classify.model.to(dtype=getattr(torch, classifier.runtime.form))  # type: ignore[call-arg]
    examples = base.encoder.encode(anatomy.queries(sample.sentences))
    runs: dict[str, Run] = {
        OURS: lambda: classifier.classify(sample.sentences),
        "the network's passes alone": lambda: classifier.reader.read(examples),
        "transformers pipeline": peer.at(by_length(sample.pairs), _BATCH_SIZE),
    }
    for run in runs.values():
        run()
    found = compared(runs, len(sample.pairs), seconds, OURS)
    passes = found["entries"]["the network's passes alone"]["per_second"]["median"]
    took = len(sample.pairs) / passes
    kind = classifier.runtime.form
    rate = matrix_rate(base.config, kind, device, _ROWS)
    return {
        "machine": machine(),
        "format": kind,
        "pieces_per_second": sum(map(len, examples)) / took,
        "matrix_rate": rate,
        "share_of_matrix_rate": operations(examples, base.config) / took / rate,
        "padding": anatomy.padding(classifier, examples),
        **found,
    }


if __name__ == "__main__":
    main()
