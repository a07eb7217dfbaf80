import bz2
import csv
import gzip
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import datasets
import pyarrow as pa
import pytest
from pyarrow import parquet

from models.classifier import Article
from models.errors import InputError, TooLargeError
from serving import readers
from serving.archive import Source, sources
from serving.inputs import Columns

ROWS = [
    {"id": "a", "title": "حفتر يرفض", "text": "رفض حفتر الهدنة.\nثم قبلها.", "date": "2019-05-22"},
    {"id": "b", "title": "", "text": "قال السراج، «نعم».", "date": "2020-01-12"},
]
ARTICLES = [
    Article("a", ROWS[0]["text"], "حفتر يرفض", "2019-05-22"),
    Article("b", ROWS[1]["text"], "", "2020-01-12"),
]


def json_lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def write_csv(path: Path, delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)


def write_zst(path: Path) -> None:
    with pa.output_stream(str(path), compression="zstd") as file:
        file.write(json_lines(ROWS))


WRITERS: dict[str, Callable[[Path], object]] = {
    "a.jsonl": lambda path: path.write_bytes(json_lines(ROWS)),
    "a.ndjson.gz": lambda path: path.write_bytes(gzip.compress(json_lines(ROWS))),
    "a.jsonl.bz2": lambda path: path.write_bytes(bz2.compress(json_lines(ROWS))),
    "a.jsonl.zst": write_zst,
    "a.csv": write_csv,
    "a.tsv": lambda path: write_csv(path, "\t"),
    "a.parquet": lambda path: parquet.write_table(pa.Table.from_pylist(ROWS), path),
    "saved": lambda path: datasets.Dataset.from_list(ROWS).save_to_disk(path),
    "splits": lambda path: datasets.DatasetDict(
        {"train": datasets.Dataset.from_list(ROWS)}
    ).save_to_disk(path),
}


def found(path: Path, columns: Columns | None = None, start: int = 0) -> list[Article | InputError]:
    [source] = sources([str(path)], columns or Columns())
    return [each for _, each in source.articles(start)]


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_archive_gives_its_articles(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    assert found(tmp_path / name) == ARTICLES
    assert found(tmp_path / name, start=1) == ARTICLES[1:]
    [source] = sources([str(tmp_path / name)], Columns())
    assert source.rows >= 2


def test_columns_may_have_other_names_and_dates_may_be_typed(tmp_path: Path) -> None:
    table = pa.table({"body": ["رفض حفتر الهدنة"], "day": [date(2019, 4, 4)], "key": [7]})
    parquet.write_table(table, tmp_path / "a.parquet")
    columns = Columns(text="body", id="key", date="day")
    assert found(tmp_path / "a.parquet", columns) == [Article("7", "رفض حفتر الهدنة", "", "2019-04-04")]


def test_folders_and_patterns_give_their_files_once_and_in_order(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "deep/c.csv.gz", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    names = [source.path.name for source in sources([str(tmp_path)], Columns())]
    assert names == ["a.jsonl", "b.jsonl", "c.csv.gz"]
    again = sources([str(tmp_path / "*.jsonl"), str(tmp_path / "a.jsonl")], Columns())
    assert [source.path.name for source in again] == ["a.jsonl", "b.jsonl"]


def test_what_is_not_there_or_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("نص")
    with pytest.raises(InputError, match=r"a\.txt is none of \.jsonl"):
        sources([str(tmp_path / "a.txt")], Columns())
    with pytest.raises(InputError, match="nothing to score"):
        sources([str(tmp_path / "*.jsonl")], Columns())


def test_a_bad_row_is_told_by_its_line_and_the_others_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_LONGEST", 200)
    lines = [
        b'{"text": "\xff"}', b"{", b'{"id": 1}', b'{"text": "' + "ن".encode() * 400 + b'"}', b"",
        json_lines([{"text": "رفض حفتر"}]).strip(),
    ]  # fmt: skip
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    *errors, last = found(tmp_path / "a.jsonl")
    assert [str(error) for error in errors] == [
        "a.jsonl:1 is not UTF-8 text (byte 10).",
        "a.jsonl:2 is not JSON.",
        "a.jsonl:3 has no text under 'text'.",
        "a.jsonl:4 has over 200 bytes.",
    ]
    assert isinstance(errors[3], TooLargeError)
    assert last == Article("a.jsonl:6", "رفض حفتر")


def test_a_bad_row_of_a_table_is_told_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "_LONGEST", 100)
    rows = ["id,text", "1,رفض", "2,نص,زائد", f"3,{'ن' * 200}", "4"]
    (tmp_path / "a.csv").write_bytes("\n".join(rows).encode() + b"\n5,\xff\n6,\xd9\x86\n")
    first, second, third, fourth, fifth, last = found(tmp_path / "a.csv")
    assert (first, last) == (Article("1", "رفض"), Article("6", "ن"))
    assert "a.csv:3 has more fields than there are columns" in str(second)
    assert "a.csv:4 cannot be read: field larger" in str(third)
    assert "a.csv:5 has no text" in str(fourth)
    assert fifth.text == "\udcff"  # refused where it is checked


def test_a_file_that_breaks_off_is_told_once(tmp_path: Path) -> None:
    whole = gzip.compress(json_lines([{"text": f"رفض حفتر {n}"} for n in range(20_000)]))
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    *articles, error = found(tmp_path / "a.jsonl.gz")
    assert articles
    assert "a.jsonl.gz cannot be read beyond" in str(error)
    rest = found(tmp_path / "a.jsonl.gz", start=len(articles))
    assert [str(each) for each in rest] == [str(error)]
    assert found(tmp_path / "a.jsonl.gz", start=len(articles) + 1) == []


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_table_without_the_column_is_told_in_one_line(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    [error] = found(tmp_path / name, Columns(text="body"))
    assert "it has no column 'body', but id, title, text, date" in str(error)


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text("{}")
    first, second = (Source(tmp_path / name, name, Columns()) for name in ("a.jsonl", "b.jsonl"))
    assert first.digest() == second.digest()
    second.path.write_text("{} ")
    assert first.digest() != second.digest()


def test_a_file_is_read_once_however_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.jsonl").write_bytes(json_lines(ROWS))
    assert len(sources(["data", "data/*.jsonl", str(tmp_path / "data/a.jsonl")], Columns())) == 1


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for year in ("2019", "2020"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "a.jsonl").write_text('{"text": "رفض حفتر"}')
    found = [each.id for source in sources([str(tmp_path)], Columns()) for _, each in source.articles()]
    assert found == ["2019/a.jsonl:1", "2020/a.jsonl:1"]


def test_hidden_files_and_what_lies_aside_are_left_out(tmp_path: Path) -> None:
    for name in (".a.jsonl", ".ipynb_checkpoints/b.jsonl", "scored/c.jsonl", "D.JSONL"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = sources([str(tmp_path)], Columns(), aside=tmp_path / "scored")
    assert [source.name for source in found] == ["D.JSONL"]


def test_a_table_may_have_a_column_without_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(",id,text\n0,x,رفض حفتر\n", "utf-8")
    assert found(tmp_path / "a.csv") == [Article("x", "رفض حفتر")]


def test_a_quotation_that_never_ends_is_a_bad_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,text\n1,نص\n2,"رفض\n3,نص\n', "utf-8")
    first, error = found(tmp_path / "a.csv")
    assert first.id == "1"
    assert "unexpected end of data" in str(error)


def test_a_text_of_a_typed_column_that_is_no_utf8_is_a_bad_row(tmp_path: Path) -> None:
    broken = pa.array([b"\xff", "رفض حفتر".encode()]).view(pa.string())
    parquet.write_table(pa.table({"text": broken}), tmp_path / "a.parquet")
    error, article = found(tmp_path / "a.parquet")
    assert "a.parquet:1 cannot be read" in str(error)
    assert article == Article("a.parquet:2", "رفض حفتر")


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    for name in ("a.csv", "a.jsonl"):
        (tmp_path / name).write_text("")
        assert found(tmp_path / name) == []
