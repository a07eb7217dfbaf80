"""The commands of whoever runs the service: `serve`, `key`, `drift` and `feedback`."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from models import SHIPPED_CHECKPOINT
from serving.access import Access, new_key
from serving.feedback import FeedbackStore, corpus_rows
from serving.options import Checkpoint, Device, loaded
from serving.settings import Settings

__all__ = ["app"]

app = typer.Typer()
_feedback = typer.Typer(no_args_is_help=True, help="Corrections that the service was sent.")
app.add_typer(_feedback, name="feedback")


@_feedback.command()
def export(
    database: Annotated[str, typer.Option(help="Its URL; HUDNA_FEEDBACK by default.")] = "",
) -> None:
    """Print the corrections that the service was sent as labelled sentences for training."""
    store = FeedbackStore(database or Settings().feedback)
    for row in corpus_rows(store.corrections()):
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


@app.command()
def drift(
    reference: Annotated[Path, typer.Argument(help="Analyses to compare with, one a line.")],
    window: Annotated[Path, typer.Argument(help="Analyses of the time in question.")],
) -> None:
    """Compare labels and confidence of two files of analyses; exit code 1 where they drifted."""
    from serving.drift import print_drift  # its statistics take a second to import

    if print_drift(reference, window):
        raise typer.Exit(1)


@app.command()
def key(name: Annotated[str, typer.Argument(help="Whose it is, in one word.")]) -> None:
    """Make an API key: the key for its owner, and the line for the file of HUDNA_KEYS."""
    made, line = new_key(name)
    sys.stdout.write(f"{made}\n{line}\n")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 3000,
    checkpoint: Checkpoint = SHIPPED_CHECKPOINT,
    device: Device = "auto",
) -> None:
    """Serve the classifier over HTTP (docs/service.md)."""
    # What is wrong with either is said here, in one line.
    settings = Settings()
    Access(settings.keys, settings.rate)
    FeedbackStore(settings.feedback)
    loaded(checkpoint, device)
    os.environ.update(HUDNA_CHECKPOINT=str(checkpoint.resolve()), HUDNA_DEVICE=device)
    command = ["serve", "serving.service:HudnaService", "--host", host, "--port", str(port)]
    command += ["--timeout-graceful-shutdown", f"{settings.max_deadline:.0f}"]  # of calls and streams
    command += ["--timeout-keep-alive", "75"]  # over the minute after which most clients close
    os.execv(sys.executable, [sys.executable, "-m", "bentoml", *command])
