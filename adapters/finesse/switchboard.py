"""All agents who are signed in through us, at the node that leads: each has a `Holder`, begun from the store and ended with the sign-in.

Who signs in is heard on the agent's topic and looked up in the store, so that it does not matter at which node that was; what was missed is
found by the next look at the store. Only one node may do this: two connections of one agent throw each other out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapters.finesse.asked import Asked
from adapters.finesse.credentials import Kept
from adapters.finesse.feed import error_json
from adapters.finesse.holder import Holder
from adapters.finesse.parts import Parts
from hub.event import Event
from hub.tasks import end, heed_cancellation

__all__ = ["Switchboard", "asked_of"]

_LOOK_S = 3.0
"""How often the store is asked who is signed in, whatever was heard."""
_TICK_S = 0.1
"""How soon it is noticed that this node leads, or leads no more."""
_AGAIN_S = 5.0
"""After a fault of ours an agent's line is begun anew."""
_LIMIT_S = 6.0
"""A request of an agent who has no line is answered by then."""
_OUT_S = 10.0
"""So long nobody may be connected before Finesse is said to be out."""
_FAILED_DIALS = 5
"""So many in a row, and nobody connected: the notification service is out, not an agent's line."""
_BELIEVE_S = 60.0
"""How long a node is not gone back to for its notification service alone."""
_MOST_ORPHANS = 10_000
_log = structlog.get_logger("adapters.finesse")

Entitled = Callable[[], Awaitable[Collection[tuple[int, str]]]]
"""Who may be signed in: person and agent. May raise SQLAlchemyError."""
Topics = Callable[[], Iterable[tuple[str, Mapping[str, Any]]]]
"""The agents' topics as this node has them: agent, state."""


@dataclass(slots=True)
class _Line:
    """An agent who is held."""

    kept: Kept
    holder: Holder
    task: asyncio.Task[None]


@dataclass(slots=True)
class _Dials:
    """How dialling a node went."""

    failed: int = 0
    out_at: float | None = None
    """Since when nobody can be connected there; None: it is not known to be so."""
    down: bool = False
    """The whole node was out since then."""


def asked_of(request: str, data: Mapping[str, Any]) -> Asked:
    """A request on its way, as the topic tells of it. Raises ValueError, KeyError for what is none."""
    at = datetime.fromisoformat(data["at"])
    return Asked(request=request, action=data["action"], dialog=data["dialog"], at=at, detail=data["detail"])


class Switchboard:
    """One for a process; `run` it for ever. `parts` are shared by all holders."""

    def __init__(
        self,
        parts: Parts,
        *,
        entitled: Entitled,
        topics: Topics,
        look_s: float = _LOOK_S,
    ) -> None:
        self._parts, self._entitled, self._topics, self._look_s = parts, entitled, topics, look_s
        self._lines: dict[str, _Line] = {}
        self._failed: dict[str, float] = {}
        self._orphans: dict[str, tuple[str, float]] = {}
        self._dials: dict[str, _Dials] = {}
        self._woken = asyncio.Event()
        self._leading = False
        self._served_at = parts.clock()
        self._store_away = False
        self.dialled = 0
        """Connections begun since the start."""
        parts.dialled = self._dialled

    # -- what others ask ------------------------------------------------------------------------------

    def states(self) -> Mapping[str, int]:
        """The lines of this node by state."""
        return Counter(line.holder.service.state for line in self._lines.values())

    def why_out(self) -> str | None:
        """Why nobody is served, as a stable code; None while somebody is, or nobody needs to be."""
        services = [line.holder.service for line in self._lines.values()]
        waiting = [service for service in services if service.state in ("connecting", "stale")]
        if not waiting or any(service.state == "live" for service in services):
            self._served_at = self._parts.clock()
            return None
        if self._parts.clock() - self._served_at < _OUT_S:
            return None
        return Counter(service.why or "finesse_away" for service in waiting).most_common(1)[0][0]

    def line(self, agent: str) -> Holder | None:
        """The agent's holder, while this node has it."""
        line = self._lines.get(agent)
        return None if line is None else line.holder

    def holders(self) -> list[Holder]:
        """All of this node."""
        return [line.holder for line in self._lines.values()]

    def heard(self, agent: str, event: Event) -> None:
        """An event of the agent's topic, this node's own too. Synchronous, and never raises: it is called within the topic's fold."""
        if not self._leading:
            return
        line = self._lines.get(agent)
        data = event.data
        try:
            if event.type == "finesse.asked":
                self._asked(agent, line, asked_of(data["request"], data))
            elif event.type == "finesse.answered":
                self._orphans.pop(data["request"], None)
                code = data["error"]["code"] if data.get("error") else None
                if line is not None:
                    line.holder.answered(data["request"], code)
                if code is not None:
                    self._woken.set()  # a sign-in that was refused leaves nothing in the store
            elif event.type == "finesse.missed" and "cleared" in data and line is not None:
                line.holder.cleared(data["cleared"], data["missed"])
        except (KeyError, TypeError, ValueError):
            _log.warning("finesse_event_unreadable", event_type=event.type)

    def _asked(self, agent: str, line: _Line | None, asked: Asked) -> None:
        if line is not None:
            line.holder.asked(asked)
        elif len(self._orphans) < _MOST_ORPHANS:
            self._orphans[asked.request] = (agent, self._parts.clock() + _LIMIT_S)
        if asked.action in ("sign_in", "sign_out", "refresh"):
            self._woken.set()

    def wake(self) -> None:
        """Something in the store may have changed."""
        self._woken.set()

    # -- running --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            heed_cancellation()
            if not self._parts.leads():
                await asyncio.sleep(_TICK_S)
                continue
            try:
                await self._lead()
            except Exception:  # a bug must cost the agents seconds, not their connections for good
                heed_cancellation()
                _log.exception("finesse_switchboard_failed")
                await asyncio.sleep(1.0)

    async def _lead(self) -> None:
        self._leading, self._served_at = True, self._parts.clock()
        self._parts.finesse.nodes.follow(None)
        looked, settled = float("-inf"), False
        standing = asyncio.create_task(self._watch_nodes(), name="finesse_standing")
        try:
            while self._parts.leads():
                if self._woken.is_set() or self._parts.clock() - looked >= self._look_s:
                    self._woken.clear()
                    looked = self._parts.clock()
                    settled = await self._look(first=not settled) or settled
                self._answer_orphans()
                self._believe_again()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_TICK_S):
                        await self._woken.wait()
        finally:
            self._leading = False
            self._orphans.clear()
            lines, self._lines = self._lines, {}
            await end([standing, *(line.task for line in lines.values())])

    async def _watch_nodes(self) -> None:
        """Has everybody look when agents are to go to the other node, or the one in use serves again."""
        async with aclosing(self._parts.finesse.nodes.changes()) as standings:
            async for _ in standings:
                for line in self._lines.values():
                    line.holder.look()

    async def _look(self, *, first: bool) -> bool:
        """Begins and ends lines as the store says; False while the store is away. `first`: what another leader left is settled, too."""
        gone: list[_Line] = []
        try:
            marks, may = await self._parts.credentials.marks(), frozenset(await self._entitled())
            wanted = {agent for agent, (user, _) in marks.items() if (user, agent) in may}
            gone = [
                line
                for agent, line in self._lines.items()
                if agent not in wanted or line.task.done() or marks[agent] != (line.kept.user_id, line.kept.at)
            ]
            await self._end(gone)
            missing = wanted - self._lines.keys()
            soon = {agent for agent in missing if self._parts.clock() - self._failed.get(agent, float("-inf")) < _AGAIN_S}
            if missing - soon:
                await self._begin(missing - soon)
            for agent in marks.keys() - wanted:
                kept = await self._parts.credentials.of(agent)
                if kept is not None and await self._parts.credentials.forget(kept):
                    _log.info("finesse_not_entitled", agent=agent, user_id=kept.user_id)
            for agent, state in self._topics() if first else ():
                self._settle(agent, state, held=agent in self._lines)
        except (SQLAlchemyError, TimeoutError, OSError) as error:  # the store is away: whoever has a line keeps it
            heed_cancellation()
            if not self._store_away:
                _log.warning("finesse_store_away", error=type(error).__name__)
            self._store_away = True
            return False
        finally:  # whatever failed after it: who has no line any more is told so
            for line in gone:
                if line.kept.agent not in self._lines:
                    line.holder.closed()
        self._store_away = False
        return True

    async def _end(self, lines: Collection[_Line]) -> None:
        for line in lines:
            del self._lines[line.kept.agent]
            if line.task.done() and not line.task.cancelled() and (error := line.task.exception()) is not None:
                _log.error("finesse_line_failed", agent=line.kept.agent, exc_info=error)
                self._failed[line.kept.agent] = self._parts.clock()
        await end([line.task for line in lines if not line.task.done()])

    async def _begin(self, agents: Collection[str]) -> None:
        store = self._parts.credentials
        found = [await store.of(agent) for agent in agents] if len(agents) < 8 else await store.everybody()
        states = dict(self._topics())
        for kept in found:
            if kept is None or kept.agent not in agents or kept.agent in self._lines or not self._parts.leads():
                continue
            state = states.get(kept.agent)
            holder = Holder(kept, self._parts, state)
            for request in state["asked"] if state is not None else ():
                self._orphans.pop(request, None)
            task = asyncio.create_task(holder.run(), name=f"finesse_{kept.agent}")
            task.add_done_callback(lambda _task: self._woken.set())
            self._lines[kept.agent] = _Line(kept, holder, task)

    def _settle(self, agent: str, state: Mapping[str, Any], *, held: bool) -> None:
        """What another leader left behind: nobody is to believe in a line that there is not, or wait for an answer that nobody gives."""
        if held:
            return
        if state["service"]["state"] != "off":
            self._parts.off(agent, None)
        for request, data in state["asked"].items():  # one of this very moment may belong to a line that is only just wanted
            age_s = (self._parts.now() - datetime.fromisoformat(data["at"])).total_seconds()
            self._orphans.setdefault(request, (agent, self._parts.clock() + min(max(_LIMIT_S - age_s, 0.0), _LIMIT_S)))

    def _answer_orphans(self) -> None:
        now = self._parts.clock()
        for request, (agent, at) in list(self._orphans.items()):
            if at <= now:
                del self._orphans[request]
                if (line := self._lines.get(agent)) is not None and line.holder.knows(request):
                    continue
                error = error_json("finesse_unconfirmed", self._parts.say)
                self._parts.publish(agent, "finesse.answered", {"request": request, "error": error})

    def _believe_again(self) -> None:
        """Nobody dials a node that was left. It is worth another try when the whole of it was out and serves again, or after a while."""
        nodes = self._parts.finesse.nodes
        for health in nodes.standing.nodes if any(dials.out_at is not None for dials in self._dials.values()) else ():
            dials = self._dials.get(health.node)
            if dials is None or dials.out_at is None or health.in_use:
                continue
            dials.down = dials.down or health.state != "in_service"
            if health.state == "in_service" and (dials.down or self._parts.clock() - dials.out_at >= _BELIEVE_S):
                dials.out_at, dials.failed = None, 0
                nodes.heard(health.node, up=True)

    def _dialled(self, site: str, reached: bool) -> None:
        """A line was dialled. Many in a row that reach nobody mean that the node's notification service is out."""
        self.dialled += 1
        dials = self._dials.setdefault(site, _Dials())
        if reached:
            dials.failed = 0
            if dials.out_at is not None:
                dials.out_at = None
                self._parts.finesse.nodes.heard(site, up=True)
            return
        dials.failed += 1
        nobody = not any(line.holder.service.state == "live" for line in self._lines.values())
        if nobody and dials.failed >= min(_FAILED_DIALS, 2 * max(1, len(self._lines))) and dials.out_at is None:
            dials.out_at, dials.down = self._parts.clock(), False
            self._parts.finesse.nodes.heard(site, up=False)
