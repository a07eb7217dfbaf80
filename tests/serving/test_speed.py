"""The guard against losing speed: ratios to what a user would pick instead, never absolute times."""

from pathlib import Path

import pytest

from models import SHIPPED_CHECKPOINT
from models.classifier import Classifier
from serving.benchmarks.quick import compare_quickly, quick_table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found():
    classifier = Classifier.load(SHIPPED_CHECKPOINT, "cpu")
    return compare_quickly(classifier, Path("training/corpus"), sentences=16, seconds=3)


def test_it_stays_well_ahead_of_the_pipeline_at_its_default(found) -> None:
    assert found["ratio_pipeline_default"] > 2, found["entries"]


def test_it_stays_ahead_of_the_pipeline_at_its_best(found) -> None:
    assert found["ratio_pipeline_best"] > 1, found["entries"]


def test_the_table_tells_every_entry(found) -> None:
    [names, *_] = quick_table(found).columns
    assert list(names.cells)[:2] == ["Hudna", "transformers pipeline, default"]
