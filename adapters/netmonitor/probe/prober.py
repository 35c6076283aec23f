"""All measuring by one interface: `begin` a round and be told, or `measure` and wait."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import structlog

from adapters.netmonitor.probe.http import Contexts, check_http, make_contexts
from adapters.netmonitor.probe.icmp import Channel, NotPermitted, explanation
from adapters.netmonitor.probe.names import Names, Resolver, open_names, system_resolver
from adapters.netmonitor.probe.pinger import Done, Opener, Pinger
from adapters.netmonitor.probe.tcp import check_tcp
from adapters.netmonitor.probe.traceroute import MOST_HOPS, Hop, trace
from adapters.netmonitor.values import Host, Http, Ping, Round, Tcp
from hub.hub import utc_now
from hub.tasks import Tasks

__all__ = ["NoName", "NotPermitted", "Prober", "open_prober"]

_CHECKS: Final = 64
"""TCP and HTTP checks at a time. The others wait in the order they came."""
_WAITING: Final = 20_000
_PATIENCE_S: Final = 60.0
"""Who has waited so long, or finds so many waiting, is answered `probe_error`: an old measurement is worth nothing."""
_WARM_S: Final = 0.05
"""The kernel begins to stamp packets a moment after it is asked to (net_enable_timestamp goes through a work queue); what came before
would be stamped when it is read."""

_log = structlog.get_logger("adapters.netmonitor.probe")


class NoName(OSError):
    """The name has no address, or nobody could be asked."""


class Prober:
    """Measures hosts. Made by `open_prober`; not for several threads."""

    def __init__(
        self, pinger: Pinger, names: Names, tasks: Tasks, contexts: Contexts | None, why: str, now: Callable[[], datetime]
    ) -> None:
        self._pinger, self._names, self._tasks, self._contexts = pinger, names, tasks, contexts
        self._why, self._now = why, now
        self._reading = asyncio.Lock()
        self._waiting: deque[tuple[float, Host, Tcp | Http, Done]] = deque()

    def begin(self, host: Host, done: Done) -> None:
        """Begins one round; `done(host.id, round)` is called once, later and on the loop, unless the prober is closed before.

        What `done` raises is logged. Rounds that are begun together cost less than as many begun one by one: they share the wake-ups of
        the process, and those are most of the price. So begin what is due within 0.1 s or so in one go.
        """
        if isinstance(host.check, Ping):
            self._pinger.begin(host, host.check, done)
        elif len(self._waiting) >= _WAITING:
            asyncio.get_running_loop().call_soon(self._tell, host, done, self._nothing())
        else:
            self._waiting.append((time.monotonic(), host, host.check, done))
            self._go_on()

    async def measure(self, host: Host) -> Round:
        """One round, awaited. Cancelled, it ends by itself and is told to nobody."""
        found: asyncio.Future[Round] = asyncio.get_running_loop().create_future()

        def done(_host: str, round: Round) -> None:
            if not found.done():
                found.set_result(round)

        self.begin(host, done)
        return await found

    async def traceroute(self, host: Host, *, hops: int = MOST_HOPS, probes: int = 3, timeout_s: float = 1.0) -> AsyncIterator[Hop]:
        """The way to the host, hop by hop as they are found; see `traceroute.trace`. Raises NoName, NotPermitted, OSError."""
        address = await self._names.find(host.address, host.family)
        if address is None:
            raise NoName(f"{host.address} has no address")
        async for hop in trace(address, hops=hops, probes=probes, timeout_s=timeout_s):
            yield hop

    def explain(self) -> str | None:
        """Why ICMP does not work here, and how to mend it; None when it does."""
        return None if self._pinger.permitted else self._why

    @property
    def running(self) -> int:
        """Rounds that are not finished, waiting ones among them."""
        return self._pinger.running + len(self._waiting) + len(self._tasks)

    def _go_on(self) -> None:
        while self._waiting and len(self._tasks) < _CHECKS:
            since, host, check, done = self._waiting.popleft()
            if time.monotonic() - since > _PATIENCE_S:
                asyncio.get_running_loop().call_soon(self._tell, host, done, self._nothing())
                continue
            task = self._tasks.start(self._check(host, check, done), name=f"net-check:{host.id}")
            task.add_done_callback(lambda ended: None if ended.cancelled() else self._go_on())

    async def _check(self, host: Host, check: Tcp | Http, done: Done) -> None:
        try:
            address = await self._names.find(host.address, host.family)
            if address is None:
                found = Round(at=self._now(), rtts=(), error="no_name")
            elif isinstance(check, Tcp):
                found = await check_tcp(check, address, self._now)
            else:
                found = await check_http(check, address, self._now, await self._contexts_once())
        except Exception:
            _log.exception("check_failed", host=host.id)
            found = self._nothing()
        self._tell(host, done, found)

    async def _contexts_once(self) -> Contexts:
        async with self._reading:
            if self._contexts is None:
                self._contexts = await asyncio.to_thread(make_contexts)
            return self._contexts

    def _nothing(self) -> Round:
        return Round(at=self._now(), rtts=(), error="probe_error")

    @staticmethod
    def _tell(host: Host, done: Done, found: Round) -> None:
        try:
            done(host.id, found)
        except Exception:
            _log.exception("round_not_taken", host=host.id)


@asynccontextmanager
async def open_prober(
    *,
    resolver: Resolver = system_resolver,
    now: Callable[[], datetime] = utc_now,
    contexts: Contexts | None = None,
    opener: Opener = Channel,
    fresh_s: float = 60.0,
) -> AsyncIterator[Prober]:
    """A prober for the block; rounds that run at its end are dropped.

    `contexts`: for HTTPS; when not given, the system's authorities are read at the first such check. `fresh_s`: so long a name's address
    is used before it is asked for again.
    """
    tasks = Tasks()
    why = await explanation()
    async with open_names(resolver, fresh_s=fresh_s) as names:
        pinger = Pinger(names, now, opener=opener)
        try:
            await asyncio.sleep(_WARM_S)
            yield Prober(pinger, names, tasks, contexts, why, now)
        finally:
            pinger.close()
            await tasks.aclose()
