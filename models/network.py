"""The network: a BERT encoder of AraBERT's class, and a head for each target and for sentiment."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, PreTrainedConfig, PreTrainedModel

from models.encoding import Batch
from models.labels import Target, labels_by_head
from models.weights import Weights

__all__ = ["StanceConfig", "StanceNetwork", "TensorBatch"]


class StanceConfig(PreTrainedConfig):
    """The encoder's configuration, the targets that the checkpoint knows, its name and version."""

    model_type = "hudna"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        targets: list[str] | None = None,
        name: str = "hudna",
        version: str = "0",
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder or BertConfig().to_dict()
        self.targets = targets or [str(target) for target in Target]
        self.name, self.version = name, version
        super().__init__(**kwargs)

    @property
    def heads(self) -> dict[str, list[str]]:
        """The labels of every head, in the order of its logits."""
        return labels_by_head(self.targets)


@dataclass(frozen=True)
class TensorBatch:
    """A `models.encoding.Batch` as tensors, its fields by the same names and shapes."""

    input_ids: Tensor
    position_ids: Tensor
    attention_mask: Tensor
    markers: Tensor
    mentions: Tensor
    judged: Tensor

    @classmethod
    def of(cls, batch: Batch) -> "TensorBatch":
        """The tensors of a batch, its indices as long integers."""
        arrays = vars(batch).items()
        return cls(**{
            name: torch.from_numpy(each.astype(np.int64) if each.dtype == np.int32 else each)
            for name, each in arrays
        })  # fmt: skip

    def to(self, device: torch.device) -> "TensorBatch":
        """The same batch on another device."""
        return TensorBatch(**{name: value.to(device) for name, value in vars(self).items()})


class StanceNetwork(PreTrainedModel):
    """Judges every actor of a sentence in one pass; an actor's logits do not depend on the others."""

    config_class = StanceConfig
    base_model_prefix = "bert"
    _supports_sdpa = True

    def __init__(self, config: StanceConfig) -> None:
        super().__init__(config)
        encoder = BertConfig.from_dict(config.encoder)
        encoder._attn_implementation = "sdpa"
        self.bert = BertModel(encoder, add_pooling_layer=False)
        self.heads = nn.ModuleDict(
            {name: _head(encoder, len(labels)) for name, labels in config.heads.items()}
        )
        self.post_init()  # type: ignore[no-untyped-call]

    @classmethod
    def of(cls, config: StanceConfig, weights: Weights) -> "StanceNetwork":
        """The network of this configuration with these weights, all of its own and no others."""
        network = cls(config)
        network.load_state_dict({name: torch.from_numpy(each.copy()) for name, each in weights.items()})
        return network

    def forward(self, batch: TensorBatch) -> dict[str, Tensor]:
        """Logits of every head, (judgements, labels), judgements in the order of `batch.judged`."""
        states = self.bert(
            input_ids=batch.input_ids,
            position_ids=batch.position_ids,
            attention_mask=_additive(batch.attention_mask, self.bert.dtype),
        ).last_hidden_state
        rows = torch.arange(len(states), device=states.device)[:, None]
        marker = states[rows, batch.markers]
        mention = batch.mentions.to(states.dtype) @ states
        actors = self.represented(marker, mention)[batch.judged]
        return {name: head(actors) for name, head in self.heads.items()}

    def represented(self, marker: Tensor, mention: Tensor) -> Tensor:
        """What the heads see of each actor, (R, A, 2 * hidden): its marker and its mention's mean."""
        return torch.cat([marker, mention], dim=-1)


def _head(encoder: BertConfig, labels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Dropout(encoder.hidden_dropout_prob),
        nn.Linear(2 * encoder.hidden_size, encoder.hidden_size),
        nn.GELU(),
        nn.Dropout(encoder.hidden_dropout_prob),
        nn.Linear(encoder.hidden_size, labels),
    )


def _additive(mask: Tensor, dtype: torch.dtype) -> Tensor:
    return torch.zeros_like(mask, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)
