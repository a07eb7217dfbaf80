"""A checkpoint folder: what belongs in it, and the proof that it is whole.

``manifest.json`` holds the SHA-256 of all that the network is made of; nothing is ever unpickled.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, PositiveFloat
from safetensors import SafetensorError
from tokenizers import Tokenizer

from models.encoding import Encoder
from models.errors import CheckpointError
from models.labels import labels_by_head
from models.weights import Weights, expected_shapes, read_weights

if TYPE_CHECKING:
    from models.network import StanceNetwork

__all__ = ["Calibration", "Checkpoint", "CheckpointConfig", "read_checkpoint", "write_manifest"]

_PARTS = ("config.json", "model.safetensors", "tokenizer.json", "calibration.json")
_MANIFEST = "manifest.json"


class Calibration(BaseModel):
    """What turns a head's logits into probabilities one can act on (Guo et al. 2017)."""

    temperature: PositiveFloat
    threshold: float


class CheckpointConfig(BaseModel):
    """What ``config.json`` tells: the encoder's configuration, the targets, name and version."""

    encoder: dict[str, Any]
    targets: list[str]
    name: str
    version: str

    @property
    def heads(self) -> dict[str, list[str]]:
        """The labels of every head, in the order of its logits."""
        return labels_by_head(self.targets)


@dataclass(frozen=True)
class Checkpoint:
    """A loaded checkpoint; `digests` are the SHA-256 of its parts by file name.

    `evaluations` and `card` (Markdown) are what it tells of itself, empty where it has none.
    """

    config: CheckpointConfig
    weights: Weights
    encoder: Encoder
    calibration: dict[str, Calibration]
    digests: dict[str, str]
    evaluations: dict[str, Any]
    card: str

    @property
    def digest(self) -> str:
        """SHA-256 of the weights."""
        return self.digests["model.safetensors"]

    @cached_property
    def network(self) -> "StanceNetwork":
        """The weights as PyTorch's network, in float32; made, and PyTorch imported, when asked for."""
        from models.network import StanceConfig, StanceNetwork

        return StanceNetwork.of(StanceConfig(**self.config.model_dump()), self.weights)


def write_manifest(folder: Path) -> None:
    """Seals a finished checkpoint folder."""
    digests = {part: _digest(folder / part) for part in _PARTS}
    (folder / _MANIFEST).write_text(json.dumps(digests, indent=1) + "\n", "utf-8")


def read_checkpoint(folder: Path) -> Checkpoint:
    """Loads a checkpoint.

    Raises:
        CheckpointError: a file is missing, does not match the manifest, or does not fit the others.
    """
    digests = _verified(folder)
    try:
        config = CheckpointConfig.model_validate_json((folder / "config.json").read_text("utf-8"))
        weights = read_weights(folder / "model.safetensors")
        expected = expected_shapes(config.encoder, config.heads)
        tokenizer = _tokenizer(folder / "tokenizer.json")
        encoder = Encoder(tokenizer, config.encoder["max_position_embeddings"])
        told = json.loads((folder / "calibration.json").read_text("utf-8"))
        calibration = {head: Calibration.model_validate(told[head]) for head in config.heads}
        evaluations = dict(json.loads(_text(folder / "metrics.json", "{}")).get("evaluations", {}))
        card = _text(folder / "README.md", "")
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError,
    ) as error:  # fmt: skip
        raise CheckpointError(f"The checkpoint in {folder} cannot be read: {error}") from error
    if config.encoder["vocab_size"] != tokenizer.get_vocab_size():
        raise CheckpointError(f"The tokenizer in {folder} does not belong to its encoder.")
    if unfit := {name for name, _ in expected.items() ^ {(k, w.shape) for k, w in weights.items()}}:
        raise CheckpointError(f"The weights in {folder} do not fit its config.json ({min(unfit)}).")
    return Checkpoint(config, weights, encoder, calibration, digests, evaluations, card)


def _tokenizer(file: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # nothing narrower comes from Rust
        raise ValueError(f"{file.name}: {error}") from error


def _text(file: Path, missing: str) -> str:
    return file.read_text("utf-8") if file.is_file() else missing


def _verified(folder: Path) -> dict[str, str]:
    for part in (*_PARTS, _MANIFEST):
        if not (folder / part).is_file():
            raise CheckpointError(f"The checkpoint in {folder} is missing {part}.")
    try:
        digests = dict(json.loads((folder / _MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointError(f"{_MANIFEST} of the checkpoint in {folder} is damaged.") from error
    for part in _PARTS:
        try:
            is_whole = digests.get(part) == _digest(folder / part)
        except OSError as error:
            raise CheckpointError(f"{folder / part} cannot be read: {error.strerror}.") from error
        if not is_whole:
            raise CheckpointError(f"{part} of the checkpoint in {folder} is damaged or was changed.")
    return digests


def _digest(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
