"""The page before what goes wrong: files, refusals, keys, and connections that are lost."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار. ورحب فايز السراج بالهدنة أمس."
DONE = ".progress[data-state=done]"

Judge = Callable[[str], None]
Drop = Callable[[str, bytes], None]


def test_a_file_that_cannot_be_read_says_what_to_do(page: Page, drop: Drop) -> None:
    for name, content, told in (
        ("a.txt", TEXT.encode("cp1256"), "UTF-8"),
        ("b.csv", f"id,body\n1,{TEXT}".encode(), "text"),
        ("c.jsonl", b"{broken", "JSON"),
        ("d.csv", b"id,text", "صفوف"),
    ):
        drop(name, content)
        expect(page.get_by_role("alert")).to_contain_text(told)
        expect(page.get_by_role("alert")).to_contain_text(name)


def test_a_file_dropped_anywhere_is_read_and_dated_by_its_name(page: Page, judge: Judge) -> None:
    judge(TEXT)
    dropped = page.evaluate_handle(
        """text => {
            const dropped = new DataTransfer();
            dropped.items.add(new File([text], "news-2019-04-05.txt"));
            return dropped;
        }""",
        TEXT,
    )
    page.dispatch_event("footer", "drop", {"dataTransfer": dropped})
    expect(page.locator(".articles button").nth(1)).to_contain_text("2019-04-05")


def test_a_table_and_lines_of_json_bring_their_articles(page: Page, drop: Drop) -> None:
    drop("a.csv", f'\ufeffid,text,date\n1,"{TEXT}",2019-05-01\n2,"{TEXT}",\n'.encode())
    page.wait_for_selector(DONE)
    page.get_by_role("button", name="أضف مقالات").click()
    drop("b.jsonl", "\n".join(json.dumps({"text": TEXT, "title": "حفتر"}) for _ in "ab").encode())
    expect(page.locator(".articles button")).to_have_count(4)
    expect(page.locator(".progress")).to_contain_text("اكتمل التحليل: 4 مقالات")


def test_one_article_that_is_refused_does_not_hold_up_the_others(page: Page, drop: Drop) -> None:
    rows = [{"text": TEXT}, {"text": "no arabic"}, {"text": "نص.\n" * 5_001}, {"text": TEXT}]
    drop("a.jsonl", "\n".join(map(json.dumps, rows)).encode())
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


def test_a_lost_connection_goes_on_with_the_articles_that_have_no_answer(page: Page, drop: Drop) -> None:
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
    drop("a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    expect(page.locator(".progress")).to_contain_text("انقطع الاتصال")
    page.wait_for_selector(DONE)
    assert [len(each) for each in asked] == [6, 4, 4]
    assert asked[1] == asked[2]
    assert page.locator(".articles small", has_text="تعذّر").count() == 0


def test_judging_can_be_stopped_and_gone_on_with(page: Page, drop: Drop) -> None:
    rows = [{"id": str(number), "text": f"{TEXT} " * 60} for number in range(40)]
    drop("a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    page.get_by_role("button", name="إيقاف").click()
    expect(page.locator(".progress")).to_contain_text("أوقفتَ التحليل")
    expect(page.locator(".articles small", has_text="ينتظر").first).to_be_visible()
    expect(page.get_by_role("button", name="تابع الباقي")).to_be_visible()


def test_a_service_with_keys_is_given_the_readers(page: Page, address: str, judge: Judge) -> None:
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
    judge(TEXT)
    assert page.locator("article mark").count() > 1
    kept = page.evaluate("[Object.values(localStorage), Object.values(sessionStorage)]")
    assert kept == [[], ["open-sesame"]]


def test_a_correction_that_was_not_stored_says_so(page: Page, judge: Judge) -> None:
    page.route(
        "**/v1/feedback", lambda route: route.fulfill(status=503, json={"error": "The disk is full."})
    )
    judge(TEXT)
    page.locator("article mark").first.click()
    page.locator("[data-head=ceasefire] [data-label=conditional]").click()
    expect(page.locator("[data-head=ceasefire] .stored")).to_contain_text("The disk is full.")
    assert page.locator(".badge.corrected").count() == 0
    page.get_by_role("button", name="المصفوفة").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("خليفة حفتر")
    expect(alert).to_contain_text("مشروط")
    page.unroute("**/v1/feedback")
    alert.get_by_role("button", name="أعد المحاولة").click()
    expect(alert).to_have_count(0)
    page.get_by_role("button", name="القراءة").click()
    expect(page.locator("[data-head=ceasefire] .badge.corrected")).to_be_visible()
