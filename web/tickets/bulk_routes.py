"""Handlers of bulk changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from adapters.redmine.rest.change import Change
from hub.principal import Principal
from web.errors import BadField, WebError
from web.i18n import N_
from web.tickets import shapes, wants
from web.tickets.section import Tickets
from web.tickets.serving import answer, desk_of, once
from web.tickets.writing import signed

__all__ = ["bulk", "bulk_job", "bulk_undo"]


def _say(request: Request, principal: Principal) -> Callable[[WebError], str]:
    i18n = request.state.i18n
    return lambda error: str(i18n.text(principal.locale, error.message, **error.fields))


async def bulk(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Begins to change many issues."""
    desk_of(tickets)
    given, body = await wants.read(request, wants.PostBulk)
    change = _bulk_change(given.change)

    async def act() -> Response:
        ids = await _chosen(tickets, principal, given)
        notes = await signed(tickets, principal, wants.PutComment(version="0-0", comment=given.change.comment))
        assert tickets.bulk is not None  # noqa: S101  # there with the desk
        job = tickets.bulk.start(principal, ids, replace(change, notes=notes), _say(request, principal))
        return answer(shapes.BulkStarted(job=job), 202)

    return await once(request, tickets, principal, body, act, None)


def _bulk_change(wanted: wants.BulkChange) -> Change:
    named: dict[str, Any] = {}
    if wanted.status_id is not msgspec.UNSET:
        named["status_id"] = wanted.status_id
    if wanted.priority_id is not msgspec.UNSET:
        named["priority_id"] = wanted.priority_id
    if wanted.assignee_id is not msgspec.UNSET:
        named["assigned_to_id"] = "" if wanted.assignee_id is None else wanted.assignee_id
    if not named and not wanted.comment.strip():
        raise BadField("change", N_("Say what is to change."))
    return Change(**named)


async def _chosen(tickets: Tickets, principal: Principal, given: wants.PostBulk) -> list[int]:
    if (given.ids is None) == (given.filter is None):
        raise BadField("ids", N_("Name the tickets, or give a filter."))
    if given.ids is not None:
        ids = list(dict.fromkeys(given.ids))
    elif tickets.find is None:
        raise BadField("filter", N_("There is no list here to filter. Name the tickets."))
    else:
        ids = list(await tickets.find(principal, given.filter or {}))
    if not ids:
        raise BadField("ids", N_("No ticket is chosen."))
    if len(ids) > wants.MAX_BULK:
        raise BadField("ids", N_("At most {n}, please."), n=wants.MAX_BULK)
    return ids


async def bulk_job(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """How far it is."""
    desk_of(tickets)
    assert tickets.bulk is not None  # noqa: S101  # there with the desk
    return answer(tickets.bulk.job(principal, request.path_params["job"]))


async def bulk_undo(request: Request, tickets: Tickets, principal: Principal) -> Response:
    """Begins to take it back."""
    desk_of(tickets)

    async def act() -> Response:
        assert tickets.bulk is not None  # noqa: S101  # there with the desk
        job = tickets.bulk.undo(principal, request.path_params["job"], _say(request, principal))
        return answer(shapes.BulkStarted(job=job), 202)

    return await once(request, tickets, principal, b"", act, None)
