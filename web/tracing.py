"""Spans sent by OpenTelemetry (OTLP over HTTP), when the settings say where to. The library is an extra: `tez-navigator[otel]`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import structlog

from hub.tracing import OFF, Attribute, Tracer
from web.boot import VERSION
from web.settings import Fault, Settings, SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

__all__ = ["OtelTracer", "open_tracing"]

_log = structlog.get_logger("web.tracing")
_EXPORT_S = 5
_FLUSH_S = 6.0


@asynccontextmanager
async def open_tracing(settings: Settings) -> AsyncIterator[Tracer]:
    """The tracer while the block runs; what has not been sent at its end gets a few seconds. Raises SettingsError without the extra."""
    if settings.otlp_endpoint is None:
        yield OFF
        return
    provider = await asyncio.to_thread(_provider, settings)
    _log.info("tracing", endpoint=settings.otlp_endpoint, ratio=settings.otlp_ratio)
    try:
        yield OtelTracer(provider)
    finally:
        try:
            async with asyncio.timeout(_FLUSH_S):
                await asyncio.to_thread(provider.shutdown)
        except TimeoutError:
            _log.warning("spans_lost")


def _provider(settings: Settings) -> TracerProvider:
    """Blocking: imports, and asks the machine for its name. Sends from a thread of its own, in batches, dropping what is too much."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    except ImportError as error:
        fault = Fault("OTLP_ENDPOINT", "is set, and OpenTelemetry is not installed", "pip install 'tez-navigator[otel]'")
        raise SettingsError([fault]) from error
    provider = TracerProvider(
        resource=Resource.create({"service.name": "tez-navigator", "service.version": VERSION}),
        sampler=ParentBased(TraceIdRatioBased(settings.otlp_ratio)),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(endpoint=f"{(settings.otlp_endpoint or '').rstrip('/')}/v1/traces", timeout=_EXPORT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


class OtelTracer:
    """`hub.tracing.Tracer` over a provider."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace import StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._tracer = provider.get_tracer("navigator", VERSION)
        self._propagator = TraceContextTextMapPropagator()
        self._error = StatusCode.ERROR

    def span(self, name: str, carrier: Mapping[str, str] | None = None, /, **attributes: Attribute) -> AbstractContextManager[object]:
        """A span around a block. A failure is told by its class only: texts of errors may hold what is not for other systems."""
        return self._span(name, carrier, attributes)

    @contextmanager
    def _span(self, name: str, carrier: Mapping[str, str] | None, attributes: Mapping[str, Attribute]) -> Iterator[object]:
        context = self._propagator.extract(carrier) if carrier is not None else None
        with self._tracer.start_as_current_span(
            name, context, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_status(self._error, type(error).__name__)
                raise

    def record(self, name: str, seconds: float, /, **attributes: Attribute) -> None:
        """A span that ends now."""
        now = time.time_ns()
        self._tracer.start_span(name, attributes=attributes, start_time=now - int(seconds * 1e9)).end(now)
