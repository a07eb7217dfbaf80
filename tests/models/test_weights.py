from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from models.checkpoint import read_checkpoint
from models.weights import expected_shapes, read_weights


def test_the_shapes_that_are_expected_are_those_of_the_network(tiny_checkpoint: Path) -> None:
    checkpoint = read_checkpoint(tiny_checkpoint)
    weights = checkpoint.network.state_dict()
    found = expected_shapes(checkpoint.config.encoder, checkpoint.config.heads)
    assert found == {name: tuple(weight.shape) for name, weight in weights.items()}


@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16])
def test_every_format_of_weights_is_read_as_float32(tmp_path: Path, kind: torch.dtype) -> None:
    weight = torch.tensor([[1.5, -2.25], [0.0, 3e-5]]).to(kind)
    save_file({"weight": weight}, tmp_path / "file")
    read = read_weights(tmp_path / "file")["weight"]
    assert read.dtype.name == "float32"
    assert read.tolist() == weight.float().tolist()


def test_weights_in_another_format_are_refused_by_name(tmp_path: Path) -> None:
    save_file({"counts": torch.tensor([1, 2])}, tmp_path / "file")
    with pytest.raises(ValueError, match="counts is in I64"):
        read_weights(tmp_path / "file")
