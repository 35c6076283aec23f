"""Spans, from the hub to a collector."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.tracing import OFF
from tests.web.conftest import make_settings
from tests.web.node import PUBLISHER, open_node
from web.settings import SettingsError
from web.tracing import OtelTracer, open_tracing

pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@asynccontextmanager
async def collector() -> AsyncIterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """An OTLP collector on loopback: its address and what it was sent."""
    got: list[ExportTraceServiceRequest] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("post /v1/traces ")
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        body = await reader.readexactly(length)
        if "content-encoding: gzip" in head:
            import gzip

            body = gzip.decompress(body)
        got.append(ExportTraceServiceRequest.FromString(body))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", got
    finally:
        server.close()
        await server.wait_closed()


async def test_a_published_event_is_a_part_of_its_publishers_trace(tmp_path: Path, store_file: Path) -> None:
    """The request, the publication within it and the commit reach a real collector; the caller's traceparent is kept."""
    async with collector() as (address, got):
        async with (
            open_node(tmp_path, store_file, otlp_endpoint=address, otlp_ratio=1.0) as node,
            node.client(authorization=f"Bearer {PUBLISHER}", traceparent=PARENT) as client,
        ):
            event = {"specversion": "1.0", "source": "/t", "type": "t", "id": "1", "navtopic": "app:t", "data": {"key": "a"}}
            answer = await client.post("/hub/events", json=event, headers={"content-type": "application/cloudevents+json"})
            assert answer.status_code == 202
        spans = [span for request in got for part in request.resource_spans for scope in part.scope_spans for span in scope.spans]
    by_name = {span.name: span for span in spans}
    request, publish = by_name["POST /hub/events"], by_name["navigator.publish"]
    assert request.trace_id.hex() == PARENT.split("-")[1]
    assert request.parent_span_id.hex() == PARENT.split("-")[2]
    assert (publish.trace_id, publish.parent_span_id) == (request.trace_id, request.span_id)
    assert by_name["navigator.commit"].end_time_unix_nano > by_name["navigator.commit"].start_time_unix_nano


def test_a_failure_is_told_by_its_class_only() -> None:
    """What an error says may be a person's; other systems learn its kind."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = OtelTracer(provider)
    with pytest.raises(ValueError, match="secret"), tracer.span("work", devices=2):
        raise ValueError("a secret")
    tracer.record("look", 2.0, source="redmine")
    failed, look = exporter.get_finished_spans()
    assert (failed.status.description, failed.events) == ("ValueError", ())
    assert dict(failed.attributes or {}) == {"devices": 2}
    assert look.end_time is not None
    assert look.start_time is not None
    assert 1.9e9 < look.end_time - look.start_time < 2.1e9


async def test_it_is_off_unless_it_is_told_where_to_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the setting nothing of OpenTelemetry is made; with it and without the extra the fault says what to install."""
    async with open_tracing(make_settings()) as tracer:
        assert tracer is OFF
        with tracer.span("x", None, a=1):
            tracer.record("y", 1.0)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError, match=r"tez-navigator\[otel\]"):
        async with open_tracing(make_settings(otlp_endpoint="http://127.0.0.1:4318")):
            pass
