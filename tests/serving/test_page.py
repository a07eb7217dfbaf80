"""The analyst's page in a browser, before the real service: reading, judging, correcting."""

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from serving.feedback import FeedbackStore

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحب فايز السراج بالهدنة أمس."
ASTRAL = "🕊️ أعلن حفتر رفضه الهدنة 😀. وقال «السراج» (Sarraj) إن 4 أبريل بداية الهجوم الذي شنه حفتر."
DONE = ".progress[data-state=done]"


def judge(page: Page, text: str) -> None:
    """Pastes a text and waits for its judgement."""
    page.get_by_label("ألصق خبرا").fill(text)
    page.get_by_role("button", name="حلّل").click()
    page.wait_for_selector(DONE)


def drop(page: Page, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "text/plain", "buffer": content}
    page.locator("input[type=file]").set_input_files([file])


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


@pytest.mark.parametrize("text", [TEXT, ASTRAL, "😀" * 40 + "\n\n" + ASTRAL + "\r\n" + TEXT])
def test_what_is_marked_is_the_mention_and_nothing_else(page: Page, address: str, text: str) -> None:
    judge(page, text)
    assert page.locator("article mark").all_text_contents() == mentions(address, text.replace("\r", ""))


def test_the_article_appears_as_it_was_written(page: Page) -> None:
    judge(page, f"عنوان بلا نقطة\n\n{ASTRAL}\n{TEXT}")
    lines = page.locator("article p").all_inner_texts()
    assert [line for text in lines for line in text.split("\n")] == ["عنوان بلا نقطة", ASTRAL, TEXT]


def test_a_mention_keeps_the_letters_that_it_is_joined_to(page: Page) -> None:
    """Marked and unmarked, a text is as wide: its letters join as before (بحفتر)."""
    judge(page, "اتصل ماكرون بحفتر وللسراج رأي.")
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


def test_latin_words_of_two_sentences_do_not_change_places(page: Page) -> None:
    judge(page, "رحب السراج ببيان NATO. و UN دعت حفتر إلى الهدنة.")
    first, second = (each.bounding_box()["x"] for each in page.locator(".sentence").all())
    assert second < first


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_text_is_read_in_its_own_direction_in_either_language(page: Page, language: str) -> None:
    if language == "en":
        page.get_by_role("button", name="English").click()
        page.get_by_label("Paste Arabic news").fill(TEXT)
        page.get_by_role("button", name="Analyse").click()
        page.wait_for_selector(DONE)
    else:
        judge(page, TEXT)
    assert page.locator("html").get_attribute("dir") == {"ar": "rtl", "en": "ltr"}[language]
    assert page.locator("article p").first.evaluate("p => getComputedStyle(p).direction") == "rtl"


def test_markup_in_a_text_is_text(page: Page) -> None:
    taking = "document.title='taken'"
    hostile = f'رفض حفتر <img src=x onerror="{taking}"><script>{taking}</script> الهدنة.'
    row = {"id": "<b>one</b>", "title": "السراج <i>يرحب</i>", "text": hostile, "date": "2019-05-01"}
    drop(page, "a.jsonl", json.dumps(row).encode())
    page.wait_for_selector(DONE)
    assert hostile in page.locator("article").inner_text()
    assert page.locator("article img, article script, article i").count() == 0
    assert page.locator(".articles b, article b").count() == 0
    assert "taken" not in page.title()


def test_a_mention_shows_its_judgement_and_the_words_that_moved_it(page: Page) -> None:
    judge(page, TEXT)
    page.locator("article mark").first.click()
    panel = page.get_by_role("complementary", name="خليفة حفتر")
    for head in ("ceasefire", "offensive", "sentiment"):
        shares = panel.locator(f"[data-head={head}] .share").all_inner_texts()
        assert sum(int(re.sub(r"\D", "", share)) for share in shares) == pytest.approx(100, abs=2)
        assert panel.locator(f"[data-head={head}] .label[aria-pressed=true]").count() == 1
    expect(panel.locator("[data-head=ceasefire] .why li").first).to_be_visible()
    assert all(word in TEXT for word in panel.locator(".why bdi").all_inner_texts())


def test_two_clicks_correct_and_the_correction_is_kept(page: Page, feedback_url: str) -> None:
    judge(page, f"😀 {TEXT}")
    page.locator("article mark").first.click()
    page.locator("[data-head=ceasefire] [data-label=conditional]").click()
    expect(page.locator("[data-head=ceasefire] .stored")).to_have_text("حُفظ التصحيح.")
    expect(page.locator(".sentence[data-label=conditional]")).to_have_count(1)
    *_, kept = FeedbackStore(feedback_url).corrections()
    assert (kept.actor, kept.mentions) == ("haftar", ["المشير خليفة حفتر"])
    assert (kept.corrected, kept.labels["ceasefire"]) == (["ceasefire"], "conditional")


def test_a_second_correction_of_a_judgement_holds_the_first_too(page: Page, feedback_url: str) -> None:
    judge(page, TEXT)
    page.locator("article mark").first.focus()
    page.keyboard.press("Enter")
    for key, head in (("2", "ceasefire"), ("w", "offensive"), ("a", "sentiment")):
        page.keyboard.press(key)
        expect(page.locator(f"[data-head={head}] .badge.corrected")).to_be_visible()
    *_, kept = FeedbackStore(feedback_url).corrections()
    assert kept.labels == {"ceasefire": "against", "offensive": "against", "sentiment": "positive"}


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


def test_letters_do_nothing_outside_the_text_and_its_panel(page: Page) -> None:
    judge(page, TEXT)
    page.locator("article mark").first.click()
    page.get_by_label("الطرف").focus()
    page.keyboard.press("2")
    page.wait_for_timeout(200)
    assert page.locator(".badge.corrected").count() == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", TEXT.encode("cp1256"), "UTF-8"),
        ("a.csv", f"id,body\n1,{TEXT}".encode(), "text"),
        ("a.jsonl", b"{broken", "JSON"),
        ("a.csv", b"id,text", "صفوف"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    page: Page, name: str, content: bytes, told: str
) -> None:
    drop(page, name, content)
    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_role("alert")).to_contain_text(name)


def test_a_table_and_lines_of_json_bring_their_articles(page: Page) -> None:
    drop(page, "a.csv", f'\ufeffid,text,date\n1,"{TEXT}",2019-05-01\n2,"{TEXT}",\n'.encode())
    page.wait_for_selector(DONE)
    page.get_by_role("button", name="أضف مقالات").click()
    drop(page, "b.jsonl", "\n".join(json.dumps({"text": TEXT, "title": "حفتر"}) for _ in "ab").encode())
    expect(page.locator(".articles button")).to_have_count(4)
    expect(page.locator(".progress")).to_contain_text("اكتمل التحليل: 4 مقالات")


def test_one_article_that_is_refused_does_not_hold_up_the_others(page: Page) -> None:
    rows = [{"text": TEXT}, {"text": "no arabic"}, {"text": "نص.\n" * 5_001}, {"text": TEXT}]
    drop(page, "a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    page.wait_for_selector(DONE)
    page.locator(".articles button").nth(1).click()
    expect(page.locator(".refused")).to_contain_text("no Arabic")
    page.locator(".articles button").nth(2).click()
    expect(page.locator(".refused")).to_contain_text("قسّمه إلى أجزاء أصغر")
    page.locator(".articles button").nth(3).click()
    expect(page.locator("article mark").first).to_be_visible()


def test_what_the_service_asks_for_is_told_and_waited_for(page: Page) -> None:
    calls: list[str] = []

    def busy_once(route: Route) -> None:
        calls.append(route.request.url)
        if len(calls) > 1:
            route.continue_()
        else:
            route.fulfill(status=429, headers={"retry-after": "1"}, json={"error": "Come again in 1 s."})

    page.route("**/v1/stream", busy_once)
    page.get_by_label("ألصق خبرا").fill(TEXT)
    page.get_by_role("button", name="حلّل").click()
    expect(page.locator(".progress")).to_contain_text("الخدمة مشغولة")
    page.wait_for_selector(DONE)
    assert len(calls) == 2


def test_a_lost_connection_goes_on_with_the_articles_that_have_no_answer(page: Page) -> None:
    asked: list[list[str]] = []

    def cut(route: Route) -> None:
        bodies = [json.loads(line) for line in (route.request.post_data or "").splitlines()]
        asked.append([body["id"] for body in bodies])
        if len(asked) == 1:  # two lines come, then the connection ends
            lines = route.fetch().text().splitlines(keepends=True)
            route.fulfill(body="".join(lines[:2]), content_type="application/x-ndjson")
        elif len(asked) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/v1/stream", cut)
    rows = [{"id": str(number), "text": TEXT} for number in range(6)]
    drop(page, "a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    expect(page.locator(".progress")).to_contain_text("انقطع الاتصال")
    page.wait_for_selector(DONE)
    assert [len(each) for each in asked] == [6, 4, 4]
    assert asked[1] == asked[2]
    assert page.locator(".articles small", has_text="تعذّر").count() == 0


def test_judging_can_be_stopped_and_gone_on_with(page: Page) -> None:
    rows = [{"id": str(number), "text": f"{TEXT} " * 60} for number in range(40)]
    drop(page, "a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    page.get_by_role("button", name="إيقاف").click()
    expect(page.locator(".progress")).to_contain_text("أوقفتَ التحليل")
    expect(page.locator(".articles small", has_text="ينتظر").first).to_be_visible()
    page.unroute_all()
    expect(page.get_by_role("button", name="تابع الباقي")).to_be_visible()


def test_a_service_with_keys_is_given_the_readers(page: Page, address: str) -> None:
    def guarded(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer open-sesame":
            route.continue_()
        else:
            route.fulfill(status=401, json={"error": "An API key is needed: Authorization: Bearer KEY."})

    page.route("**/v1/**", guarded)
    page.goto(address)
    dialog = page.get_by_role("dialog", name="تطلب هذه الخدمة مفتاحا")
    dialog.get_by_label("مفتاح الخدمة").fill("open-sesame")
    dialog.get_by_role("button", name="استعمله").click()
    judge(page, TEXT)
    assert page.locator("article mark").count() > 1
    kept = page.evaluate("[Object.values(localStorage), Object.values(sessionStorage)]")
    assert kept == [[], ["open-sesame"]]


def test_a_correction_that_was_not_stored_says_so(page: Page) -> None:
    page.route(
        "**/v1/feedback", lambda route: route.fulfill(status=503, json={"error": "The disk is full."})
    )
    judge(page, TEXT)
    page.locator("article mark").first.click()
    page.locator("[data-head=ceasefire] [data-label=conditional]").click()
    expect(page.locator("[data-head=ceasefire] .stored")).to_contain_text("The disk is full.")
    assert page.locator(".badge.corrected").count() == 0


def test_examples_are_the_repositorys(page: Page) -> None:
    titles = {file.read_text("utf-8").splitlines()[0] for file in Path("examples").glob("*.txt")}
    assert set(page.locator(".example").all_inner_texts()) == titles
