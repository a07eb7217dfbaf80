from pathlib import Path

from models.classifier import Classifier
from models.text import Span
from training.dataset import LabelledActor, LabelledSentence, read_sentences
from training.evaluate import predict
from training.robustness import robustness

LABELS = {"ceasefire": "none", "offensive": "none", "sentiment": "neutral"}


def test_only_what_a_perturbation_changes_is_compared(classifier: Classifier) -> None:
    sentences = read_sentences(Path("training/corpus"), "dev")[:40]
    heads = classifier.checkpoint.config.heads
    predicted = predict(classifier.probabilities([s.query for s in sentences]), heads)
    found = robustness(classifier, sentences, predicted)
    total = sum(len(sentence.actors) for sentence in sentences)
    assert set(found) == {"unseen actors", "careless spelling"}
    counts = {name: {count for count, *_ in by_head.values()} for name, by_head in found.items()}
    assert max(counts["unseen actors"]) < total  # some stand in another's mention, or after «لل»
    assert all(len(each) == 1 for each in counts.values())


def test_what_cannot_be_perturbed_is_left_out(classifier: Classifier) -> None:
    bare = LabelledSentence("s", "غادر زيد", (LabelledActor("zayd", (Span(5, 8),), LABELS),))
    predicted = predict(classifier.probabilities([bare.query]), classifier.checkpoint.config.heads)
    assert robustness(classifier, [bare], predicted) == {}
