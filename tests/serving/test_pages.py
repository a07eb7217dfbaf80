"""The page's built files and their headers, without a browser or a service."""

import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.access import new_key
from serving.gate import Gate
from serving.pages import BUILT, Pages
from serving.settings import Settings

MOST = 500_000  # bytes
SOURCES = (
    "index.html", "package-lock.json", "package.json", "src", "tsconfig.json", "vite.config.ts",
    "../../examples",
)  # fmt: skip


async def service(scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"path": Request(scope).url.path})(scope, receive, send)


def asked(path: str, app: ASGIApp = service, method: str = "GET", **headers: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(Pages(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(answer())


def built(kind: str) -> Path:
    [file, *_] = sorted((BUILT / "page").glob(f"*.{kind}"))
    return file


def test_what_is_built_is_built_from_the_present_sources() -> None:
    """`make page` after a change of the page."""
    digest = hashlib.sha256()
    for source in SOURCES:
        path = BUILT.parent / source
        files = sorted(path.iterdir(), key=lambda file: file.name) if path.is_dir() else [path]
        for file in files:
            digest.update(file.read_bytes())
    assert (BUILT / "sources.sha256").read_text("utf-8").strip() == digest.hexdigest()


def test_the_whole_page_is_small() -> None:
    assert sum(file.stat().st_size for file in BUILT.rglob("*") if file.is_file()) < MOST


def test_the_page_names_no_other_origin() -> None:
    for file in (BUILT / "index.html", built("css")):
        assert "//" not in file.read_text("utf-8").replace("http://www.w3.org", "")


def test_the_page_runs_nothing_that_is_not_its_own() -> None:
    answer = asked("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_asked_for_again_and_its_hashed_files_are_kept() -> None:
    page = asked("/")
    assert page.headers["cache-control"] == "no-cache"
    again = asked("/", **{"if-none-match": page.headers["etag"]})
    assert again.status_code == 304
    script = asked(f"/page/{built('js').name}")
    assert "immutable" in script.headers["cache-control"]
    assert "javascript" in script.headers["content-type"]
    unchanged = asked(f"/page/{built('js').name}", **{"if-none-match": script.headers["etag"]})
    assert (unchanged.status_code, "immutable" in unchanged.headers["cache-control"]) == (304, True)


@pytest.mark.parametrize(
    "path", ["/page/none.js", "/page/../../pages.py", "/page/%2e%2e/%2e%2e/pages.py"]
)
def test_what_is_no_file_of_the_page_is_told_as_any_error(path: str) -> None:
    answer = asked(path)
    assert (answer.status_code, list(answer.json())) in ((404, ["error"]), (200, ["path"]))
    assert "immutable" not in answer.headers.get("cache-control", "")


def test_what_is_packed_in_itself_is_not_packed_again() -> None:
    """A font is a woff2, which is compressed; a script is sent in a third of its length."""
    asking = {"accept-encoding": "gzip"}
    font, script = (asked(f"/page/{built(kind).name}", **asking) for kind in ("woff2", "js"))
    assert "content-encoding" not in font.headers
    assert int(font.headers["content-length"]) == built("woff2").stat().st_size
    assert script.headers["content-encoding"] == "gzip"


def test_the_page_is_only_read() -> None:
    assert asked("/", method="POST").status_code == 405


def test_every_other_path_is_the_services() -> None:
    assert asked("/v1/model").json() == {"path": "/v1/model"}


def test_the_page_needs_no_key_where_the_service_does(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(new_key("newsroom")[1], "utf-8")
    app = Gate(service, Settings(keys=keys))
    paths = ("/", f"/page/{built('css').name}", "/v1/targets")
    assert [asked(path, app).status_code for path in paths] == [200, 200, 401]
