"""What all handlers of calls go through: the permission first, then what Finesse, Redmine or the store did not do, as answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.finesse.bodies import BadValue
from adapters.finesse.errors import FinesseError
from hub.principal import Principal
from hub.writer import StoreUnavailable
from web.auth import require
from web.errors import StoreAway, WebError
from web.finesse.failures import finesse_error
from web.finesse.section import Section
from web.i18n import N_

__all__ = ["Handler", "answer", "guarded"]

_DEADLINE_S = 15.0

Handler = Callable[[Request, Section, Principal], Awaitable[Response]]


def guarded(handler: Handler, *, permission: str = "finesse") -> Callable[[Request], Awaitable[Response]]:
    """Asks for the permission before anything else."""

    async def guarded_handler(request: Request) -> Response:
        principal = await require(request, permission)
        section: Section | None = request.state.calls
        if section is None:
            raise WebError(503, "finesse_off", N_("Finesse is not set up on this server."), headers={"Retry-After": "3600"})
        try:
            async with asyncio.timeout(_DEADLINE_S):
                return await handler(request, section, principal)
        except (FinesseError, BadValue) as error:
            raise finesse_error(error) from None
        except (SQLAlchemyError, StoreUnavailable, TimeoutError):
            raise StoreAway from None

    return guarded_handler


def answer(content: Any, status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return JSONResponse(content, status, {"cache-control": "no-store"})
