"""Where the classifier's own time goes: its steps, its operations, what more sentences and actors cost.

The steps are timed one by one on the same articles, by the pieces that `Classifier.analyze` is made of.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from statistics import median
from typing import Any

from models.classifier import Article, Classifier, MarkedActor, MarkedSentence
from models.encoding import Batch, Example, Query, collate
from models.graph import inputs
from models.runtime import compiled
from models.text import Span, split_sentences
from serving.benchmarks.repeats import Run, interleaved, ratio, spread

__all__ = [
    "article_ms",
    "cost_of_actors",
    "cost_of_sentences",
    "operators",
    "padding",
    "queries",
    "steps",
]

# Kinds of operators by what their names hold, the first that fits; the rest is the framework's.
_KINDS = {
    "attention": ("Subgraph",),  # as OpenVINO calls what it has fused
    "matrix products": ("FullyConnected", "MatMul"),
    "embedding": ("Gather",),
    "activation and norm": ("Gelu", "MVN", "Softmax", "Eltwise"),
}


def queries(sentences: Sequence[MarkedSentence]) -> list[Query]:
    """The sentences as the encoder is asked about them."""
    return [Query(each.text, [actor.spans for actor in each.actors]) for each in sentences]


def steps(classifier: Classifier, texts: Sequence[str], seconds: float) -> dict[str, Any]:
    """The share of `analyze` that each step takes, and how much text is matched in a second, in MB.

    What is left is Python: checking, making the judgements and the summary.
    """
    cut = [(text, split_sentences(text)) for text in texts]
    sentences = [text[slice(*span)] for text, spans in cut for span in spans]
    marked = [MarkedSentence(each, _found(classifier, each)) for each in sentences]
    asked = queries(marked)
    encode = classifier.checkpoint.encoder.encode
    examples = encode(asked)
    articles = [Article("", text) for text in texts]
    runs: dict[str, Run] = {
        "whole": lambda: classifier.analyze(articles),
        "segmentation": lambda: [split_sentences(text) for text in texts],
        "matching": lambda: [classifier.matcher.find_each(*each) for each in cut],
        "tokenising": lambda: encode(asked),
        "model": lambda: classifier.reader.read(examples),
    }
    for run in runs.values():
        run()
    took = {name: median(each) for name, each in interleaved(runs, seconds).items()}
    whole = took.pop("whole")
    shares = {name: each / whole for name, each in took.items()}
    matched = sum(len(each.encode()) for each in sentences)
    return {
        "shares": shares | {"the rest": max(0.0, 1 - sum(shares.values()))},
        "matched_mb_per_second": matched / took["matching"] / 1e6,
        "sentences_per_second": len(sentences) / whole,
    }


def _found(classifier: Classifier, text: str) -> list[MarkedActor]:
    return [MarkedActor(actor, spans) for actor, spans in classifier.matcher.find(text).items()]


def article_ms(classifier: Classifier, texts: Sequence[str], seconds: float) -> dict[str, float]:
    """Milliseconds of one article a call, over all the articles again and again: p50 and quartiles."""
    found: list[float] = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or len(found) < len(texts):
        start = time.perf_counter()
        classifier.analyze([Article("", texts[len(found) % len(texts)])])
        found.append(1_000 * (time.perf_counter() - start))
    return asdict(spread(found))


def cost_of_actors(
    classifier: Classifier, sentences: Sequence[MarkedSentence], seconds: float
) -> dict[str, float]:
    """How many times as long five actors a sentence take as one; words stand for actors."""
    few, many = ([_with_actors(each, count) for each in sentences] for count in (1, 5))
    runs: dict[str, Run] = {
        "few": lambda: classifier.classify(few),
        "many": lambda: classifier.classify(many),
    }
    took = interleaved(runs, seconds)
    return asdict(ratio(took["many"], took["few"]))


def _with_actors(sentence: MarkedSentence, count: int) -> MarkedSentence:
    """So many of the sentence's first words as its actors."""
    spans = list(_words(sentence.text))[:count]
    return MarkedSentence(sentence.text, [MarkedActor(f"word {n}", [s]) for n, s in enumerate(spans)])


def _words(text: str) -> Iterator[Span]:
    start = 0
    for word in text.split():
        start = text.index(word, start)
        if word.isalpha():
            yield Span(start, start + len(word))
        start += len(word)


def cost_of_sentences(
    classifier: Classifier, sentences: Sequence[MarkedSentence], seconds: float
) -> dict[int, float]:
    """Milliseconds a sentence when so many are judged in one call."""
    sizes = sorted({max(1, len(sentences) // part) for part in (8, 4, 2, 1)})
    runs: dict[str, Run] = {str(size): partial(classifier.classify, sentences[:size]) for size in sizes}
    took = interleaved(runs, seconds)
    return {size: 1_000 * median(took[str(size)]) / size for size in sizes}


def padding(classifier: Classifier, examples: Sequence[Example]) -> float:
    """The share of padding among the pieces that the network reads."""
    read = sum(batch.input_ids.size for batch in _batches(classifier, examples))
    return 1 - sum(map(len, examples)) / read


def _batches(classifier: Classifier, examples: Sequence[Example]) -> list[Batch]:
    encoder = classifier.checkpoint.encoder
    return [
        collate([examples[i] for i in some], encoder.marker, encoder.padding)
        for some in classifier.reader.passes(examples)
    ]


def operators(classifier: Classifier, sentences: Sequence[MarkedSentence]) -> Mapping[str, float]:
    """Shares of judging the sentences by kind of operator, and what is outside all operators.

    Of the processor's time, as OpenVINO's own counters tell the operators'.
    """
    classifier.classify(sentences)
    begun = time.process_time()
    classifier.classify(sentences)
    whole = time.process_time() - begun
    took = dict.fromkeys([*_KINDS, "other operators"], 0.0)
    examples = classifier.checkpoint.encoder.encode(queries(sentences))
    for kind, seconds in _counted(classifier, _batches(classifier, examples)):
        took[_kind(kind)] += seconds
    whole = max(whole, sum(took.values()))  # of two runs, of which the second may be the slower
    found = {kind: seconds / whole for kind, seconds in took.items()}
    return found | {"Python": 1 - sum(found.values())}


def _counted(classifier: Classifier, batches: Sequence[Batch]) -> Iterator[tuple[str, float]]:
    """What each operator of the graph took, by its type, in a pass a batch after one to warm up."""
    counting = compiled(classifier.checkpoint, classifier.runtime.form, 1, PERF_COUNT=True)
    request = counting.create_infer_request()
    for batch in batches:
        given = inputs(batch)
        request.infer(given)
        request.infer(given)
        for operator in request.profiling_info:
            yield operator.node_type, operator.real_time.total_seconds()


def _kind(operator: str) -> str:
    fits = (kind for kind, parts in _KINDS.items() if any(part in operator for part in parts))
    return next(fits, "other operators")
