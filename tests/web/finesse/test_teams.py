"""What a supervisor sees of a team: for as long as they supervise it, by whoever of them can read it, whatever other teams do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from hub.principal import Principal
from tests.web.finesse.floor import Floor, Screen

FIRST, SECOND = "finesse_team:5000", "finesse_team:5001"


def supervise(floor: Floor, agent: str, *ids: str) -> None:
    """Sets which teams an agent supervises; it is told with the next news of them."""
    agents = floor.finesse.centre.agents
    teams = {one.team.id: one.team for one in agents.values()}
    agents[agent] = replace(agents[agent], supervises=tuple(teams[id] for id in ids))


async def supervisor(floor: Floor, agent: str, *topics: str) -> Screen:
    """One who is signed in and looks at these teams."""
    supervise(floor, agent, *(topic.partition(":")[2] for topic in topics))
    screen = await floor.screen(agent)
    await screen.sign_in()
    for topic in topics:
        assert await screen.read(topic)
    return screen


def shown(floor: Floor, topic: str) -> Mapping[str, Any]:
    """The agents of a team, once it was read."""
    log = floor.node.hub.logs.find(topic)
    return log.state["agents"] if log is not None and log.state["team"] else {}


async def test_who_supervises_no_more_reads_no_more(floor: Floor) -> None:
    """Another set of teams, and signing out, end what was allowed before; others who look at the team, and one's own topic, stay."""
    boss, other = await supervisor(floor, "1006", FIRST, SECOND), await supervisor(floor, "1001", FIRST)
    supervise(floor, "1006", "5001")
    await boss.ready()
    await boss.until(lambda: FIRST not in boss.socket.session.topics)
    assert [(one["topic"], one["reason"]) for one in boss.socket.all("left")] == [(FIRST, "no_longer_allowed")]
    assert {SECOND, "finesse:1006"} <= set(boss.socket.session.topics)
    assert not await boss.read(FIRST)
    assert FIRST in other.socket.session.topics
    await other.ask("sign_out", reason="21")
    await other.until(lambda: FIRST not in other.socket.session.topics)
    assert "finesse:1001" in other.socket.session.topics


async def test_a_supervisor_whom_finesse_refuses_does_not_keep_the_team_from_others(floor: Floor) -> None:
    """It is read by the next one who looks at it."""
    await supervisor(floor, "1006", FIRST)
    other = await supervisor(floor, "1001", FIRST)
    await other.until(lambda: shown(floor, FIRST))
    supervise(floor, "1006")  # Finesse knows, we do not yet
    floor.section.teams._read_s = 1.0
    agents = floor.finesse.agents.values()
    third = next(one for one in agents if one.team.id == "5000" and one.id not in ("1001", "1006"))
    floor.finesse.centre.change(third.id, "LOGIN", extension=third.device)  # at Cisco's desktop: only a read tells of it
    await other.until(lambda: shown(floor, FIRST)[third.id]["state"] == "NOT_READY")


async def test_a_team_that_does_not_come_holds_up_no_other(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is read by itself."""
    teams = floor.section.teams
    read, asked = teams.read, asyncio.Event()

    async def slowly(principal: Principal, id: str) -> dict[str, Any]:
        if id == "5000":
            asked.set()
            await asyncio.Event().wait()
        return await read(principal, id)

    monkeypatch.setattr(teams, "read", slowly)
    teams._read_s = 600.0
    boss = await supervisor(floor, "1006", FIRST)
    await boss.until(asked.is_set)
    other = await supervisor(floor, "1001", SECOND)
    await other.until(lambda: shown(floor, SECOND))
