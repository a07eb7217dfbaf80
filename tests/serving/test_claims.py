from pathlib import Path

import pytest

from models.errors import InputError
from serving.claims import claim, held

RUN = {"input": [["a.jsonl", "0"]], "options": {"targets": None}, "device": "cpu:float32"}


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"input": []}, "input"),
        ({"options": {"targets": ["ceasefire"]}}, "options"),
        ({"device": "cpu:bfloat16"}, r"device \(cpu:float32\)"),
    ],
)
def test_another_run_is_refused_by_what_differs(
    tmp_path: Path, told: dict[str, object], name: str
) -> None:
    claim(tmp_path, RUN)
    with pytest.raises(InputError, match=f"other {name}; run that one to its end, choose another"):
        claim(tmp_path, RUN | told)


def test_what_tells_whose_a_folder_is_and_is_torn_is_told_with_the_way_out(tmp_path: Path) -> None:
    claim(tmp_path, RUN)
    (tmp_path / "run.json").write_text('{"input": [["a.js')
    with pytest.raises(InputError, match=r"run\.json is damaged; remove .*, or choose another --out"):
        claim(tmp_path, RUN)


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("x")
    with pytest.raises(InputError, match="holds other files"), held(tmp_path):
        pytest.fail("it was taken")


def test_a_folder_is_held_by_one_run_at_a_time(tmp_path: Path) -> None:
    with held(tmp_path / "out"), pytest.raises(InputError, match="at work"), held(tmp_path / "out"):
        pytest.fail("it was taken")
    with held(tmp_path / "out"):
        pass
