"""The product's own REST client, notification line and picture before the sandbox: what was folded is what a full read shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from adapters.finesse import bodies
from adapters.finesse.errors import WrongPassword
from adapters.finesse.feed import Asked, Service
from adapters.finesse.notify.line import Connected, Heard, Line
from adapters.finesse.notify.websocket import websocket_connector
from adapters.finesse.picture import Picture
from adapters.finesse.reading import Unreadable, read_update
from adapters.finesse.rest.client import Finesse, open_finesse
from adapters.finesse.values import Credentials
from adapters.sandbox.finesse import Fault, SandboxFinesse, open_sandbox_finesse
from adapters.sandbox.finesse.flavours import Platform
from adapters.sandbox.people import person
from tests.peers.prosody import DOMAIN, PUBSUB, Prosody, prosody

CUSTOMER = "+79161234567"


def now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass
class Seat:
    """One agent with the product's parts put together as simply as can be."""

    who: Credentials
    finesse: Finesse
    sandbox: SandboxFinesse
    picture: Picture
    moved: asyncio.Condition
    asked: int = 0

    @property
    def extension(self) -> str:
        """Where they sign in."""
        return self.sandbox.agents[self.who.agent].device

    async def listen(self, line: Line) -> None:
        """Folds what is told; a full read on every connection and on what nobody can read."""
        async with aclosing(line.events()) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, Connected):
                    await self.read()
                elif isinstance(event, Heard):
                    try:
                        update = read_update(event.payload, node=event.node, item=event.item)
                    except Unreadable:
                        await self.read()
                        continue
                    self.picture, _ = self.picture.apply(update, now())
                async with self.moved:
                    self.moved.notify_all()

    async def read(self) -> None:
        """GETs everything."""
        self.picture = self.picture.reading()
        system = await self.finesse.system(who=self.who)
        agent, dialogs = await self.finesse.user(self.who), await self.finesse.dialogs(self.who)
        self.picture, _ = self.picture.snapshot(agent, dialogs, system, now())

    async def until(self, condition: Callable[[Picture], bool]) -> Picture:
        """Waits until the picture is so."""
        async with asyncio.timeout(30), self.moved:
            await self.moved.wait_for(lambda: condition(self.picture))
        return self.picture

    async def does(self, action: str, send: Callable[[str], object], dialog: str | None = None) -> None:
        """Asks, as the product does: it is pending before it is sent, and over when it was told."""
        self.asked += 1
        request = f"{self.who.agent}-{self.asked}"
        self.picture, _ = self.picture.ask(Asked(request=request, action=action, dialog=dialog, at=now()))
        await send(request)  # type: ignore[misc]

    async def act(self, dialog: str, action: str, **more: str) -> None:
        """Something with a call."""
        body = bodies.dialog_action(self.extension, action, **more)  # type: ignore[arg-type]
        await self.does(action, lambda request: self.finesse.act(self.who, dialog, body, request=request), dialog)

    async def change(self, action: str, body: bytes) -> None:
        """Something with the state."""
        await self.does(action, lambda request: self.finesse.change(self.who, body, request=request))

    async def is_true(self) -> None:
        """What was folded is what a full read shows."""
        await self.sandbox.idle()
        agent, dialogs = await self.finesse.user(self.who), await self.finesse.dialogs(self.who)
        await self.until(lambda picture: picture.agent == agent and dict(picture.dialogs) == {one.id: one for one in dialogs})


@asynccontextmanager
async def seat(sandbox: SandboxFinesse, finesse: Finesse, agent: str, notify_url: str = "") -> AsyncIterator[Seat]:
    """An agent, connected; `notify_url`: to another's notification service."""
    who = Credentials(agent=agent, password=sandbox.agents[agent].password)
    taken = Seat(who, finesse, sandbox, Picture(id=agent, service=Service(state="off", since=now())), asyncio.Condition())
    connector = websocket_connector(notify_url or sandbox.notify_url)
    async with connector(who, sandbox.domain, sandbox.pubsub) as line, asyncio.TaskGroup() as group:
        listening = group.create_task(taken.listen(line))
        await taken.until(lambda picture: picture.agent is not None)
        yield taken
        listening.cancel()


@pytest.mark.parametrize("platform", ["ccx", "cce"])
async def test_the_products_picture_is_the_contact_centres(platform: Platform) -> None:
    """A call from a queue, held, consulted, transferred, while events are doubled, shuffled, anonymous, early and in other words."""
    faults = [
        Fault("event (PUT|POST)", "twice", times=-1),
        Fault("event", "shuffled", 5, times=-1),
        Fault("event", "namespace", "urn:xmpp:push:0", times=-1),
        Fault("event", "lower", times=6),
        Fault("event .*Dialogs", "early", times=4),
        Fault("event .*User/1001$", "anonymous", times=3),
        Fault("event POST", "raw", times=1),
    ]
    async with (
        open_sandbox_finesse(platform=platform, delay_s=(0.0, 0.02), answers_s=None, faults=faults) as sandbox,
        open_finesse([sandbox.url]) as finesse,
        seat(sandbox, finesse, "1001") as petrova,
        seat(sandbox, finesse, "1002") as sidorov,
    ):
        assert petrova.picture.platform == platform
        for one in (petrova, sidorov):
            await one.change("sign_in", bodies.sign_in(one.extension))
            await one.until(lambda picture: picture.agent is not None and picture.agent.state == "NOT_READY")
            await one.change("state", bodies.set_state("READY"))
            await one.until(lambda picture: picture.agent is not None and picture.agent.state == "READY")
            await one.is_true()
        call = await sandbox.ring("1001", CUSTOMER, queue="5022", variables={"callVariable1": "A & <b>"})
        await petrova.until(lambda picture: call in picture.dialogs)
        assert petrova.picture.dialogs[call].variables == {"callVariable1": "A & <b>"}
        await petrova.act(call, "answer")
        await petrova.until(lambda picture: _own(picture, call) == "ACTIVE" and not picture.asked)
        await petrova.act(call, "consult", to=sidorov.extension)
        await sidorov.until(lambda picture: len(picture.dialogs) == 1)
        (consult,) = sidorov.picture.dialogs
        await sidorov.act(consult, "answer")
        await petrova.until(lambda picture: _own(picture, call) == "HELD" and _own(picture, consult) == "ACTIVE")
        await petrova.is_true()
        await petrova.act(call, "transfer")
        await sidorov.until(lambda picture: set(picture.dialogs) == {call})
        await petrova.until(lambda picture: consult not in picture.dialogs and not picture.asked)
        await petrova.is_true()
        await sidorov.is_true()
        assert sidorov.picture.dialogs[call].secondary_id == consult
        await sandbox.hang_up(call)
        await sidorov.until(lambda picture: _own(picture, call) == "WRAP_UP")
        for one in (petrova, sidorov):
            await one.change("state", bodies.set_state("NOT_READY", "16"))
            await one.until(lambda picture: not picture.dialogs and not picture.asked)
            await one.is_true()
        await petrova.change("sign_out", bodies.sign_out("21"))
        await petrova.until(lambda picture: picture.agent is not None and picture.agent.state == "LOGOUT")


async def test_what_the_contact_centre_refuses_ends_what_was_asked() -> None:
    """An error that is told by an event."""
    async with (
        open_sandbox_finesse(delay_s=(0.0, 0.02), answers_s=None) as sandbox,
        open_finesse([sandbox.url]) as finesse,
        seat(sandbox, finesse, "1001") as petrova,
    ):
        await petrova.change("sign_in", bodies.sign_in("9999"))
        await petrova.until(lambda picture: not picture.asked)
        assert petrova.picture.agent is not None
        assert not petrova.picture.agent.signed_in


@pytest.fixture(scope="module")
def peer() -> Iterator[Prosody]:
    """A Prosody that knows an agent."""
    with prosody({"1001": person("petrova").password}) as server:
        yield server


async def test_a_prosody_can_do_the_telling(peer: Prosody) -> None:
    """The contact centre and its REST are the sandbox's, the notifications go out by another server."""
    notify = f"http://127.0.0.1:{peer.http}/peer"
    async with (
        open_sandbox_finesse(delay_s=(0.0, 0.02), answers_s=None, notify=notify, notify_domain=DOMAIN) as sandbox,
        open_finesse([sandbox.url]) as finesse,
        seat(sandbox, finesse, "1001", peer.ws) as petrova,
    ):
        assert (sandbox.notify_url, sandbox.pubsub) == ("", PUBSUB)
        await petrova.change("sign_in", bodies.sign_in(petrova.extension))
        await petrova.until(lambda picture: picture.agent is not None and picture.agent.state == "NOT_READY" and not picture.asked)
        call = await sandbox.ring("1001", CUSTOMER)
        await petrova.until(lambda picture: _own(picture, call) == "ALERTING")
        await petrova.is_true()


async def test_lists_and_passwords_through_the_product() -> None:
    """Phone books of more than one page, reasons, a team; a wrong password is one."""
    async with open_sandbox_finesse(platform="cce", contacts=6500) as sandbox, open_finesse([sandbox.url]) as finesse:
        boss = Credentials(agent="1006", password=sandbox.agents["1006"].password)
        assert len((await finesse.directory(boss)).contacts) == sum(len(book.contacts) for book in sandbox.sites[0].books)
        assert [one.code for one in await finesse.reasons(boss, "LOGOUT")] == ["1", "2"]
        assert len(await finesse.wrap_up_reasons(boss)) == 5
        team, agents = await finesse.team(boss, "5000")
        assert (team.name, len(agents)) == ("Первая линия", 4)
        with pytest.raises(WrongPassword):
            await finesse.user(replace(boss, password="no"))


def _own(picture: Picture, call: str) -> str:
    dialog = picture.dialogs.get(call)
    leg = dialog.leg(picture.extension) if dialog else None
    return leg.state if leg else ""
