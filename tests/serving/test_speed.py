"""The guard against losing speed: a ratio to what a user would pick instead, never an absolute time."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from models import SHIPPED_CHECKPOINT
from models.classifier import Classifier
from serving import cli
from serving.benchmarks import quick

pytestmark = [pytest.mark.alone, pytest.mark.slow]


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    classifier = Classifier.load(SHIPPED_CHECKPOINT, "cpu")
    return quick.compare_quickly(classifier, Path("training/corpus"), sentences=16, seconds=2)


def test_it_stays_well_ahead_of_the_pipeline_at_its_default(found: dict[str, Any]) -> None:
    assert found["ratio_pipeline_default"] > 2, found["entries"]


def test_both_ratios_have_their_intervals(found: dict[str, Any]) -> None:
    for name in ("ratio_pipeline_default", "ratio_pipeline_best"):
        low, high = found[f"{name}_interval"]
        assert low <= found[name] <= high
    assert found["judgements"] > found["sentences"] == 16
    assert found["batch_size"] in found["tried"]


@pytest.fixture
def bench(found: dict[str, Any], tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quick, "compare_quickly", lambda *_: found)

    def run(*options: str) -> str:
        line = ["bench", "--quick", *options, "--checkpoint", str(tiny_checkpoint)]
        done = CliRunner().invoke(cli.app, line, catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    return run


def test_the_command_prints_the_object_for_scripts(bench, found: dict[str, Any]) -> None:
    assert json.loads(bench("--json"))["ratio_pipeline_best"] == found["ratio_pipeline_best"]


def test_the_command_prints_a_table_for_people(bench) -> None:
    assert "Hudna" in bench()
