"""Services started as processes on a free port of this machine, for as long as they are measured."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

__all__ = ["Started", "bentoml_service", "litserve_service"]

Started = tuple[str, subprocess.Popen[bytes]]


@contextmanager
def bentoml_service(what: str, folder: Path, **settings: str) -> Iterator[Started]:
    """Its address and process; what it says is in ``log`` in `folder`."""
    host, port = _free_port()
    command = ["-m", "bentoml", "serve", what, "--host", host, "--port", port]
    command += ["--timeout-keep-alive", "75"]  # callers wait seconds, and do not call again on a reset
    settings = {
        "HUDNA_FEEDBACK": f"sqlite:///{folder / 'f.sqlite'}",
        "BENTOML_DO_NOT_TRACK": "true",
    } | settings
    with _running(command, f"http://{host}:{port}", "readyz", folder, settings) as started:
        yield started


@contextmanager
def litserve_service(module: str, folder: Path, **settings: str) -> Iterator[Started]:
    """The same of a module that serves LitServe on the port that it is given."""
    host, port = _free_port()
    with _running(["-m", module, port], f"http://{host}:{port}", "health", folder, settings) as started:
        yield started


def _free_port() -> tuple[str, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return "127.0.0.1", str(free.getsockname()[1])


@contextmanager
def _running(
    command: list[str], address: str, ready: str, folder: Path, settings: dict[str, str]
) -> Iterator[Started]:
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, *command],
            env=os.environ | settings,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _await_ready(server, f"{address}/{ready}")
        yield address, server
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends the service, and then what it leaves running: LitServe's workers outlive it."""
    server.terminate()
    try:
        server.wait(60)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _await_ready(server: subprocess.Popen[bytes], url: str, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"What should answer at {url} ended with {server.returncode}.")
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"{url} did not answer in {seconds:.0f} s.")
