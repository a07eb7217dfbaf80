import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.checkpoint import write_manifest
from models.classifier import Article, Classifier
from models.errors import InputError
from models.network import StanceNetwork
from training.arguments import TrainArguments
from training.average import average
from training.finetune import finetune


@pytest.fixture(scope="module")
def members(
    small_corpus: Path, tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    out = tmp_path_factory.mktemp("members")
    run = TrainArguments(small_corpus, str(tiny_encoder), out / "1.0.0", epochs=1)
    versions = ("1.0.0", "1.1.0")
    return [
        finetune(replace(run, out=out / version, version=version, seed=seed))
        for seed, version in enumerate(versions)
    ]


@pytest.fixture(scope="module")
def arguments(
    small_corpus: Path, members: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> TrainArguments:
    out = tmp_path_factory.mktemp("mean")
    return TrainArguments(small_corpus, str(members[0]), out, name="mean", version="2.0.0")


@pytest.fixture(scope="module")
def mean(members: list[Path], arguments: TrainArguments) -> Path:
    return average(members, arguments)


def test_every_weight_is_the_mean_of_the_members(members: list[Path], mean: Path) -> None:
    one, other, found = (
        StanceNetwork.from_pretrained(folder, dtype=torch.float32).state_dict()
        for folder in (*members, mean)
    )
    for name, weight in found.items():
        expected = ((one[name] + other[name]) / 2).bfloat16().float()
        assert torch.equal(weight, expected)


def test_it_is_a_whole_checkpoint_that_tells_its_members(mean: Path) -> None:
    [analysis] = Classifier.load(mean).analyze([Article("a", "رفض حفتر الهدنة.")])
    assert (analysis.model.name, analysis.model.version) == ("mean", "2.0.0")
    told = json.loads((mean / "metrics.json").read_text("utf-8"))["train"]
    assert [each["version"] for each in told["averaged"]] == ["1.0.0", "1.1.0"]
    card = (mean / "README.md").read_text("utf-8")
    assert "the mean of the weights of 1.0.0 and 1.1.0 (1.0.0: 1 epochs, " in card


def test_what_is_no_checkpoint_is_refused(
    members: list[Path], arguments: TrainArguments, tiny_encoder: Path
) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        average([members[0], tiny_encoder], arguments)


def test_a_member_of_another_tokenizer_is_refused(
    members: list[Path], arguments: TrainArguments, tmp_path: Path
) -> None:
    shutil.copytree(members[1], tmp_path / "other", ignore=shutil.ignore_patterns("runs"))
    file = tmp_path / "other" / "tokenizer.json"
    told = json.loads(file.read_text("utf-8"))
    told["added_tokens"][0]["single_word"] = not told["added_tokens"][0]["single_word"]
    file.write_text(json.dumps(told), "utf-8")
    write_manifest(tmp_path / "other")
    with pytest.raises(InputError, match="another tokenizer"):
        average([members[0], tmp_path / "other"], arguments)


def test_members_that_the_card_could_not_tell_apart_are_refused(
    members: list[Path], arguments: TrainArguments
) -> None:
    with pytest.raises(InputError, match=r"one version \(1\.0\.0, 1\.0\.0\)"):
        average([members[0], members[0]], arguments)


def test_members_that_learned_other_shares_are_refused(
    members: list[Path], arguments: TrainArguments, tmp_path: Path
) -> None:
    shutil.copytree(members[1], tmp_path / "other", ignore=shutil.ignore_patterns("runs"))
    file = tmp_path / "other" / "metrics.json"
    told = json.loads(file.read_text("utf-8"))
    told["arguments"]["adjusted"] = []
    file.write_text(json.dumps(told), "utf-8")
    with pytest.raises(InputError, match="different --adjusted"):
        average([members[0], tmp_path / "other"], arguments)
