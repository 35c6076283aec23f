"""Two nodes over one contact centre: out of service, down, the user `finesse`, the dead man's switch; and life by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from adapters.sandbox.finesse import open_sandbox_finesse
from adapters.sandbox.finesse.facts import Told
from adapters.sandbox.finesse.life import Life
from adapters.sandbox.people import PEOPLE
from tests.adapters.finesse.sandbox.desk import at_desk, texts
from tests.clock import Clock


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition."""
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        await asyncio.sleep(0.01)


async def test_both_nodes_know_the_same_agents_and_fail_apart(clock: Clock) -> None:
    """Out of service is told and answers 503, comes back with the last state of everything; a node that is down refuses connections."""
    async with open_sandbox_finesse(nodes=2, delay_s=(0.0, 0.0), answers_s=None, clock=clock) as sandbox:
        first, second = sandbox.sites
        async with (
            at_desk(sandbox, "1001") as desk,
            at_desk(sandbox, "1001", site=1) as other,
            httpx.AsyncClient(trust_env=False) as nobody,
        ):
            await desk.ready()
            assert await other.told(2) == ["NOT_READY", "READY"]
            for site in (first, second):
                system = fromstring((await nobody.get(f"{site.url}/finesse/api/SystemInfo")).content)
                assert [one.text for one in system.iter("host")] == [first.name, second.name]
                assert system.findtext("xmppDomain") == site.name

            await first.serve_as("OUT_OF_SERVICE")
            heard = await desk.xmpp.heard()
            assert (heard.node, heard.data.findtext("systemInfo/status")) == ("/finesse/api/SystemInfo", "OUT_OF_SERVICE")
            refused = await desk.get("/User/1001")
            assert (refused.status_code, texts(fromstring(refused.content), "ErrorType")) == (503, ["Service Unavailable"])
            assert (await other.state("NOT_READY", "16")).status_code == 202
            assert await other.told(1) == ["NOT_READY"]
            await first.serve_as("IN_SERVICE")
            assert (await desk.xmpp.heard()).data.findtext("systemInfo/status") == "IN_SERVICE"
            assert await desk.told(1) == ["NOT_READY"]

            first.xmpp.say_finesse(False)
            assert (await desk.get("/User/1001")).status_code == 503
            first.xmpp.say_finesse(True)
            await desk.state("READY")
            assert await desk.told(1) == ["READY"]
            assert [one.get("type") for one in desk.xmpp.presences] == [None, "unavailable", None]

            url, notify_url = first.url, first.notify_url
            await first.go_down()
            with pytest.raises(httpx.ConnectError):
                await nobody.get(f"{url}/finesse/api/SystemInfo")
            assert (await other.get("/User/1001")).status_code == 200
            await first.come_back()
            assert (first.url, first.notify_url) == (url, notify_url)
            async with at_desk(sandbox, "1001") as again:
                assert (await again.state("LOGIN", extension=again.device)).status_code == 202
                assert await again.told(1) == ["READY"]  # signing in again keeps the state
        assert sandbox.agents["1001"].state == "READY"  # a node that went down forces nobody out


async def test_whose_presence_ends_is_signed_out(clock: Clock) -> None:
    """With reason 255, after a wait in which they may come back; with a call, when that is over."""
    async with open_sandbox_finesse(delay_s=(0.0, 0.0), answers_s=None, forced_after_s=0.2, clock=clock) as sandbox:
        async with at_desk(sandbox, "1001") as desk:
            await desk.ready()
            call = await sandbox.ring("1001", "+7916")
            await desk.act(call, "ANSWER")
        await until(lambda: sandbox.agents["1001"].pending == "LOGOUT")
        async with at_desk(sandbox, "1001") as desk:
            await sandbox.hang_up(call)
            await until(lambda: sandbox.agents["1001"].state == "LOGOUT")
            user = fromstring((await desk.get("/User/1001")).content)
            assert (user.findtext("ReasonCode/code"), user.findtext("extension")) == ("255", "")
            sandbox.sites[0].forced_after_s = 60.0
            await desk.state("LOGIN", extension=desk.device)
            sandbox.sites[0].xmpp.kick("1001")
            await until(lambda: not sandbox.sites[0].xmpp.online("1001"))
        async with at_desk(sandbox, "1001"):
            assert sandbox.agents["1001"].state == "NOT_READY"


async def test_a_restart_keeps_who_is_signed_in(tmp_path: Path) -> None:
    """Where and whether READY; a broken file is as none."""
    async with open_sandbox_finesse(tmp_path, delay_s=(0.0, 0.0)) as sandbox, at_desk(sandbox, "1001") as desk:
        await desk.ready()
    async with open_sandbox_finesse(tmp_path, delay_s=(0.0, 0.0)) as sandbox:
        assert (sandbox.agents["1001"].state, sandbox.agents["1001"].extension) == ("READY", "1106")
    (tmp_path / "agents.json").write_text("{")
    async with open_sandbox_finesse(tmp_path, delay_s=(0.0, 0.0)) as sandbox:
        assert sandbox.agents["1001"].state == "LOGOUT"


@pytest.mark.parametrize("seed", [1, 2])
async def test_life_calls_whoever_is_ready(seed: int, clock: Clock) -> None:
    """In an hour customers call about ninety times, hang up when nobody answers, and colleagues answer, talk and wrap up."""
    async with open_sandbox_finesse(delay_s=(0.0, 0.0), clock=clock) as sandbox:
        centre = sandbox.centre
        said: list[Told] = []

        async def say(told: tuple[Told, ...]) -> None:
            said.extend(told)

        life = Life(centre, say, PEOPLE, number=seed)
        centre.change("1001", "LOGIN", extension="1106")
        centre.change("1001", "READY")
        longest: dict[str, int] = {}
        for _ in range(3600):
            clock.advance(1)
            await say(centre.tick())
            await life.step()
            for call in centre.list_of("1001"):
                if call.state == "ALERTING":
                    longest[call.id] = longest.get(call.id, 0) + 1
        assert 60 < life.calls < 130
        assert len(longest) > 20
        assert 18 <= max(longest.values()) <= 22
        states = {told.body.state for told in said if hasattr(told.body, "login")}
        assert {"READY", "NOT_READY", "RESERVED", "TALKING", "WORK"} <= states
        assert len(centre.calls) <= len(centre.agents)
        # a partner who is consulted picks up
        centre.ring("1001", "+7916")
        call = centre.list_of("1001")[-1]
        centre.act("1001", call.id, "ANSWER", target="1106")
        free = next(one for one in centre.agents.values() if one.id not in ("1001", "1006") and not centre.legs_of(one))
        centre.act("1001", call.id, "CONSULT_CALL", target="1106", to=free.extension)
        for _ in range(6):
            clock.advance(1)
            await life.step()
        consult = centre.consult_of(centre.calls[call.id], "1106")
        assert consult is not None
        assert [leg.state for leg in consult.legs] == ["ACTIVE", "ACTIVE"]


async def test_a_cluster_has_one_or_two_nodes() -> None:
    """Anything else is a mistake."""
    with pytest.raises(ValueError, match="1 or 2"):
        async with open_sandbox_finesse(nodes=3):
            pass
