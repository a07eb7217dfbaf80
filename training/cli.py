"""Training's commands of `hudna`; each imports what is heavy only when it is called."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, TypeVar, cast

from training.arguments import PretrainArguments, TrainArguments

__all__ = ["ablate", "average", "corpus", "evaluate", "pretrain", "tokenizer", "train"]

Arguments = TypeVar("Arguments")
_CORPUS = Path("training/corpus")


def train(command_line: list[str]) -> None:
    """Fine-tune an encoder on labelled sentences into a checkpoint."""
    from training.finetune import finetune

    print(finetune(_parsed(TrainArguments, command_line, "hudna train", train.__doc__)))


def average(command_line: list[str]) -> None:
    """Average the weights of checkpoints into one, and calibrate it on the dev split."""
    from training.average import average as run

    parser = ArgumentParser(prog="hudna average", description=average.__doc__)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="Checkpoint folders.")
    parser.add_argument("--corpus", type=Path, default=_CORPUS, help="The corpus.")
    parser.add_argument("--out", type=Path, required=True, help="Where the checkpoint is written.")
    parser.add_argument("--name", default="hudna-base")
    parser.add_argument("--version", default="0.1.0")
    given = parser.parse_args(command_line)
    first = str(given.checkpoints[0])
    arguments = TrainArguments(given.corpus, first, given.out, given.name, given.version)
    print(run(given.checkpoints, arguments))


def pretrain(command_line: list[str]) -> None:
    """Pretrain an encoder and its tokenizer on plain or xz-compressed text."""
    from training.pretrain import pretrain as run

    print(run(_parsed(PretrainArguments, command_line, "hudna pretrain", pretrain.__doc__)))


def _parsed(kind: type[Arguments], command_line: list[str], name: str, told: str | None) -> Arguments:
    from transformers import HfArgumentParser

    parser = HfArgumentParser(cast(Any, kind), prog=name, description=told)
    found: Arguments = parser.parse_args_into_dataclasses(command_line)[0]
    return found


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
    parser.add_argument("--errors", type=Path, help="Where to list every wrong judgement.")
    given = parser.parse_args(command_line)
    report(given.checkpoint, given.data, given.split, given.baselines, given.record, given.errors)


def tokenizer(command_line: list[str]) -> None:
    """Measure a checkpoint's tokenizer on real text, and its preparation against AraBERT's."""
    from training.tokenizer_report import print_tokenizer_report

    parser = ArgumentParser(prog="hudna tokenizer", description=tokenizer.__doc__)
    parser.add_argument("folder", type=Path, help="An encoder or a checkpoint.")
    parser.add_argument(
        "files", type=Path, nargs="+", help="UTF-8 text, plain or .xz, a paragraph a line."
    )
    parser.add_argument("--lines", type=int, default=10_000, help="How many, drawn from all of them.")
    given = parser.parse_args(command_line)
    print_tokenizer_report(given.folder, given.files, given.lines)


def ablate(command_line: list[str]) -> None:
    """Train small, with one part of the recipe exchanged at a time, and print what each is worth."""
    from training.ablation import AblationArguments, ablation_table
    from training.ablation import ablate as run
    from training.model_card import record_ablation
    from training.variants import VARIANTS

    parser = ArgumentParser(prog="hudna ablate", description=ablate.__doc__)
    parser.add_argument("corpus", type=Path, nargs="?", default=_CORPUS, help="The corpus.")
    parser.add_argument("--encoder", required=True, help="As for `hudna train`.")
    parser.add_argument("--out", type=Path, required=True, help="A JSON file a run; goes on there.")
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), help=", ".join(VARIANTS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--limit", type=int, default=4_000, help="Train sentences, drawn by the seed.")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--on", type=Path, help="Labelled real news to score on as well.")
    parser.add_argument("--record", type=Path, metavar="CHECKPOINT", help="Whose card gets the table.")
    given = parser.parse_args(command_line)
    data = {"corpus dev": given.corpus} | ({"real news": given.on} if given.on else {})
    run(
        AblationArguments(
            given.corpus,
            given.encoder,
            given.out,
            given.variants,
            given.seeds,
            data,
            given.limit,
            given.epochs,
        )
    )
    table = ablation_table(given.out)
    print(table)
    if given.record:
        record_ablation(given.record, table)


def corpus(command_line: list[str]) -> None:
    """Check, split and describe the labelled corpus; its readings' agreement, its learning curve."""
    parser = ArgumentParser(prog="hudna corpus", description=corpus.__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for action, told in (
        ("check", "Refuse faults and measure."),
        ("split", "Write the splits anew."),
        ("card", "Write the data card anew."),
        ("balance", "Move rows between its balanced part and its background."),
    ):
        actions.add_parser(action, help=told).add_argument(
            "folder", type=Path, nargs="?", default=_CORPUS, help="The corpus."
        )
    actions.add_parser("agreement", help="Agreement of the two readings.")
    _add_curve(actions.add_parser("curve", help="Train and score with growing parts of the corpus."))
    given = parser.parse_args(command_line)
    actions_by_name = {
        "check": _check,
        "split": _split,
        "card": _card,
        "balance": _balance,
        "agreement": _agreement,
        "curve": _curve,
    }
    actions_by_name[given.action](given)


def _check(given: Namespace) -> None:
    from training.corpus_check import check_corpus

    check_corpus(given.folder)


def _split(given: Namespace) -> None:
    from training.splits import write_splits

    write_splits(given.folder)


def _card(given: Namespace) -> None:
    from training.data_card import write_data_card

    write_data_card(given.folder)


def _balance(given: Namespace) -> None:
    from training.balance import write_balance

    write_balance(given.folder)


def _agreement(_: Namespace) -> None:
    from training.agreement import print_agreement

    print_agreement()


def _add_curve(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", default=_CORPUS, help="The corpus.")
    parser.add_argument("--encoder", required=True, help="As for `hudna train`.")
    parser.add_argument("--out", type=Path, required=True, help="A JSON file a point; goes on there.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 2_000, 4_000, 8_000, 12_000, 0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument(
        "--steps", type=int, default=200, help="At least so many, however few sentences."
    )
    parser.add_argument("--test", type=Path, default=_CORPUS, help="Whose test split is scored on.")
    parser.add_argument("--on", type=Path, help="Labelled real news to score on as well.")
    parser.add_argument("--plot", type=Path, help="Where to draw the curve.")


def _curve(given: Namespace) -> None:
    from training.learning_curve import CurveArguments, learning_curve, plot_curve, print_curve

    data = {"corpus test": given.test} | ({"real news": given.on} if given.on else {})
    learning_curve(
        CurveArguments(
            given.folder,
            given.encoder,
            given.out,
            given.sizes,
            given.seeds,
            data,
            given.epochs,
            given.steps,
        )
    )
    print_curve(given.out)
    if given.plot:
        plot_curve(given.out, given.plot, given.folder.name)
