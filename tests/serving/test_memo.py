from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models.classifier import Article, Classifier
from models.encoding import Example
from models.reading import Rows
from serving.memo import Memo

TEXT = "رفض حفتر الهدنة. ورحب السراج بها. وقال ماكرون إن الهدنة باقية."


@pytest.fixture(scope="module")
def examples(classifier: Classifier) -> Sequence[Example]:
    return next(classifier.analysing([Article("a", TEXT)]))


@pytest.fixture
def memo(classifier: Classifier, tmp_path: Path) -> Memo:
    return Memo(tmp_path / "said", classifier.checkpoint.config.heads, 0)


def asked(classifier: Classifier, seen: list[int]):
    def score(examples: Sequence[Example]) -> list[Rows]:
        seen.append(len(examples))
        return classifier.reader.read(examples)

    return score


def test_what_was_read_is_not_read_again(
    memo: Memo, classifier: Classifier, examples: Sequence[Example]
) -> None:
    seen: list[int] = []
    first, read = memo.read(0, [*examples, *examples], asked(classifier, seen))
    again, none = memo.read(1, list(reversed(examples)), asked(classifier, seen))
    assert (read, none, seen) == (3, 0, [3])
    expected = classifier.reader.read(examples)
    for rows, wanted in zip([*first, *again], [*expected, *expected, *reversed(expected)], strict=True):
        for row, want in zip(rows, wanted, strict=True):
            assert all(np.array_equal(row[head], want[head]) for head in want)


def test_the_same_words_about_another_actor_are_another_question(
    memo: Memo, classifier: Classifier
) -> None:
    both, one = (
        next(classifier.analysing([Article("a", "رفض حفتر لقاء السراج.")], actors=actors))
        for actors in (None, ["sarraj"])
    )
    memo.read(0, both, classifier.reader.read)
    assert memo.read(0, one, classifier.reader.read)[1] == 1


def test_what_an_unfinished_part_read_is_forgotten(
    classifier: Classifier, examples: Sequence[Example], tmp_path: Path
) -> None:
    heads = classifier.checkpoint.config.heads
    memo = Memo(tmp_path / "said", heads, 0)
    memo.read(0, examples[:1], classifier.reader.read)
    memo.read(1, examples[1:], classifier.reader.read)
    memo.close()
    memo = Memo(tmp_path / "said", heads, 1)
    assert memo.read(1, examples, classifier.reader.read)[1] == 2
