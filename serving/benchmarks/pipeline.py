"""What most would write first: `transformers.pipeline`, one pass a pair of sentence and actor.

It has the encoder's own weights in a `BertForSequenceClassification`, whose one pass says the labels of
every head: three models of one head each would take three times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedTokenizerFast,
    TextClassificationPipeline,
    pipeline,
)

from models.checkpoint import Checkpoint
from serving.benchmarks.repeats import Run, fastest

__all__ = ["BATCH_SIZES", "PairPipeline", "by_length", "pair_model", "pair_tokenizer"]

BATCH_SIZES = (4, 8, 16, 32, 64)


def pair_model(checkpoint: Checkpoint) -> BertForSequenceClassification:
    """A sequence classifier around the checkpoint's encoder, in float32 on the CPU."""
    config = BertConfig.from_dict(checkpoint.config.encoder)
    config.num_labels = sum(map(len, checkpoint.config.heads.values()))
    model: BertForSequenceClassification = BertForSequenceClassification(config).float()
    model.bert.load_state_dict(checkpoint.network.bert.state_dict(), strict=False)  # there is no pooler
    model.eval()
    return model


def pair_tokenizer(tokenizer: Tokenizer, limit: int) -> PreTrainedTokenizerFast:
    """The checkpoint's tokenizer as transformers takes it, cutting at `limit` pieces."""
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(tokenizer.to_str()),
        model_max_length=limit,
        pad_token="[PAD]",
        sep_token="[SEP]",
        cls_token="[CLS]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def by_length(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of like length beside each other, so that batches hold little padding."""
    return sorted(pairs, key=lambda pair: sum(map(len, pair)))


@dataclass(frozen=True)
class PairPipeline:
    """The pipeline around a checkpoint's encoder; `device` as transformers names it."""

    classify: TextClassificationPipeline

    @classmethod
    def of(cls, checkpoint: Checkpoint, device: str = "cpu") -> "PairPipeline":
        """The pipeline of a checkpoint whose network is on the CPU."""
        limit = checkpoint.config.encoder["max_position_embeddings"]
        return cls(
            pipeline(
                "text-classification",
                model=pair_model(checkpoint),
                tokenizer=pair_tokenizer(checkpoint.encoder.tokenizer, limit),
                device=device,
            )
        )

    def at(self, pairs: Sequence[tuple[str, str]], batch_size: int) -> Run:
        """A run that judges the pairs in batches of one size; 1 is the pipeline's default."""
        asked = [{"text": text, "text_pair": name} for text, name in pairs]
        return lambda: self.classify(asked, batch_size=batch_size, truncation=True)

    def best(self, pairs: Sequence[tuple[str, str]]) -> tuple[int, dict[int, float]]:
        """Which of `BATCH_SIZES` is the fastest with pairs sorted by length, and the seconds of each."""
        ordered = by_length(pairs)
        return fastest({size: self.at(ordered, size) for size in BATCH_SIZES})
