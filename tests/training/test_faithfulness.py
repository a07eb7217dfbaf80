from pathlib import Path

from models.classifier import Classifier
from training.dataset import read_sentences
from training.faithfulness import faithfulness


def test_both_deletions_are_tried_on_the_same_judgements(classifier: Classifier) -> None:
    sentences = read_sentences(Path("training/corpus"), "dev")[:30]
    found = faithfulness(classifier, sentences, sample=8)
    assert set(found) <= set(classifier.checkpoint.config.heads)
    for flips in found.values():
        assert flips.judgements > 0
        assert min(flips.explained, flips.random) >= 0
        assert max(flips.explained, flips.random) <= flips.judgements


def test_the_same_sample_gives_the_same_counts(classifier: Classifier) -> None:
    sentences = read_sentences(Path("training/corpus"), "dev")[:30]
    assert faithfulness(classifier, sentences, 5) == faithfulness(classifier, sentences, 5)


def test_the_shipped_checkpoints_words_decide() -> None:
    """Over the test split: three to one, on labels that say something."""
    sentences = read_sentences(Path("training/corpus"), "test")
    found = faithfulness(Classifier.load(), sentences, sample=60)
    explained = sum(flips.explained for flips in found.values())
    random = sum(flips.random for flips in found.values())
    assert explained >= 3 * random > 0
