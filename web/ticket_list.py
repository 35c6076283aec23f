"""The list of tickets, its views and the search: `GET /tasks/api/tasks`, `/tasks/api/search`, `/tasks/api/views`.

For whoever is signed in; everybody sees what Redmine would show them, and somebody without an account there what names their address.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.redmine.engine import create_engine
from adapters.redmine.tickets.index import TicketIndex
from adapters.redmine.tickets.indexer import Indexer, indexing
from adapters.redmine.tickets.listing import Filter
from adapters.redmine.tickets.reader import Seeker, TicketReader
from adapters.redmine.tickets.saved_filters import Translation
from adapters.redmine.tickets.saved_queries import Saved
from adapters.redmine.tickets.saved_reader import SavedReader
from adapters.redmine.tickets.saved_terms import Term
from adapters.redmine.tickets.words import MAX_QUERY
from hub.hub import Hub
from hub.principal import Principal
from web.auth import require
from web.body import read_json
from web.errors import BadField, WebError
from web.i18n import N_
from web.quality_query import whole
from web.redmine_failures import redmine_errors
from web.settings import Settings
from web.ticket_json import Counts, Names, SearchAnswer, TasksAnswer, ViewsAnswer, ViewShape, row_of
from web.ticket_query import BUILTIN, check_query, read_filter, read_paging
from web.ticket_saved import id_of, number_of, reason, url_of
from web.ticket_views import UNREAD_DAYS, TicketViews, TooManyViews, View, is_unread, unread
from web.tickets.actors import Actors

__all__ = ["TicketList", "open_ticket_list", "ticket_list_routes"]

_NAME = 100
_UNREAD = 200
"""Of a view so many tickets are looked at for unread ones, the newest."""
_MINE, _WAITING, _OPEN = Filter(assignee="me"), Filter(waiting=True), Filter()
_CONCERNS = frozenset({"mine", "waiting", "authored", "watched"})
"""Builtin views whose unread ones are counted: what nobody has taken and what is merely there are nobody's to have read."""
_COUNTING_S = 1.0
"""So long the queries saved in Redmine are counted for one answer; later ones have no count until the next."""
_NAMES = {
    "mine": N_("Mine"),
    "waiting": N_("Waiting for me"),
    "authored": N_("Written by me"),
    "watched": N_("Watched"),
    "unassigned": N_("Unassigned"),
    "all": N_("All tickets"),
}


@dataclass(frozen=True, slots=True)
class TicketList:
    """What the handlers need."""

    reader: TicketReader | None
    """None: Redmine is not set up."""
    saved: SavedReader | None
    """What people have saved in Redmine itself."""
    redmine_url: str
    views: TicketViews
    actors: Actors
    hub: Hub

    def changed(self) -> None:
        """A ticket has changed: what was read before is old. To be called on every node that hears of it."""
        if self.reader is not None:
            self.reader.invalidate()

    async def find(self, principal: Principal, query: Mapping[str, str], *, limit: int = 1001) -> list[int]:
        """The ids that a list's address finds for a person, newest first. Raises BadField, WebError, RedmineError."""
        wanted = await self.filter_of(principal, query)
        return await _reader(self).ids(await self.seeker(principal), wanted, limit=limit)

    async def seeker(self, principal: Principal) -> Seeker:
        """Whoever asks, as Redmine knows them."""
        person = await self.actors.find(principal)
        return Seeker(person.redmine_id, frozenset({person.email} if person.email and person.redmine_id is None else ()))

    async def filter_of(self, principal: Principal, query: Mapping[str, str]) -> Filter:
        """What an address asks for: the view's own filters under those that it says itself. Raises BadField."""
        return (await self.asked(principal, query))[0]

    async def asked(self, principal: Principal, query: Mapping[str, str]) -> tuple[Filter, Mapping[str, str]]:
        """The same, and the address with what the view adds to it: its order too, unless the address has one."""
        view = query.get("view") or "all"
        terms: tuple[Term, ...] = ()
        base: Mapping[str, str] | None
        if (number := number_of(view)) is not None:
            asked = await self._saved(principal, number)
            base, terms = asked.query, asked.terms
        elif (base := BUILTIN.get(view)) is None:
            id = int(view) if view.isascii() and view.isdecimal() and len(view) < 19 else 0
            base = next((one.query for one in await self.views.of(principal.user_id) if one.id == id), None)
        if base is None:
            raise BadField("view", N_("There is no such view."))
        if query.get("sort"):
            base = {name: value for name, value in base.items() if name not in ("sort", "dir")}
        whole = {**base, **query}
        return replace(await read_filter(whole, zone=principal.zone, waiting=view == "waiting"), terms=terms), whole

    async def _saved(self, principal: Principal, number: int) -> Translation:
        """What a query saved in Redmine asks. Raises BadField when the person does not see it, or it cannot be shown here."""
        saved = await self.saved.one(await self.seeker(principal), number) if self.saved is not None else None
        if saved is None:
            raise BadField("view", N_("There is no such view."))
        if saved.asked.refusal is not None:
            raise BadField("view", N_("This query can be opened in Redmine only."))
        return saved.asked


@asynccontextmanager
async def open_ticket_list(settings: Settings, hub: Hub, engine: AsyncEngine) -> AsyncIterator[TicketList]:
    """Reads Redmine and keeps the search's index while the block runs. `engine` is the store's."""
    async with AsyncExitStack() as stack:
        reader: TicketReader | None = None
        if settings.areas()["redmine"].on and settings.redmine_db_url is not None:
            url = settings.redmine_db_url.get_secret_value()
            # two engines: filling the index must not keep readers waiting
            asked, indexed = create_engine(url, deadline_s=10.0), create_engine(url, deadline_s=10.0)
            stack.push_async_callback(asked.dispose)
            stack.push_async_callback(indexed.dispose)
            index = TicketIndex(engine, now=hub.now)
            zone = await asyncio.to_thread(ZoneInfo, settings.redmine_time_zone)
            indexer = Indexer(indexed, index, leads=lambda: hub.leads)
            reader = TicketReader(asked, index, zone=zone, behind=indexer.wake)
            stack.push_async_callback(reader.close)
            await stack.enter_async_context(indexing(indexer))
        saved = SavedReader(reader, now=hub.now) if reader is not None else None
        if saved is not None:
            stack.push_async_callback(saved.close)
        yield TicketList(reader, saved, settings.redmine_url or "", TicketViews(engine, now=hub.now), Actors(engine), hub)


def ticket_list_routes() -> list[BaseRoute]:
    """The routes; they use `ticket_list` of the request's state."""
    api = "/tasks/api"
    return [
        Route(f"{api}/tasks", _guarded(_tasks), methods=["GET"]),
        Route(f"{api}/search", _guarded(_search), methods=["GET"]),
        Route(f"{api}/views", _guarded(_views), methods=["GET"]),
        Route(f"{api}/views", _guarded(_add_view), methods=["POST"]),
        Route(f"{api}/views/{{id:int}}", _guarded(_put_view), methods=["PUT"]),
        Route(f"{api}/views/{{id:int}}", _guarded(_remove_view), methods=["DELETE"]),
    ]


_Handler = Callable[[Request, TicketList, Principal], Awaitable[Response]]


def _guarded(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    """Asks who it is before anything else, and turns what Redmine's database or the store could not answer into 503."""

    async def guarded(request: Request) -> Response:
        principal = await require(request)
        try:
            with redmine_errors():
                return await handler(request, request.state.ticket_list, principal)
        except (SQLAlchemyError, TimeoutError):
            message = N_("The list does not answer. Try again in a moment.")
            raise WebError(503, "store_away", message, headers={"Retry-After": "5"}) from None

    return guarded


def _reader(found: TicketList) -> TicketReader:
    if found.reader is None:
        raise WebError(503, "redmine_off", N_("Redmine is not set up on this server."), headers={"Retry-After": "3600"})
    return found.reader


def _answer(content: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, {"cache-control": "no-store"}, media_type="application/json")


async def _names(request: Request, found: TicketList, principal: Principal) -> Names:
    deleted = str(request.state.i18n.text(principal.locale, N_("Deleted (no. {n})")))
    return Names(await _reader(found).context(), principal.locale, deleted=deleted)


async def _tasks(request: Request, found: TicketList, principal: Principal) -> Response:
    reader, query = _reader(found), dict(request.query_params)
    wanted, whole = await found.asked(principal, query)
    paging = read_paging(whole)
    seeker = await found.seeker(principal)
    page = await reader.page(seeker, wanted, sort=paging.sort, descending=paging.descending, offset=paging.offset, limit=paging.limit)
    counted = [await reader.count(seeker, one) for one in (_OPEN, _MINE, _WAITING)]
    names, viewer = await _names(request, found, principal), await reader.viewer(seeker)
    known = await found.actors.known(page.people, {email for row in page.rows for email in row.requesters})
    read = await found.views.read(principal.user_id, [row.id for row in page.rows])
    since = found.hub.now() - timedelta(days=UNREAD_DAYS)
    rows = [
        row_of(row, names, page.people, known, me=seeker.redmine_id, unread=is_unread(row, read, seeker.redmine_id, since))
        for row in page.rows
    ]
    return _answer(
        TasksAnswer(
            total=page.total,
            rows=rows,
            counts=Counts(open=counted[0], mine=counted[1], waiting=counted[2]),
            facets=names.facets({id for projects in viewer.projects.values() for id in projects}),
            partial=page.partial,
        )
    )


async def _search(request: Request, found: TicketList, principal: Principal) -> Response:
    reader, text = _reader(found), request.query_params.get("q", "").strip()
    if len(text) > MAX_QUERY:
        raise BadField("q", N_("Search for {most} characters at most."), most=MAX_QUERY)
    limit = whole(request.query_params, "limit", default=20, high=50) or 20
    began = time.perf_counter()
    got = await reader.search(await found.seeker(principal), text, limit=limit)
    names = await _names(request, found, principal)
    took = round(1000 * (time.perf_counter() - began))
    return _answer(SearchAnswer(hits=[names.hit(hit) for hit in got.hits.hits], took_ms=took, partial=got.partial))


async def _views(request: Request, found: TicketList, principal: Principal) -> Response:
    _reader(found)
    shapes = []
    for id, query in BUILTIN.items():
        wanted = await read_filter(query, zone=principal.zone, waiting=id == "waiting")
        name = str(request.state.i18n.text(principal.locale, _NAMES[id]))
        count, fresh = await _counted(found, principal, wanted, with_unread=id in _CONCERNS)
        shapes.append(ViewShape(id=id, name=name, query=dict(query), builtin=True, count=count, unread=fresh))
    shapes += [await _shape(found, principal, view) for view in await found.views.of(principal.user_id)]
    if found.saved is not None:
        until = time.monotonic() + _COUNTING_S
        for one in await found.saved.of(await found.seeker(principal)):
            shapes.append(await _saved_shape(request, found, principal, one, count=time.monotonic() < until))
    return _answer(ViewsAnswer(views=shapes))


async def _counted(found: TicketList, principal: Principal, wanted: Filter, *, with_unread: bool) -> tuple[int, int]:
    """How many there are, and how many of them are unread."""
    reader, seeker = _reader(found), await found.seeker(principal)
    count = await reader.count(seeker, wanted)
    if not count or not with_unread:
        return count, 0
    rows = await reader.recent(seeker, wanted, days=UNREAD_DAYS, limit=_UNREAD)
    read = await found.views.read(principal.user_id, [row.id for row in rows])
    return count, unread(rows, read, seeker.redmine_id, found.hub.now() - timedelta(days=UNREAD_DAYS))


async def _shape(found: TicketList, principal: Principal, view: View) -> ViewShape:
    wanted = await read_filter(view.query, zone=principal.zone)
    count, fresh = await _counted(found, principal, wanted, with_unread=True)
    return ViewShape(id=str(view.id), name=view.name, query=dict(view.query), builtin=False, count=count, unread=fresh)


async def _saved_shape(request: Request, found: TicketList, principal: Principal, saved: Saved, *, count: bool) -> ViewShape:
    asked, why, number = saved.asked, None, None
    if asked.refusal is not None:
        message, named, plain = reason(asked.refusal)
        text = request.state.i18n.text
        field = str(text(principal.locale, named)).format(n=plain) if named is not None else plain
        why = str(text(principal.locale, message)).format(field=field)
    elif count:
        wanted = replace(await read_filter(asked.query, zone=principal.zone), terms=asked.terms)
        number = await _reader(found).count(await found.seeker(principal), wanted)
    return ViewShape(
        id=id_of(saved),
        name=saved.name if saved.project is None else f"{saved.name} ({saved.project[1]})",
        query=dict(asked.query),
        builtin=False,
        count=number,
        unread=0,
        source="redmine",
        beyond=bool(asked.terms),
        reason=why,
        url=url_of(saved, found.redmine_url) if found.redmine_url else None,
    )


async def _given(request: Request, principal: Principal) -> tuple[str, dict[str, str]]:
    given = await read_json(request)
    name = given.get("name")
    name = " ".join(name.split()) if isinstance(name, str) else ""
    if not 0 < len(name) <= _NAME:
        raise BadField("name", N_("Give the view a name of {most} characters at most."), most=_NAME)
    return name, await check_query(given.get("query"), zone=principal.zone)


async def _add_view(request: Request, found: TicketList, principal: Principal) -> Response:
    name, query = await _given(request, principal)
    _reader(found)
    try:
        view = await found.views.add(principal.user_id, name, query)
    except TooManyViews:
        raise WebError(409, "too_many_views", N_("There are too many views. Delete one that is not needed.")) from None
    return _answer(await _shape(found, principal, view), 201)


async def _put_view(request: Request, found: TicketList, principal: Principal) -> Response:
    id = request.path_params["id"]
    name, query = await _given(request, principal)
    _reader(found)
    if id >= 2**63 or not await found.views.put(principal.user_id, id, name, query):
        raise _no_view()
    return _answer(await _shape(found, principal, View(id, name, query)))


async def _remove_view(request: Request, found: TicketList, principal: Principal) -> Response:
    id = request.path_params["id"]
    if id >= 2**63 or not await found.views.remove(principal.user_id, id):
        raise _no_view()
    return Response(status_code=204)


def _no_view() -> WebError:
    return WebError(404, "not_found", N_("There is no such view."))
