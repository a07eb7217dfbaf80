"""A service's spans go where the documented configuration of BentoML says."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

CONFIGURATION = Path("docs/deploy/tracing.yaml")
ENDPOINT = "http://127.0.0.1:4318"
SERVICE = "serving.service:HudnaService"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"  # the caller's, as W3C Trace Context writes it
HEADERS = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


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


def test_a_calls_spans_reach_the_collector_under_the_callers_trace(
    collector, tmp_path: Path, run_service, tiny_checkpoint: Path
) -> None:
    address, sent = collector
    configured = CONFIGURATION.read_text("utf-8")
    assert ENDPOINT in configured
    (tmp_path / "tracing.yaml").write_text(configured.replace(ENDPOINT, address), "utf-8")
    environment = {
        "BENTOML_CONFIG": str(tmp_path / "tracing.yaml"),
        "HUDNA_CHECKPOINT": str(tiny_checkpoint),
        "HUDNA_FEEDBACK": f"sqlite:///{tmp_path / 'feedback.sqlite'}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",  # milliseconds between sendings
    }
    with run_service(tmp_path, SERVICE, Path.cwd(), **environment) as (url, _):
        body = {"articles": {"text": "رفض المشير خليفة حفتر وقف إطلاق النار."}}
        httpx.post(f"{url}/v1/analyze", json=body, headers=HEADERS, timeout=60).raise_for_status()
        spans = {"hudna.prepare", "hudna.read"}
        deadline = time.monotonic() + 30
        while not spans <= told(sent, TRACE) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert spans <= told(sent, TRACE)
    assert {path for path, _ in sent} == {"/v1/traces"}


def told(sent: list[tuple[str, bytes]], trace: str) -> set[str]:
    """The names of the spans of this trace."""
    bodies = [ExportTraceServiceRequest.FromString(body) for _, body in sent]
    return {
        span.name
        for body in bodies
        for resource in body.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        if span.trace_id.hex() == trace
    }
