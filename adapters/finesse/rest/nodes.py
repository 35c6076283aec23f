"""The nodes of a cluster, looked at while somebody needs them: once for all agents, never once for each."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

import structlog

from adapters.finesse.errors import Away, Busy, FinesseError, Locked, NotTheirs, WrongPassword
from adapters.finesse.rest.failover import Failover, NodeState, Pace
from adapters.finesse.rest.health import Health
from adapters.finesse.rest.skew import Sample, Skew
from adapters.finesse.values import Credentials, Platform, SystemInfo
from hub.tasks import heed_cancellation

__all__ = ["NodeHealth", "Nodes", "Pause", "Standing", "pause"]

_log = structlog.get_logger("adapters.finesse")
_SPREAD = 0.2
_SOONEST_S = 1.0
"""Between two looks at a node, however many doubt it."""

Pause: TypeAlias = Callable[[asyncio.Event, float], Awaitable[None]]
"""Waits until the event is set, or so many seconds."""
Look: TypeAlias = Callable[[str, Credentials | None], Awaitable[Health]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHealth:
    """How one node is. Times are of our clock."""

    node: str
    host: str
    state: NodeState
    since: datetime | None
    """Of this state; None: not looked at yet."""
    why: str
    heard: bool
    """Its notification service could be reached when somebody last said so."""
    in_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where everybody is, and how the nodes are."""

    current: str
    host: str
    """Of the current node."""
    state: NodeState
    """Of the current node."""
    nodes: tuple[NodeHealth, ...]
    platform: Platform | None


async def pause(event: asyncio.Event, seconds: float) -> None:
    """Waits until the event is set, `seconds` at most."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        heed_cancellation()


class Nodes:
    """Made by `open_finesse`, which runs it. `current` is the node for all requests and connections."""

    def __init__(
        self,
        sites: Sequence[str],
        look: Look,
        *,
        pace: Pace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        wait: Pause = pause,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`look` asks a node for its SystemInfo, within a deadline, and raises a FinesseError when it does not tell."""
        self._failover = Failover(sites, pace=pace)
        self._look, self._now, self._clock, self._wait, self._jitter = look, now, clock, wait, jitter
        self._skews = {site: Skew() for site in sites}
        self._next = dict.fromkeys(sites, float("-inf"))
        self._since: dict[str, datetime] = {}
        self._needs: list[Credentials | None] = []
        self._needed, self._woken = asyncio.Event(), asyncio.Event()
        self._watching: set[asyncio.Event] = set()
        self._following = False
        self._looked = asyncio.Event()

    @property
    def current(self) -> str:
        """The address of the node in use, as it was given."""
        return self._failover.current

    @property
    def host(self) -> str:
        """The host name of the node in use."""
        return _host(self.current)

    @property
    def sites(self) -> tuple[str, ...]:
        """All addresses, in the order of preference."""
        return self._failover.nodes

    @property
    def skew(self) -> timedelta:
        """What is to be added to our time for that of the node in use; 0 while nothing is known."""
        return self._skews[self.current].value or timedelta()

    @property
    def info(self) -> SystemInfo | None:
        """The last that the node in use said of itself: its XMPP domain and more; None before the first look."""
        return self._failover.seen(self.current).info

    @property
    def platform(self) -> Platform | None:
        """What the cluster belongs to; None while no node has told."""
        infos = (self._failover.seen(site).info for site in (self.current, *self.sites))
        return next((info.platform for info in infos if info is not None and info.platform is not None), None)

    @property
    def standing(self) -> Standing:
        """How it is now."""
        seen = {site: self._failover.seen(site) for site in self.sites}
        nodes = tuple(
            NodeHealth(
                node=site,
                host=_host(site),
                state=each.state,
                since=self._since.get(site),
                why=each.why,
                heard=each.unheard_since is None,
                in_use=site == self.current,
            )
            for site, each in seen.items()
        )
        return Standing(current=self.current, host=self.host, state=seen[self.current].state, nodes=nodes, platform=self.platform)

    @asynccontextmanager
    async def needed(self, who: Credentials | None = None) -> AsyncIterator[None]:
        """Has the nodes looked at for the block: each once for all who need it.

        `who` lends its credentials to a node that tells of itself only to those whom it knows.
        """
        self._needs.append(who)
        if not self._needed.is_set():
            self._next = dict.fromkeys(self._next, float("-inf"))
            self._needed.set()
            self._woken.set()
        try:
            yield
        finally:
            self._needs.remove(who)
            if not self._needs:
                self._needed.clear()
                self._looked.clear()

    async def looked(self) -> None:
        """Waits until the node in use was looked at by this need: at most the deadline of a look."""
        await self._looked.wait()

    async def changes(self) -> AsyncGenerator[Standing, None]:
        """How it is now, and then every time that it is otherwise. A slow reader misses what was in between, never the last."""
        changed = asyncio.Event()
        self._watching.add(changed)
        last: Standing | None = None
        try:
            while True:
                changed.clear()
                if (standing := self.standing) != last:
                    last = standing
                    yield standing
                    continue  # it may have changed while it was read
                await changed.wait()
        finally:
            self._watching.discard(changed)

    def doubt(self, node: str) -> None:
        """Has a node looked at now, when it did not answer or a notification says that its service has changed.

        An address or host name. At most once a second, and not while nobody needs the nodes.
        """
        site = self._site(node)
        looked = self._failover.seen(site).looked
        self._next[site] = min(self._next[site], float("-inf") if looked is None else looked + _SOONEST_S)
        self._woken.set()

    def heard(self, node: str, *, up: bool) -> None:
        """Says whether a node's notification service can be reached: for all agents together, not for one whose line broke."""
        if self._failover.heard(self._site(node), up, self._clock()):
            if up:
                _log.info("finesse_notifications_back", node=node)
            else:
                _log.warning("finesse_notifications_out", node=node)
            self.doubt(node)
            self._tell()

    def follow(self, node: str | None) -> None:
        """Stays where another process has decided to be: an address or host name. None: decides by itself again.

        One process decides for all, for being signed in at two nodes at a time is not supported. Raises ValueError for an unknown node.
        """
        self._following = node is not None
        if node is not None and self._failover.follow(self._site(node)):
            self.doubt(self.current)
            self._tell()

    def learn(self, node: str, sample: Sample) -> None:
        """Takes a comparison of clocks into account."""
        self._skews[node].learn(sample)

    def learn_health(self, node: str, health: Health) -> None:
        """Takes what a node said of itself into account."""
        self._saw(node, health.state, health.why, health.info)

    async def run(self) -> None:
        """Looks, decides, waits, until it is cancelled."""
        while True:
            await self._needed.wait()
            now = self._clock()
            if due := [site for site, at in self._next.items() if at <= now]:
                async with asyncio.TaskGroup() as group:
                    for site in due:
                        group.create_task(self._look_at(site), name=f"finesse_look_{_host(site)}")
                if self.current in due:
                    self._looked.set()
            if not self._following and self._failover.decide(self._clock()):
                _log.warning("finesse_moved", node=self.host)
                self._next = dict.fromkeys(self._next, float("-inf"))
                self._tell()
                continue
            left_s = None if self._following else self._failover.patience_left_s(self._clock())
            wait_s = min(self._next.values()) - self._clock()
            if left_s:
                wait_s = min(wait_s, left_s)
            self._woken.clear()
            await self._wait(self._woken, max(wait_s, 0.05))

    async def _look_at(self, site: str) -> None:
        began = self._clock()
        lender = next((who for who in reversed(self._needs) if who is not None), None)
        try:
            health = await self._look(site, lender)
        except FinesseError as error:
            heed_cancellation()
            self._saw(site, _state_by(error), str(error), None)
        except Exception:
            # a fault of ours: nothing is learnt, and the next look comes all the same
            heed_cancellation()
            _log.exception("finesse_look_failed", node=_host(site))
        else:
            self.learn_health(site, health)
        spread = 1 + _SPREAD * (2 * self._jitter() - 1)
        self._next[site] = began + self._failover.next_look_s(site) * spread

    def _saw(self, site: str, state: NodeState, why: str, info: SystemInfo | None) -> None:
        before = self._failover.seen(site).state
        if self._failover.looked(site, state, self._clock(), why=why, info=info):
            if before != state:
                self._since[site] = self._now()
                if site == self.current:  # when it is left, it must be known how the others are
                    self._look_at_all()
                # once going down, once coming back, and nothing of what was well from the start
                log = _log.info if state == "in_service" else _log.warning
                if not (before == "unknown" and state == "in_service"):
                    log("finesse_node", node=_host(site), state=state, why=why)
            self._tell()

    def _look_at_all(self) -> None:
        self._next = dict.fromkeys(self._next, float("-inf"))
        self._woken.set()

    def _tell(self) -> None:
        for changed in self._watching:
            changed.set()

    def _site(self, node: str) -> str:
        for site in self.sites:
            if node in (site, _host(site)):
                return site
        raise ValueError(f"no node of this cluster: {node}; its nodes are {', '.join(_host(site) for site in self.sites)}")


def _state_by(error: FinesseError) -> NodeState:
    match error:
        case Away():
            return "away"
        case WrongPassword() | NotTheirs() | Locked() | Busy():
            return "unknown"  # it is there, and nothing is said of how it is
        case _:
            return "out_of_service"


def _host(site: str) -> str:
    return urlsplit(site).hostname or site
