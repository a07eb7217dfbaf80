"""The recipe of fine-tuning with one part exchanged: what an ablation trains (`hudna ablate`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from models.network import StanceNetwork, TensorBatch
from training.dataset import SentenceDataset
from training.finetune import StanceTrainer

__all__ = ["VARIANTS", "Variant"]


class _MarkerOnly(StanceNetwork):
    def represented(self, marker: Tensor, mention: Tensor) -> Tensor:  # noqa: ARG002
        return torch.cat([marker, marker], dim=-1)


class _MentionOnly(StanceNetwork):
    def represented(self, marker: Tensor, mention: Tensor) -> Tensor:  # noqa: ARG002
        return torch.cat([mention, mention], dim=-1)


class _PassPerActor(StanceNetwork):
    """The text sees the marker, as it does where each actor is asked about in a pass of its own."""

    def forward(self, batch: TensorBatch) -> dict[str, Tensor]:
        sees = torch.zeros_like(batch.attention_mask)
        rows = torch.arange(len(sees))
        sees[rows, 0, :, batch.markers[:, 0]] = True
        return super().forward(replace(batch, attention_mask=batch.attention_mask | sees))


class _ClassWeighted(StanceTrainer):
    """Weighs each label by the inverse root of its share."""

    @cached_property
    def _weights(self) -> dict[str, Tensor]:
        shares = self.train_dataset.label_shares()
        weights = {head: share.clamp(min=1e-3).rsqrt() for head, share in shares.items()}
        return {head: weight.to(self.args.device) for head, weight in weights.items()}

    def head_loss(self, head: str, logits: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(logits, labels, self._weights[head])


class _OneHead(StanceTrainer):
    head: str

    def head_loss(self, head: str, logits: Tensor, labels: Tensor) -> Tensor:
        loss = super().head_loss(head, logits, labels)
        return loss if head == self.head else 0.0 * loss


class _CeasefireAlone(_OneHead):
    head = "ceasefire"


class _OffensiveAlone(_OneHead):
    head = "offensive"


class _SentimentAlone(_OneHead):
    head = "sentiment"


class _LayerWise(StanceTrainer):
    """Each layer learns at 0.8 times the rate of the one above it (Howard & Ruder 2018)."""

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:  # noqa: ARG002
        layers = self.model.bert.config.num_hidden_layers
        decayed = set(self.get_decay_parameter_names(self.model))
        groups: dict[tuple[int, bool], list[Tensor]] = {}
        for name, weight in self.model.named_parameters():
            groups.setdefault((_depth(name, layers), name in decayed), []).append(weight)
        rate, decay = self.args.learning_rate, self.args.weight_decay
        self.optimizer = torch.optim.AdamW(
            {"params": group, "lr": rate * 0.8**depth, "weight_decay": decay * decays}
            for (depth, decays), group in groups.items()
        )
        return self.optimizer


def _depth(name: str, layers: int) -> int:
    """How many layers lie above a weight."""
    if not name.startswith("bert."):
        return 0
    if ".layer." not in name:
        return layers + 1
    return layers - int(name.split(".layer.")[1].split(".")[0])


class _Averaged(StanceTrainer):
    """Scores the exponential moving average of the weights."""

    def training_step(self, *given: Any, **named: Any) -> Tensor:
        if self.state.global_step:  # the first weights are no step's
            self._average.update_parameters(self.model)
        return super().training_step(*given, **named)

    @cached_property
    def _average(self) -> AveragedModel:
        return AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(0.98))  # type: ignore[no-untyped-call]

    def logits_on(self, sentences: SentenceDataset) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        self._average.update_parameters(self.model)  # with the last step's
        self.model.load_state_dict(self._average.module.state_dict())
        return super().logits_on(sentences)


@dataclass(frozen=True)
class Variant:
    """A recipe with one part exchanged; `heads` are those that it can be scored on."""

    told: str
    network: type[StanceNetwork] = StanceNetwork
    trainer: type[StanceTrainer] = StanceTrainer
    overrides: dict[str, Any] = field(default_factory=dict)
    each_alone: bool = False  # one actor an example
    forgets: bool = False  # what the encoder learned before
    heads: Sequence[str] = ("ceasefire", "offensive", "sentiment")


VARIANTS = {
    "recipe": Variant("marker and mention, swapping, spelling noise, offensive adjusted, all heads"),
    "random": Variant("encoder from random weights", forgets=True),
    "marker": Variant("marker alone", _MarkerOnly),
    "mention": Variant("mean of the mention alone", _MentionOnly),
    "pass_per_actor": Variant(
        "one pass per actor, the text sees the marker",
        _PassPerActor,
        overrides={"sentences": 39},  # as many judgements a step as the others' 16 sentences have
        each_alone=True,
    ),
    "no_swap": Variant("no actor swapping", overrides={"swap_rate": 0.0}),
    "no_noise": Variant("no spelling noise", overrides={"noise_rate": 0.0}),
    "hiding": Variant("an eighth of the pieces hidden", overrides={"hiding_rate": 0.125}),
    "class_weights": Variant("labels weighted by 1/sqrt(share)", trainer=_ClassWeighted),
    "focal": Variant("focal loss", overrides={"focus": 2.0, "adjusted": []}),
    "unadjusted": Variant("plain loss for all heads", overrides={"adjusted": []}),
    "all_adjusted": Variant(
        "all logits adjusted", overrides={"adjusted": ["ceasefire", "offensive", "sentiment"]}
    ),
    "layer_wise": Variant("layer-wise learning rates", trainer=_LayerWise),
    "averaged": Variant("moving average of the weights", trainer=_Averaged),
    "ceasefire": Variant("one head at a time", trainer=_CeasefireAlone, heads=["ceasefire"]),
    "offensive": Variant("one head at a time", trainer=_OffensiveAlone, heads=["offensive"]),
    "sentiment": Variant("one head at a time", trainer=_SentimentAlone, heads=["sentiment"]),
}
