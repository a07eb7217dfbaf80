import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving.operations import forget_the_dead


def test_the_gauges_of_workers_that_are_gone_are_forgotten(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    alive = {f"gauge_livesum_{os.getpid()}.db", f"counter_{gone.pid}.db"}
    for name in (*alive, f"gauge_livesum_{gone.pid}.db", f"gauge_livemax_{gone.pid}.db"):
        (tmp_path / name).touch()
    forget_the_dead()
    assert {file.name for file in tmp_path.iterdir()} == alive


def test_without_several_processes_there_is_nothing_to_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    forget_the_dead()
