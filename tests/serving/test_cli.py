"""The installed command, as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.errors import CheckpointError, InputError
from models.results import Analysis
from serving.cli import app

HUDNA = Path(sys.executable).with_name("hudna")
GOOD = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحبت حكومة الوفاق به."


def test_what_needs_no_network_does_not_wait_for_pytorch() -> None:
    imported = (
        "import sys, serving.cli, training.cli; print({'torch', 'transformers'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", imported], capture_output=True, check=True)
    assert found.stdout.decode().strip() == "set()"


@pytest.fixture(scope="module")
def run(tiny_checkpoint: Path):
    def hudna(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        line = [HUDNA, *map(str, arguments), "--checkpoint", str(tiny_checkpoint)]
        return subprocess.run(line, input=stdin, capture_output=True, check=False)

    return hudna


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.txt"
    file.write_text(GOOD, "utf-8")
    return file


def test_the_table_is_the_default_and_json_the_contract(run, good: Path) -> None:
    assert "Khalifa Haftar" in run("analyze", good).stdout.decode()
    found = run("analyze", good, "--json")
    assert found.returncode == 0
    assert found.stderr == b""
    analysis = Analysis.model_validate_json(found.stdout)
    assert analysis.id == "good.txt"
    assert GOOD[slice(analysis.sentences[1].start, analysis.sentences[1].end)].startswith("ورحبت")


def test_standard_input_and_several_files_give_a_line_each(run, good: Path) -> None:
    found = run("analyze", "-", good, "--json", stdin="غادر السراج.".encode())
    ids = [json.loads(line)["id"] for line in found.stdout.splitlines()]
    assert ids == ["stdin", "good.txt"]


def test_bad_files_are_named_in_one_line_each_and_lose_no_neighbour(
    run,
    good: Path,
    tmp_path: Path,
) -> None:
    bad = {
        "empty.txt": b"",
        "blank.txt": b" \n\n ",
        "latin.txt": b"no arabic at all",
        "cp1256.txt": "حفتر".encode("cp1256"),
        "huge.txt": ("حفتر " * 2_000_000).encode(),
        "surrogate.jsonl": b'{"id": "s", "text": "\\ud800 \\u062d"}',
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    files = [tmp_path / name for name in bad]
    found = run("analyze", *files, tmp_path / "missing.txt", good, "--json")
    assert found.returncode == 2
    assert json.loads(found.stdout)["id"] == "good.txt"
    errors = found.stderr.decode().splitlines()
    assert len(errors) == len(bad) + 1
    assert "Traceback" not in found.stderr.decode()
    for reason in (
        "is empty",
        "no Arabic",
        "not UTF-8",
        "at most 2,000,000",
        "surrogates",
        "no file",
    ):
        assert any(reason in error for error in errors)


def test_unknown_targets_actors_and_devices_exit_with_two(run, good: Path) -> None:
    for option in (("--target", "peace"), ("--actor", "nobody"), ("--device", "abacus")):
        found = run("analyze", good, *option)
        assert found.returncode == 2
        assert option[1] in found.stderr.decode()
        assert "Traceback" not in found.stderr.decode()


def test_a_damaged_checkpoint_is_refused_by_name(good: Path, tmp_path: Path) -> None:
    line = [HUDNA, "analyze", str(good), "--checkpoint", str(tmp_path)]
    found = subprocess.run(line, capture_output=True, check=False)
    assert found.returncode == 2
    assert "missing config.json" in found.stderr.decode()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tiny_checkpoint: Path):
    """What `hudna serve` is started with: its command line, and the environment that goes with it."""
    monkeypatch.setenv("HUDNA_CHECKPOINT", str(tiny_checkpoint))
    monkeypatch.setenv("HUDNA_DEVICE", "cpu")
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, line: started.append(line))

    def serve(*options: str) -> tuple[list[str], dict[str, str]]:
        CliRunner().invoke(app, ["serve", *options], catch_exceptions=False)
        return started[-1], {name: os.environ[name] for name in ("HUDNA_CHECKPOINT", "HUDNA_DEVICE")}

    return serve


def test_serve_takes_what_the_environment_sets(served, tiny_checkpoint: Path) -> None:
    line, environment = served("--port", "3917")
    assert line[-5:-3] == ["3917", "--timeout-graceful-shutdown"]
    assert environment == {"HUDNA_CHECKPOINT": str(tiny_checkpoint), "HUDNA_DEVICE": "cpu"}


def test_an_option_of_serve_goes_before_the_environment(
    served, monkeypatch: pytest.MonkeyPatch, tiny_checkpoint: Path
) -> None:
    monkeypatch.setenv("HUDNA_CHECKPOINT", "/nowhere")
    _, environment = served("--checkpoint", str(tiny_checkpoint))
    assert environment["HUDNA_CHECKPOINT"] == str(tiny_checkpoint)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("CHECKPOINT", "/nowhere", CheckpointError),
        ("DEVICE", "abacus", InputError),
        ("MAX_ARTICLES", "many", InputError),
        ("KEYS", "/nowhere/keys", InputError),
        ("RATE", "often", InputError),
    ],
)
def test_serve_does_not_start_with_a_setting_that_cannot_be_used(
    served, monkeypatch: pytest.MonkeyPatch, name: str, value: str, error: type[Exception]
) -> None:
    monkeypatch.setenv(f"HUDNA_{name}", value)
    with pytest.raises(error, match=value):
        served()


def test_serve_tells_of_a_feedback_url_by_its_name_since_it_may_hold_a_password(
    served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUDNA_FEEDBACK", "nonsense")
    with pytest.raises(InputError, match="HUDNA_FEEDBACK is no database's URL"):
        served()
