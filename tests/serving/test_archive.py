import bz2
import csv
import gzip
import json
import lzma
import os
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
from serving.archive import Source, passed_over, sources
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
    "a.jsonl.xz": lambda path: path.write_bytes(lzma.compress(json_lines(ROWS))),
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


def test_compressed_parquet_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.parquet.gz").write_bytes(b"")
    with pytest.raises(
        InputError, match=r"a\.parquet\.gz is none of .*tsv \(also compressed\), \.parquet,"
    ):
        sources([str(tmp_path / "a.parquet.gz")], Columns())


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
    assert str(fifth) == "a.csv:6 is not UTF-8 text."


@pytest.mark.parametrize(("ending", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_file_that_breaks_off_is_told_once(
    ending: str, compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    file = tmp_path / f"a.jsonl{ending}"
    whole = compress(json_lines([{"text": f"رفض حفتر {n}"} for n in range(20_000)]))
    file.write_bytes(whole[: len(whole) // 2])
    *articles, error = found(file)
    assert articles
    assert f"a.jsonl{ending} cannot be read beyond" in str(error)
    rest = found(file, start=len(articles))
    assert [str(each) for each in rest] == [str(error)]
    assert found(file, start=len(articles) + 1) == []


def test_what_is_no_xz_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.xz").write_bytes(json_lines(ROWS))
    [error] = found(tmp_path / "a.jsonl.xz")
    assert "a.jsonl.xz cannot be read beyond its start" in str(error)
    assert Source(tmp_path / "a.jsonl.xz", "a", Columns()).rows == 0


@pytest.mark.parametrize("coding", ["cp1256", "iso-8859-6"])
def test_a_table_in_another_encoding_is_told_as_such(coding: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id,text,note\n1,رفض حفتر,x\n2,abc,رفض\n".encode(coding))
    error, unharmed = found(tmp_path / "a.csv")
    assert str(error) == "a.csv:2 is not UTF-8 text."
    assert unharmed == Article("2", "abc")  # a column that is not read may hold what it likes


@pytest.mark.parametrize("name", ["state.json", "dataset_info.json"])
@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_a_damaged_folder_of_datasets_is_told_in_one_line(
    name: str, content: str, tmp_path: Path
) -> None:
    WRITERS["saved"](tmp_path / "saved")
    (tmp_path / "saved" / name).write_text(content)
    if (name, content) == ("dataset_info.json", "{}"):  # what it tells is not needed
        assert found(tmp_path / "saved") == ARTICLES
        return
    [error] = found(tmp_path / "saved")
    assert str(error).startswith("saved cannot be read beyond its start: its files are damaged")
    assert Source(tmp_path / "saved", "saved", Columns()).rows == 0


def test_files_in_a_folder_that_are_of_no_kind_are_named(tmp_path: Path) -> None:
    for name in ("a.jsonl", "deep/b.json", "c.parquet.gz", ".hidden", "scored/run.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    WRITERS["saved"](tmp_path / "saved")
    found = passed_over([str(tmp_path), str(tmp_path / "deep"), "*.json"], tmp_path / "scored")
    assert found == [tmp_path / "c.parquet.gz", tmp_path / "deep/b.json"]
    assert passed_over([str(tmp_path / "saved")]) == []


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
    elsewhere = tmp_path / "scored" / ".." / "scored"  # as `../scored` names it from a folder inside
    assert [source.name for source in sources([str(tmp_path)], Columns(), elsewhere)] == ["D.JSONL"]


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


def test_links_lead_to_no_file_twice_and_in_no_circle(tmp_path: Path) -> None:
    (tmp_path / "2019").mkdir()
    (tmp_path / "2019" / "a.jsonl").write_bytes(json_lines(ROWS))
    (tmp_path / "latest").symlink_to("2019")
    (tmp_path / "2019" / "up").symlink_to("..")
    [source] = sources([str(tmp_path), str(tmp_path / "latest" / ".." / "2019")], Columns())
    assert source.name == "a.jsonl"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl.bz2", "a.jsonl.xz", "a.parquet"])
def test_a_files_name_may_have_any_bytes(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    path = (tmp_path / name).rename(tmp_path / os.fsdecode(b"\xe9." + name.encode()))
    assert found(path) == ARTICLES


def test_a_row_without_an_id_goes_by_a_name_that_can_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "أخبار\u200f.jsonl"
    path.write_bytes(json_lines([{"text": "رفض حفتر"}, {"id": "a\u200f", "text": "رفض حفتر"}]))
    article, refused = found(path)
    assert article == Article("أخبار\\u200f.jsonl:1", "رفض حفتر", "", None)
    assert str(refused).endswith(":2 has an id with unprintable signs.")


def test_a_quote_that_swallows_rows_of_a_tsv_is_a_bad_row(tmp_path: Path) -> None:
    rows = [
        "id\ttext",
        "1\tرفض حفتر",
        '2\t"رفض السراج',
        "3\tقبل حفتر",
        '4\tوقال: سنقبل"',
        "5\tرحب ماكرون",
    ]
    (tmp_path / "a.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    first, swallowed, last = found(tmp_path / "a.tsv")
    assert (first.id, last.id) == ("1", "5")
    assert str(swallowed) == "a.tsv:5 ends a quote that began lines before; rows between are lost."


def test_brackets_of_the_working_folder_are_no_pattern(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "n [2019]").mkdir()
    (tmp_path / "n [2019]" / "a.jsonl").write_bytes(json_lines(ROWS))
    monkeypatch.chdir(tmp_path / "n [2019]")
    assert [source.name for source in sources(["*.jsonl"], Columns())] == ["a.jsonl"]


def test_a_name_that_cannot_be_one_is_refused_in_one_line() -> None:
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        sources(["رفض حفتر " * 40], Columns())
