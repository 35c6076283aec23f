"""The tickets' section: what its handlers need, opened once a process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.erp.directory import Directory
from adapters.erp.redmine_passwords import RedminePasswords
from adapters.redmine.engine import create_engine
from adapters.redmine.rest.client import open_client
from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn
from adapters.redmine.task_facts import TaskReader
from adapters.redmine.ticket_feed import VIEWS, fold_list, fold_ticket
from hub.cadence import Calendar
from hub.event import Event
from hub.hub import Hub
from hub.principal import Principal
from hub.topic import Topic
from web.settings import Settings
from web.signatures import Signatures
from web.tickets.actors import Actors
from web.tickets.bulk import Bulk, bulk_topic
from web.tickets.cache import Lives, TicketCache
from web.tickets.desk import Desk, Sheet
from web.tickets.drafts import Drafts, Reads
from web.tickets.idempotency import Idempotency
from web.tickets.metrics import TicketMetrics
from web.tickets.rights_watch import RightsWatch
from web.tickets.topic_rights import TopicRights
from web.tickets.turns import Turns
from web.tickets.viewing import Viewing

__all__ = ["Find", "Tickets", "open_tickets"]

Find = Callable[[Principal, Mapping[str, str]], Awaitable[Sequence[int]]]
"""The issues that a filter of the list finds for a person, `MAX_BULK` and one more at most."""
_SWEEP_S = 3600.0
_log = structlog.get_logger("web.tickets")


@dataclass(slots=True)
class Tickets:
    """What the handlers need. `desk` and `bulk` are None where Redmine is not set up."""

    settings: Settings
    desk: Desk | None
    bulk: Bulk | None
    drafts: Drafts
    reads: Reads
    idempotency: Idempotency
    signatures: Signatures
    find: Find | None = None
    """Of the list's module; None: bulk changes take numbers only."""
    changed: Callable[[], None] | None = None
    """Of the list's module: told on every node that a ticket has changed."""


@asynccontextmanager
async def open_tickets(
    settings: Settings, hub: Hub, engine: AsyncEngine, directory: Directory | None, calendar: Calendar
) -> AsyncIterator[Tickets]:
    """Registers the topics and the call, and talks to Redmine while the block runs; to be entered before the hub runs.

    `engine` is the store's; `calendar` tells when answers live longer.
    """
    async with AsyncExitStack() as stack:
        tickets = Tickets(
            settings,
            None,
            None,
            Drafts(engine, now=hub.now),
            Reads(engine, now=hub.now),
            Idempotency(engine, now=hub.now),
            Signatures(engine),
        )
        if settings.areas()["redmine"].on and settings.redmine_db_url is not None and settings.redmine_url is not None:
            redmine = create_engine(settings.redmine_db_url.get_secret_value())
            stack.push_async_callback(redmine.dispose)
            client = await stack.enter_async_context(open_client(settings.redmine_url))
            reader = TaskReader(redmine)

            def rights_changed() -> None:
                client.accounts.forget_all()
                topic_rights.changed()

            watch = RightsWatch(reader.rights_mark, wanted=lambda: cache.shows_any or topic_rights.any, changed=rights_changed)
            cache = _cache(hub, calendar, watch)
            stack.push_async_callback(cache.aclose)
            hub.metrics.collector(TicketMetrics(cache, sent=lambda: client.sent))
            tickets.desk = Desk(
                settings=settings,
                hub=hub,
                client=client,
                reader=reader,
                actors=Actors(engine),
                cache=cache,
                passwords=RedminePasswords(directory) if directory is not None else None,
                turns=Turns(engine, now=hub.now),
            )
            topic_rights = TopicRights(hub, tickets.desk.sheet)
            for name, work in (("ticket_rights", watch.run()), ("ticket_topic_rights", topic_rights.run())):
                stack.push_async_callback(_end, asyncio.create_task(work, name=name))
            tickets.bulk = Bulk(hub, tickets.desk)
            stack.push_async_callback(tickets.bulk.aclose)
        viewing = Viewing(hub)
        hub.quick_calls["tickets.viewing"] = viewing.say
        for topic in (_ticket_topic(tickets), _list_topic(tickets), bulk_topic()):
            hub.topics.add(topic)
        for name, work in (("ticket_viewers", viewing.run()), ("ticket_sweep", _sweep(tickets))):
            task = asyncio.create_task(work, name=name)
            stack.push_async_callback(_end, task)
        yield tickets


def _cache(hub: Hub, calendar: Calendar, rights: RightsWatch) -> TicketCache[Sheet]:
    lives = Lives()

    def heard() -> object:
        """Changes are heard while the bus is there. What was lost on it, or while it was away, makes another token; so do other rights."""
        counters = hub.bus.counters
        return (counters.gaps, counters.reconnects, rights.changes) if hub.takes_part else None

    return TicketCache(
        fresh_s=lambda: lives.fresh_s(calendar, hub.now()),
        trust=heard,
        weigh=lambda sheet: 3 * len(sheet.json),  # the text encoded, and as values
        shows=lambda sheet: sheet.related,
        final=(NotAllowed, NotFound, NotSignedIn),
        stale_s=lives.stale_s,
    )


def _ticket_topic(tickets: Tickets) -> Topic:
    def fold(state: dict[str, Any], event: Event) -> None:
        # each node folds what comes over the bus: so no node shows what was read before a change that the hub knows of
        if tickets.desk is not None and event.type == "ticket.changed":
            tickets.desk.changed(event.data["id"], event.data["version"])
        fold_ticket(state, event)

    async def may_read(principal: Principal, name: str) -> bool:
        id = name.partition(":")[2]
        if tickets.desk is None or not (id.isascii() and id.isdigit() and len(id) < 10 and id[0] != "0"):
            return False
        return await tickets.desk.may_read(principal, int(id))

    return Topic(name="ticket:", fold=fold, initial=lambda: {"version": None, "by": None, "at": None, "viewers": {}}, may_read=may_read)


def _list_topic(tickets: Tickets) -> Topic:
    def fold(state: dict[str, Any], event: Event) -> None:
        if tickets.changed is not None:
            tickets.changed()
        fold_list(state, event)

    async def may_read(principal: Principal, name: str) -> bool:
        """Numbers and versions of what changed: for people with an account, to whom Redmine itself tells which numbers there are."""
        if tickets.desk is None or name.partition(":")[2] not in VIEWS:
            return False
        return (await tickets.desk.actors.find(principal)).redmine_id is not None

    return Topic(name="tickets:", fold=fold, initial=lambda: {"ids": {}}, may_read=may_read)


async def _sweep(tickets: Tickets) -> None:
    while True:
        try:
            await tickets.idempotency.sweep()
            await tickets.drafts.sweep()
        except SQLAlchemyError:  # the store is away: an hour later it is tried again
            _log.warning("ticket_sweep_failed", exc_info=True)
        await asyncio.sleep(_SWEEP_S)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
