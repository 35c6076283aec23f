"""The quality section: the page `/quality/`, its interface `/quality/api/…` and its topic, for whoever has the permission `quality`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.redmine.quality import TooMany
from hub.principal import Principal
from web import quality_reading, quality_reviewing
from web.auth import require
from web.errors import WebError
from web.i18n import N_
from web.pages import shell_page
from web.quality_area import Quality, open_quality, quality_feed
from web.redmine_failures import redmine_errors

__all__ = ["Quality", "open_quality", "quality_feed", "quality_routes"]


def quality_routes() -> list[Route]:
    """The routes; they use `quality` of the request's state."""
    api = "/quality/api"
    return [
        Route("/quality/", shell_page("quality.html", "quality", permission="quality"), methods=["GET"], name="quality"),
        Route(f"{api}/options", _guarded(quality_reading.options), methods=["GET"]),
        Route(f"{api}/figures", _guarded(quality_reading.figures), methods=["GET"]),
        Route(f"{api}/figures.csv", _guarded(quality_reading.figures_csv), methods=["GET"]),
        Route(f"{api}/issues", _guarded(quality_reading.issues), methods=["GET"]),
        Route(f"{api}/samples", _guarded(quality_reviewing.samples), methods=["GET"]),
        Route(f"{api}/samples", _guarded(quality_reviewing.draw), methods=["POST"]),
        Route(f"{api}/samples/{{id:int}}", _guarded(quality_reviewing.sample), methods=["GET"]),
        Route(f"{api}/reviews", _guarded(quality_reviewing.reviews), methods=["GET"]),
        Route(f"{api}/reviews", _guarded(quality_reviewing.review), methods=["POST"]),
        Route(f"{api}/reviews/figures", _guarded(quality_reviewing.review_figures), methods=["GET"]),
    ]


_Handler = Callable[[Request, Quality, Principal], Awaitable[Response]]


def _guarded(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    """Asks for the permission before anything else, and turns what Redmine's database could not answer into 503."""

    async def guarded(request: Request) -> Response:
        principal = await require(request, "quality")
        try:
            with redmine_errors():
                return await handler(request, request.state.quality, principal)
        except TooMany:
            raise WebError(422, "too_many_issues", N_("Too many issues. Choose a shorter period or one project."), field="from") from None

    return guarded
