import json
import shutil
from pathlib import Path

import pytest

from models.checkpoint import read_checkpoint, write_manifest
from models.errors import CheckpointError


@pytest.fixture
def copy(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))


@pytest.mark.parametrize(
    "part",
    ["config.json", "model.safetensors", "tokenizer.json", "calibration.json", "manifest.json"],
)
def test_a_missing_file_is_named(copy: Path, part: str) -> None:
    (copy / part).unlink()
    with pytest.raises(CheckpointError, match=f"missing {part}"):
        read_checkpoint(copy)


def test_truncated_weights_are_refused(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"model\.safetensors .* damaged"):
        read_checkpoint(copy)


def test_truncated_weights_under_a_new_manifest_are_refused_too(copy: Path) -> None:
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    write_manifest(copy)
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_checkpoint(copy)


def test_a_tokenizer_of_another_size_is_refused(copy: Path) -> None:
    tokenizer = json.loads((copy / "tokenizer.json").read_text("utf-8"))
    tokenizer["model"]["vocab"]["زيادة"] = len(tokenizer["model"]["vocab"])
    (copy / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    write_manifest(copy)
    with pytest.raises(CheckpointError, match="does not belong"):
        read_checkpoint(copy)


def test_a_target_that_the_weights_do_not_know_is_refused(copy: Path) -> None:
    for name, change in (("config.json", ["targets"]), ("calibration.json", [])):
        content = json.loads((copy / name).read_text("utf-8"))
        if change:
            content["targets"].append("peace")
        else:
            content["peace"] = content["ceasefire"]
        (copy / name).write_text(json.dumps(content), "utf-8")
    write_manifest(copy)
    with pytest.raises(CheckpointError, match="do not fit"):
        read_checkpoint(copy)


def test_a_missing_folder_is_a_missing_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"missing config\.json"):
        read_checkpoint(tmp_path / "nowhere")
