import base64
import csv
import html
import json
import re
from collections import Counter
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from models.classifier import Classifier
from models.errors import InputError, StorageError
from serving.batch import ScoreArguments, Scoring
from serving.compare import agreements, print_comparison
from serving.report import write_report
from serving.scored import read_scored
from serving.shares import Change, most_named

DAY = date(2019, 4, 4)
VOID = {"meta", "input", "br", "img"}


@pytest.fixture(scope="module")
def scored(corpus_texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eighty dated articles by the shipped checkpoint, one of which tries to be more than text, and two
    rows that cannot be read."""
    home = tmp_path_factory.mktemp("scored")
    hostile = ["رفض حفتر <script>alert(1)</script> الهدنة.", "=رفض(حفتر) وقف إطلاق النار في طرابلس."]
    texts = [*(corpus_texts * 3)[:158], *hostile]
    rows = (
        {
            "id": f"<b>{n}</b>",
            "text": f"{texts[2 * n]}\n{texts[2 * n + 1]}",
            "date": f"{DAY + timedelta(7 * n)}",
        }
        for n in range(80)
    )
    lines = "\n".join([*map(json.dumps, rows), "{", '{"text": ""}'])
    (home / "a.jsonl").write_text(lines, "utf-8")
    Scoring(Classifier.load(), ScoreArguments([str(home / "a.jsonl")], home / "out")).finish()
    return home / "out"


class Outline(HTMLParser):
    """What is open, what was fetched from elsewhere, and the languages."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()


@pytest.fixture(scope="module")
def page(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(scored, tmp_path_factory.mktemp("report") / "report.html", 6)[0]


def test_the_page_is_whole_and_fetches_nothing(page: Path) -> None:
    outline = Outline()
    outline.feed(page.read_text("utf-8"))
    assert outline.open == []
    assert all(place.startswith(("#", "data:")) for place in outline.fetched)
    assert {"figure", "table", "details", "blockquote"} <= set(outline.tags)
    assert "script" not in outline.tags


def test_text_is_data(page: Path) -> None:
    told = page.read_text("utf-8")
    assert "<script>alert" not in told
    assert "<b>" not in told
    assert "&lt;b&gt;" in told
    assert '"=' not in page.with_name("report-sentences.csv").read_text("utf-8-sig")
    assert ",=" not in page.with_name("report-sentences.csv").read_text("utf-8-sig")


def test_both_languages_say_the_same_things(page: Path) -> None:
    told = page.read_text("utf-8")
    assert told.count('class="ar"') == told.count('class="en"') > 30


def test_the_tables_beside_it_hold_the_numbers_of_the_page(page: Path, scored: Path) -> None:
    with page.with_name("report-shares.csv").open(encoding="utf-8-sig", newline="") as rows:
        found = list(csv.DictReader(rows))
    assert {row["head"] for row in found} == {"ceasefire", "offensive", "sentiment"}
    assert len({row["actor"] for row in found}) == 6
    judged = read_scored(scored).judgements.collect()
    for row in found:
        if row["side"] == "favor" and not row["period"]:
            of_actor = judged.filter(judged["actor"] == row["actor"])
            assert len(of_actor) == int(row["judged"])
            assert f"{int(row['bearing']):,}" in page.read_text("utf-8")
    assert page.with_name("report-changes.csv").exists()


def test_coverage_counts_what_could_not_be_read(page: Path, scored: Path) -> None:
    with page.with_name("report-coverage.csv").open(encoding="utf-8-sig", newline="") as rows:
        [told] = csv.DictReader(rows)
    judged = read_scored(scored).judgements.collect()
    assert (told["articles"], told["bad rows"], told["undated"]) == ("80", "2", "0.0")
    assert int(told["articles that name an actor"]) == judged["article"].n_unique()
    assert int(told["judgements"]) == len(judged)
    assert told["first"] == str(judged["date"].min())
    unsure = judged["ceasefire_uncertain"].mean()
    assert float(told["ceasefire uncertain"]) == pytest.approx(unsure, abs=1e-4)
    assert re.search(r"rows that could not be read</span>: 2 ·", page.read_text("utf-8"))


def test_a_change_is_told_in_the_direction_of_the_language(
    scored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [(actor, _)] = most_named(read_scored(scored), 1)
    turn = Change(actor, "sentiment", date(2020, 1, 1), -0.5, 0.25)
    monkeypatch.setattr("serving.report.changes", lambda shares: [turn])
    told = write_report(scored, tmp_path / "r.html", 1, "year")[0].read_text("utf-8")
    [moved] = re.findall(r"<p>.*Moved around.*</p>", told)
    assert re.findall(r"[+-]\d\.\d\d", moved) == ["-0.50", "+0.25"]
    assert '<span class="ar" dir="rtl">←</span><span class="en" lang="en" dir="ltr">→</span>' in moved


def test_sentences_stand_behind_a_number(page: Path, scored: Path) -> None:
    texts = set(read_scored(scored).judgements.collect()["text"])
    shown = re.findall(r"<blockquote[^>]*>(.*?)<br>", page.read_text("utf-8"))
    assert len(shown) >= 10
    assert sum(text in texts for text in shown) >= 0.9 * len(shown)  # some hold signs that are escaped


def test_sentences_stand_behind_every_share(page: Path) -> None:
    with page.with_name("report-sentences.csv").open(encoding="utf-8-sig", newline="") as rows:
        found = list(csv.DictReader(rows))
    with page.with_name("report-shares.csv").open(encoding="utf-8-sig", newline="") as rows:
        shares = [row for row in csv.DictReader(rows) if row["side"] != "net"]
    key = ["actor", "head", "every", "period", "side"]
    shown = {tuple(row[each] for each in key) for row in found}
    named = {tuple(row[each] for each in key) for row in shares if float(row["share"] or 0)}
    assert shown == named
    assert all(row["date"] >= row["period"] for row in found)


def test_the_page_shows_the_surest_sentence_of_every_period(page: Path) -> None:
    told = html.unescape(page.read_text("utf-8"))
    with page.with_name("report-sentences.csv").open(encoding="utf-8-sig", newline="") as rows:
        surest = {
            (row["actor"], row["head"], row["period"], row["side"]): row
            for row in reversed(list(csv.DictReader(rows)))  # the first of each is the surest
            if row["period"]
        }
    with page.with_name("report-shares.csv").open(encoding="utf-8-sig", newline="") as rows:
        borne = {
            (row["actor"], row["head"], row["period"])
            for row in csv.DictReader(rows)
            if row["period"] and int(row["bearing"])
        }
    often = Counter((actor, head) for actor, head, _ in borne)
    shown = [row for (actor, head, *_), row in surest.items() if often[actor, head] > 1]
    assert len(shown) > 20
    assert told.count("Period by period") == sum(count > 1 for count in often.values())
    for row in shown:
        assert f"<bdi>{row['period']}</bdi>" in told
        assert row["text"].removeprefix("'") in told


def test_the_reader_chooses_how_long_a_period_is(scored: Path, tmp_path: Path) -> None:
    write_report(scored, tmp_path / "r.html", 2, "year")
    told = (tmp_path / "r-shares.csv").read_text("utf-8-sig")
    periods = {row["period"] for row in csv.DictReader(told.splitlines())}
    assert periods == {"", "2019-01-01", "2020-01-01"}
    with pytest.raises(InputError, match="day, week, month, quarter, year"):
        write_report(scored, tmp_path / "r.html", 2, "decade")


def test_an_archive_in_which_nobody_is_judged_has_no_report(
    classifier: Classifier, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "لا أحد هنا"}')
    Scoring(classifier, ScoreArguments([str(tmp_path / "a.jsonl")], tmp_path / "out")).finish()
    with pytest.raises(InputError, match="Nobody is judged"):
        write_report(tmp_path / "out", tmp_path / "report.html")


def test_an_archive_without_dates_has_a_page_too(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "رفض حفتر الهدنة"}')
    Scoring(classifier, ScoreArguments([str(tmp_path / "a.jsonl")], tmp_path / "out")).finish()
    assert write_report(tmp_path / "out", tmp_path / "report.html")[0].exists()


def test_a_checkpoint_agrees_with_itself(scored: Path) -> None:
    for each in agreements(read_scored(scored), read_scored(scored)):
        assert (each.agreed[0], each.agreed_sure, each.moves, each.examples) == (1.0, 1.0, {}, [])
        assert each.uncertain[0] == each.uncertain[1]


def test_two_checkpoints_are_compared(
    scored: Path, classifier: Classifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ScoreArguments([str(scored.parent / "a.jsonl")], tmp_path / "other")
    Scoring(classifier, arguments).finish()
    print_comparison(scored, tmp_path / "other")
    told = capsys.readouterr().out
    assert "kappa" in told
    assert "different inputs" not in told
    assert re.search(r"ceasefire: \w+ → \w+ +\d", told)
    assert re.search(r"ceasefire +\d+ +(\d+\.\d%) \[\d+\.\d%-\d+\.\d%\]", told)
    assert re.search(r"first: hudna-base \S+ \w+, [\d,]+ judgements, [\d,]+ where a sentence", told)


def test_scores_of_different_inputs_are_told(
    scored: Path, classifier: Classifier, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_ = (scored.parent / "a.jsonl").read_text("utf-8").splitlines()
    (tmp_path / "a.jsonl").write_text(first, "utf-8")
    Scoring(classifier, ScoreArguments([str(tmp_path / "a.jsonl")], tmp_path / "out")).finish()
    print_comparison(scored, tmp_path / "out")
    assert "different inputs; what is told is of the judgements in both" in capsys.readouterr().out


def test_titles_of_pictures_are_text(tmp_path: Path) -> None:
    text = "رفض نظام القذافي وقف إطلاق النار."
    rows = ({"id": f"{n}", "text": text, "date": f"{DAY + timedelta(n)}"} for n in range(4))
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    Scoring(Classifier.load(), ScoreArguments([str(tmp_path / "a.jsonl")], tmp_path / "out")).finish()
    [page, *_] = write_report(tmp_path / "out", tmp_path / "report.html")
    addresses = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page.read_text("utf-8"))
    pictures = [html.unescape(base64.b64decode(each).decode()) for each in addresses]
    assert any("Gaddafi's regime" in each for each in pictures)
    assert not any("&#39;" in each for each in pictures)


def test_a_page_that_cannot_be_written_is_one_line(scored: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written: Is a directory"):
        write_report(scored, tmp_path)
