import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.errors import CheckpointError, InputError
from models.network import StanceNetwork
from training.arguments import TrainArguments
from training.finetune import finetune
from training.start import earlier_training, start


@pytest.fixture(scope="module")
def first(
    small_corpus: Path, tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> TrainArguments:
    out = tmp_path_factory.mktemp("first")
    arguments = TrainArguments(small_corpus, str(tiny_encoder), out, version="1.0.0", epochs=1)
    finetune(arguments)
    return arguments


def test_an_encoder_gets_fresh_heads(first: TrainArguments) -> None:
    network, _ = start(first)
    trained = StanceNetwork.from_pretrained(first.out)
    name = "heads.sentiment.1.weight"
    assert not torch.equal(network.state_dict()[name], trained.state_dict()[name])


def test_a_checkpoint_brings_its_heads_its_tokenizer_and_its_history(first: TrainArguments) -> None:
    further = replace(first, encoder=str(first.out), version="1.1.0", dropout=0.3)
    network, encoder = start(further)
    trained = StanceNetwork.from_pretrained(first.out, dtype=torch.float32).state_dict()
    assert all(torch.equal(weight, trained[name]) for name, weight in network.state_dict().items())
    assert network.config.version == "1.1.0"
    assert network.bert.config.hidden_dropout_prob == network.heads["sentiment"][0].p == 0.3
    assert encoder.tokenizer.to_str() == start(first)[1].tokenizer.to_str()
    told = earlier_training(further.encoder)["train"]
    assert (told["version"], told["epochs"]) == ("1.0.0", 1)


def test_what_went_on_from_a_checkpoint_tells_so(first: TrainArguments, tmp_path: Path) -> None:
    out = finetune(replace(first, encoder=str(first.out), version="1.1.0", out=tmp_path / "further"))
    assert (
        json.loads((out / "metrics.json").read_text("utf-8"))["train"]["earlier"]["version"] == "1.0.0"
    )
    assert "going on from 1.0.0 (1.0.0: 1 epochs, " in (out / "README.md").read_text("utf-8")


@pytest.mark.parametrize("part", ["tokenizer.json", "model.safetensors", "config.json"])
def test_a_damaged_checkpoint_is_refused(first: TrainArguments, tmp_path: Path, part: str) -> None:
    shutil.copytree(first.out, tmp_path / "damaged", ignore=shutil.ignore_patterns("runs"))
    file = tmp_path / "damaged" / part
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises((CheckpointError, InputError), match=f"{part}.* damaged"):
        finetune(replace(first, encoder=str(tmp_path / "damaged"), out=tmp_path / "out"))


@pytest.mark.parametrize("part", ["tokenizer.json", "model.safetensors"])
def test_a_damaged_encoder_is_refused(
    first: TrainArguments, tiny_encoder: Path, tmp_path: Path, part: str
) -> None:
    shutil.copytree(tiny_encoder, tmp_path / "damaged")
    file = tmp_path / "damaged" / part
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(InputError, match="cannot be used as an encoder"):
        start(replace(first, encoder=str(tmp_path / "damaged")))


def test_an_encoder_without_some_of_its_weights_is_refused(
    first: TrainArguments, tiny_encoder: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_encoder, tmp_path / "partial")
    weights = load_file(tiny_encoder / "model.safetensors")
    some = {name: weight for name, weight in weights.items() if "layer.0.output" not in name}
    save_file(some, tmp_path / "partial" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"lacks weights: .*layer\.0\.output"):
        start(replace(first, encoder=str(tmp_path / "partial")))


def test_an_encoder_with_another_vocabulary_than_its_tokenizer_is_refused(
    first: TrainArguments, tiny_encoder: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_encoder, tmp_path / "other")
    file = tmp_path / "other" / "tokenizer.json"
    told = json.loads(file.read_text("utf-8"))
    told["model"]["vocab"].popitem()
    file.write_text(json.dumps(told), "utf-8")
    with pytest.raises(InputError, match="another number of pieces"):
        start(replace(first, encoder=str(tmp_path / "other")))


def test_a_checkpoint_that_does_not_tell_its_training_is_refused_before_any_step(
    first: TrainArguments, tmp_path: Path
) -> None:
    shutil.copytree(first.out, tmp_path / "bare", ignore=shutil.ignore_patterns("runs", "metrics.json"))
    bare = replace(first, encoder=str(tmp_path / "bare"), out=tmp_path / "out")
    with pytest.raises(InputError, match="does not tell"):
        finetune(bare)
    assert not list((tmp_path / "out").glob("runs/checkpoint-*"))
