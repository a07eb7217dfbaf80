from collections import Counter

from training.dataset import LabelledSentence
from training.splits import assign_splits


def sentences(
    count: int, ties: dict[int, set[str]], splits: dict[int, str] | None = None
) -> list[LabelledSentence]:
    return [
        LabelledSentence(
            f"s{i}", "نص", (), (splits or {}).get(i, ""), ties=frozenset(ties.get(i, set()))
        )
        for i in range(count)
    ]


def test_four_fifths_are_for_training() -> None:
    filled = Counter(assign_splits(sentences(1_000, {})).values())
    assert filled == {"train": 800, "dev": 100, "test": 100}


def test_what_is_tied_through_others_stays_together() -> None:
    ties = {3: {"pair a"}, 40: {"pair a", "event b"}, 500: {"event b", "article c"}, 7: {"article c"}}
    splits = assign_splits(sentences(1_000, ties))
    assert len({splits[f"s{i}"] for i in ties}) == 1


def test_a_large_event_is_read_in_training() -> None:
    splits = assign_splits(sentences(1_000, {i: {"event moscow"} for i in range(200)}))
    assert {splits[f"s{i}"] for i in range(200)} == {"train"}


def test_the_same_corpus_is_split_the_same_way() -> None:
    assert assign_splits(sentences(300, {})) == assign_splits(sentences(300, {}))


def test_what_a_model_may_have_read_stays_in_train_with_all_its_ties() -> None:
    ties = {0: {"event e"}, 1: {"event e"}, 2: {"pair p"}, 3: {"pair p"}}
    splits = assign_splits(sentences(1_000, ties, {0: "train", 2: "dev"}))
    assert (splits["s0"], splits["s1"]) == ("train", "train")
    assert (splits["s2"], splits["s3"]) == ("dev", "dev")


def test_new_sentences_fill_what_is_wanting() -> None:
    old = dict.fromkeys(range(900), "train")
    filled = Counter(assign_splits(sentences(1_100, {}, old)).values())
    assert filled == {"train": 900, "dev": 100, "test": 100}
