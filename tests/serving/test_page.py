"""The analyst's page in a browser, before the real service: reading, judging, correcting."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from serving.feedback import FeedbackStore

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحب فايز السراج بالهدنة أمس."
ASTRAL = "🕊️ أعلن حفتر رفضه الهدنة 😀. وقال «السراج» (Sarraj) إن 4 أبريل بداية الهجوم الذي شنه حفتر."
DONE = ".progress[data-state=done]"

Judge = Callable[[str], None]
Drop = Callable[[str, bytes], None]


def mentions(address: str, text: str) -> list[str]:
    """What the service itself marks in a text, in reading order."""
    [analysis] = httpx.post(
        f"{address}/v1/analyze", json={"articles": [{"text": text}]}, timeout=60
    ).json()
    found = [
        mention
        for sentence in analysis["sentences"]
        for judgement in sentence["judgements"]
        for mention in judgement["mentions"]
    ]
    return [text[each["start"] : each["end"]] for each in sorted(found, key=lambda each: each["start"])]


def test_what_is_marked_is_the_mention_and_nothing_else(page: Page, address: str, judge: Judge) -> None:
    for text in (TEXT, ASTRAL, "😀" * 40 + "\n\n" + ASTRAL + "\n" + TEXT):
        judge(text)
        assert page.locator("article mark").all_text_contents() == mentions(address, text)
        page.get_by_role("button", name="ابدأ من جديد").click()


def test_the_article_appears_as_it_was_written(page: Page, judge: Judge) -> None:
    judge(f"عنوان بلا نقطة\n\n{ASTRAL}\n{TEXT}")
    lines = page.locator("article p").all_inner_texts()
    assert [line for text in lines for line in text.split("\n")] == ["عنوان بلا نقطة", ASTRAL, TEXT]


def test_a_mention_keeps_the_letters_that_it_is_joined_to(page: Page, judge: Judge) -> None:
    """Marked and unmarked, a text is as wide: its letters join as before (بحفتر)."""
    judge("اتصل ماكرون بحفتر وللسراج رأي.")
    marked, plain = page.locator(".sentence").evaluate(
        """sentence => {
            const plain = document.createElement("span");
            plain.textContent = sentence.textContent;
            sentence.parentElement.append(document.createElement("br"), plain);
            const range = document.createRange();
            range.selectNodeContents(sentence);
            return [range, plain].map(each => each.getBoundingClientRect().width);
        }"""
    )
    assert page.locator("mark").count() >= 2
    assert marked == pytest.approx(plain, abs=0.5)


def test_latin_words_of_two_sentences_do_not_change_places(page: Page, judge: Judge) -> None:
    judge("رحب السراج ببيان NATO. و UN دعت حفتر إلى الهدنة.")
    first, second = (each.bounding_box()["x"] for each in page.locator(".sentence").all())
    assert second < first


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_text_is_read_in_its_own_direction_in_either_language(
    page: Page, language: str, judge: Judge
) -> None:
    if language == "en":
        page.get_by_role("button", name="English").click()
        page.get_by_label("Paste Arabic news").fill(TEXT)
        page.get_by_role("button", name="Analyse").click()
        page.wait_for_selector(DONE)
    else:
        judge(TEXT)
    assert page.locator("html").get_attribute("dir") == {"ar": "rtl", "en": "ltr"}[language]
    assert page.locator("article p").first.evaluate("p => getComputedStyle(p).direction") == "rtl"


def test_markup_in_a_text_is_text(page: Page, drop: Drop) -> None:
    taking = "document.title='taken'"
    hostile = f'رفض حفتر <img src=x onerror="{taking}"><script>{taking}</script> الهدنة.'
    row = {"id": "<b>one</b>", "title": "السراج <i>يرحب</i>", "text": hostile, "date": "2019-05-01"}
    drop("a.jsonl", json.dumps(row).encode())
    page.wait_for_selector(DONE)
    assert hostile in page.locator("article").inner_text()
    assert page.locator("article img, article script, article i").count() == 0
    assert page.locator(".articles b, article b").count() == 0
    assert "taken" not in page.title()


def test_a_mention_shows_its_judgement_and_the_words_that_moved_it(page: Page, judge: Judge) -> None:
    judge(TEXT)
    page.locator("article mark").first.click()
    panel = page.get_by_role("complementary", name="خليفة حفتر")
    for head in ("ceasefire", "offensive", "sentiment"):
        shares = panel.locator(f"[data-head={head}] .share").all_inner_texts()
        assert sum(int(re.sub(r"\D", "", share)) for share in shares) == pytest.approx(100, abs=2)
        assert panel.locator(f"[data-head={head}] .label[aria-pressed=true]").count() == 1
    expect(panel.locator("[data-head=ceasefire] .why li").first).to_be_visible()
    assert all(word in TEXT for word in panel.locator(".why bdi").all_inner_texts())


def test_two_clicks_correct_and_the_correction_is_kept(
    page: Page, feedback_url: str, judge: Judge
) -> None:
    judge(f"😀 {TEXT}")
    page.locator("article mark").first.click()
    page.locator("[data-head=ceasefire] [data-label=conditional]").click()
    expect(page.locator("[data-head=ceasefire] .stored")).to_have_text("حُفظ التصحيح.")
    expect(page.locator(".sentence[data-label=conditional]")).to_have_count(1)
    *_, kept = FeedbackStore(feedback_url).corrections()
    assert (kept.actor, kept.mentions) == ("haftar", ["المشير خليفة حفتر"])
    assert (kept.corrected, kept.labels["ceasefire"]) == (["ceasefire"], "conditional")


def test_a_second_correction_of_a_judgement_holds_the_first_too(
    page: Page, feedback_url: str, judge: Judge
) -> None:
    judge(TEXT)
    page.locator("article mark").first.focus()
    page.keyboard.press("Enter")
    for key, head in (("2", "ceasefire"), ("w", "offensive"), ("a", "sentiment")):
        page.keyboard.press(key)
        expect(page.locator(f"[data-head={head}] .badge.corrected")).to_be_visible()
    *_, kept = FeedbackStore(feedback_url).corrections()
    assert kept.labels == {"ceasefire": "against", "offensive": "against", "sentiment": "positive"}


def test_a_correction_by_keys_leaves_an_annotator_his_time_to_read(page: Page, judge: Judge) -> None:
    """300 an hour are 12 seconds for each; the page and the service take less than one of them."""
    judge(f"{TEXT} " * 10)
    page.locator("article mark").first.press("Enter")
    began = monotonic()
    for _ in range(20):
        page.keyboard.press("3")
        expect(page.locator("[data-head=ceasefire] .badge.corrected")).to_be_visible()
        page.keyboard.press("j")
    assert monotonic() - began < 20
    expect(page.locator(".sentence[data-label=conditional]")).to_have_count(10)  # the chosen actor's


def test_corrections_that_do_not_wait_for_each_other_hold_each_other(
    page: Page, feedback_url: str, judge: Judge
) -> None:
    sent: list[dict[str, str]] = []

    def slow(route: Route) -> None:
        sent.append(json.loads(route.request.post_data or "")["labels"])
        page.wait_for_timeout(200)
        route.continue_()

    page.route("**/v1/feedback", slow)
    judge(TEXT)
    page.locator("article mark").first.click()
    for key in "2wa":
        page.keyboard.press(key)
    expect(page.locator(".badge.corrected")).to_have_count(3)
    three = {"ceasefire": "against", "offensive": "against", "sentiment": "positive"}
    assert (len(sent), sent[-1]) == (3, three)
    *_, kept = FeedbackStore(feedback_url).corrections()
    assert kept.labels == three


def test_a_correction_still_under_way_does_not_land_on_another_article(page: Page, judge: Judge) -> None:
    held: list[Route] = []
    page.route("**/v1/feedback", lambda route: held.append(route))
    judge(TEXT)
    page.locator("article mark").first.click()
    with page.expect_request("**/v1/feedback"):
        page.locator("[data-head=ceasefire] [data-label=conditional]").click()
    page.get_by_role("button", name="ابدأ من جديد").click()
    judge(TEXT)
    with page.expect_response("**/v1/feedback"):
        held[0].continue_()
    page.locator("article mark").first.click()
    page.wait_for_timeout(200)
    expect(page.locator(".badge.corrected")).to_have_count(0)
    expect(page.locator(".sentence[data-label=conditional]")).to_have_count(0)


def test_a_key_held_down_corrects_once(page: Page, judge: Judge) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "feedback" in request.url else None)
    judge(TEXT)
    page.locator("article mark").first.click()
    for _ in range(4):
        page.keyboard.down("2")
    page.keyboard.up("2")
    expect(page.locator(".badge.corrected")).to_have_count(1)
    page.wait_for_timeout(200)
    assert len(sent) == 1


def test_an_article_opened_after_another_shows_what_was_judged_of_itself(page: Page, drop: Drop) -> None:
    second = "رحب فايز السراج بالهدنة. ورفض حفتر الهدنة. وصمت الجميع. ثم شن حفتر هجوما على طرابلس."
    drop(
        "a.jsonl",
        "\n".join(json.dumps({"text": text}) for text in (TEXT.split(".")[0], second)).encode(),
    )
    page.wait_for_selector(DONE)
    page.get_by_label("الطرف").select_option("haftar")
    for place, text in ((1, second), (0, TEXT.split(".")[0])):
        page.locator(".articles button").nth(place).click()
        [analysis] = httpx.post(
            f"{page.url}v1/analyze", json={"articles": [{"text": text}]}, timeout=60
        ).json()
        tints = [
            next(
                (each["stance"]["ceasefire"]["label"] for each in judged if each["actor"] == "haftar"),
                None,
            )
            for judged in (sentence["judgements"] for sentence in analysis["sentences"])
        ]
        shown = page.locator("article .sentence")
        expect(shown).to_have_count(len(tints))
        assert [each.get_attribute("data-label") for each in shown.all()] == tints
        for mark in page.locator("article mark").all():
            told = mark.get_attribute("aria-label") or ""
            names = [
                judgement["name"]
                for sentence in analysis["sentences"]
                for judgement in sentence["judgements"]
                if mark.inner_text() in [each["text"] for each in judgement["mentions"]]
            ]
            assert any(name in told for name in names)
            assert told.count(":") == 3


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
                return
        raise AssertionError(f"No way to {selector} by Tab.")

    tab_to("textarea")
    page.keyboard.insert_text(TEXT)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(DONE)
    tab_to("article mark")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="خليفة حفتر")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("complementary", name="فايز السراج")).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator("mark:focus")).to_have_text("المشير خليفة حفتر")
    page.keyboard.press("Escape")
    expect(page.locator("aside.judged")).to_have_count(0)
    assert page.evaluate("document.activeElement.textContent") == "المشير خليفة حفتر"
    page.get_by_role("button", name="المصفوفة").focus()
    page.keyboard.press("Enter")
    tab_to(".counted")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_letters_do_nothing_outside_the_text_and_its_panel(page: Page, judge: Judge) -> None:
    judge(TEXT)
    page.locator("article mark").first.click()
    # The panel takes the focus once it is there, and its words come later still.
    expect(page.locator("aside.judged .why li").first).to_be_visible()
    page.get_by_role("combobox", name="الطرف").focus()
    expect(page.get_by_role("combobox", name="الطرف")).to_be_focused()
    page.keyboard.press("2")
    page.wait_for_timeout(200)
    assert page.locator(".badge.corrected").count() == 0


def test_examples_are_the_repositorys(page: Page) -> None:
    titles = {file.read_text("utf-8").splitlines()[0] for file in Path("examples").glob("*.txt")}
    assert set(page.locator(".example").all_inner_texts()) == titles
