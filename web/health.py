"""`GET /health/live` and `GET /health/ready`: for process managers and load balancers.

The public learns whether, and no more; which part is out and since when is told to this machine's own programs,
to bearers of METRICS_TOKEN and to administrators.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from web.readiness import Readiness
from web.watchers import has_metrics_token, is_local, watcher

__all__ = ["health_routes"]

_HEADERS = {"cache-control": "no-store"}


def health_routes() -> list[Route]:
    """The two addresses; they use `readiness` and `settings` of the request's state."""

    async def live(_request: Request) -> Response:
        return PlainTextResponse("ok\n", headers=_HEADERS)  # to answer at all is what it says

    async def ready(request: Request) -> Response:
        readiness: Readiness = request.state.readiness
        ok = readiness.ok
        body: dict[str, Any] = {"ok": ok}
        if await _may_know(request):
            body["parts"] = [part.line() for part in readiness.parts()]
        return JSONResponse(body, 200 if ok else 503, headers=_HEADERS if ok else _HEADERS | {"retry-after": "5"})

    return [Route("/health/live", live, name="health_live"), Route("/health/ready", ready, name="health_ready")]


async def _may_know(request: Request) -> bool:
    settings = request.state.settings
    if is_local(request, settings) or has_metrics_token(request, settings):
        return True
    principal = await watcher(request)
    return principal is not None and principal.may("admin")
