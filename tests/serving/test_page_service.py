"""The page before what goes wrong: files, refusals, keys, and connections that are lost."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

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
        ("e.json", json.dumps([{"text": TEXT}]).encode(), "jsonl"),
        ("f.tsv", f"id\ttext\n1\t{TEXT}".encode(), "csv"),
    ):
        drop(name, content)
        expect(page.get_by_role("alert")).to_contain_text(told)
        expect(page.get_by_role("alert")).to_contain_text(name)


def test_a_row_or_line_that_cannot_be_read_refuses_itself_alone(page: Page, drop: Drop) -> None:
    drop("a.csv", f"id,text\n1,{TEXT}\n\n2,{TEXT},more\n3,{TEXT}\n".encode())
    page.wait_for_selector(DONE)
    expect(page.get_by_role("alert").locator("li")).to_have_count(1)
    expect(page.get_by_role("alert")).to_contain_text("a.csv:4")
    expect(page.locator(".articles button")).to_have_count(2)
    lines = [
        json.dumps({"text": TEXT}),
        "{broken",
        json.dumps({"title": TEXT}),
        json.dumps({"text": TEXT}),
    ]
    drop("b.jsonl", "\n".join(lines).encode())
    expect(page.locator(".articles button")).to_have_count(4)
    expect(page.get_by_role("alert").locator("li")).to_have_count(2)
    for place in ("b.jsonl:2", "b.jsonl:3"):
        expect(page.get_by_role("alert")).to_contain_text(place)


def test_a_text_with_a_brace_before_it_is_a_text(page: Page, judge: Judge) -> None:
    page.get_by_label("ألصق خبرا").press("Control+Enter")
    assert page.locator(".progress[data-state]").count() == 0
    judge("{عاجل} " + TEXT)
    expect(page.locator("article")).to_contain_text("{عاجل}")


def test_a_day_that_no_calendar_has_dates_nothing(page: Page, drop: Drop) -> None:
    drop("news-2019-02-30.txt", TEXT.encode())
    page.wait_for_selector(DONE)
    expect(page.locator("article mark").first).to_be_visible()


def test_a_text_that_is_dragged_is_left_to_the_browser(page: Page, judge: Judge) -> None:
    judge(TEXT)
    page.get_by_role("button", name="أضف مقالات").click()
    is_left = page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.setData("text/plain", "نص");
            const box = document.querySelector("textarea");
            return ["dragover", "drop"].every(name =>
                box.dispatchEvent(
                    new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer })));
        }"""
    )
    assert is_left
    expect(page.locator("textarea")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "told"),
    [(500, "حدث خطأ في الخدمة"), (404, "لا تدعم الخدمة"), (405, "لا تدعم الخدمة")],
)
def test_a_refusal_says_what_it_is(page: Page, status: int, told: str) -> None:
    page.route("**/v1/stream", lambda route: route.fulfill(status=status, json={"error": "As told."}))
    page.get_by_label("ألصق خبرا").fill(TEXT)
    page.get_by_role("button", name="حلّل").click()
    expect(page.locator(".progress")).to_contain_text(told)
    expect(page.locator(".progress")).to_contain_text("As told.")


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
    rows = [
        {"text": TEXT},
        {"text": "no arabic"},
        {"text": "نص.\n" * 5_001},
        {"text": TEXT},
        {"text": TEXT, "date": "5/4/2019"},
    ]
    drop("a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    page.wait_for_selector(DONE)
    page.locator(".articles button").nth(1).click()
    expect(page.locator(".refused")).to_contain_text("no Arabic")
    page.locator(".articles button").nth(2).click()
    expect(page.locator(".refused")).to_contain_text("قسّمه إلى أجزاء أصغر")
    page.locator(".articles button").nth(3).click()
    expect(page.locator("article mark").first).to_be_visible()
    page.locator(".articles button").nth(4).click()
    expect(page.locator(".refused")).to_contain_text("تاريخ المقال غير مقروء")
    expect(page.locator(".progress")).to_contain_text("انتهى التحليل: 2 من 5، ما تعذّر تحليله: 3.")


@pytest.mark.parametrize("asked", ["1", "soon"])
def test_what_the_service_asks_for_is_told_and_waited_for(page: Page, asked: str) -> None:
    """Seconds, or a date, as a proxy may say it (RFC 9110, 10.2.3)."""
    calls: list[str] = []
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=6), usegmt=True)
    after = soon if asked == "soon" else asked

    def busy_once(route: Route) -> None:
        calls.append(route.request.url)
        if len(calls) > 1:
            route.continue_()
        else:
            told = {"error": "Come again in 1 s."}
            route.fulfill(status=429, headers={"retry-after": after}, json=told)

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
    assert page.locator(".articles small", has_text="تعذّر تحليله").count() == 0


def test_judging_can_be_stopped_and_gone_on_with(page: Page, drop: Drop) -> None:
    rows = [{"id": str(number), "text": f"{TEXT} " * 60} for number in range(40)]
    drop("a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    page.get_by_role("button", name="أوقف التحليل").click()
    expect(page.locator(".progress")).to_contain_text("أُوقف التحليل")
    expect(page.locator(".progress")).to_contain_text("من 40")
    expect(page.locator(".articles small", has_text="لم يُحلَّل بعد").first).to_be_visible()
    page.get_by_role("button", name="أكمل الباقي").click()
    page.wait_for_selector(DONE, timeout=60_000)
    expect(page.locator(".progress")).to_contain_text("اكتمل التحليل: 40 مقالا")
    expect(page.locator(".articles small", has_text="لم يُحلَّل بعد")).to_have_count(0)


def test_the_keyboard_goes_on_where_its_button_was(page: Page, drop: Drop) -> None:
    page.get_by_label("ألصق خبرا").fill(TEXT)
    page.get_by_role("button", name="حلّل").press("Enter")
    expect(page.locator("#results")).to_be_focused()
    page.wait_for_selector(DONE)
    page.get_by_role("button", name="أضف مقالات").press("Enter")
    expect(page.get_by_label("ألصق خبرا")).to_be_focused()
    drop("a.jsonl", "\n".join([json.dumps({"text": f"{TEXT} " * 60})] * 40).encode())
    page.get_by_role("button", name="أوقف التحليل").press("Enter")
    expect(page.locator(".progress :focus, .progress:focus")).to_have_count(1)
    page.get_by_role("button", name="ابدأ من جديد").press("Enter")
    expect(page.get_by_label("ألصق خبرا")).to_be_focused()


def test_a_browser_that_keeps_nothing_loses_nothing_else(page: Page, address: str) -> None:
    with page.context.new_page() as forgetful:
        forgetful.add_init_script(
            """for (const store of ["localStorage", "sessionStorage"]) {
                Object.defineProperty(window, store, { get() { throw new DOMException("blocked") } });
            }"""
        )
        forgetful.goto(address)
        forgetful.get_by_role("button", name="داكن").click()
        expect(forgetful.locator("html[data-theme=dark]")).to_have_count(1)
        forgetful.get_by_role("button", name="English").click()
        expect(forgetful.locator("html[lang=en]")).to_have_count(1)
        forgetful.get_by_label("Paste Arabic news").fill(TEXT)
        forgetful.get_by_role("button", name="Analyse").click()
        expect(forgetful.locator("article mark").first).to_be_visible()


def test_what_came_before_a_stop_is_kept(page: Page, drop: Drop) -> None:
    page.route("**/v1/stream", lambda route: route.fulfill(body=first_line(route)))
    rows = [{"id": str(number), "text": TEXT} for number in range(3)]
    drop("a.jsonl", "\n".join(map(json.dumps, rows)).encode())
    expect(page.locator(".progress")).to_contain_text("انقطع الاتصال")
    page.get_by_role("button", name="أوقف التحليل").click()
    expect(page.locator(".progress")).to_contain_text("1 من 3")
    expect(page.locator("article mark").first).to_be_visible()


def first_line(route: Route) -> str:
    """The first article's line; articles are answered as they are ready, in any order."""
    lines = route.fetch().text().splitlines(keepends=True)
    return next(line for line in lines if json.loads(line)["line"] == 1)


def test_a_service_with_keys_is_given_the_readers(page: Page, address: str, judge: Judge) -> None:
    def guarded(route: Route) -> None:
        if route.request.headers.get("authorization") == "Bearer open-sesame":
            route.continue_()
        else:
            route.fulfill(status=401, json={"error": "An API key is needed: Authorization: Bearer KEY."})

    page.route("**/v1/**", guarded)
    page.goto(address)
    dialog = page.get_by_role("dialog", name="مفتاح الخدمة")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    dialog.get_by_label("مفتاح الخدمة").fill("open-barley")
    dialog.get_by_role("button", name="استخدم المفتاح").click()
    expect(dialog.get_by_role("alert")).to_have_text("لا تعرف الخدمة هذا المفتاح.")
    dialog.get_by_label("مفتاح الخدمة").fill("open-sesame")
    dialog.get_by_role("button", name="استخدم المفتاح").click()
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
