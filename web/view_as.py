"""An administrator looks as somebody else: the session becomes that person's, read only, until it is ended.

What makes it read only is not here: `web.security.SecurityMiddleware` refuses what is unsafe, `hub.conversation` what is said on a socket.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hub.principal import Principal, Viewer
from hub.store import permissions, sessions, users
from web.audit import Origin, record
from web.auth import origin_of, require
from web.body import read_json
from web.errors import BadField, WebError
from web.i18n import N_

if TYPE_CHECKING:
    from web.state import State

__all__ = ["CannotView", "ViewAs", "view_as_routes"]


class CannotView(Exception):
    """`code`: `no_such_user`, `not_active`, `is_admin`, `yourself`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        return f"nobody can look as this person: {self.code}"


_WHY = {
    "not_active": N_("This account is disabled: there is nothing to see."),
    "is_admin": N_("Nobody can look as another administrator."),
    "yourself": N_("This is you."),
}


class ViewAs:
    """Begins and ends it. `web.sessions` decides at each look whether it still holds."""

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine, self._clock = engine, clock

    async def begin(self, session_hash: str, administrator: int, user_id: int, origin: Origin) -> None:
        """Raises CannotView. The caller is known to be an administrator."""
        async with self._engine.begin() as connection:
            query = sa.select(users.c.id, users.c.name, users.c.active).where(users.c.id == user_id)
            person = (await connection.execute(query)).one_or_none()
            if person is None:
                raise CannotView("no_such_user")
            if user_id == administrator:
                raise CannotView("yourself")
            if not person.active:
                raise CannotView("not_active")
            is_admin = sa.select(permissions.c.user_id).where(permissions.c.user_id == user_id, permissions.c.permission == "admin")
            if await connection.scalar(is_admin) is not None:
                raise CannotView("is_admin")
            await self._set(connection, session_hash, user_id)
            await record(connection, origin, "view_as.begun", at=self._clock(), subject_id=person.id, subject=person.name)

    async def end(self, session_hash: str, viewed: Principal, origin: Origin) -> None:
        """The session is its administrator's own again."""
        async with self._engine.begin() as connection:
            await self._set(connection, session_hash, None)
            await record(connection, origin, "view_as.ended", at=self._clock(), subject_id=viewed.user_id, subject=viewed.name)

    async def _set(self, connection: AsyncConnection, session_hash: str, user_id: int | None) -> None:
        await connection.execute(sa.update(sessions).where(sessions.c.token_hash == session_hash).values(view_as=user_id))


def view_as_routes() -> list[BaseRoute]:
    """The routes of this module; they use `view_as` and `permissions` of the request's state."""
    return [
        Route("/admin/api/view-as", _begin, methods=["POST"]),
        Route("/users/api/view-as", _end, methods=["DELETE"]),
    ]


async def _begin(request: Request[State]) -> Response:
    principal = await require(request, "admin")
    user_id = (await read_json(request)).get("user_id")
    if not isinstance(user_id, int) or isinstance(user_id, bool) or not 0 < user_id < 2**63:
        raise BadField("user_id")
    try:
        await request.state["view_as"].begin(principal.session_hash, principal.user_id, user_id, origin_of(request, principal))
    except CannotView as error:
        if error.code == "no_such_user":
            raise WebError(404, "not_found", N_("There is no such person.")) from None
        raise WebError(409, error.code, _WHY[error.code], field="user_id") from None
    _tell(request, principal.user_id)
    return Response(status_code=204)


async def _end(request: Request[State]) -> Response:
    principal = await require(request)
    viewer: Viewer | None = principal.viewer
    if viewer is not None:
        await request.state["view_as"].end(principal.session_hash, principal, origin_of(request, principal))
        _tell(request, viewer.user_id)
    return Response(status_code=204)


def _tell(request: Request[State], user_id: int) -> None:
    for callback in request.state["permissions"].on_changed:
        callback((user_id,))
