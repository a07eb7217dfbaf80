from pathlib import Path

from training.baselines import baseline_predictions, marked_texts
from training.dataset import labels_of, read_sentences


def test_the_judged_actor_and_the_others_are_marked_apart() -> None:
    sentences = [s for s in read_sentences(Path("training/corpus/part04.jsonl")) if len(s.actors) == 2]
    first, second = marked_texts(sentences[:1])
    assert first != second
    for text in (first, second):
        assert "فاعلفاعل" in text
        assert "سواهسواه" in text


def test_the_svm_learns_more_than_the_majority() -> None:
    train = read_sentences(Path("training/corpus/part01.jsonl"))
    found = baseline_predictions(train[50:], train[:50], ["ceasefire"])
    truth = labels_of(train[:50], "ceasefire")

    def right(name: str) -> int:
        return sum(a == b for a, b in zip(found[name]["ceasefire"], truth, strict=True))

    assert set(found["majority"]["ceasefire"]) == {"none"}
    assert right("tfidf_svm") > right("majority")
