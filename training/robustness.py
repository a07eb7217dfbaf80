"""What is left of a score when names are new and spelling is careless (`hudna evaluate`)."""

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from random import Random

from models.classifier import Classifier
from models.registry import load_registry
from training.augment import ActorSwapper, SpellingNoise, pools_by_agreement
from training.dataset import LabelledActor, LabelledSentence, judgements, labels_of
from training.evaluate import headline, macro_f1, predict
from training.names import invented_names

__all__ = ["robustness"]

Perturbation = Callable[[LabelledSentence, Random], LabelledSentence]
Judged = tuple[LabelledSentence, LabelledActor]
Changed = Callable[[Judged, Judged], bool]  # whether a judgement is another one, perturbed


def robustness(
    classifier: Classifier,
    sentences: Sequence[LabelledSentence],
    predicted: Mapping[str, Sequence[str]],
) -> dict[str, dict[str, tuple[int, float, float]]]:
    """By perturbation and head: judgements it changed, their macro-F1 as sent, and perturbed.

    `predicted` are the labels as sent. `unseen actors` gives every actor that can be exchanged an
    invented name, and counts those; `careless spelling` drops hamzas and exchanges final ya and ta
    marbuta, and counts the sentences that this changes. A perturbation that changes nothing is left out.
    """
    swap = ActorSwapper(load_registry(), 1.0, pools_by_agreement(invented_names()), share=1.0)
    perturbations: dict[str, tuple[Perturbation, Changed]] = {
        "unseen actors": (swap, lambda before, after: before[1].actor != after[1].actor),
        "careless spelling": (SpellingNoise(1.0), lambda before, after: before[0].text != after[0].text),
    }
    found = {
        name: _compared(classifier, sentences, predicted, *perturbation)
        for name, perturbation in perturbations.items()
    }
    return {name: scores for name, scores in found.items() if scores}


def _compared(
    classifier: Classifier,
    sentences: Sequence[LabelledSentence],
    predicted: Mapping[str, Sequence[str]],
    perturb: Perturbation,
    is_changed: Changed,
) -> dict[str, tuple[int, float, float]]:
    perturbed = [perturb(sentence, Random(place)) for place, sentence in enumerate(sentences)]
    pairs = zip(judgements(sentences), judgements(perturbed), strict=True)
    changed = [is_changed(before, after) for before, after in pairs]
    if not any(changed):
        return {}
    heads = classifier.checkpoint.config.heads
    now = predict(classifier.probabilities([sentence.query for sentence in perturbed]), heads)
    scores = {}
    for head, labels in heads.items():
        truth = list(compress(labels_of(sentences, head), changed))
        before, after = (list(compress(said[head], changed)) for said in (predicted, now))
        counted = headline(labels, truth, before, after)  # the same ones, or the two could not compare
        scores[head] = (
            len(truth),
            macro_f1(truth, before, counted),
            macro_f1(truth, after, counted),
        )
    return scores
