from pathlib import Path

import pytest

from models.errors import InputError
from training.balance import BALANCE, balanced, write_balance
from training.dataset import LabelledSentence, judgements, labels_of, read_sentences, sentence_files

CORPUS = Path("training/corpus")
PARTS = ("part01", "part26", "part60")


@pytest.fixture(scope="module")
def sentences() -> list[LabelledSentence]:
    files = [file for part in PARTS for file in CORPUS.rglob(f"{part}.jsonl")]
    return sorted((row for file in files for row in read_sentences(file)), key=lambda row: row.id)


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


def test_rows_move_as_they_stand_and_once(sentences: list[LabelledSentence], tmp_path: Path) -> None:
    rows = [line for part in PARTS for file in CORPUS.rglob(f"{part}.jsonl") for line in lines(file)]
    for name in ("x", "y"):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(rows[name == "y" :: 2]) + "\n", "utf-8")
    write_balance(tmp_path, 600, 1_200)
    part = {row.id for row in read_sentences(tmp_path) if not row.is_background}
    assert part == {row.id for row in balanced(sentences, 600, 1_200)}
    written = {file: file.read_bytes() for file in sentence_files(tmp_path)}
    assert sorted(line for file in written for line in lines(file)) == sorted(rows)
    write_balance(tmp_path, 600, 1_200)
    assert {file: file.read_bytes() for file in sentence_files(tmp_path)} == written


def test_a_row_whose_id_another_has_is_not_lost(tmp_path: Path) -> None:
    [row, *_] = lines(CORPUS / "part01.jsonl")
    (tmp_path / "x.jsonl").write_text(f"{row}\n", "utf-8")
    (tmp_path / "y.jsonl").write_text(f"{row}\n", "utf-8")
    with pytest.raises(InputError, match="id of two rows"):
        write_balance(tmp_path, 0, 0)
    assert lines(tmp_path / "y.jsonl") == [row]


def lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()
