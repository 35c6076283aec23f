"""Calls, put together: what handlers and the socket's calls need at every node, and the agents' connections at the one that leads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.erp.directory import Directory
from adapters.finesse.credentials import CredentialStore
from adapters.finesse.feed import FINESSE, empty, fold
from adapters.finesse.missed import MissedCalls
from adapters.finesse.notify.manners import Manners
from adapters.finesse.parts import Parts
from adapters.finesse.rest.books import Directory as PhoneBooks
from adapters.finesse.rest.client import open_finesse
from adapters.finesse.source import FinesseSource
from adapters.finesse.switchboard import Switchboard
from adapters.finesse.tls import tls_context
from adapters.finesse.values import Contact
from hub.cadence import Cadence
from hub.event import Event
from hub.hub import Hub
from hub.principal import Principal
from hub.tasks import end
from hub.topic import Topic
from web.errors import WebError
from web.finesse.books import BookReads
from web.finesse.callers import Callers
from web.finesse.calls import AgentCalls
from web.finesse.connecting import connectors_of
from web.finesse.desk import AGENT, Desk, agent_of
from web.finesse.favourites import Favourites
from web.finesse.metrics import CallMetrics
from web.finesse.own import OwnAgents
from web.finesse.teams import TEAM, Teams, empty_team, fold_team, supervised
from web.i18n import I18n
from web.keys import fernet, secret_keys
from web.settings import Settings
from web.ticket_list import TicketList

__all__ = ["PURPOSE", "Section", "open_calls"]

PURPOSE = "finesse"
"""What the keys of agents' passwords are derived for."""
RELEASED = "finesse.released"
"""An event of the topic: the agent is nobody's any more, and nobody reads on."""


@dataclass(slots=True, kw_only=True)
class Section:
    """What the handlers need."""

    settings: Settings
    hub: Hub
    desk: Desk
    callers: Callers
    book_reads: BookReads
    favourites: Favourites
    teams: Teams
    switchboard: Switchboard | None = None

    @property
    def new_ticket(self) -> str | None:
        """Where a new ticket is written; None: nowhere."""
        own = self.settings.finesse_new_ticket
        return own or (f"{self.settings.redmine_url}/issues/new" if self.settings.redmine_url else None)

    def agents(self) -> Iterator[Mapping[str, Any]]:
        """The topics' states of all agents, as this node has them."""
        return (log.state for name, log in self.hub.logs if name.startswith(FINESSE))

    def by_agent(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The same, each with its agent."""
        return ((name.removeprefix(FINESSE), log.state) for name, log in self.hub.logs if name.startswith(FINESSE))

    async def books(self, principal: Principal) -> PhoneBooks | None:
        """The person's phone books; None while they are not signed in. Raises FinesseError, SQLAlchemyError."""
        try:
            acting = await self.desk.acting(principal)
        except WebError:
            return None
        return await self.book_reads.of(acting.credentials)

    def released(self, agent: str) -> None:
        """The agent is nobody's any more: its topic is emptied, and whoever reads it must leave."""
        self.desk.publish(agent, "finesse.all", empty())
        self.desk.publish(agent, RELEASED, {})


@asynccontextmanager
async def open_calls(
    settings: Settings, hub: Hub, engine: AsyncEngine, i18n: I18n, directory: Directory | None, tickets: TicketList
) -> AsyncIterator[Section | None]:
    """Registers topics, calls and the source, and holds the agents' connections while this node leads and the block runs.

    To be entered before the hub runs. None: Finesse is not set up.
    """
    shared = _Shared()
    hub.topics.add(Topic(name=FINESSE, fold=shared.fold, initial=empty, may_read=shared.may_read))
    hub.topics.add(Topic(name=TEAM, fold=fold_team, initial=empty_team, may_read=shared.may_read_team))
    if not settings.areas()["finesse"].on:
        yield None
        return
    async with AsyncExitStack() as stack:
        tls = await asyncio.to_thread(tls_context, settings.finesse_ca_file, settings.finesse_pins, settings.finesse_verify)
        sites = [site for site, _ in settings.finesse_sites]
        finesse = await stack.enter_async_context(open_finesse(sites, tls=tls, now=hub.now))
        keys = await asyncio.to_thread(secret_keys, settings)
        credentials = CredentialStore(engine, fernet(keys, PURPOSE), now=hub.now)
        desk = Desk(hub, finesse, own=OwnAgents(engine, now=hub.now), credentials=credentials, missed=MissedCalls(engine), i18n=i18n)
        stack.push_async_callback(desk.aclose)

        async def books(principal: Principal, digits: str) -> Sequence[Contact]:
            found = await section.books(principal)
            return () if found is None else found.numbers.get(digits, ())

        callers = Callers(settings.finesse_lookup, directory=directory, tickets=tickets, books=books)
        stack.push_async_callback(callers.close)
        book_reads = BookReads(finesse.directory)
        stack.push_async_callback(book_reads.close)
        section = Section(
            settings=settings,
            hub=hub,
            desk=desk,
            callers=callers,
            book_reads=book_reads,
            favourites=Favourites(engine, now=hub.now),
            teams=Teams(desk),
        )
        parts = Parts(
            finesse=finesse,
            connectors=connectors_of(settings, tls),
            manners=Manners(),
            credentials=credentials,
            missed=desk.missed,
            publish=desk.publish,
            say=desk.say,
            now=hub.now,
            leads=lambda: hub.leads,
        )
        switchboard = Switchboard(parts, entitled=desk.own.entitled, topics=section.by_agent)
        metrics = CallMetrics(hub.metrics.registry, lines=switchboard.states, dials=lambda: switchboard.dialled, sent=lambda: finesse.sent)
        parts.observe = metrics.published.observe
        section.switchboard = switchboard
        shared.section = section
        hub.calls.update(AgentCalls(desk).all)
        # a sign of life and nothing else: a look that failed is tried again soon, whoever is connected
        hub.add_source(FinesseSource(switchboard.why_out), Cadence(busy_s=1.0, idle_s=1.0, resting_s=1.0, hints=False))
        tasks = [
            asyncio.create_task(switchboard.run(), name="finesse_switchboard"),
            asyncio.create_task(section.teams.run(), name="finesse_teams"),
        ]
        stack.push_async_callback(end, tasks)
        yield section


class _Shared:
    """What topics ask, which are registered whether there is a section or not."""

    section: Section | None = None

    def fold(self, state: dict[str, Any], event: Event) -> None:
        """Folds, and has the node that leads hear what was asked, wherever that was."""
        section = self.section
        before = supervised(state)
        fold(state, event)
        if section is None:
            return
        if before:
            section.teams.changed(before, supervised(state))
        agent = agent_of(event)
        if section.switchboard is not None:
            section.switchboard.heard(agent, event)
        if section.hub.leads:
            section.teams.heard(event)
        if event.type == RELEASED:
            if section.switchboard is not None:
                section.switchboard.wake()  # nothing is in the store any more: the line ends at once
            name = f"{FINESSE}{agent}"
            for session in [one for one in section.hub.presence if name in one.topics]:
                for topic in [one for one in session.topics if one == name or one.startswith(TEAM)]:
                    section.hub.rights.expel(session, topic)

    async def may_read(self, principal: Principal, name: str) -> bool:
        """Whose own agent it is, and nobody else, an administrator neither."""
        agent = name.removeprefix(FINESSE)
        if self.section is None or not principal.may("finesse") or not AGENT.fullmatch(agent):
            return False
        return await self.section.desk.own.of(principal.user_id) == agent

    async def may_read_team(self, principal: Principal, name: str) -> bool:
        """Whose own agent supervises the team."""
        if self.section is None or not principal.may("finesse"):
            return False
        return await self.section.teams.supervises(principal, name.removeprefix(TEAM))
