"""The proxy of the documentation before the service: thousands of slow clients, and foreign paths."""

import asyncio
import re
import resource
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from serving.client import AsyncHudnaClient, HudnaClient
from serving.pages import BUILT
from serving.settings import Settings

NGINX = Path("/usr/sbin/nginx")
pytestmark = [
    pytest.mark.alone,
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(not NGINX.exists(), reason="make test installs nginx where it may"),
]

CONFIGURATION = Path("docs/deploy/nginx.conf")
SLOW = 10_000
TEXT = "رفض المشير خليفة حفتر وقف إطلاق النار."


@pytest.fixture(scope="module")
def proxy(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an nginx that stands before the service."""
    folder = tmp_path_factory.mktemp("proxy")
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        here = f"127.0.0.1:{free.getsockname()[1]}"
    told = CONFIGURATION.read_text("utf-8")
    for theirs, ours in (
        ("/tmp/", f"{folder}/"),
        ("listen 8080", f"listen {here}"),
        ("127.0.0.1:3000", address.removeprefix("http://")),
    ):
        assert theirs in told
        told = told.replace(theirs, ours)
    (folder / "nginx.conf").write_text(told, "utf-8")
    server = subprocess.Popen([NGINX, "-c", folder / "nginx.conf", "-g", "daemon off;"])
    try:
        yield f"http://{here}"
    finally:
        server.terminate()
        server.wait(30)


async def held_open(address: str, head: bytes) -> float:
    """Seconds for which a connection that sends no more than `head` is kept."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    begun = time.monotonic()
    writer.write(head)
    with suppress(ConnectionResetError):
        await reader.read()
    writer.close()
    return time.monotonic() - begun


def test_ten_thousand_slow_clients_are_let_go_and_hold_up_nobody(proxy: str) -> None:
    head = b"POST /v1/analyze HTTP/1.1\r\nHost: a\r\nX-Slow: "

    resource.setrlimit(
        resource.RLIMIT_NOFILE, (SLOW + 1_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    )

    async def attacked() -> list[float]:
        slow = [asyncio.create_task(held_open(proxy, head)) for _ in range(SLOW)]
        await asyncio.sleep(1)
        async with AsyncHudnaClient(proxy, attempts=1) as client:
            begun = time.monotonic()
            [analysis] = await client.analyze([{"id": "a", "text": TEXT}])
            assert time.monotonic() - begun < 5
            assert analysis.actors[0].actor == "haftar"
        return await asyncio.gather(*slow)

    assert max(asyncio.run(attacked())) < 30


def test_a_body_that_does_not_come_is_not_waited_for(proxy: str) -> None:
    head = b"POST /v1/analyze HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"
    assert asyncio.run(held_open(proxy, head)) < 15


def test_calls_and_streams_pass_and_the_operators_pages_do_not(proxy: str) -> None:
    with HudnaClient(proxy) as client:
        assert client.analyze([{"text": TEXT}])
        lines = list(client.stream({"text": TEXT} for _ in range(50)))
    assert [line.error for line in lines] == [None] * 50
    assert httpx.get(f"{proxy}/openapi.json").is_success
    page = httpx.get(f"{proxy}/")
    [script] = re.findall(r'src="\./(page/[^"]+)"', page.text)
    assert httpx.get(f"{proxy}/{script}").is_success
    for path in ("/page", "/page/none/", "/metrics", "/docs.json", "/readyz", "/v1/other"):
        answer = httpx.get(f"{proxy}{path}")
        assert answer.status_code == 404
        assert answer.json()["error"]


def test_what_the_proxy_refuses_has_the_form_of_the_services_errors(proxy: str) -> None:
    large = httpx.post(f"{proxy}/v1/analyze", content=b" " * (2**25 + 1))
    assert large.status_code == 413
    assert "16 MB" in large.json()["error"]


def test_the_proxy_takes_as_large_a_body_as_the_service() -> None:
    told = CONFIGURATION.read_text("utf-8")
    [megabytes] = re.findall(r"client_max_body_size (\d+)m;", told)
    assert int(megabytes) * 2**20 == Settings().max_body_bytes


def test_of_the_page_its_built_files_pass_and_no_others(proxy: str) -> None:
    """BentoML counts calls by path, so that any other would grow its metrics."""
    for file in (BUILT / "page").iterdir():
        assert httpx.get(f"{proxy}/page/{file.name}").is_success, file.name
    refused = httpx.get(f"{proxy}/page/index-none.js")
    assert refused.status_code == 404
    assert "x-content-type-options" not in refused.headers  # the service's own 404 has it
