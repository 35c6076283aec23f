"""The addresses of `/finesse/…`: what the panel asks for beside its topic. Everything is of the person's own agent."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.finesse.bodies import dialable
from adapters.finesse.errors import FinesseError
from adapters.finesse.feed import FINESSE
from adapters.redmine.errors import RedmineError
from hub.principal import Principal
from web.auth import origin_of
from web.body import read_json
from web.errors import BadField, WebError
from web.finesse.callers import Caller, once
from web.finesse.calls import transfer
from web.finesse.directory import agents_of, find
from web.finesse.favourites import TooManyFavourites
from web.finesse.section import Section
from web.finesse.serving import answer, guarded
from web.i18n import N_
from web.quality_query import whole
from web.ticket_json import Names

__all__ = ["call_routes"]

API = "/finesse/api"
FAVOURITE = f"{API}/favourites/{{number}}"
_NAME = 100
_QUERY = 200
_MOST = 200
_SOON_S = 5.0
"""What the card and the search can do without is waited for so long: a card is for a call that rings."""


def call_routes() -> list[Route]:
    """The routes; they use `calls` of the request's state."""
    return [
        Route("/finesse/config", guarded(_config), methods=["GET"]),
        Route("/finesse/proxy/dialogs", guarded(_dialogs), methods=["GET"]),
        Route("/finesse/proxy/transfer", guarded(_transfer), methods=["PUT"]),
        Route(f"{API}/callers", guarded(_callers), methods=["GET"]),
        Route(f"{API}/directory", guarded(_directory), methods=["GET"]),
        Route(FAVOURITE, guarded(_put_favourite), methods=["PUT"]),
        Route(FAVOURITE, guarded(_remove_favourite), methods=["DELETE"]),
        Route(f"{API}/team/{{id}}", guarded(_team), methods=["GET"]),
        Route(f"{API}/agents/{{user_id:int}}", guarded(_release, permission="admin"), methods=["DELETE"]),
    ]


async def _config(_request: Request, section: Section, principal: Principal) -> Response:
    """What the panel starts with."""
    agent = await section.desk.own.of(principal.user_id)
    kept = None if agent is None else await section.desk.credentials.of(agent)
    signed_in = kept is not None and kept.user_id == principal.user_id
    return answer(
        {
            "agent": agent,
            "topic": None if agent is None else f"{FINESSE}{agent}",
            "platform": None if agent is None else section.desk.state(agent)["platform"],
            "signed_in": signed_in,
            "extension": kept.extension if kept is not None and signed_in else None,
            "hotkeys": section.settings.finesse_hotkeys,
            "lookup": section.callers.on,
            "new_ticket": section.new_ticket,
        }
    )


async def _dialogs(_request: Request, section: Section, principal: Principal) -> Response:
    """The agent's calls, as their topic has them."""
    agent = await section.desk.own.of(principal.user_id)
    return answer({"dialogs": [] if agent is None else list(section.desk.state(agent)["dialogs"].values())})


async def _transfer(request: Request, section: Section, principal: Principal) -> Response:
    """Gives a call away; what comes of it comes by the topic."""
    return answer({"request": await transfer(section.desk, principal, await read_json(request))}, 202)


async def _callers(request: Request, section: Section, principal: Principal) -> Response:
    """Who has this number, and their open tickets."""
    number = request.query_params.get("number", "").strip()
    if len(number) > _QUERY:
        raise BadField("number", N_("At most {most} characters."), most=_QUERY)
    people = await section.callers.find(principal, number) if section.callers.on else []

    async def names() -> Names:
        reader = section.callers.tickets.reader
        assert reader is not None  # noqa: S101  # asked only when it has found something
        deleted = request.state.i18n.text(principal.locale, N_("Deleted (no. {n})"))
        return Names(await reader.context(), principal.locale, deleted=deleted)

    body: dict[str, Any] = {"number": number, "people": [_person_json(section, one) for one in once(people)]}
    try:
        async with asyncio.timeout(_SOON_S):
            tickets, total = await section.callers.open_tickets(principal, people, names)
        body |= {"tickets": [ticket.json() for ticket in tickets], "total": total, "partial": False}
    except (RedmineError, SQLAlchemyError, TimeoutError):
        # who calls is worth knowing without their tickets: the card says that these are missing
        body |= {"tickets": [], "total": 0, "partial": True}
    return answer(body)


def _person_json(section: Section, caller: Caller) -> dict[str, Any]:
    url = f"{section.settings.redmine_url}/users/{caller.id}" if caller.kind == "redmine" and section.settings.redmine_url else None
    return {"kind": caller.kind, "id": caller.id, "name": caller.name, "department": caller.department or None, "url": url}


async def _directory(request: Request, section: Section, principal: Principal) -> Response:
    """Whom one can call."""
    text = request.query_params.get("q", "").strip()
    if len(text) > _QUERY:
        raise BadField("q", N_("Search for {most} characters at most."), most=_QUERY)
    limit = whole(request.query_params, "limit", default=50, high=_MOST) or 50
    agent = await section.desk.own.of(principal.user_id)
    books, partial = None, False
    try:
        async with asyncio.timeout(_SOON_S):
            books = await section.books(principal)
    except (FinesseError, TimeoutError):
        partial = True  # favourites and agents are here, whether Finesse is or not
    entries, total = find(
        text,
        limit,
        favourites=await section.favourites.of(principal.user_id),
        agents=agents_of(section.agents(), without=agent or ""),
        contacts=None if books is None else books.search,
    )
    return answer({"entries": [entry.json() for entry in entries], "total": total, "partial": partial})


async def _put_favourite(request: Request, section: Section, principal: Principal) -> Response:
    """Keeps a number, or gives it another name."""
    number = dialable(request.path_params["number"], "number")
    name = (await read_json(request)).get("name")
    name = " ".join(name.split()) if isinstance(name, str) else ""
    if not 0 < len(name) <= _NAME or not name.isprintable():
        raise BadField("name", N_("Give a name of {most} characters at most."), most=_NAME)
    try:
        await section.favourites.put(principal.user_id, number, name)
    except TooManyFavourites:
        raise WebError(409, "too_many_favourites", N_("There are too many favourites. Remove one that is not needed.")) from None
    return answer({"number": number, "name": name})


async def _remove_favourite(request: Request, section: Section, principal: Principal) -> Response:
    """Forgets a number."""
    if not await section.favourites.remove(principal.user_id, dialable(request.path_params["number"], "number")):
        raise WebError(404, "not_found", N_("This number is no favourite."))
    return Response(status_code=204)


async def _team(request: Request, section: Section, principal: Principal) -> Response:
    """The agents of a team that the person supervises, as Finesse has them now."""
    return answer(await section.teams.read(principal, request.path_params["id"]))


async def _release(request: Request, section: Section, principal: Principal) -> Response:
    """Takes a person's agent away, so that they, or somebody else, may claim one: administrators alone."""
    agent = await section.desk.own.release(request.path_params["user_id"], origin_of(request, principal))
    if agent is None:
        raise WebError(404, "not_found", N_("This person has no agent."))
    section.released(agent)
    return Response(status_code=204)
