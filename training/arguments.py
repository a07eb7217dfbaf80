"""What training can be told; the defaults are for two CPU cores."""

from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["PretrainArguments", "TrainArguments"]

_SEED = 20190404


@dataclass(frozen=True)
class PretrainArguments:
    """Arguments of `hudna pretrain`."""

    files: list[Path] = field(metadata={"help": "UTF-8 text, plain or .xz, a paragraph a line."})
    out: Path = field(metadata={"help": "Where the run is kept and the encoder is written."})
    about: str = field(default="", metadata={"help": "Only lines that match this expression."})
    encoder: Path | None = field(
        default=None,
        metadata={"help": "An encoder to go on from, with its tokenizer; else a fresh one."},
    )
    generator: Path | None = field(
        default=None,
        metadata={"help": "An encoder that replaces pieces, which are then to be found (ELECTRA)."},
    )
    tokenizer: Path | None = field(default=None, metadata={"help": "A folder; else it is learned."})
    vocabulary: int = field(default=32_000, metadata={"help": "Pieces of a learned tokenizer."})
    layers: int = 6
    hidden: int = 256
    heads: int = 4
    sequence: int = field(default=128, metadata={"help": "Pieces a row."})
    rows: int = field(default=32, metadata={"help": "Rows a batch."})
    accumulation: int = field(default=1, metadata={"help": "Batches a step."})
    steps: int = 3_300
    learning_rate: float = 1e-3
    masking_rate: float = 0.2
    skipgram: bool = field(default=True, metadata={"help": "Start from skip-gram vectors."})
    local_layers: int = field(
        default=3, metadata={"help": "Lowest layers whose heads start by looking at neighbours."}
    )
    compile: bool = field(default=True, metadata={"help": "Compile the model (needs a C compiler)."})
    save_every: int = field(default=150, metadata={"help": "Steps between checkpoints."})
    shard: str = field(default="64MB", metadata={"help": "Largest file of weights."})
    seed: int = _SEED


@dataclass(frozen=True)
class TrainArguments:
    """Arguments of `hudna train`."""

    corpus: Path = field(metadata={"help": "Labelled sentences with splits, a file or a folder."})
    encoder: str = field(
        metadata={"help": "A BertModel folder, a name on the Hub, or a checkpoint to go on from."}
    )
    out: Path = field(metadata={"help": "Where the checkpoint is written."})
    name: str = "hudna-base"
    version: str = "0.1.0"
    limit: int = field(
        default=0, metadata={"help": "Only so many train sentences, drawn by the seed; 0 is all."}
    )
    epochs: int = 5
    sentences: int = field(default=32, metadata={"help": "Sentences a batch."})
    learning_rate: float = 5e-4
    dropout: float = 0.1
    adjusted: list[str] = field(
        default_factory=lambda: ["offensive"],
        metadata={"help": "Targets whose labels are learned at the shares that whole articles have."},
    )
    focus: float = field(
        default=0.0, metadata={"help": "Focus of the focal loss; 0 is plain cross-entropy."}
    )
    select: bool = field(
        default=True, metadata={"help": "Keep the epoch that is best on dev, rather than the last."}
    )
    swap_rate: float = field(default=0.4, metadata={"help": "Share of sentences given other actors."})
    epithet_rate: float = field(
        default=0.0, metadata={"help": "Share of plainly named armed groups given a loaded word."}
    )
    noise_rate: float = field(default=0.2, metadata={"help": "Share of sentences spelled carelessly."})
    hiding_rate: float = field(default=0.0, metadata={"help": "Share of a sentence's pieces hidden."})
    seed: int = _SEED
