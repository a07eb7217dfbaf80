import json
from dataclasses import replace
from pathlib import Path

import pytest

from models.errors import InputError
from training.ablation import AblationArguments, ablate, ablation_table
from training.variants import VARIANTS


@pytest.fixture
def arguments(small_corpus: Path, tiny_encoder: Path, tmp_path: Path) -> AblationArguments:
    data = {"corpus dev": small_corpus}
    out = tmp_path / "ablation"
    return AblationArguments(small_corpus, str(tiny_encoder), out, ["recipe"], [1, 2], data, 16, 1)


@pytest.mark.slow
def test_every_variant_trains_and_is_scored_on_its_heads(arguments: AblationArguments) -> None:
    ablate(replace(arguments, variants=list(VARIANTS), seeds=[1]))
    for name, variant in VARIANTS.items():
        rows = json.loads((arguments.out / f"{name}-1.json").read_text("utf-8"))
        assert [row["head"] for row in rows] == list(variant.heads)


def test_the_table_has_mean_and_spread_over_the_seeds(arguments: AblationArguments) -> None:
    arguments.out.mkdir()
    for seed, macro in ((1, 0.4), (2, 0.6)):
        row = {"data": "corpus dev", "head": "ceasefire", "macro": macro, "bearing": macro}
        (arguments.out / f"focal-{seed}.json").write_text(json.dumps([row]))
    assert "| focal loss | 0.50 ± 0.14 | 2 |" in ablation_table(arguments.out)


def test_a_run_that_is_there_is_not_made_again(arguments: AblationArguments) -> None:
    arguments.out.mkdir()
    for seed in arguments.seeds:
        (arguments.out / f"recipe-{seed}.json").write_text("[]")
    ablate(arguments)
    assert {file.read_text() for file in arguments.out.glob("recipe-*")} == {"[]"}


def test_results_of_another_training_are_refused(arguments: AblationArguments) -> None:
    (arguments.out.parent / "ablation").mkdir()
    ablate(replace(arguments, seeds=[]))
    with pytest.raises(InputError, match="holds a run with limit 16, not 17"):
        ablate(replace(arguments, limit=17, seeds=[]))


def test_what_was_not_scored_has_no_number(arguments: AblationArguments) -> None:
    arguments.out.mkdir()
    for name, data in (("recipe", "corpus dev"), ("focal", "real news")):
        row = {"data": data, "head": "sentiment", "macro": 0.5, "bearing": None}
        (arguments.out / f"{name}-1.json").write_text(json.dumps([row]))
    assert "| focal loss | 0.50 |  | 1 |" in ablation_table(arguments.out)


def test_an_unknown_variant_is_refused_by_name(arguments: AblationArguments) -> None:
    with pytest.raises(InputError, match="no variant magic; recipe, random"):
        ablate(replace(arguments, variants=["magic"]))
