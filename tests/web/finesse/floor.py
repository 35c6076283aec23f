"""A call centre's floor: a whole node over the sandbox's Finesse, and people at their screens."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from adapters.sandbox.finesse import SandboxFinesse, open_sandbox_finesse
from hub.protocol import Call, Sub
from hub.store import sessions
from tests.web.node import Node, open_node
from tests.web.seats import Seat, Socket, seat, socket
from web.finesse.section import Section

__all__ = ["WITHIN_S", "Floor", "Refusal", "Screen", "open_floor"]

WITHIN_S = 20.0
"""A condition that has not come until then never will."""
_numbers = itertools.count(1)


class Refusal(Exception):
    """A call of the socket was refused: `error` as the reply has it."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["code"], error["message"])
        self.error = error
        self.code = error["code"]


@dataclass
class Screen:
    """Somebody at a browser with an open socket."""

    node: Node
    seat: Seat
    socket: Socket
    agent: str
    password: str
    extension: str

    @property
    def topic(self) -> Mapping[str, Any]:
        """The state of the agent's topic at this node."""
        log = self.node.hub.logs.find(f"finesse:{self.agent}")
        return {} if log is None else log.state

    @property
    def state(self) -> str | None:
        """The agent's."""
        return self.topic["agent"]["state"] if self.topic.get("agent") else None

    @property
    def live(self) -> bool:
        """The line stands and everything was read."""
        return bool(self.topic) and self.topic["service"]["state"] == "live"

    def legs(self) -> list[str]:
        """The states of the agent's own legs."""
        return [one["leg"]["state"] for one in self.topic.get("dialogs", {}).values() if one["leg"]]

    async def until(self, true: Callable[[], object]) -> None:
        """Waits for a condition."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while not true():  # noqa: ASYNC110  # what comes is many things
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"never came to be; the topic is {self.topic}") from None

    async def ask(self, name: str, **args: Any) -> Any:
        """A call of the socket. Raises Refusal."""
        number = next(_numbers)
        await self.socket.say(Call(id=number, name=f"finesse.{name}", args=args))
        reply = next((frame for frame in self.socket.all("reply") if frame["id"] == number), None)
        assert reply is not None, f"no reply; the session was closed: {self.socket.session.closing}"
        if not reply["ok"]:
            raise Refusal(reply["error"])
        return reply["data"]

    async def read(self, topic: str) -> bool:
        """Subscribes; whether it was allowed."""
        number = next(_numbers)
        await self.socket.say(Sub(id=number, topic=topic))
        return bool(next(frame for frame in self.socket.all("reply") if frame["id"] == number)["ok"])

    async def sign_in(self) -> None:
        """Until the agent is at work and everything is shown."""
        await self.ask("sign_in", agent=self.agent, extension=self.extension, password=self.password)
        await self.until(lambda: self.live and self.state == "NOT_READY" and not self.topic["asked"])
        assert await self.read(f"finesse:{self.agent}")

    async def ready(self) -> None:
        """Until a call may come."""
        await self.ask("state", state="READY")
        await self.until(lambda: self.state == "READY" and not self.topic["asked"])

    def events(self, type: str) -> list[Mapping[str, Any]]:
        """The data of what the socket heard of this type."""
        return [frame["data"] for frame in self.socket.all("event") if frame["type"] == type]


@dataclass
class Floor:
    """What a test works with."""

    finesse: SandboxFinesse
    node: Node
    stack: AsyncExitStack
    screens: dict[str, Screen] = field(default_factory=dict)

    @property
    def section(self) -> Section:
        """The node's calls."""
        found: Section | None = self.node.state["calls"]
        assert found is not None
        return found

    async def screen(self, agent: str, name: str | None = None, *permissions: str, user_id: int | None = None) -> Screen:
        """Somebody who is, or would be, this agent."""
        who = self.finesse.agents[agent]
        made = await self.stack.enter_async_context(seat(self.node, name or who.login, *(permissions or ("finesse",)), user_id=user_id))
        opened = await self.stack.enter_async_context(socket(self.node, made))
        screen = Screen(self.node, made, opened, agent, who.password, who.device)
        self.screens[made.name] = screen
        return screen

    async def viewer(self, agent: str, of: Screen) -> Screen:
        """An administrator who looks as somebody else."""
        made = await self.stack.enter_async_context(seat(self.node, "viewer", "admin"))
        async with self.node.state["engine"].begin() as connection:
            mine = sessions.c.token_hash == made.made.session_hash
            await connection.execute(sa.update(sessions).where(mine).values(view_as=of.seat.user_id))
        opened = await self.stack.enter_async_context(socket(self.node, made))
        return Screen(self.node, made, opened, agent, of.password, of.extension)


@asynccontextmanager
async def open_floor(folder: Path, store_file: Path, finesse: SandboxFinesse, **given: Any) -> AsyncIterator[Floor]:
    """A node over that Finesse."""
    settings = {"finesse_url": finesse.url, "finesse_notify_url": finesse.notify_url} | given
    async with open_node(folder, store_file, **settings) as node, AsyncExitStack() as stack:
        await node.ready()
        yield Floor(finesse, node, stack)


@asynccontextmanager
async def open_sandboxed(folder: Path, store_file: Path, **given: Any) -> AsyncIterator[Floor]:
    """The same over a Finesse of its own, where nobody does anything by themselves."""
    async with (
        open_sandbox_finesse(answers_s=None, delay_s=(0.0, 0.02)) as finesse,
        open_floor(folder, store_file, finesse, **given) as floor,
    ):
        yield floor
