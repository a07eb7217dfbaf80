"""What the page's tests share: a browser, and the page in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
SHOTS = Path("build/screenshots")  # outside git


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("make test installs Chromium where it may")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1360, "height": 900}, accept_downloads=True) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """The page, just opened; nothing on it may fail unseen."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Policy" in said.text else None)
    page.goto(address)
    yield page
    page.evaluate("localStorage.clear()")
    page.close()
    assert faults == []


@pytest.fixture
def shoot(page: Page) -> Callable[[str], None]:
    """Keeps a picture of the page for whoever looks at the tests' artefacts."""

    def shoot(name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png")

    return shoot


@pytest.fixture
def judge(page: Page) -> Callable[[str], None]:
    """Pastes a text and waits for its judgement."""

    def judge(text: str) -> None:
        page.get_by_label("ألصق خبرا").fill(text)
        page.get_by_role("button", name="حلّل").click()
        page.wait_for_selector(".progress[data-state=done]")

    return judge


@pytest.fixture
def drop(page: Page) -> Callable[[str, bytes], None]:
    """Gives the page a file."""

    def drop(name: str, content: bytes) -> None:
        file = FilePayload(name=name, mimeType="text/plain", buffer=content)
        page.locator("input[type=file]").set_input_files(file)

    return drop
