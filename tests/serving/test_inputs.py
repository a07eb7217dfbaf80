import io
import json
from pathlib import Path

import pytest

from models.classifier import Article
from models.errors import InputError
from serving.inputs import STANDARD_INPUT, read_articles


def test_a_text_file_is_one_article_under_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("رفض حفتر الهدنة\n", "utf-8")
    assert list(read_articles(tmp_path / "a.txt")) == [Article("a.txt", "رفض حفتر الهدنة\n")]


def test_json_lines_keep_their_ids_and_order(tmp_path: Path) -> None:
    rows = [{"id": 7, "text": "أول"}, {"text": "ثان"}]
    for name in ("a.jsonl", "B.JSONL", "c.ndjson"):
        (tmp_path / name).write_text("\n\n".join(map(json.dumps, rows)), "utf-8")
        assert list(read_articles(tmp_path / name)) == [
            Article("7", "أول"),
            Article(f"{name}:3", "ثان"),
        ]


def test_json_lines_may_have_titles_and_dates(tmp_path: Path) -> None:
    row = {"id": "a", "title": "حفتر يرفض", "text": "نص", "date": "2019-05-22"}
    (tmp_path / "a.jsonl").write_text(json.dumps(row), "utf-8")
    assert list(read_articles(tmp_path / "a.jsonl")) == [Article(**row)]


@pytest.mark.parametrize("row", [{"title": ["a"]}, {"date": 2019}])
def test_a_title_or_date_that_is_no_text_is_an_error_in_its_place(
    tmp_path: Path, row: dict[str, object]
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "نص", **row}), "utf-8")
    [error] = read_articles(tmp_path / "a.jsonl")
    assert str(error) == "a.jsonl:1 has a title or a date that is no text."


def test_rows_end_at_newlines_only(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": null, "text": "رفض\u2028حفتر"}\n', "utf-8")
    assert list(read_articles(tmp_path / "a.jsonl")) == [Article("a.jsonl:1", "رفض\u2028حفتر")]


def test_the_text_may_stand_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "x", "body": "نص"}', "utf-8")
    assert list(read_articles(tmp_path / "a.jsonl", "body")) == [Article("x", "نص")]


def test_standard_input_is_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO("نص".encode()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert list(read_articles(STANDARD_INPUT)) == [Article("stdin", "نص")]


def test_a_byte_order_mark_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("نص".encode("utf-8-sig"))
    assert list(read_articles(tmp_path / "a.txt")) == [Article("a.txt", "نص")]


def test_bad_rows_come_as_errors_in_their_place(tmp_path: Path) -> None:
    rows = [
        "{",
        "[]",
        '{"id": "x"}',
        '{"text": 3}',
        '{"id": "a\\nb", "text": "نص"}',
        '{"text": "نص"}',
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(rows), "utf-8")
    *errors, last = read_articles(tmp_path / "a.jsonl")
    assert [str(error).split(" ")[0] for error in errors] == [f"a.jsonl:{n}" for n in range(1, 6)]
    assert isinstance(last, Article)


@pytest.mark.parametrize("content", [b"\xff\xfe\x41", "نص".encode("cp1256")])
def test_other_encodings_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    [error] = read_articles(tmp_path / "a.txt")
    assert isinstance(error, InputError)
    assert "not UTF-8" in str(error)


def test_missing_files_and_folders_are_errors(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.txt", tmp_path):
        [error] = read_articles(path)
        assert str(path) in str(error)
