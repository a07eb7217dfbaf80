"""What an encoder is pretrained on: masked words, or which pieces a generator replaced."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertConfig, BertForMaskedLM, BertModel, BertPreTrainedModel, Trainer

__all__ = ["Generator", "PackedMaskedLM", "ReplacedPieces", "ReplacingTrainer"]


class PackedMaskedLM(BertForMaskedLM):
    """`BertForMaskedLM` that computes the vocabulary's logits at masked positions only."""

    def forward(self, input_ids: Tensor, positions: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The mean cross-entropy, and the likeliest piece at each of `positions`."""
        logits = self.logits_at(input_ids, positions)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits.argmax(-1)}

    def logits_at(self, input_ids: Tensor, positions: Tensor) -> Tensor:
        """Logits over the vocabulary, (masked, pieces), at `positions`, flat over the batch."""
        states = self.bert(input_ids).last_hidden_state
        logits: Tensor = self.cls(states.flatten(0, 1)[positions]).float()
        return logits


class ReplacedPieces(BertPreTrainedModel):
    """A `BertModel` that tells of every piece whether it is the text's own.

    ELECTRA's discriminator (Clark et al. 2020, https://arxiv.org/abs/2003.10555): it learns from every
    piece of a row, where a masked-language model learns from the masked ones.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.bert = BertModel(config, add_pooling_layer=False)
        self.head = nn.Sequential(
            nn.Linear(config.hidden_size, config.hidden_size),
            nn.GELU(),
            nn.Linear(config.hidden_size, 1),
        )
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(self, input_ids: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """The mean binary cross-entropy, and whether each piece seems replaced, (rows, sequence)."""
        logits = self.head(self.bert(input_ids).last_hidden_state).squeeze(-1).float()
        loss = F.binary_cross_entropy_with_logits(logits, labels.float())
        return {"loss": loss, "logits": logits > 0}


class Generator:
    """Draws a likely piece for every masked one, from a masked-language model that learns no more.

    A generator that is there already saves the training of one beside the discriminator (Dong et al.
    2024, "Fast-ELECTRA", https://arxiv.org/abs/2310.07347).
    """

    def __init__(self, model: PackedMaskedLM, compiles: bool) -> None:
        self._model = model.requires_grad_(False)
        self._model.train(False)
        self._logits = torch.compile(model.logits_at) if compiles else model.logits_at

    def to(self, device: torch.device) -> "Generator":
        """The same generator, its model on another device."""
        nn.Module.to(self._model, device)
        return self

    @torch.no_grad()
    def replace(self, input_ids: Tensor, positions: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """`input_ids` (rows, sequence) with pieces drawn at `positions`; `labels`, which are others'.

        A piece that is drawn as it was in the text (`labels` as given) counts as the text's own.
        """
        found = self._logits(input_ids, positions).softmax(-1).cumsum(-1)
        # By the inverse of the distribution: one draw a row, where Gumbel noise takes one a piece.
        point = torch.rand(len(found), 1, device=found.device) * found[:, -1:]
        drawn = torch.searchsorted(found, point).squeeze(-1).clamp(max=found.shape[1] - 1)
        pieces, replaced = input_ids.clone(), torch.zeros_like(input_ids, dtype=torch.bool)
        pieces.view(-1)[positions] = drawn
        replaced.view(-1)[positions] = drawn != labels
        return {"input_ids": pieces, "labels": replaced}


class ReplacingTrainer(Trainer):
    """Gives the model rows in which a generator has replaced the masked pieces."""

    def __init__(self, *, generator: Generator, **given: Any) -> None:
        super().__init__(**given)
        self._generator = generator.to(self.args.device)

    def _prepare_inputs(self, inputs: dict[str, Any]) -> dict[str, Any]:
        return self._generator.replace(**super()._prepare_inputs(inputs))
