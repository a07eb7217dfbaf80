"""Spans leave the process as the documented configuration of BentoML says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

CONFIGURATION = Path("docs/deploy/tracing.yaml")
ENDPOINT = "http://127.0.0.1:4318"
READING = """
from bentoml._internal.configuration.containers import BentoMLContainer

provider = BentoMLContainer.tracer_provider.get()
with provider.get_tracer("hudna").start_as_current_span("hudna.read"):
    pass
assert provider.force_flush()
"""  # as HudnaService takes its provider


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """The address of a collector, and the paths and bodies that it was sent."""
    sent: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", sent
        server.shutdown()


def test_spans_reach_the_collector_of_the_documented_configuration(collector, tmp_path: Path) -> None:
    address, sent = collector
    configured = CONFIGURATION.read_text("utf-8")
    assert ENDPOINT in configured
    (tmp_path / "tracing.yaml").write_text(configured.replace(ENDPOINT, address), "utf-8")
    environment = os.environ | {"BENTOML_CONFIG": str(tmp_path / "tracing.yaml")}
    subprocess.run([sys.executable, "-c", READING], env=environment, check=True, timeout=120)
    [(path, body)] = sent
    assert path == "/v1/traces"
    assert b"hudna.read" in body
