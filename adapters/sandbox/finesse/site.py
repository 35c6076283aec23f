"""One node of Finesse over the contact centre: REST, notifications, and how well both are."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Literal

from starlette.applications import Starlette

from adapters.sandbox.finesse.board import API
from adapters.sandbox.finesse.centre import Centre
from adapters.sandbox.finesse.company import Book
from adapters.sandbox.finesse.facts import System, Team, Told
from adapters.sandbox.finesse.faults import Fault
from adapters.sandbox.finesse.herald import Herald
from adapters.sandbox.finesse.outlet import Outlet
from adapters.sandbox.finesse.xmpp_server import XmppServer
from adapters.sandbox.loopback import Door, owned_task

__all__ = ["Locks", "Site", "Status"]

Status = Literal["IN_SERVICE", "PARTIAL_SERVICE", "OUT_OF_SERVICE"]
_STRIKES, _LOCKED = 5, timedelta(minutes=5)


class Locks:
    """Counts wrong passwords: five in a row lock an account for five minutes, on the right password too."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._wrong: dict[str, int] = {}
        self._until: dict[str, datetime] = {}

    def locked(self, agent: str) -> bool:
        """Whether nothing helps now."""
        until = self._until.get(agent)
        return until is not None and self._clock() < until

    def tried(self, agent: str, right: bool) -> None:
        """Counts a try."""
        self._wrong[agent] = 0 if right else self._wrong.get(agent, 0) + 1
        if self._wrong[agent] >= _STRIKES:
            self._until[agent], self._wrong[agent] = self._clock() + _LOCKED, 0


class Site:
    """One node. Its REST application comes from `rest.build_app`, and is given before it opens."""

    def __init__(
        self,
        name: str,
        centre: Centre,
        *,
        books: tuple[Book, ...],
        wrap_up_reasons: tuple[tuple[str, str], ...],
        say: Callable[[tuple[Told, ...]], None],
        forced_after_s: float,
        delay_s: tuple[float, float],
        outlet: Outlet | None = None,
        domain: str = "",
        seed: int = 0,
    ) -> None:
        """`outlet` and `domain`: of a notification service that is somebody else's; without, the node has its own."""
        self.name, self.centre = name, centre
        self.books, self.wrap_up_reasons = books, wrap_up_reasons
        self.faults: list[Fault] = []
        """What goes wrong with requests and events, see `Fault`."""
        self.status: Status = "IN_SERVICE"
        self.nodes: tuple[str, ...] = (name,)
        """The hosts of the cluster, the primary first."""
        self.locks = Locks(centre.clock)
        self.forced_after_s = forced_after_s
        """How long after an agent's presence ended they are signed out, in seconds. Each node keeps its own watch, as the real ones do:
        who moves to the other node while this one is well is signed out by this one."""
        self._say = say
        self._watches: dict[str, asyncio.TimerHandle] = {}
        self.xmpp = XmppServer(name, prove=self.prove, present=self._seen, nodes=self._has_node)
        self._own = outlet is None
        self._domain = domain or name
        self.herald = Herald(outlet or self.xmpp, faults=self.faults, delay_s=delay_s, seed=seed)
        self.door: Door | None = None

    @property
    def domain(self) -> str:
        """xmppDomain."""
        return self._domain

    @property
    def url(self) -> str:
        """Where REST is, without a slash at the end."""
        assert self.door is not None  # noqa: S101  # `run` opened it
        return self.door.url

    @property
    def notify_url(self) -> str:
        """Where the notifications are; empty when they are another's."""
        return self.xmpp.url if self._own else ""

    # -- life

    async def run(self, app: Starlette, stack: AsyncExitStack) -> None:
        """Opens the node until the stack ends."""
        stack.callback(self._forget)
        if self._own:
            await stack.enter_async_context(self.xmpp.served())
        await stack.enter_async_context(owned_task(self.herald.run(), f"sandbox-finesse-herald-{self.name}"))
        self.door = Door(app, f"sandbox-finesse-{self.name}")
        stack.push_async_callback(self._shut)
        await self.door.open()

    # -- how well it is

    async def serve_as(self, status: Status) -> None:
        """The link to the contact centre is lost or found: told as SystemInfo; found, the last state of everything is told again."""
        before, self.status = self.status, status
        node = f"{API}/SystemInfo"
        told = Told(node=node, kind="PUT", source=node, body=System(status=status))
        await self.herald.tell((told,))
        if status == "IN_SERVICE" != before:
            await self.herald.tell(self.centre.again())

    async def go_down(self) -> None:
        """The whole machine: connections break, ports refuse."""
        self._forget()
        await self._shut()
        await self.xmpp.shut()

    async def _shut(self) -> None:
        if self.door is not None:
            self.door.cut()  # who still waits for a fault's answer gets none
            await asyncio.sleep(0)  # until it is noticed
            await self.door.shut()

    async def come_back(self) -> None:
        """On the same ports."""
        if self.door is not None:
            await self.door.open()
        if self._own:
            await self.xmpp.open()

    # -- what its servers ask

    def prove(self, agent: str, password: str) -> bool:
        """Whether this is the agent's password; counts."""
        known = self.centre.agents.get(agent)
        if known is None or self.locks.locked(agent):
            return False
        right = hmac.compare_digest(known.password.encode(), password.encode())
        self.locks.tried(agent, right)
        return right

    def _has_node(self, node: str) -> bool:
        kind, _, rest = node.removeprefix(f"{API}/").partition("/")
        number = rest.partition("/")[0]
        teams = {agent.team.id for agent in self.centre.agents.values()}
        return (
            node == f"{API}/SystemInfo"
            or (kind == "User" and number in self.centre.agents)
            or (kind == "Team" and number in teams)
            or (kind == "Queue" and number in self.centre.queues)
        )

    def present(self, agent: str, there: bool) -> None:
        """The dead man's switch: an agent's presence comes or goes. For whoever watches a notification service that is somebody else's."""
        watch = self._watches.pop(agent, None)
        if watch is not None:
            watch.cancel()
        if not there:
            self._watches[agent] = asyncio.get_running_loop().call_later(self.forced_after_s, self._force, agent)

    def _seen(self, agent: str, there: bool) -> None:
        """What the node's own service says: one that is being shut says nothing of those who are there."""
        self.present(agent, there or not self.xmpp.up)

    def _force(self, agent: str) -> None:
        self._watches.pop(agent, None)
        if self.status == "IN_SERVICE":
            self._say(self.centre.force_out(agent))

    def _forget(self) -> None:
        for watch in self._watches.values():
            watch.cancel()
        self._watches.clear()

    def team(self, number: str) -> Team | None:
        """A team by its id."""
        return next((agent.team for agent in self.centre.agents.values() if agent.team.id == number), None)
