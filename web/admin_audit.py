"""The audit log as administrators read it: filtered, by pages, and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from hub.accounts import audit
from hub.event import rfc3339
from web.auth import require
from web.errors import BadField
from web.i18n import N_
from web.own_sessions import NO_STORE
from web.paging import contains, page_of

__all__ = ["admin_audit_routes", "cell", "conditions", "csv_lines"]

_AT_ONCE = 1000
"""Lines of the table read and sent in one piece: memory does not grow with the log."""
_COLUMNS = ("at", "actor", "action", "subject", "before", "after", "address", "agent")


def admin_audit_routes() -> list[BaseRoute]:
    """The routes of this module; they use `engine` of the request's state."""
    return [
        Route("/admin/api/audit", _page, methods=["GET"]),
        Route("/admin/api/audit.csv", _table, methods=["GET"]),
    ]


def conditions(given: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """What the address asks for: `actor`, `subject` (part of a name), `action`, `from` and `to` (the latter not included).

    Raises BadField for a time without its offset.
    """
    where: list[sa.ColumnElement[bool]] = []
    if given.get("actor"):
        where += contains(given["actor"], audit.c.actor)
    if given.get("subject"):
        where += contains(given["subject"], audit.c.subject)
    if given.get("action"):
        where.append(audit.c.action == given["action"][:64])
    for field in ("from", "to"):
        if given.get(field):
            at = _moment(field, given[field])
            where.append(audit.c.at >= at if field == "from" else audit.c.at < at)
    return where


async def _page(request: Request) -> Response:
    await require(request, "admin")
    where, page = conditions(request.query_params), page_of(request.query_params)
    engine: AsyncEngine = request.state.engine
    async with engine.connect() as connection:
        total = await connection.scalar(sa.select(sa.func.count()).select_from(audit).where(*where)) or 0
        query = sa.select(audit).where(*where).order_by(audit.c.id.desc()).offset(page.offset).limit(page.limit)
        rows = [_line(row) for row in await connection.execute(query)]
        actions = sorted((await connection.scalars(sa.select(audit.c.action).distinct())).all())
    return JSONResponse({"total": total, "rows": rows, "actions": actions}, headers=NO_STORE)


async def _table(request: Request) -> Response:
    await require(request, "admin")
    lines = csv_lines(request.state.engine, conditions(request.query_params))
    name = f"audit-{datetime.now(UTC):%Y-%m-%d}.csv"
    headers = NO_STORE | {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, headers=headers, media_type="text/csv; charset=utf-8")


async def csv_lines(engine: AsyncEngine, where: list[sa.ColumnElement[bool]], at_once: int = _AT_ONCE) -> AsyncIterator[bytes]:
    """The table, newest line first, in pieces. Excel in Russian takes `;` between columns, and UTF-8 only behind its mark."""
    yield b"\xef\xbb\xbf" + _written([_COLUMNS])
    before: int | None = None
    while True:
        query = sa.select(audit).where(*where).order_by(audit.c.id.desc()).limit(at_once)
        if before is not None:
            query = query.where(audit.c.id < before)
        async with engine.connect() as connection:  # held for one piece only: who reads slowly blocks nobody
            rows = (await connection.execute(query)).all()
        if rows:
            yield _written([[cell(_line(row)[column]) for column in _COLUMNS] for row in rows])
        if len(rows) < at_once:
            return
        before = rows[-1].id


def cell(value: Any) -> str:
    """A value as a spreadsheet shows it and never runs it: what would be a formula begins with an apostrophe (OWASP, CSV Injection)."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return "'" + text if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


def _written(rows: list[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _line(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": rfc3339(row.at),
        "actor": row.actor,
        "actor_id": row.actor_id,
        "action": row.action,
        "subject": row.subject,
        "subject_id": row.subject_id,
        "before": row.before,
        "after": row.after,
        "address": row.address,
        "agent": row.agent,
    }


def _moment(field: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise BadField(field, N_("A time with its offset is needed, such as 2026-11-28T09:00:00Z."))
    return at
