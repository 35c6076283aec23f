"""What a supervisor sees of a team: who is there, in which state and since when, while somebody looks.

Whoever is signed in through the Navigator is told of by their own topic, at once. Others, who are at Cisco's desktop, are found by reading
the team every ten seconds at each node where somebody looks.

Topic `finesse_team:{id}`, state {"team": {id, name}, "agents": {id: {name, extension, state, since, pending, reason}}}. Events:
`finesse_team.all` (the whole), `finesse_team.agent` {"agent": id, "row": {…}}.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapters.finesse.errors import FinesseError
from adapters.finesse.feed import agent_json
from adapters.finesse.values import Agent, Reasons, Team
from hub.event import Event
from hub.principal import Principal
from hub.tasks import end, heed_cancellation
from hub.writer import StoreUnavailable
from web.errors import Forbidden, WebError
from web.finesse.desk import AGENT, Desk

__all__ = ["TEAM", "Teams", "empty_team", "fold_team", "row_of", "supervised", "team_json", "told_row"]

TEAM = "finesse_team:"
_READ_S, _TICK_S = 10.0, 0.5
_AT_ONCE = 8
"""Teams that are read at the same time: one whose answer is slow does not hold up the others."""
_MEMBERS = ("extension", "state", "since", "pending", "reason")
_log = structlog.get_logger("web.finesse")
_NO_REASONS = Reasons()


def empty_team() -> dict[str, Any]:
    """Before anything was told."""
    return {"team": None, "agents": {}}


def fold_team(state: dict[str, Any], event: Event) -> None:
    """Applies an event to the state of `finesse_team:{id}`."""
    match event.type:
        case "finesse_team.all":
            state["team"], state["agents"] = event.data["team"], dict(event.data["agents"])
        case "finesse_team.agent":
            state["agents"][event.data["agent"]] = event.data["row"]


def row_of(agent: Agent, skew: timedelta) -> dict[str, Any]:
    """One agent of a team."""
    return told_row(agent_json(agent, _NO_REASONS, skew))


def team_json(team: Team, agents: Iterable[Agent], skew: timedelta) -> dict[str, Any]:
    """The whole."""
    return {"team": {"id": team.id, "name": team.name}, "agents": {agent.id: row_of(agent, skew) for agent in agents}}


def told_row(agent: Mapping[str, Any]) -> dict[str, Any]:
    """The row of an agent as their own topic has them."""
    name = " ".join(part for part in (agent["last_name"], agent["first_name"]) if part) or agent["login"] or agent["id"]
    return {"name": name, **{member: agent[member] for member in _MEMBERS}}


def supervised(state: Mapping[str, Any]) -> frozenset[str]:
    """The teams that an agent supervises, as their topic has it: none when signed out."""
    agent = state["agent"]
    return frozenset(team["id"] for team in agent["supervises"]) if agent else frozenset()


class Teams:
    """For whoever supervises a team, by what Finesse says of their own agent. `run` it at every node."""

    def __init__(self, desk: Desk, *, read_s: float = _READ_S) -> None:
        self._desk, self._read_s = desk, read_s
        self._read_at: dict[str, float] = {}
        self._looks: dict[str, asyncio.Task[None]] = {}
        self._doubted: set[str] = set()
        self._numbers = itertools.count(1)

    def heard(self, event: Event) -> None:
        """An event of an agent's topic, at the node that leads: their team is told."""
        agent = event.data.get("agent")
        if event.type in ("finesse.agent", "finesse.all") and agent and agent["team"]:
            self._publish(agent["team"]["id"], "finesse_team.agent", {"agent": agent["id"], "row": told_row(agent)})

    def changed(self, before: Collection[str], after: Collection[str]) -> None:
        """An agent supervises other teams than before, or has left: whoever reads one that is lost is asked anew whether they may."""
        self._doubted.update(f"{TEAM}{id}" for id in before if id not in after)

    async def run(self) -> None:
        """Reads the teams that somebody here looks at, until cancelled."""
        ending = asyncio.create_task(self._expel(), name="finesse_team_rights")
        try:
            while True:
                self._look_around()
                await asyncio.sleep(_TICK_S)
        finally:
            await end((ending, *self._looks.values()))

    def _look_around(self) -> None:
        """Begins a look at each team whose turn it is, those that wait longest first, so many at once."""
        names = {name for name in self._desk.hub.presence.topics() if name.startswith(TEAM)}
        self._read_at = {name: at for name, at in self._read_at.items() if name in names}
        self._looks = {name: task for name, task in self._looks.items() if not task.done()}
        now = time.monotonic()
        due = {name: at for name in names - self._looks.keys() if now - (at := self._read_at.get(name, float("-inf"))) >= self._read_s}
        for name in sorted(due, key=due.__getitem__)[: _AT_ONCE - len(self._looks)]:
            self._read_at[name] = now
            self._looks[name] = asyncio.create_task(self._look(name), name=f"finesse_team_{name.removeprefix(TEAM)}")

    async def _look(self, name: str) -> None:
        """Reads a team for all who look at it here, by whoever of them can. Never raises: the next look tries again."""
        hub, id, found = self._desk.hub, name.removeprefix(TEAM), None
        try:
            async with asyncio.timeout(self._read_s):
                for session in [one for one in hub.presence if name in one.topics and one.principal.viewer is None]:
                    try:
                        found = await self.read(session.principal, id)
                        break
                    except WebError:
                        continue  # signed out, or no supervisor any more: another who looks may be one
                    except FinesseError as error:  # it may be this agent's own matter: a password, a right, too many requests
                        _log.info("finesse_team_not_read", team=id, error=type(error).__name__)
            log = hub.logs.find(name)
            if found is not None and (log is None or log.state != found):
                self._publish(id, "finesse_team.all", found)
        except (SQLAlchemyError, StoreUnavailable, OSError) as error:  # what is shown stays until the next read
            heed_cancellation()
            _log.info("finesse_team_not_read", team=id, error=type(error).__name__)
        except Exception:
            heed_cancellation()
            _log.exception("finesse_team_failed", team=id)

    async def _expel(self) -> None:
        """Has those leave a team's topic who may read it no more. What the store cannot say now is asked again."""
        rights, presence = self._desk.hub.rights, self._desk.hub.presence
        while True:
            for name in list(self._doubted):
                self._doubted.discard(name)  # first: what changes meanwhile is asked again
                try:
                    async with asyncio.timeout(self._read_s):
                        for session in [one for one in presence if name in one.topics]:
                            if not await self.supervises(session.principal, name.removeprefix(TEAM)):
                                rights.expel(session, name)
                except Exception as error:  # the store is away, or a fault of ours: nobody reads on for that
                    heed_cancellation()
                    _log.warning("finesse_team_rights_not_read", topic=name, error=type(error).__name__)
                    self._doubted.add(name)
            await asyncio.sleep(_TICK_S)

    def _publish(self, id: str, type: str, data: Mapping[str, Any]) -> None:
        hub = self._desk.hub
        name = f"{TEAM}{id}"
        if not AGENT.fullmatch(id):
            return  # no topic can be called so
        event_id = f"{hub.node}:{next(self._numbers)}:{int(hub.now().timestamp() * 1000)}"
        hub.publish_topic(name, Event(source=f"/finesse/team/{id}", id=event_id, type=type, time=hub.now(), data=data))

    async def supervises(self, principal: Principal, id: str) -> bool:
        """Whether the person's own agent supervises this team, as their topic has it. Raises SQLAlchemyError."""
        agent = await self._desk.own.of(principal.user_id)
        return agent is not None and _supervises(self._desk.state(agent), id)

    async def read(self, principal: Principal, id: str) -> dict[str, Any]:
        """The team as it is now. Raises WebError, FinesseError, SQLAlchemyError."""
        acting = await self._desk.acting(principal)
        if not _supervises(acting.state, id):
            raise Forbidden
        team, agents = await self._desk.finesse.team(acting.credentials, id)
        found = team_json(team, agents, self._desk.finesse.nodes.skew)
        for agent in found["agents"]:  # whose own topic is live: it is as new, and knows the reasons' words
            own = self._desk.state(agent)
            if own["agent"] and own["service"]["state"] == "live":
                found["agents"][agent] = told_row(own["agent"])
        return found


def _supervises(state: Mapping[str, Any], id: str) -> bool:
    return id in supervised(state)
