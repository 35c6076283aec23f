"""The network monitor, put together: its parts at every node, and the monitor at work at the one that leads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.netmonitor.feed import NET, empty, net_topics
from adapters.netmonitor.history import History, open_history
from adapters.netmonitor.inventory.loader import Loader
from adapters.netmonitor.inventory.store import HostStore
from adapters.netmonitor.monitor import Monitor
from adapters.netmonitor.notices import Notices
from adapters.netmonitor.people import watchers
from adapters.netmonitor.probe.prober import Prober, open_prober
from adapters.netmonitor.source import MonitorSource, Outbox
from adapters.netmonitor.standing import Standing
from adapters.netmonitor.values import Host, Window
from adapters.netmonitor.watch import Watch
from hub.cadence import Cadence
from hub.event import rfc3339
from hub.hub import Hub
from hub.notification import TopicEvent
from hub.principal import Principal
from hub.tasks import end
from web.netmonitor.area import Network
from web.settings import Settings

__all__ = ["Section", "open_network"]


@dataclass(slots=True, kw_only=True)
class Section(Network):
    """What the handlers need."""

    probe: Prober
    history: History
    standing: Standing
    watch: Watch
    hub: Hub

    def by_id(self) -> Mapping[str, Host]:
        """The hosts that are watched."""
        return self.watch.known.by_id

    def windows(self) -> tuple[Window, ...]:
        """Maintenance that goes on or comes."""
        return self.watch.known.windows

    def shown(self) -> dict[str, Any]:
        """The state of topic `net`, as this node has it; not to be changed."""
        log = self.hub.logs.find(NET)
        return empty() if log is None else log.state

    def now(self) -> datetime:
        """The wall clock."""
        return self.hub.now()


async def _may_read(principal: Principal, _name: str) -> bool:
    return principal.may("netmonitor")


@asynccontextmanager
async def open_network(settings: Settings, hub: Hub, engine: AsyncEngine) -> AsyncIterator[Section | None]:
    """Registers topics and source, and follows the inventory while the block runs; to be entered before the hub runs. None: it is off."""
    for topic in net_topics(_may_read):
        hub.topics.add(topic)
    if not settings.areas()["netmonitor"].on:
        yield None
        return
    async with AsyncExitStack() as stack:
        prober = await stack.enter_async_context(open_prober(now=hub.now))
        history = await stack.enter_async_context(open_history(engine, now=hub.now, fence=lambda: hub.leader.guard))
        hosts, standing, outbox = HostStore(engine, now=hub.now), Standing(engine, now=hub.now), Outbox()
        loader = Loader(settings.hosts_file, hosts)
        watch = Watch(loader, standing)
        section = Section(hosts=hosts, loader=loader, prober=prober, probe=prober, history=history, standing=standing, watch=watch, hub=hub)

        def publish(item: TopicEvent) -> None:
            hub.publish_topic(item.topic, item.event)

        notices = Notices(lambda: watchers(engine))
        monitor = Monitor(
            prober=prober,
            history=history,
            watch=watch,
            outbox=outbox,
            notices=notices,
            standing=standing,
            leads=lambda: hub.leads,
            publish=publish,
            reads=hub.reads,
            shown=section.shown,
            now=hub.now,
        )
        # its batches come by themselves: after an error only its next try is a matter of pace
        source = MonitorSource(outbox, begin=monitor.begin, worded=notices.of)
        hub.add_source(source, Cadence(busy_s=1.0, idle_s=1.0, resting_s=1.0, hints=False))
        tasks = [
            asyncio.create_task(watch.run(), name="netmonitor_watch"),
            asyncio.create_task(monitor.run(), name="netmonitor"),
        ]
        stack.push_async_callback(end, tasks)
        yield section


def window_json(window: Window) -> dict[str, Any]:
    """Maintenance as the pages know it."""
    return {
        "id": window.id,
        "host": window.host,
        "group": window.group,
        "starts": rfc3339(window.starts),
        "ends": rfc3339(window.ends),
        "weekly": list(window.weekly),
        "until": None if window.until is None else rfc3339(window.until),
        "zone": window.zone,
        "why": window.why,
        "by": window.by,
    }
