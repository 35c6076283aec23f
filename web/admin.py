"""The admin area: its page, and the lists of all sign-ins and devices. People and the audit log have modules of their own."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.store import devices, users
from web.admin_audit import admin_audit_routes
from web.admin_people import admin_people_routes
from web.auth import require
from web.own_sessions import NO_STORE
from web.pages import shell_page
from web.paging import contains, page_of
from web.view_as import view_as_routes

__all__ = ["admin_routes"]


def admin_routes() -> list[BaseRoute]:
    """Everything below `/admin/`, all of it for administrators, and the way back from looking as somebody."""
    return [
        Route("/admin/", shell_page("admin.html", "admin", permission="admin"), methods=["GET"], name="admin"),
        Route("/admin/api/sessions", _sessions, methods=["GET"]),
        Route("/admin/api/devices", _devices, methods=["GET"]),
        *admin_people_routes(),
        *admin_audit_routes(),
        *view_as_routes(),
    ]


async def _sessions(request: Request) -> Response:
    principal = await require(request, "admin")
    state, given = request.state, request.query_params
    total, rows = await state.session_list.page(given.get("q", ""), page_of(given), this=principal.session_hash, now=state.hub.now())
    return JSONResponse({"total": total, "rows": rows}, headers=NO_STORE)


async def _devices(request: Request) -> Response:
    await require(request, "admin")
    state, given = request.state, request.query_params
    page = page_of(given)
    where = contains(given["q"], users.c.name, users.c.display_name, devices.c.label) if given.get("q") else []
    source = devices.join(users, users.c.id == devices.c.user_id)
    query = sa.select(devices, users.c.name, users.c.display_name).select_from(source).where(*where)
    query = query.order_by(devices.c.seen_at.desc(), devices.c.id).offset(page.offset).limit(page.limit)
    async with state.engine.connect() as connection:
        total = await connection.scalar(sa.select(sa.func.count()).select_from(source).where(*where)) or 0
        found = (await connection.execute(query)).all()
        lines = [device.line() for device in await state.devices.whole(connection, found)]
    whose = [{"user": {"id": row.user_id, "name": row.name, "display_name": row.display_name}} for row in found]
    return JSONResponse({"total": total, "rows": [line | user for line, user in zip(lines, whose, strict=True)]}, headers=NO_STORE)
