"""Training's commands of `hudna`; each imports what is heavy only when it is called."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, cast

from transformers import HfArgumentParser

from training.arguments import PretrainArguments, TrainArguments

_CORPUS = Path("training/corpus")

__all__ = ["corpus", "evaluate", "pretrain", "train"]


def train(command_line: list[str]) -> None:
    """Fine-tune an encoder on labelled sentences into a checkpoint."""
    from training.finetune import finetune

    parser = HfArgumentParser(cast(Any, TrainArguments), prog="hudna train", description=train.__doc__)
    print(finetune(parser.parse_args_into_dataclasses(command_line)[0]))


def pretrain(command_line: list[str]) -> None:
    """Pretrain an encoder and its tokenizer on plain or xz-compressed text."""
    from training.pretrain import pretrain as run

    parser = HfArgumentParser(
        cast(Any, PretrainArguments), prog="hudna pretrain", description=pretrain.__doc__
    )
    print(run(parser.parse_args_into_dataclasses(command_line)[0]))


def evaluate(command_line: list[str]) -> None:
    """Score a checkpoint and the baselines on labelled sentences."""
    from training.report import report

    parser = ArgumentParser(prog="hudna evaluate", description=evaluate.__doc__)
    parser.add_argument("checkpoint", type=Path, help="A checkpoint folder.")
    parser.add_argument("data", type=Path, help="Labelled sentences, a file or a folder.")
    parser.add_argument("--split", help="Only this split of the data.")
    parser.add_argument(
        "--baselines",
        type=Path,
        metavar="CORPUS",
        default=_CORPUS if _CORPUS.is_dir() else None,
        help="The corpus whose train split the baselines learn from.",
    )
    parser.add_argument("--record", metavar="TITLE", help="Put the scores into the model card.")
    given = parser.parse_args(command_line)
    report(given.checkpoint, given.data, given.split, given.baselines, given.record)


def corpus(command_line: list[str]) -> None:
    """Check and measure the labelled corpus, or its two readings' agreement."""
    parser = ArgumentParser(prog="hudna corpus", description=corpus.__doc__)
    parser.add_argument("action", choices=["check", "agreement"])
    parser.add_argument("folder", type=Path, nargs="?", default=_CORPUS, help="The corpus to check.")
    given = parser.parse_args(command_line)
    if given.action == "check":
        from training.corpus_check import check_corpus

        check_corpus(given.folder)
    else:
        from training.agreement import print_agreement

        print_agreement()
