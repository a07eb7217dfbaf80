"""Speed, side by side with what a user would pick instead (`make bench`), in under ten minutes.

In one run on this machine: the classifier and every peer on the same sentences, actors and weights, at
the shipped size and at AraBERT base's; services over HTTP; the machine's own limit; and where the
classifier's time goes. Peers whose package is missing, or that fail, are told with the reason.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.checkpoint import Checkpoint
from models.classifier import Classifier
from models.runtime import Runtime
from serving.benchmarks import anatomy
from serving.benchmarks.engines import engines
from serving.benchmarks.limit import limits
from serving.benchmarks.machine import machine
from serving.benchmarks.over_http import calls_of, services
from serving.benchmarks.pipeline import PairPipeline, by_length
from serving.benchmarks.precision import against_float32
from serving.benchmarks.repeats import OURS, Run, compared, ready
from serving.benchmarks.sample import Sample, articles_of, base_size, draw_sample
from serving.benchmarks.start import cold_start
from serving.benchmarks.svm import svm_run

__all__ = ["compare"]

_OF_AN_ARTICLE = 25  # sentences
_SENTENCES, _OF_BASE_SIZE, _ARTICLES, _CHECKED = 64, 8, 6, 600


def compare(
    classifier: Classifier, checkpoint: Path, corpus: Path, seconds: float = 60.0
) -> dict[str, Any]:
    """Everything that was measured; `seconds` are those that each large comparison may take.

    `checkpoint` is the folder of the classifier's, for what starts processes of its own.

    Raises:
        InputError: the corpus is not there.
    """
    begun = time.monotonic()
    base = Classifier(base_size(classifier.checkpoint), Runtime.choose("cpu"), classifier.matcher)
    found = {
        "machine": machine(),
        "checkpoint": classifier.model.model_dump(),
        "sizes": {
            "shipped": _in_process(classifier, draw_sample(corpus, _SENTENCES), seconds),
            "base": _in_process(base, draw_sample(corpus, _OF_BASE_SIZE), seconds),
        },
    }
    del base  # half a gigabyte that the services can use
    articles = articles_of(draw_sample(corpus, _ARTICLES * _OF_AN_ARTICLE), _OF_AN_ARTICLE)
    found["http"] = _over_http(classifier, checkpoint, articles, seconds / 2)
    found |= _anatomy(classifier, draw_sample(corpus, _SENTENCES), articles, seconds / 8)
    found["start"] = cold_start(checkpoint, articles)
    found["precision"] = against_float32(classifier, checkpoint, draw_sample(corpus, _CHECKED))
    return found | {"minutes": (time.monotonic() - begun) / 60}


def _in_process(classifier: Classifier, sample: Sample, seconds: float) -> dict[str, Any]:
    checkpoint = classifier.checkpoint
    examples = checkpoint.encoder.encode(anatomy.queries(sample.sentences))
    chosen: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        makers = {
            OURS: lambda: lambda: classifier.classify(sample.sentences),
            **_pipelines(checkpoint, sample, chosen),
            **engines(checkpoint, sample.pairs, Path(folder)),
            "TF-IDF + linear SVM": lambda: svm_run(sample.pairs, sample.labels),
        }
        runs, absent = ready(makers)
        count = len(sample.pairs)
        found = compared(runs, count, seconds, OURS) | {"absent": absent}
    ours = count / found["entries"][OURS]["per_second"]["median"]
    return {
        "sentences": len(sample.sentences),
        "judgements": count,
        **chosen,
        **found,
        "limit": limits(examples, checkpoint.config, classifier.runtime.form, ours),
        "padding": anatomy.padding(classifier, examples),
    }


def _pipelines(
    checkpoint: Checkpoint, sample: Sample, chosen: dict[str, Any]
) -> Mapping[str, Callable[[], Run]]:
    """The pipeline at its default and at its best; which batch size that is comes into `chosen`."""
    peer = PairPipeline.of(checkpoint)

    def best() -> Run:
        size, tried = peer.best(sample.pairs)
        chosen.update(
            batch_size=size, tried={each: len(sample.pairs) / took for each, took in tried.items()}
        )
        return peer.at(by_length(sample.pairs), size)

    return {
        "transformers pipeline, default": lambda: peer.at(sample.pairs, 1),
        "transformers pipeline, best batch": best,
    }


def _over_http(
    classifier: Classifier, checkpoint: Path, articles: list[str], seconds: float
) -> dict[str, Any]:
    ours, pairs, count = calls_of(classifier, articles)
    with (
        TemporaryDirectory() as folder,
        services(checkpoint, ours, pairs, Path(folder)) as makers,
    ):
        runs, absent = ready(makers)
        found = compared(runs, count, seconds, OURS) | {"absent": absent}
    return {"articles": len(articles), "judgements": count, **found}


def _anatomy(
    classifier: Classifier, sample: Sample, articles: list[str], seconds: float
) -> dict[str, Any]:
    """Where time goes, and what an article, more actors and more sentences cost."""
    return {
        "article_ms": anatomy.article_ms(classifier, articles, seconds),
        "steps": anatomy.steps(classifier, articles, seconds),
        "operators": anatomy.operators(classifier, sample.sentences),
        "cost_of_five_actors": anatomy.cost_of_actors(classifier, sample.sentences, seconds),
        "ms_a_sentence": anatomy.cost_of_sentences(classifier, sample.sentences, seconds),
    }
