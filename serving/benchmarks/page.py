"""What the analyst's page costs a reader (`make bench-page`, beside a running service).

Debian's Chromium opens the page, each time without a cache, and scrolls through a long article. The
article's judgements are made up here, since the browser's work is measured and not the classifier's.
"""

import argparse
import json
import sys
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, CDPSession, FilePayload, Route, sync_playwright

from serving.pages import BUILT

__all__ = ["main"]

_CHROMIUM = Path("/usr/bin/chromium")
_OPENINGS = 7
_SENTENCES = 5_000
_A_PARAGRAPH = 5
_STEPS, _STEP = 300, 400  # frames, and the pixels that each scrolls
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_SCROLLED = """([steps, step]) => new Promise(resolve => {
    const frames = []
    let last = performance.now()
    const scroll = now => {
        frames.push(now - last)
        last = now
        scrollBy(0, step)
        frames.length < steps ? requestAnimationFrame(scroll) : resolve(frames)
    }
    requestAnimationFrame(scroll)
})"""


def main() -> None:
    """Prints the page's size, the times of its first view, and those of its frames while it scrolls."""
    parser = argparse.ArgumentParser(prog="python -m serving.benchmarks.page", description=main.__doc__)
    parser.add_argument("--address", default="http://127.0.0.1:3000")
    address = parser.parse_args().address
    size = sum(file.stat().st_size for file in BUILT.rglob("*") if file.is_file())
    tell = partial(print, file=sys.stdout, flush=True)
    tell(f"size: {size / 1000:.0f} kB")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        views = sorted(_first_view(browser, address) for _ in range(_OPENINGS))
        tell(f"first view: {median(views):.0f} ms, at worst {views[-1]:.0f} ms of {_OPENINGS}")
        for name, a_paragraph in (("paragraphs", _A_PARAGRAPH), ("one paragraph", _SENTENCES)):
            shown, worked, frames = _scrolling(browser, address, a_paragraph)
            tell(
                f"{_SENTENCES:,} sentences, {name}: shown after {shown:.0f} ms of work; scrolled "
                f"{_STEP} px a frame, a frame is {worked / _STEPS:.1f} ms of work, comes after "
                f"{median(frames):.0f} ms, at worst {frames[-1]:.0f} ms"
            )
        browser.close()


def _first_view(browser: Browser, address: str) -> float:
    """Milliseconds to the first contentful paint."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("textarea")
        return float(page.evaluate(_PAINTED))


def _scrolling(browser: Browser, address: str, a_paragraph: int) -> tuple[float, float, list[float]]:
    """Milliseconds that the page works to show the article, and to scroll; and between frames, sorted.

    Work is the processor's time for the page, whatever else the machine does.
    """
    text, line = _long(a_paragraph)
    with browser.new_context(viewport={"width": 1360, "height": 900}) as context:
        page = context.new_page()

        def answer(route: Route) -> None:
            route.fulfill(body=line, content_type="application/x-ndjson")

        page.route("**/v1/stream", answer)
        page.goto(address)
        tools = context.new_cdp_session(page)
        tools.send("Performance.enable", {"timeDomain": "threadTicks"})
        opened = _worked(tools)
        file = FilePayload(name="long.txt", mimeType="text/plain", buffer=text.encode())
        page.locator("input[type=file]").set_input_files(file)
        page.wait_for_selector("article mark", timeout=120_000)
        shown = _worked(tools)
        frames = sorted(page.evaluate(_SCROLLED, [_STEPS, _STEP]))
        return shown - opened, _worked(tools) - shown, frames


def _worked(tools: CDPSession) -> float:
    metrics = tools.send("Performance.getMetrics")["metrics"]
    return next(1000 * float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def _long(a_paragraph: int) -> tuple[str, str]:
    """An article, and the line of a stream that answers it."""
    texts = [
        f"رفض خليفة حفتر وقف إطلاق النار للمرة {number} في بيان أذيع مساء ورحب به فايز السراج."
        for number in range(_SENTENCES)
    ]
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    ends = ["\n" if number % a_paragraph == 0 else " " for number in range(1, _SENTENCES + 1)]
    sentences = [
        {
            "text": text,
            "start": start,
            "end": start + len(text),
            "judgements": [
                _judgement("haftar", "خليفة حفتر", text, start, "against"),
                _judgement("sarraj", "فايز السراج", text, start, "favor"),
            ],
        }
        for text, start in zip(texts, starts, strict=False)
    ]
    actors = [{"actor": "haftar"}, {"actor": "sarraj"}]
    model = {"name": "made up", "version": "0"}
    analysis = {"id": "long", "model": model, "sentences": sentences, "actors": actors}
    body = "".join(text + end for text, end in zip(texts, ends, strict=True))
    return body, json.dumps({"line": 1, "analysis": analysis}) + "\n"


def _judgement(actor: str, name: str, text: str, start: int, label: str) -> dict[str, object]:
    place = start + text.index(name)
    stance = _prediction(label, ["favor", "against", "conditional", "none"])
    return {
        "actor": actor,
        "name": name,
        "mentions": [{"start": place, "end": place + len(name), "text": name}],
        "stance": {"ceasefire": stance, "offensive": stance},
        "sentiment": _prediction("neutral", ["positive", "neutral", "negative"]),
    }


def _prediction(label: str, labels: list[str]) -> dict[str, object]:
    shares = {each: 0.91 if each == label else 0.03 for each in labels}
    return {"label": label, "confidence": 0.91, "uncertain": False, "probabilities": shares}


if __name__ == "__main__":
    main()
