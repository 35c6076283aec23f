"""What all handlers of the network monitor go through: the permission first, then the store's failures as answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from hub.principal import Principal
from hub.writer import StoreUnavailable
from web.auth import require
from web.errors import StoreAway, WebError
from web.i18n import N_
from web.netmonitor.section import Section

__all__ = ["Handler", "guarded", "host_of"]

_DEADLINE_S = 10.0

Handler = Callable[[Request, Section, Principal], Awaitable[Response]]


def guarded(handler: Handler, *, deadline_s: float = _DEADLINE_S) -> Callable[[Request], Awaitable[Response]]:
    """Asks for the permission before anything else. A store that is away, or too slow, is a 503."""

    async def guarded_handler(request: Request) -> Response:
        principal = await require(request, "netmonitor")
        section: Section | None = request.state.network
        if section is None:
            raise WebError(503, "netmonitor_off", N_("The network monitor is not set up on this server."))
        try:
            async with asyncio.timeout(deadline_s):
                return await handler(request, section, principal)
        except (SQLAlchemyError, StoreUnavailable, TimeoutError):
            raise StoreAway from None

    return guarded_handler


def host_of(request: Request, section: Section) -> str:
    """The id in the address. Raises WebError 404 for a host that is not watched."""
    id = str(request.path_params["id"])
    if id not in section.by_id():
        raise WebError(404, "not_found", N_("There is no such host."))
    return id
