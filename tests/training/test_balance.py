from pathlib import Path

import pytest

from training.balance import BALANCE, balanced, print_balanced
from training.dataset import LabelledSentence, judgements, labels_of, read_sentences

CORPUS = Path("training/corpus")


@pytest.fixture(scope="module")
def sentences() -> list[LabelledSentence]:
    return [
        row
        for part in ("part01", "part26", "part60")
        for row in read_sentences(CORPUS / f"{part}.jsonl")
    ]


def farness(sentences: list[LabelledSentence]) -> float:
    count = len(judgements(sentences))
    return sum(
        abs(labels_of(sentences, head).count(label) / count / share - 1)
        for (head, label), share in BALANCE.items()
    )


def test_the_part_is_nearer_to_the_balance_than_the_whole(sentences: list[LabelledSentence]) -> None:
    part = balanced(sentences, 600, 1_200)
    assert 600 <= len(part) < len(sentences)
    assert len(judgements(part)) >= 1_200
    assert farness(part) < 0.6 * farness(sentences)


def test_articles_and_contrast_pairs_come_whole(sentences: list[LabelledSentence]) -> None:
    part = {sentence.id for sentence in balanced(sentences, 600, 1_200)}
    assert all(row.id in part for row in sentences if row.is_of_article)
    for tie in {tie for row in sentences for tie in row.ties if tie.startswith("pair ")}:
        assert len({row.id in part for row in sentences if tie in row.ties}) == 1


def test_a_corpus_that_is_no_larger_comes_whole(sentences: list[LabelledSentence]) -> None:
    assert balanced(sentences) == sentences


def test_rows_are_printed_as_they_stand(small_corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_balanced(small_corpus)
    [file] = small_corpus.glob("*.jsonl")
    assert capsys.readouterr().out.splitlines() == file.read_text("utf-8").splitlines()
