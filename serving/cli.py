"""The `hudna` command."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from models import SHIPPED_CHECKPOINT
from models.errors import HudnaError, InputError
from models.results import Analysis
from models.text import Article, check_article
from serving import operator_commands
from serving.collecting import collect_rarely
from serving.inputs import Columns, printable, read_articles
from serving.options import Checkpoint, Device, loaded
from serving.table import TablePrinter
from serving.wording import counted

if TYPE_CHECKING:
    from models.classifier import Classifier

__all__ = ["main"]

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What each actor wants, read from Arabic news.",
)
app.add_typer(operator_commands.app)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)
_ARTICLES_AT_ONCE = 32
_FAILED = 2
_BAD_ROWS = 3
_CORPUS = Path(__file__).parents[1] / "training/corpus"
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


class Engine(StrEnum):
    """What scores an archive."""

    LOCAL = "local"
    RAY = "ray"


def main() -> None:
    """Runs the command line; every error of the tree becomes one line and exit code 2."""
    collect_rarely()
    for command in entry_points(group="hudna.commands"):  # what other packages add: training
        run = command.load()
        app.command(command.name, help=run.__doc__, context_settings=_PASSED_ON)(_takes_line(run))
    try:
        app()
    except HudnaError as error:
        _report(error)
        raise SystemExit(_FAILED) from None


def _takes_line(run: Callable[[list[str]], None]) -> Callable[[typer.Context], None]:
    def command(context: typer.Context) -> None:
        with _extra("train"):
            run(context.args)

    return command


def _report(error: HudnaError) -> None:
    _errors.print(Text("error ", style="bold red").append(str(error), style="not bold default"))


@app.command()
def analyze(
    files: Annotated[list[Path], typer.Argument(help="Text or .jsonl files; - is standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an article.")] = False,
    text_field: Annotated[str, typer.Option(help="Where .jsonl rows keep their text.")] = "text",
    target: Annotated[list[str] | None, typer.Option(help="Judge this target only.")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="Judge this actor only.")] = None,
    explain: Annotated[bool, typer.Option(help="Add the words that moved each judgement.")] = False,
    min_confidence: Annotated[
        float, typer.Option(help="Decisions under it are uncertain and not counted.")
    ] = 0.0,
    visual: Annotated[
        bool, typer.Option(help="Order right-to-left text here, for terminals that do not.")
    ] = False,
    checkpoint: Checkpoint = SHIPPED_CHECKPOINT,
    device: Device = "auto",
) -> None:
    """Judge every actor of every sentence of the articles."""
    classifier = loaded(checkpoint, device)
    printer = TablePrinter(Console(), classifier.matcher.registry, visual)
    read = (found for file in files for found in read_articles(file, text_field))
    failed = False
    options = {"targets": target, "actors": actor, "explain": explain, "min_confidence": min_confidence}
    for result in _analyses(classifier, read, options):
        if isinstance(result, InputError):
            failed = True
            _report(result)
        elif as_json:
            sys.stdout.write(result.model_dump_json() + "\n")
        else:
            printer.article(result)
    if not as_json:
        printer.close()
    if failed:
        raise typer.Exit(_FAILED)


def _analyses(
    classifier: "Classifier",
    read: Iterable[Article | InputError],
    options: dict[str, Any],
) -> Iterator[Analysis | InputError]:
    """The analysis of every article in order; an error stands where its article would."""
    classifier.analyze([], **options)  # refuses unknown targets and actors before any reading
    waiting = iter(read)
    while group := [_checked(found) for found in islice(waiting, _ARTICLES_AT_ONCE)]:
        sound = [article for article in group if isinstance(article, Article)]
        analyses = iter(classifier.analyze(sound, **options))
        yield from (each if isinstance(each, InputError) else next(analyses) for each in group)


def _checked(found: Article | InputError) -> Article | InputError:
    """The article, or why it cannot be analysed, so that its neighbours still are."""
    if isinstance(found, InputError):
        return found
    try:
        check_article(found)
    except InputError as error:
        return InputError(f"{found.id}: {error}")
    return found


@app.command()
def score(
    inputs: Annotated[
        list[str],
        typer.Argument(help=".jsonl, .csv, .tsv, .parquet, folders, patterns; - is JSON Lines."),
    ],
    out: Annotated[Path, typer.Option(help="A folder, new or of the same run.")],
    flat: Annotated[bool, typer.Option("--flat", help="A row a judgement, not an article.")] = False,
    text_column: Annotated[str, typer.Option(help="Where rows keep their text.")] = "text",
    id_column: Annotated[str, typer.Option(help="Where rows keep their id.")] = "id",
    title_column: Annotated[str, typer.Option(help="Where rows keep their title.")] = "title",
    date_column: Annotated[str, typer.Option(help="Where rows keep their date.")] = "date",
    target: Annotated[list[str] | None, typer.Option(help="Judge this target only.")] = None,
    actor: Annotated[list[str] | None, typer.Option(help="Judge this actor only.")] = None,
    min_confidence: Annotated[
        float, typer.Option(help="Decisions under it are uncertain and not counted.")
    ] = 0.0,
    part: Annotated[int, typer.Option(min=1, help="Articles a file of the output.")] = 1_000,
    engine: Annotated[Engine, typer.Option(help="This machine, or a Ray cluster.")] = Engine.LOCAL,
    workers: Annotated[tuple[int, int], typer.Option(help="Of Ray, at the least and most.")] = (1, 4),
    cpus: Annotated[float, typer.Option(help="Of Ray, for a worker.")] = 1,
    gpus: Annotated[float, typer.Option(help="Of Ray, a worker's share of a GPU.")] = 0,
    checkpoint: Checkpoint = SHIPPED_CHECKPOINT,
    device: Device = "auto",
) -> None:
    """Score archives into Parquet, resumably; exit code 3 where rows are bad (docs/batch.md)."""
    from serving import batch, progress  # pyarrow takes a moment to import

    columns = Columns(text_column, id_column, title_column, date_column)
    asked = batch.ScoreArguments(inputs, out, columns, flat, target, actor, min_confidence, part)
    classifier = loaded(checkpoint, device)
    if engine is Engine.RAY:
        with _extra("ray"):
            from serving.ray_job import RayScoring, Workers
        run: batch.Scoring = RayScoring(
            classifier, asked, Workers(checkpoint, device, *workers, cpus, gpus)
        )
    else:
        run = batch.Scoring(classifier, asked)
    if left_out := run.passed_over:
        _errors.print(progress.passed_over(left_out), markup=False)
    with progress.shown(_errors, run.rows, run.counts) as told:
        run.finish(told)
    articles = counted(run.counts.articles, "article")
    typer.echo(f"{articles} in {printable(str(out))}: {progress.told(run.counts)}")
    if run.counts.quarantined:
        typer.echo(f"What could not be read is in {printable(str(out / 'quarantine.jsonl'))}.", err=True)
        raise typer.Exit(_BAD_ROWS)


@app.command()
def report(
    scored: Annotated[Path, typer.Argument(help="A folder that hudna score wrote.")],
    out: Annotated[Path, typer.Option(help="The page; its tables go beside it as CSV.")],
    actors: Annotated[int, typer.Option(min=1, help="How many, the most often judged.")] = 12,
    every: Annotated[
        str, typer.Option(help="day, week, month, quarter or year; by default the dates decide.")
    ] = "",
) -> None:
    """Tell who wants what, how surely, and since when, as one page (docs/batch.md)."""
    with _extra("report"):
        from serving.report import write_report
    for file in write_report(scored, out, actors, every):
        typer.echo(file)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(help="A folder that hudna score wrote.")],
    second: Annotated[Path, typer.Argument(help="The same archive, by another checkpoint.")],
    examples: Annotated[int, typer.Option(help="Sentences to show where labels differ.")] = 5,
) -> None:
    """Compare what two checkpoints say of the same archive."""
    with _extra("report"):
        from serving.compare import print_comparison
    print_comparison(first, second, examples)


@app.command()
def bench(
    quick: Annotated[
        bool, typer.Option("--quick", help="Beside transformers' pipeline alone, in a minute.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="What was measured, as one object.")] = False,
    out: Annotated[Path, typer.Option(help="Where a whole run writes its report.")] = Path("runs/bench"),
    corpus: Annotated[
        Path, typer.Option(help="Labelled sentences, whose test split is judged.")
    ] = _CORPUS,
    checkpoint: Checkpoint = SHIPPED_CHECKPOINT,
) -> None:
    """Measure speed side by side with what else could be used (serving/benchmarks/NOTES.md)."""
    if quick:
        from serving.benchmarks.quick import compare_quickly, quick_table

        found = compare_quickly(loaded(checkpoint, "cpu"), corpus)
        shown: Any = quick_table(found)
    else:
        with _extra("report,peers"):
            from serving.benchmarks import bench as whole
            from serving.benchmarks import summary
        found = whole.compare(loaded(checkpoint, "cpu"), checkpoint, corpus)
        shown = "\n".join(map(str, summary.write(found, out)))
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
    else:
        Console().print(shown)


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """Turns the lack of an optional library into the command that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(f"{error.name} is missing: pip install -e '.[{name}]'.") from None
