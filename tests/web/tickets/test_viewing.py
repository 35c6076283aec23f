"""Who looks at an issue: shown while they say so, gone ten seconds after their last word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.conversation import CallError
from tests.web.node import Node, open_node
from tests.web.seats import Socket, seat, socket
from web.tickets.viewing import Viewing

TICKET = "ticket:7"


class Steady:
    """Seconds that the test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Window:
    """A node, two people with the ticket open, and viewers on a clock of our own."""

    def __init__(self, node: Node, anna: Socket, boris: Socket) -> None:
        self.node, self.anna, self.boris = node, anna, boris
        self.clock = Steady()
        self.viewing = Viewing(node.hub, clock=self.clock)

    def viewers(self) -> dict[str, Any]:
        """As the topic has them."""
        log = self.node.hub.logs.find(TICKET)
        return {} if log is None else {one["name"]: one["typing"] for one in log.state["viewers"].values()}

    async def shows(self, **names: bool) -> None:
        """Waits until these are shown, and no others."""
        await self.anna.until(lambda: self.viewers() == names)


@pytest.fixture
async def window(tmp_path: Path, store_file: Path) -> AsyncIterator[Window]:
    """Both have subscribed."""
    async with open_node(tmp_path, store_file) as node, AsyncExitStack() as stack:
        await node.ready()
        sockets = []
        for name in ("anna", "boris"):
            who = await stack.enter_async_context(seat(node, name))
            sockets.append(await stack.enter_async_context(socket(node, who)))
            node.hub.presence.subscribe(sockets[-1].session, TICKET, 0)
        yield Window(node, *sockets)


async def test_who_looks_and_types_is_shown_and_vanishes(window: Window) -> None:
    """Names appear with the first word, typing follows at once, and ten seconds of silence take them away one by one."""
    say = window.viewing.say
    say(window.anna.session, {"id": 7, "typing": False})
    say(window.boris.session, {"id": 7})
    await window.shows(Anna=False, Boris=False)
    say(window.boris.session, {"id": 7, "typing": True})
    await window.shows(Anna=False, Boris=True)
    window.clock.now += 9
    say(window.boris.session, {"id": 7, "typing": True})
    window.clock.now += 2
    window.viewing.tick()
    await window.shows(Boris=True)
    window.clock.now += 11
    window.viewing.tick()
    await window.shows()


async def test_who_says_goodbye_is_gone_at_once(window: Window) -> None:
    """`gone` does not wait for the silence; a second tab of the same person keeps them."""
    who = window.anna.session.principal
    window.viewing.say(window.anna.session, {"id": 7})
    async with AsyncExitStack() as stack:
        second = await stack.enter_async_context(_again(window, who.user_id))
        window.viewing.say(second.session, {"id": 7, "typing": True})
        await window.shows(Anna=True)
        window.viewing.say(second.session, {"id": 7, "gone": True})
        await window.shows(Anna=False)
    window.viewing.say(window.anna.session, {"id": 7, "gone": True})
    await window.shows()


@asynccontextmanager
async def _again(window: Window, user_id: int) -> AsyncIterator[Socket]:
    async with seat(window.node, "anna", user_id=user_id) as who, socket(window.node, who, device="d2") as made:
        window.node.hub.presence.subscribe(made.session, TICKET, 0)
        yield made


async def test_saying_the_same_again_tells_nobody(window: Window) -> None:
    """A word every five seconds costs no event while nothing changes."""
    window.viewing.say(window.anna.session, {"id": 7})
    await window.shows(Anna=False)
    log = window.node.hub.logs.find(TICKET)
    assert log is not None
    offset = log.offset
    for _ in range(10):
        window.clock.now += 5
        window.viewing.say(window.anna.session, {"id": 7, "typing": False})
        window.viewing.tick()
    window.viewing.say(window.anna.session, {"id": 7, "typing": True})
    await window.shows(Anna=True)
    assert log.offset == offset + 1


@pytest.mark.parametrize("args", [{}, {"id": "7"}, {"id": True}, {"id": 0}, {"id": 7, "typing": 1}, {"id": 8}])
async def test_only_a_ticket_that_one_reads_can_be_looked_at(window: Window, args: dict[str, Any]) -> None:
    """Nonsense and a ticket whose topic was not allowed are refused."""
    with pytest.raises(CallError):
        window.viewing.say(window.anna.session, args)
    assert window.viewers() == {}


async def test_the_call_stands_at_the_hub(window: Window) -> None:
    """`tickets.viewing` is what a page calls."""
    assert "tickets.viewing" in window.node.hub.quick_calls
