from collections.abc import Sequence

import numpy as np
import pytest

from models.classifier import Classifier
from models.encoding import Example, Query, rounded
from models.text import Span


@pytest.fixture
def examples(classifier: Classifier) -> Sequence[Example]:
    """Sentences of one to thirty words, two actors each."""
    texts = ["رفض حفتر " + "الهدنة " * n for n in range(1, 30)]
    return classifier.checkpoint.encoder.encode([Query(t, [[Span(4, 8)], [Span(0, 3)]]) for t in texts])


def test_what_is_read_does_not_hang_on_the_passes_that_it_is_cut_into(
    classifier: Classifier, examples: Sequence[Example]
) -> None:
    together, alone = (
        classifier.reader.read(examples),
        [classifier.reader.read_together([example])[0] for example in examples],
    )
    for rows, expected in zip(together, alone, strict=True):
        assert len(rows) == 2
        for row, other in zip(rows, expected, strict=True):
            for head, probabilities in row.items():
                # In bfloat16 the same sentence in other company may differ a little.
                np.testing.assert_allclose(probabilities, other[head], atol=0.02)
                assert probabilities.sum() == pytest.approx(1, abs=1e-5)


def test_a_pass_has_rows_of_one_length_and_every_example_is_in_one(
    classifier: Classifier, examples: Sequence[Example]
) -> None:
    passes = classifier.reader.passes(examples)
    assert sorted(place for each in passes for place in each) == list(range(len(examples)))
    assert all(len({rounded(len(examples[place])) for place in each}) == 1 for each in passes)


def test_nothing_is_read_of_nothing(classifier: Classifier) -> None:
    assert classifier.reader.read([]) == []
