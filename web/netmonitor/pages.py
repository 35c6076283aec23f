"""The pages of the network monitor: the dashboard, one host, the wall screen, the setup.

What they show comes by the topics and the interface.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.writer import StoreUnavailable
from web.auth import require
from web.netmonitor.section import Section
from web.netmonitor.serving import host_of
from web.pages import shell_page

__all__ = ["network_page_routes"]

_RIGHT = "netmonitor"


def network_page_routes() -> list[Route]:
    """The routes; the setup is for administrators, everything else for whoever has the permission `netmonitor`."""
    page = shell_page("netmonitor.html", "network", permission=_RIGHT)

    async def host_page(request: Request[Any]) -> Response:
        await require(request, _RIGHT)  # who may not look does not learn which hosts there are
        section: Section | None = request.state.network
        if section is not None:
            if request.path_params["id"] not in section.by_id():
                with suppress(SQLAlchemyError, StoreUnavailable, TimeoutError):
                    await section.watch.refresh()  # it may have come a moment ago, by another node
            host_of(request, section)
        shown: Response = await page(request)
        return shown

    wall = shell_page("netmonitor_wall.html", "network", permission="netmonitor")
    return [
        Route("/netmonitor/", page, methods=["GET"], name="network"),
        Route("/netmonitor/hosts/{id}", host_page, methods=["GET"], name="network_host"),
        Route("/netmonitor/wall", wall, methods=["GET"], name="network_wall"),
        Route("/netmonitor/setup", shell_page("netmonitor.html", "network", permission="admin"), methods=["GET"], name="network_setup"),
    ]
