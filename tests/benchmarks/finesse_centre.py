"""The contact centre of `finesse_agents`, a process of its own: the sandbox's REST over the real Prosody, with everybody at work.

    python -m tests.benchmarks.finesse_centre AGENTS PEER_URL DOMAIN

Every second agent talks to a customer. The dead man's switch is as Cisco's: who has not been present for a minute is signed out by force.
Says where it is, and then, for each line of its input, how many are at work, were signed out by force, and are present.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator

import httpx
import uvloop

from adapters.sandbox.finesse import SandboxFinesse, open_sandbox_finesse
from adapters.sandbox.finesse.company import TEAMS
from adapters.sandbox.finesse.facts import Agent
from adapters.sandbox.finesse.roster import FORCED

__all__ = ["FORCED_AFTER_S", "PASSWORD", "extension_of", "names"]

FORCED_AFTER_S = 60.0
"""Cisco's own."""
PASSWORD = "pw"  # of nobody
_LOOK_S = 0.5


def names(count: int) -> list[str]:
    """The agents' ids."""
    return [str(1000 + number) for number in range(count)]


def extension_of(agent: str) -> str:
    """Where they are signed in."""
    return f"7{agent}"


def _agents(count: int) -> Iterator[Agent]:
    for name in names(count):
        yield Agent(id=name, login=f"a{name}", first="A", last=name, device=extension_of(name), password=PASSWORD, team=TEAMS[0])


async def _to_work(finesse: SandboxFinesse) -> None:
    centre = finesse.centre
    for number, agent in enumerate(centre.agents):
        await finesse.tell(centre.change(agent, "LOGIN", extension=extension_of(agent)))
        if number % 2:
            continue
        await finesse.tell(centre.change(agent, "READY"))
        call = await finesse.ring(agent, f"+7495{number:07}", queue="5022", variables={"callVariable1": f"of {agent}"})
        await finesse.tell(centre.act(agent, call, "ANSWER", target=extension_of(agent)))
    await finesse.idle()


async def _watch(finesse: SandboxFinesse, peer: str, forced: set[str]) -> None:
    """Has the dead man's switch know who is present, and remembers whom it signed out."""
    there: set[str] = set()
    async with httpx.AsyncClient(timeout=30.0, trust_env=False) as client:
        while True:
            online = (await client.get(f"{peer}/state")).json()["online"] or {}
            present = {jid.partition("@")[0] for jid, one in online.items() if one["available"]}
            for agent in there ^ present:
                finesse.sites[0].present(agent, agent in present)
            there = present
            forced |= {one.id for one in finesse.agents.values() if FORCED in (one.reason, one.pending_reason)}
            await asyncio.sleep(_LOOK_S)


async def _serve(count: int, peer: str, domain: str) -> None:
    async with open_sandbox_finesse(
        agents=tuple(_agents(count)), notify=peer, notify_domain=domain, delay_s=(0.0, 0.01), forced_after_s=FORCED_AFTER_S
    ) as finesse:
        await _to_work(finesse)
        forced: set[str] = set()
        watching = asyncio.create_task(_watch(finesse, peer, forced), name="watch")
        _tell({"url": finesse.url})
        while await asyncio.to_thread(sys.stdin.readline):
            if watching.done():
                watching.result()
            _tell({"at_work": sum(one.signed_in for one in finesse.agents.values()), "forced": len(forced)})
        watching.cancel()
        await asyncio.wait([watching])


def _tell(values: dict[str, object]) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
