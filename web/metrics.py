"""`GET /metrics`: the node's numbers for Prometheus, as text or OpenMetrics by `Accept`. Denied to everybody not named."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.hub import Hub
from web.errors import Forbidden, LoginRequired
from web.watchers import has_metrics_token, watcher

__all__ = ["metrics_routes"]


def metrics_routes() -> list[Route]:
    """The page; it uses `hub` and `settings` of the request's state."""

    async def metrics(request: Request) -> Response:
        hub: Hub = request.state.hub
        if not has_metrics_token(request, request.state.settings):
            principal = await watcher(request)
            if principal is None:
                refused = LoginRequired()
                refused.headers["WWW-Authenticate"] = "Bearer"
                raise refused
            if not principal.may("admin"):
                raise Forbidden
        encode, media = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(_Shown(hub.metrics.registry)), headers={"content-type": media, "cache-control": "no-store"})

    return [Route("/metrics", metrics, name="metrics")]


class _Shown(Collector):
    """The registry without the moments at which its series began: they double the page and no query of ours needs them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._shown = registry

    def collect(self) -> Iterator[Metric]:
        """Every family, cleaned."""
        for family in self._shown.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family
