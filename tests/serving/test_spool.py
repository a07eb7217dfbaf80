"""Standard input under an output: the same goes on, another is refused, and neither harms the other."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from models.errors import InputError
from serving.archive import sources
from serving.claims import claim
from serving.inputs import Columns
from serving.spool import forget_spool, spooled
from serving.whole_files import UNFINISHED

RIGHT, OTHER = '{"text": "رفض حفتر الهدنة"}\n', '{"text": "رحب بها السراج"}\n'


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A start of a run with that on standard input: what it is to score."""

    def begun(given: str) -> str:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(given.encode())))
        [source] = sources(spooled(["-"], tmp_path), Columns())
        claim(tmp_path, {"input": [[source.name, source.digest()]]})
        assert source.name == "stdin.jsonl"
        return source.path.read_text("utf-8")

    return begun


def test_the_same_input_goes_on(begin) -> None:
    assert [begin(RIGHT) for _ in range(2)] == [RIGHT, RIGHT]


def test_an_interrupted_run_goes_on_where_nothing_is_given(begin) -> None:
    begin(RIGHT)
    assert begin("") == RIGHT


def test_another_input_is_refused_and_what_was_kept_stays(begin) -> None:
    begin(RIGHT)
    with pytest.raises(InputError, match="run with other input; run that one to its end"):
        begin(OTHER)
    assert begin("") == RIGHT


def test_a_refused_input_does_not_stand_in_the_way_of_the_right_one(begin, tmp_path: Path) -> None:
    begin(RIGHT)
    forget_spool(tmp_path)  # the run came to its end
    for other in (OTHER, ""):
        with pytest.raises(InputError, match="other input"):
            begin(other)
    assert not (tmp_path / ".input").exists()
    assert begin(RIGHT) == RIGHT


def test_what_a_start_left_that_came_to_nothing_gives_way(begin, tmp_path: Path) -> None:
    begin(OTHER)
    (tmp_path / "run.json").unlink()  # killed before the folder was claimed
    assert begin(RIGHT) == RIGHT


def test_what_was_cut_while_it_came_is_not_taken_for_nothing(begin, tmp_path: Path) -> None:
    (tmp_path / f"{UNFINISHED}stdin").write_text(RIGHT[:9])
    with pytest.raises(InputError, match="stopped before it had all of standard input; send it again"):
        begin("")
    assert begin(RIGHT) == RIGHT


def test_a_closed_standard_input_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="is closed"):
        spooled(["-"], tmp_path)


def test_inputs_without_standard_input_are_left_as_they_are(tmp_path: Path) -> None:
    assert spooled(["a.jsonl", "b"], tmp_path) == ["a.jsonl", "b"]
    assert list(tmp_path.iterdir()) == []
