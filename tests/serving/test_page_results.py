"""The page's numbers, pictures and files, and that everybody can use it."""

import csv
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from models.results import Analysis

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

DONE = ".progress[data-state=done]"
VIEWS = {
    "القراءة": "Read",
    "الأطراف": "Actors",
    "المصفوفة": "Matrix",
    "الخط الزمني": "Timeline",
    "المقارنة": "Compare",
}
ROWS = [
    {
        "id": "=1+1",
        "text": "رفض خليفة حفتر وقف إطلاق النار. ورحب فايز السراج بالهدنة.",
        "date": "2019-04-05",
    },
    {"id": "b", "text": "اشترط فايز السراج انسحاب قوات حفتر قبل وقف إطلاق النار.", "date": "2019-05-20"},
    {
        "id": "c",
        "text": "+ دعا ماكرون حفتر إلى هدنة. <b>وشن</b> الجيش الوطني هجوما على طرابلس.",
        "date": "2020-01-12",
    },
]
LABELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


@pytest.fixture
def judged(page: Page, drop: Callable[[str, bytes], None]) -> Page:
    """The page with three dated articles."""
    drop("a.jsonl", "\n".join(map(json.dumps, ROWS)).encode())
    page.wait_for_selector(DONE)
    return page


def view(page: Page, name: str) -> None:
    page.locator(".tabs").get_by_role("button", name=name, exact=True).click()


def saved(page: Page, button: str) -> bytes:
    if page.locator(".menu").get_by_role("button", name=button, include_hidden=True).count():
        page.locator(".menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    return Path(download.value.path()).read_bytes()


def test_every_number_opens_the_sentences_behind_it(judged: Page) -> None:
    for name in ("الأطراف", "المصفوفة", "الخط الزمني", "المقارنة"):
        view(judged, name)
        numbers = judged.locator(".counted, .card .number")
        expect(numbers.first).to_be_visible()
        for place in range(0, numbers.count(), 7):
            numbers.nth(place).click()
            dialog = judged.get_by_role("dialog")
            told = numbers.nth(place).get_attribute("aria-label")
            if told:  # a picture's part says how many it counts
                expect(dialog.locator("li")).to_have_count(int(told.rsplit(" ", 1)[1]))
            expect(dialog.locator("li b").first).to_be_visible()
            judged.keyboard.press("Escape")


def test_a_search_for_an_actor_ends_with_the_articles_it_was_in(
    page: Page, judge: Callable[[str], None]
) -> None:
    text = "اجتمع حفتر والسراج وماكرون وإردوغان وبوتين وسلامة وكونتي والسيسي في برلين أمس."
    judge(text)
    view(page, "الأطراف")
    page.get_by_role("searchbox").fill("اردوغان")
    expect(page.locator(".panels li")).to_have_count(1)
    page.get_by_role("button", name="ابدأ من جديد").click()
    judge(text)
    view(page, "الأطراف")
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert page.locator(".panels li").count() > 6


def test_a_sentence_behind_a_number_leads_into_its_article(judged: Page) -> None:
    view(judged, "المصفوفة")
    judged.locator("[aria-label^='ماكرون'], [aria-label^='إيمانويل ماكرون']").first.click()
    judged.get_by_role("button", name="اقرأها في المقال").click()
    expect(judged.locator(".articles [aria-current]")).to_contain_text("ماكرون")
    expect(judged.locator("mark:focus")).to_have_text("ماكرون")


def test_the_articles_periods_are_as_far_apart_as_their_dates(judged: Page) -> None:
    view(judged, "الخط الزمني")
    frame = judged.locator(".frame svg")
    expect(frame.get_by_text("أبريل 2019", exact=False)).to_be_visible()
    expect(frame.get_by_text("يناير 2020", exact=False)).to_be_visible()
    assert frame.locator("text", has_text="2019").count() >= 9


def test_the_table_holds_every_judgement_and_no_formula(judged: Page) -> None:
    judged.locator(".articles button").first.click()
    judged.locator("article mark").first.click()
    judged.locator("[data-head=ceasefire] [data-label=conditional]").click()
    expect(judged.locator(".badge.corrected")).to_be_visible()
    content = saved(judged, "جدول CSV").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert rows[0]["article"] == "'=1+1"
    assert (rows[0]["actor"], rows[0]["ceasefire_corrected"]) == ("haftar", "conditional")
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell)
    assert {row["date"] for row in rows} == {row["date"] for row in ROWS}


def test_the_json_is_what_the_service_answered(judged: Page) -> None:
    analyses = [Analysis.model_validate(each) for each in json.loads(saved(judged, "نتائج JSON"))]
    assert [each.id for each in analyses] == [row["id"] for row in ROWS]
    for analysis, row in zip(analyses, ROWS, strict=True):
        for sentence in analysis.sentences:
            assert row["text"][sentence.start : sentence.end] == sentence.text


def test_every_picture_is_saved_needing_nothing_but_itself(judged: Page) -> None:
    judged.get_by_role("button", name="داكن").click()  # a picture is on white all the same
    for name in ("المصفوفة", "الخط الزمني", "المقارنة"):
        view(judged, name)
        svg = saved(judged, "احفظ الصورة بصيغة SVG").decode()
        picture = ElementTree.fromstring(svg)
        assert "var(" not in svg
        assert "خليفة حفتر" in svg
        assert picture[0].get("fill") == "#ffffff"
        png = saved(judged, "احفظ الصورة بصيغة PNG")
        assert png.startswith(b"\x89PNG")
        sides = (2 * int(picture.get(side)) for side in ("width", "height"))
        assert struct.unpack(">II", png[16:24]) == tuple(sides)


def test_the_report_tells_what_is_corrected_and_what_is_uncertain(
    page: Page, drop: Callable[[str, bytes], None]
) -> None:
    page.route("**/v1/stream", lambda route: route.fulfill(body=unsure_of_sentiment(route)))
    drop("a.jsonl", "\n".join(map(json.dumps, ROWS)).encode())
    page.wait_for_selector(DONE)
    page.locator("article mark").first.click()
    page.locator("[data-head=ceasefire] [data-label=conditional]").click()
    expect(page.locator(".badge.corrected")).to_be_visible()
    report = saved(page, "تقرير كامل").decode()
    assert "مشروط (صُحّح)" in report
    analyses = json.loads(saved(page, "نتائج JSON"))
    unsure = [
        decision["uncertain"]
        for analysis in analyses
        for sentence in analysis["sentences"]
        for judgement in sentence["judgements"]
        for decision in (*judgement["stance"].values(), judgement["sentiment"])
    ]
    assert sum(unsure) - report.count("(تصنيف غير مؤكد)") in (0, 1)  # the corrected one is settled
    assert report.count("(تصنيف غير مؤكد)") > 0
    assert ".hue-1" in report


def unsure_of_sentiment(route: Route) -> str:
    """The service's answer, with every sentiment under its threshold, whatever the checkpoint's."""
    lines = [json.loads(line) for line in route.fetch().text().splitlines()]
    for line in lines:
        for sentence in line["analysis"]["sentences"]:
            for judgement in sentence["judgements"]:
                judgement["sentiment"]["uncertain"] = True
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_the_report_stands_alone(judged: Page, tmp_path: Path) -> None:
    report = tmp_path / "hudna.html"
    report.write_bytes(saved(judged, "تقرير كامل"))
    asked: list[str] = []
    with judged.context.expect_page() as opened:
        judged.evaluate("open('about:blank')")
    page = opened.value
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]
    assert page.locator("script").count() == 0
    assert page.locator("svg").count() == 2
    for row in ROWS:
        assert page.get_by_text(row["text"][:30]).count() >= 1
    assert page.locator("article p b").count() == 0
    assert page.locator("article").first.evaluate("a => getComputedStyle(a).borderTopWidth") == "1px"
    assert page.locator("mark").all_text_contents() == [
        mark for place in range(3) for mark in _marks(judged, place)
    ]
    page.close()


def _marks(page: Page, place: int) -> list[str]:
    page.locator(".articles button").nth(place).click()
    return page.locator("article mark").all_text_contents()


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_nothing_on_the_page_is_out_of_reach(
    judged: Page, shoot: Callable[[str], None], is_dark: bool
) -> None:
    """axe-core's rules of WCAG 2.2 AA in every view; in the dark that of contrast alone."""
    theme = "dark" if is_dark else "light"
    rules = ("color-contrast",) if is_dark else LABELS
    if is_dark:
        judged.get_by_role("button", name="داكن").click()
    judged.locator("article mark").first.click()
    expect(judged.locator(".why").first).to_be_visible()
    for name, english in VIEWS.items():
        view(judged, name)
        shoot(f"{theme}-{english.lower()}")
        check(judged, rules)
    judged.locator(".counted").first.click()
    check(judged, rules)
    judged.keyboard.press("Escape")
    judged.get_by_role("button", name="English").click()
    judged.get_by_role("button", name="Add articles").click()
    view(judged, "Read")
    shoot(f"{theme}-english")
    check(judged, rules)


def check(page: Page, rules: tuple[str, ...]) -> None:
    found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert len(found.response["passes"]) > (0 if len(rules) == 1 else 15)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_telephone_shows_all_of_it_without_scrolling_sideways(
    judged: Page, shoot: Callable[[str], None], language: str
) -> None:
    judged.set_viewport_size({"width": 360, "height": 740})
    if language == "en":
        judged.get_by_role("button", name="English").click()
    menu = judged.locator(".menu")
    menu.locator("summary").click()
    for each in menu.get_by_role("button").all():
        box = each.bounding_box()
        assert box["x"] >= 0, box
        assert box["x"] + box["width"] <= 360, box
    judged.keyboard.press("Escape")
    expect(menu.get_by_role("button")).to_have_count(0)
    for name, english in VIEWS.items():
        view(judged, name if language == "ar" else english)
        shoot(f"telephone-{language}-{english.lower()}")
        assert judged.evaluate("document.documentElement.scrollWidth") == 360
    view(judged, "القراءة" if language == "ar" else "Read")
    judged.locator("article mark").first.click()
    expect(judged.locator(".label").first).to_be_in_viewport()
    expect(judged.locator("mark:focus")).to_be_in_viewport()
    shoot(f"telephone-{language}-panel")


def test_the_systems_dark_mode_and_wish_for_less_motion_are_taken_up(page: Page) -> None:
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_css("color-scheme", scheme)
    durations = "[...document.querySelectorAll('*')].map(e => getComputedStyle(e).transitionDuration)"
    assert set(page.evaluate(durations)) == {"0s"}
