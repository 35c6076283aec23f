"""A floor whose Finesse notifies by the real Prosody, and how its topics are compared with what Finesse says when it is asked anew."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapters.finesse.errors import FinesseError
from adapters.finesse.feed import state_json
from adapters.finesse.notify.line import Terms
from adapters.finesse.picture import Picture
from adapters.finesse.reading import read_update
from adapters.finesse.rest.client import open_finesse
from adapters.finesse.rest.failover import Failover, Pace
from adapters.finesse.values import Credentials, Service, Update
from adapters.sandbox.finesse import Fault, SandboxFinesse, open_sandbox_finesse
from adapters.sandbox.finesse.company import agents as company_agents
from adapters.sandbox.finesse.facts import LIVE
from adapters.sandbox.finesse.flavours import CCX, Platform
from adapters.sandbox.finesse.outlet import ProsodyOutlet
from adapters.sandbox.people import PEOPLE
from tests.peers.prosody import Prosody
from tests.web.finesse.floor import WITHIN_S, Floor, Screen, open_floor
from tests.web.seats import socket
from web.finesse.connecting import connectors_of

__all__ = ["PASSWORDS", "WAYS", "Hall", "differences", "hasty", "open_hall"]

PASSWORDS = {one.id: one.password for one in company_agents(PEOPLE, CCX)}
"""Of the company's agents, for Prosody."""
WAYS = ("wss", "tls")
"""XMPP over a WebSocket, and over TCP."""
_TERMS = Terms(ping_s=0.4, silent_s=1.5, leave_s=0.3)
_PACE = Pace(healthy_s=0.5, spare_s=0.5, troubled_s=0.3, unheard_s=2.0, first_s=1.0)


def _limit(patched: pytest.MonkeyPatch, seconds: float) -> None:
    for module in ("holder", "picture"):
        patched.setattr(f"adapters.finesse.{module}.LIMIT", timedelta(seconds=seconds))


@contextmanager
def hasty() -> Iterator[pytest.MonkeyPatch]:
    """Has a node do within tenths of a second what it otherwise does within seconds; its ways are the same."""
    with pytest.MonkeyPatch.context() as patched:
        _limit(patched, 3.0)
        patched.setattr("adapters.finesse.holder._SOON_S", 0.05)
        patched.setattr("adapters.finesse.holder._APART_S", 0.1)
        patched.setattr("adapters.finesse.holder._AGAIN_S", (0.1, 0.2, 0.5))
        patched.setattr("adapters.finesse.holder.pause_s", lambda failures: random.uniform(0, min(0.5, 0.1 * failures)))
        patched.setattr("web.finesse.section.connectors_of", partial(connectors_of, terms=_TERMS))
        patched.setattr("web.finesse.section.open_finesse", partial(open_finesse, pace=_PACE))
        patience = {"away": 1.0, "out_of_service": 5.0, "maintenance": 0.0}
        patched.setattr("adapters.finesse.rest.nodes.Failover", partial(Failover, patience_s=patience))
        yield patched


async def differences(floor: Floor, screen: Screen) -> Mapping[str, tuple[Any, Any]]:
    """What of an agent's topic is not what Finesse says when it is asked now: shown and true. Raises FinesseError."""
    finesse = floor.section.desk.finesse
    credentials = Credentials(agent=screen.agent, password=screen.password)
    agent, dialogs = await asyncio.gather(finesse.user(credentials), finesse.dialogs(credentials))
    line = floor.section.switchboard and floor.section.switchboard.line(screen.agent)
    now = floor.node.hub.now()
    picture = Picture(id=screen.agent, service=Service(state="live", since=now))
    if line is not None:  # the clock's difference is of many looks, and the reasons' names are of other reads
        picture = replace(picture, skew=line.picture.skew, reasons=line.picture.reasons)
    picture, _ = picture.snapshot(agent, dialogs, None, now)
    true, shown = state_json(picture), screen.topic
    found = {part: (shown[part], true[part]) for part in ("agent", "dialogs") if shown[part] != true[part]}
    if shown["service"]["state"] != "live":
        found["service"] = (shown["service"], "live")
    if shown["asked"]:
        found["asked"] = (shown["asked"], {})
    return found


@dataclass
class Hall:
    """The floor, its Prosody, and one agent at work."""

    floor: Floor
    server: Prosody
    anna: Screen
    told: list[tuple[str, str]]
    """Everything that was published: node and text."""
    heard: set[str]
    """The ids of all items that a line at this node has brought."""
    sockets: AsyncExitStack
    """Ends the sockets that were opened."""
    patched: pytest.MonkeyPatch
    way: str
    silent: bool = False
    """Events do not come at present: what nobody asked for shows by asking only."""

    @property
    def finesse(self) -> SandboxFinesse:
        """The contact centre."""
        return self.floor.finesse

    @property
    def call(self) -> str:
        """The agent's only call."""
        (found,) = self.anna.topic["dialogs"]
        return str(found)

    @property
    def node(self) -> str:
        """Where the agent's calls are told."""
        return f"/finesse/api/User/{self.anna.agent}/Dialogs"

    def weather(self, action: Any, arg: float | str = 0) -> None:
        """How all events of the agent come from now on."""
        self.finesse.faults.append(Fault(match=f"event .*/User/{self.anna.agent}", action=action, arg=arg, times=-1))
        if action == "never":
            self.silent = True
            self.patient(0.3)
        elif action in ("anonymous", "unparsable"):  # some requests end by a read only
            self.patient(0.6)

    def patient(self, seconds: float) -> None:
        """How long a request waits for its event before Finesse is asked."""
        _limit(self.patched, seconds)

    async def does(self, what: Awaitable[object]) -> None:
        """Something happens that no request of the agent's brings about."""
        await what
        if self.silent:
            await self.anna.ask("refresh")

    async def repeats(self, told: Iterable[tuple[str, str]]) -> None:
        """Publishes this, and waits until all of it that is the agent's was heard and looked at."""
        items = [(node, self.server.publish(node, text)) for node, text in told]
        mine = {item for node, item in items if self.anna.agent in node.split("/")}
        assert mine
        await self.anna.until(lambda: mine <= self.heard)

    async def dial(self, to: str = "+74951110001") -> str:
        """A call of the agent's that was answered; its id."""
        await self.anna.ask("make_call", to=to)
        await self.anna.until(lambda: self.anna.legs() == ["INITIATED"])
        call = self.call
        await self.does(self.finesse.customer_answers(call))
        await self.anna.until(lambda: self.anna.legs() == ["ACTIVE"])
        return call

    async def ring(self) -> str:
        """A call from a queue rings at the agent, who is ready; its id."""
        if self.anna.state != "READY":
            await self.anna.ready()
        calls: list[str] = []

        async def ring() -> None:
            calls.append(await self.finesse.ring(self.anna.agent, "+74951234567", queue="5022"))

        await self.does(ring())
        await self.anna.until(lambda: self.anna.legs() == ["ALERTING"] and self.anna.state == "RESERVED")
        return calls[0]

    async def true(self) -> None:
        """Waits until the topic is what Finesse says: nothing waits, the line is live, agent and calls are the same to the last detail."""
        found: object = None
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    try:
                        found = await differences(self.floor, self.anna)
                    except FinesseError as error:
                        found = error
                    if not found:
                        return
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"the topic is not true; shown and true are: {found}") from None

    async def afresh(self) -> None:
        """Everything works, and the agent is at work without calls."""
        self.finesse.faults.clear()
        self.silent = False
        self.patient(3.0)
        self.floor.node.hub.leave(self.anna.socket.session)
        self.anna.socket = await self.sockets.enter_async_context(socket(self.floor.node, self.anna.seat))  # nobody answers its pings
        assert await self.anna.read(f"finesse:{self.anna.agent}")
        await self.finesse.idle()
        if not self.finesse.agents[self.anna.agent].signed_in or self.anna.topic.get("service", {}).get("state") in (None, "off"):
            await self.anna.until(lambda: self.anna.topic.get("service", {}).get("state") in (None, "off"))
            await self.anna.sign_in()
        await self.anna.until(lambda: self.anna.live)
        centre = self.finesse.centre
        for call in centre.list_of(self.anna.agent):
            if any(leg.state in LIVE and not leg.agent for leg in call.legs):
                while call.id in centre.calls and any(leg.state in LIVE and not leg.agent for leg in centre.calls[call.id].legs):
                    await self.finesse.hang_up(call.id)
            elif any(leg.state in LIVE for leg in call.legs):
                await self.anna.ask("dialog", dialog=call.id, action="drop")
        await self.anna.ask("state", state="NOT_READY", reason="16")
        await self.anna.until(lambda: self.anna.state == "NOT_READY" and not self.anna.topic["dialogs"])
        self.told.clear()
        await self.true()


@asynccontextmanager
async def open_hall(
    folder: Path, store_file: Path, server: Prosody, way: str, platform: Platform = "ccx", *, second: Prosody | None = None
) -> AsyncIterator[Hall]:
    """A node whose lines go this way, to a Finesse over this contact centre. `second`: of Finesse's second node, by the same authority."""
    told: list[tuple[str, str]] = []
    heard: set[str] = set()
    publish = ProsodyOutlet.publish

    async def noted(self: ProsodyOutlet, node: str, text: str, **given: Any) -> None:
        told.append((node, text))
        await publish(self, node, text, **given)

    def read(payload: str, *, node: str, item: str) -> Update:
        heard.add(item)  # what comes of it comes in the same turn of the loop
        return read_update(payload, node=node, item=item)

    servers = (server,) if second is None else (server, second)
    urls = [one.wss if way == "wss" else f"tls://127.0.0.1:{one.tls}" for one in servers]
    settings: dict[str, Any] = {"finesse_notify_url": urls[0], "finesse_ca_file": server.authority.path}
    centre = open_sandbox_finesse(
        platform=platform,
        nodes=len(servers),
        answers_s=None,
        delay_s=(0.0, 0.01),
        notify=[one.peer for one in servers],
        notify_domain=[one.domain for one in servers],
    )
    with hasty() as patched:
        patched.setattr(ProsodyOutlet, "publish", noted)
        patched.setattr("adapters.finesse.holder.read_update", read)
        async with AsyncExitStack() as stack:
            finesse = await stack.enter_async_context(centre)
            if second is not None:
                settings |= {"finesse_second_url": finesse.sites[1].url, "finesse_second_notify_url": urls[1]}
            floor = await stack.enter_async_context(open_floor(folder, store_file, finesse, **settings))
            anna = await floor.screen("1001")
            await anna.sign_in()
            yield Hall(floor, server, anna, told, heard, floor.stack, patched, way)
