"""The only module that knows every area: builds the hub, its sources and senders, and the application around them."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.middleware import Middleware

from adapters.erp.client import open_erp
from adapters.erp.reminders import LOOK_S, VpnReminders
from adapters.erp.source import ErpSource
from adapters.redmine.engine import create_engine as create_redmine_engine
from adapters.redmine.source import RedmineSource
from adapters.redmine.ticket_feed import TicketFeed
from hub.bucket import Buckets, Rate
from hub.bus import Bus
from hub.cadence import Cadence, Calendar, load_calendar
from hub.hub import Hub, utc_now
from hub.sampler import Sampler
from hub.schema import Schema
from hub.session import Limits
from hub.supervisor import Source
from hub.tasks import end
from hub.topic import Topic, fold_by_key
from hub.writer import StoreUnavailable
from web.admin import admin_routes
from web.admission import Admission
from web.crash import keep_memory
from web.devices import Devices
from web.erp import access_of, directory_of
from web.error_pages import exception_handlers
from web.events import event_routes
from web.finesse.routes import call_routes
from web.finesse.section import Section as Calls
from web.finesse.section import open_calls
from web.health import health_routes
from web.metrics import metrics_routes
from web.netmonitor.pages import network_page_routes
from web.netmonitor.routes import network_routes
from web.netmonitor.section import Section, open_network
from web.netmonitor.setup import setup_routes
from web.notifications import notification_routes
from web.ops import OpsReporter, ops_routes, ops_topic
from web.own_sessions import own_session_routes
from web.pages import page_routes
from web.people_search import PeopleSearch
from web.profile import profile_routes
from web.profiles import Profiles, open_profiles
from web.push import Push, open_push
from web.quality import Quality, open_quality, quality_feed, quality_routes
from web.readiness import Readiness, schema_probe, store_probe
from web.security import SecurityMiddleware
from web.session_list import SessionList
from web.sessions import Sessions
from web.settings import Settings
from web.settings_load import load
from web.socket import socket_routes
from web.standing import Standings, StandingWatch, watching
from web.state import State, open_state
from web.tasks import task_routes
from web.ticket_list import TicketList, open_ticket_list, ticket_list_routes
from web.tickets.routes import ticket_routes
from web.tickets.section import Tickets, open_tickets
from web.tracing import open_tracing
from web.users import user_routes
from web.vpn_notices import VpnNotices

__all__ = ["AppState", "create_app", "open_app_state"]

_log = structlog.get_logger("web.startup")
_ALL_S = 60.0
"""How often every open socket's sign-in is looked up whatever was told."""
_WATCH_S = 1.0
"""How often open sockets' sign-ins are checked: a revocation acts within 2 s (UX D9)."""
_REDMINE_S = 0.25
"""Between two looks at Redmine while people are connected: its own answer to a change and the page's questions take the rest of the second
in which the change is to be on screen (UX C1). At half a second one change in twenty was late on a busy machine."""
_PATIENCE_S = 5.0
"""A start waits so long for the bus before it takes requests: clients that come to a node which is ready are spared a 503."""


class AppState(State):
    """What handlers find in `request.state`."""

    hub: Hub
    push: Push
    quality: Quality
    ticket_list: TicketList
    tickets: Tickets
    network: Section | None
    """None: the network monitor is off."""
    calls: Calls | None
    """None: Finesse is not set up."""
    devices: Devices
    session_list: SessionList
    people_search: PeopleSearch
    profiles: Profiles
    readiness: Readiness
    admission: Admission
    publish_quota: Buckets[str]


def create_app(settings: Settings | None = None) -> Starlette:
    """The whole application. Without `settings` they come from the environment, so `uvicorn --factory web.startup:create_app` works."""
    chosen = settings or load()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with open_app_state(chosen) as state:
            yield dict(state)

    return Starlette(
        routes=[
            *socket_routes(),
            *admin_routes(),
            *call_routes(),
            *event_routes(),
            *health_routes(),
            *metrics_routes(),
            *network_routes(),
            *network_page_routes(),
            *setup_routes(),
            *notification_routes(),
            *ops_routes(),
            *own_session_routes(),
            *quality_routes(),
            *ticket_list_routes(),
            *ticket_routes(),
            *task_routes(),
            *user_routes(),
            *profile_routes(),
            *page_routes(),
        ],
        middleware=[Middleware(SecurityMiddleware, settings=chosen)],
        exception_handlers=exception_handlers(),
        lifespan=lifespan,
    )


@asynccontextmanager
async def open_app_state(settings: Settings) -> AsyncIterator[AppState]:
    """Everything running: the store, push, the hub with its sources. Leaving drains the sessions, then stops in reverse."""
    await asyncio.to_thread(keep_memory)  # here, too, for the process may be another server's
    async with AsyncExitStack() as stack:
        state = await stack.enter_async_context(open_state(settings))
        push = await stack.enter_async_context(open_push(settings))
        tracer = await stack.enter_async_context(open_tracing(settings))
        calendar = await _calendar(settings)
        hub = Hub(
            state["engine"],
            bus=Bus(settings.bus_url.get_secret_value()),
            senders=push.senders,
            limits=_limits(settings),
            tracer=tracer,
            user_commands=Rate(settings.user_commands_per_s, settings.user_command_burst),
            cadence=Cadence(calendar=calendar),
        )
        hub.topics.add(Topic(name="app:", fold=fold_by_key, publishable=True))
        hub.topics.add(ops_topic())
        quality = await stack.enter_async_context(open_quality(settings, hub, state["engine"]))
        tickets = await stack.enter_async_context(open_tickets(settings, hub, state["engine"], state["directory"], calendar))
        ticket_list = await stack.enter_async_context(open_ticket_list(settings, hub, state["engine"]))
        tickets.find, tickets.changed = ticket_list.find, ticket_list.changed
        network = await stack.enter_async_context(open_network(settings, hub, state["engine"]))
        calls = await stack.enter_async_context(open_calls(settings, hub, state["engine"], state["i18n"], state["directory"], ticket_list))
        vpn_notices = VpnNotices(state["engine"], hub.mark, clock=hub.now)
        for source, cadence in await _sources(settings, stack, vpn_notices, calendar):
            hub.add_source(source, cadence)
        state["sessions"].on_revoked.append(hub.revoke)
        state["permissions"].on_changed.append(hub.changed)
        hub.rights.look_up = state["sessions"].look_up
        readiness = await _readiness(hub, state["engine"])
        await stack.enter_async_context(_running(hub, state["sessions"], readiness))
        if state["directory"] is not None:
            standings = Standings(state["engine"], state["sessions"])
            await stack.enter_async_context(watching(StandingWatch(state["directory"], standings, leads=lambda: hub.leads)))
        profiles = await stack.enter_async_context(open_profiles(state["engine"], state["people"], settings, state["directory"]))
        if profiles.renewals is not None:
            profiles.renewals.on_done.append(vpn_notices.renewed)
        _tell_areas(settings)
        yield AppState(
            **state,
            hub=hub,
            push=push,
            quality=quality,
            ticket_list=ticket_list,
            tickets=tickets,
            network=network,
            calls=calls,
            devices=Devices(state["engine"], now=utc_now),
            session_list=SessionList(state["engine"], state["sessions"], hub.roll),
            people_search=PeopleSearch(state["engine"]),
            profiles=profiles,
            readiness=readiness,
            admission=Admission.of(settings, time.monotonic()),
            publish_quota=Buckets(Rate(settings.publish_per_s, settings.publish_burst)),
        )


async def _calendar(settings: Settings) -> Calendar:
    path = settings.calendar_file
    return Calendar() if path is None else await asyncio.to_thread(load_calendar, path)


async def _sources(
    settings: Settings, stack: AsyncExitStack, vpn_notices: VpnNotices, calendar: Calendar
) -> list[tuple[Source, Cadence | None]]:
    """The sources of the areas that are on, with a cadence where it is not the hub's."""
    sources: list[tuple[Source, Cadence | None]] = []
    if settings.areas()["redmine"].on and settings.redmine_db_url is not None:
        engine = create_redmine_engine(settings.redmine_db_url.get_secret_value())
        stack.push_async_callback(engine.dispose)
        zone = ZoneInfo(settings.redmine_time_zone)
        redmine = RedmineSource(engine, zone=zone, quality=quality_feed(settings), tickets=TicketFeed())
        sources.append((redmine, Cadence(busy_s=_REDMINE_S, calendar=calendar)))
    if (access := access_of(settings)) is not None:
        erp = await stack.enter_async_context(open_erp(access))
        sources.append((ErpSource(erp, view=settings.erp_events_view, zone=ZoneInfo(settings.erp_time_zone)), None))
        if settings.vpn_reminder_days:
            slow = Cadence(busy_s=LOOK_S, idle_s=LOOK_S, resting_s=LOOK_S, hints=False)
            reminders = VpnReminders(directory_of(erp, settings), days=settings.vpn_reminder_days, moved=vpn_notices.moved)
            sources.append((reminders, slow))
    return sources


def _limits(settings: Settings) -> Limits:
    return Limits(
        queue_bytes=settings.queue_bytes,
        queue_frames=settings.queue_frames,
        topics=settings.topics_per_session,
        sessions_per_user=settings.sessions_per_user,
        commands_per_s=settings.commands_per_s,
        command_burst=settings.command_burst,
    )


async def _readiness(hub: Hub, engine: AsyncEngine) -> Readiness:
    schema = await asyncio.to_thread(Schema)
    readiness = Readiness(
        probes={"store": store_probe(hub.ledger.writer, hub.now), "schema": schema_probe(schema, engine)},
        states={
            "bus": lambda: None if hub.takes_part else "not_connected",
            "draining": lambda: "going_away" if hub.is_draining else None,
        },
        now=hub.now,
    )
    hub.metrics.watch(ready=lambda: float(readiness.ok))
    return readiness


def _tell_areas(settings: Settings) -> None:
    areas = settings.areas()
    off = {name: area.missing for name, area in areas.items() if not area.on}
    _log.info("areas", on=[name for name, area in areas.items() if area.on], off=off)
    for warning in settings.warnings():
        _log.warning("unwise_setting", hint=warning)


@asynccontextmanager
async def _running(hub: Hub, sessions: Sessions, readiness: Readiness) -> AsyncIterator[None]:
    """The hub's tasks, while the block runs. If the hub dies of a bug the process must not go on without it."""
    async with asyncio.TaskGroup() as group:
        running = group.create_task(hub.run(), name="hub")
        watching = group.create_task(_watch_sessions(hub, sessions), name="session_watch")
        sampler = Sampler(hub.metrics, overdue=hub.ledger.overdue, now=hub.now)
        measuring = group.create_task(sampler.run(), name="sampler")
        reporter = OpsReporter(hub, readiness, node=f"{socket.gethostname()}-{os.getpid()}")
        reporting = group.create_task(reporter.run(), name="ops_reporter")
        probing = group.create_task(readiness.run(), name="readiness")
        ready = group.create_task(hub.ready(), name="hub_ready")
        # without its bus a node still serves pages and says that it is not ready; and it can be told to end
        await asyncio.wait([ready, running], timeout=_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield
        finally:
            await hub.drain()
            await end((watching, measuring, reporting, probing, ready, running))


async def _watch_sessions(hub: Hub, sessions: Sessions) -> None:
    """Closes sockets whose sign-in ended through another process, by time or by the command line; keeps active ones from idling out.

    Asks for one row a second; everybody is looked up only when that row has changed, and once a minute.
    """
    known, all_at = "", 0.0
    while True:
        await asyncio.sleep(_WATCH_S)
        if not len(hub.presence):
            continue
        with suppress(SQLAlchemyError, StoreUnavailable, TimeoutError):  # the store is away: nobody is signed out for that
            revision, now = await sessions.revision(), time.monotonic()
            if revision != known or now - all_at > _ALL_S:
                live = {session.principal.session_hash: session for session in hub.presence if session.principal.session_hash}
                hub.revoke(sorted(await sessions.ended(live)), "signed_out")
                if revision != known:
                    hub.rights.anything_changed()
                known = revision
                if now - all_at > _ALL_S:
                    all_at = now
                    await sessions.touch([key for key, session in live.items() if session.active])
