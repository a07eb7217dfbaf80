"""Whether explanations name the words that decide: deleting them must change the label more often than
deleting others (comprehensiveness, DeYoung et al. 2020, https://aclanthology.org/2020.acl-main.408).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from models.classifier import Classifier, MarkedActor, MarkedSentence
from models.explanation import words_of
from models.results import Judgement
from models.text import Span
from training.dataset import LabelledSentence

__all__ = ["Flips", "faithfulness"]

_DELETED = 3  # words of an explanation, at most


@dataclass(frozen=True)
class Flips:
    """How many labels change without the explanation's words, and without as many others."""

    judgements: int
    explained: int
    random: int


@dataclass(frozen=True)
class _Trial:
    head: str
    label: str
    sentence: MarkedSentence
    words: Sequence[Span]
    others: Sequence[Span]


def faithfulness(
    classifier: Classifier, sentences: Sequence[LabelledSentence], sample: int = 120
) -> dict[str, Flips]:
    """By head, over those judgements of a sample of the sentences that have an explanation.

    The words that weigh most are deleted, three at most; then as many that are drawn from the rest of
    the sentence, the actor's mentions aside.
    """
    draw = Random(0)
    marked = [_marked(s) for s in draw.sample(sentences, min(sample, len(sentences)))]
    judged = classifier.classify(marked, explain=True)
    trials = [
        trial
        for sentence, found in zip(marked, judged, strict=True)
        for actor, judgement in zip(sentence.actors, found, strict=True)
        for trial in _trials(sentence, actor, judgement, draw)
    ]
    explained = _flipped(classifier, trials, [trial.words for trial in trials])
    random = _flipped(classifier, trials, [trial.others for trial in trials])
    counts = Counter(trial.head for trial in trials)
    return {head: Flips(counts[head], explained[head], random[head]) for head in counts}


def _marked(sentence: LabelledSentence) -> MarkedSentence:
    return MarkedSentence(sentence.text, [MarkedActor(a.actor, a.spans) for a in sentence.actors])


def _trials(
    sentence: MarkedSentence, actor: MarkedActor, judgement: Judgement, draw: Random
) -> Iterator[_Trial]:
    alone = MarkedSentence(sentence.text, [actor])
    rest = [
        word for word in words_of(sentence.text) if not any(word.overlaps(span) for span in actor.spans)
    ]
    for head, influences in (judgement.explanation or {}).items():
        words = [Span(word.start, word.end) for word in influences[:_DELETED]]
        others = [word for word in rest if word not in words]
        if words and len(others) >= len(words):
            others = draw.sample(others, len(words))
            yield _Trial(head, judgement.labels[head], alone, words, others)


def _flipped(
    classifier: Classifier, trials: Sequence[_Trial], deleted: Sequence[Sequence[Span]]
) -> Counter[str]:
    """By head, the trials whose label is another one without the deleted words."""
    shortened = [
        MarkedSentence(_without(trial.sentence.text, words), trial.sentence.actors)
        for trial, words in zip(trials, deleted, strict=True)
    ]
    flipped: Counter[str] = Counter()
    for trial, [judgement] in zip(trials, classifier.classify(shortened), strict=True):
        flipped[trial.head] += judgement.labels[trial.head] != trial.label
    return flipped


def _without(text: str, words: Sequence[Span]) -> str:
    """The text with blanks for the words, so that every other word keeps its place."""
    for word in words:
        text = text[: word.start] + " " * (word.end - word.start) + text[word.end :]
    return text
