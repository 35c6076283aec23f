"""Newcomers are heard a few in each turn of the event loop, in order, and nobody else waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.web.transports import Pipe
from web.doorway import Doorway, doorway_of
from web.http import BoundedHttpProtocol

REQUEST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"


async def test_a_crowd_takes_many_turns() -> None:
    """Two in a turn, first come, first served; what is ready besides has its turn between them."""
    heard: list[str] = []
    doorway = Doorway(asyncio.get_running_loop(), at_once=2, crowd=0)
    for number in range(5):
        doorway.enter(lambda name=f"n{number}": heard.append(name))  # type: ignore[misc]
    assert heard == []
    for _ in range(3):
        await asyncio.sleep(0)
        heard.append("-")
    assert heard == ["n0", "n1", "-", "n2", "n3", "-", "n4", "-"]
    doorway.enter(lambda: heard.append("later"))
    await asyncio.sleep(0)
    assert heard[-1] == "later"


class Ticking:
    """Of an event loop what a doorway needs; `calls` are what it has to call, each with the seconds that it was put off for."""

    def __init__(self) -> None:
        self.calls: list[tuple[float, Callable[[], None]]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        """In the next turn."""
        self.calls.append((0.0, callback))

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Later."""
        self.calls.append((delay_s, callback))

    def next(self) -> float:
        """Makes the only call that is due; how long it was put off for."""
        ((delay_s, callback),) = self.calls
        self.calls.clear()
        callback()
        return delay_s


def test_there_are_pauses_unless_everybody_comes_at_once() -> None:
    """A few are followed by a pause, many by the next at once; who comes meanwhile waits behind the others."""
    loop, heard = Ticking(), list[int]()
    doorway = Doorway(cast("asyncio.AbstractEventLoop", loop), at_once=2, pause_s=0.5, crowd=4)
    for number in range(9):
        doorway.enter(partial(heard.append, number))
    put_off = [loop.next() for _ in range(4)]
    doorway.enter(partial(heard.append, 9))
    put_off.append(loop.next())
    assert put_off == [0, 0, 0, 0.5, 0.5]  # 7 and 5 wait, then 3 and 1
    assert loop.calls == []
    assert heard == list(range(10))
    doorway.enter(partial(heard.append, 10))
    assert loop.next() == 0
    assert heard[-1] == 10


async def test_an_error_is_nobody_elses() -> None:
    """One whose words cannot be heard does not keep the door from the next."""
    heard: list[str] = []
    loop = asyncio.get_running_loop()
    told: list[Any] = []
    loop.set_exception_handler(lambda _loop, context: told.append(context["exception"]))
    doorway = Doorway(loop, at_once=2, crowd=0)

    def fails() -> None:
        raise ValueError

    doorway.enter(fails)
    doorway.enter(lambda: heard.append("next"))
    for _ in range(2):
        await asyncio.sleep(0)
    assert heard == ["next"]
    assert [type(error) for error in told] == [ValueError]


async def test_each_loop_has_its_own() -> None:
    """All connections of a loop share one."""
    assert doorway_of(asyncio.get_running_loop()) is doorway_of(asyncio.get_running_loop())


class Reading(Pipe):
    """A transport that knows whether it is read."""

    reading = True

    def pause_reading(self) -> None:
        """Nothing comes until it is resumed."""
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        """What has come meanwhile comes now."""
        assert not self.reading
        self.reading = True


@pytest.fixture
def asked() -> list[str]:
    """The paths that the application saw."""
    return []


@pytest.fixture
def connect(asked: list[str]) -> Any:
    """Makes connections to a server of ours."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(application, lifespan="off", log_config=None)
    config.load()
    state = ServerState()

    def made() -> tuple[BoundedHttpProtocol, Reading]:
        protocol, transport = BoundedHttpProtocol(config=config, server_state=state, app_state={}), Reading()
        transport.protocol = protocol
        protocol.connection_made(transport)
        return protocol, transport

    return made


async def answered(transport: Reading, count: int) -> None:
    """Waits for so many answers."""
    async with asyncio.timeout(5):
        while transport.read.count(b"HTTP/1.1 200") < count:  # noqa: ASYNC110 - a buffer tells nobody
            await asyncio.sleep(0)


async def test_only_the_first_words_wait(connect: Any, asked: list[str]) -> None:
    """Until a newcomer is heard nothing more is read of it; later requests on its connection are heard at once."""
    protocol, transport = connect()
    protocol.data_received(REQUEST)
    assert (transport.reading, asked) == (False, [])
    await answered(transport, 1)
    assert transport.reading
    protocol.data_received(REQUEST)
    assert protocol.cycle is not None
    assert not protocol.cycle.response_complete
    await answered(transport, 2)
    assert asked == ["/", "/"]
    transport.abort()


async def test_who_hangs_up_at_the_door_is_not_heard(connect: Any, asked: list[str]) -> None:
    """Nothing is begun for a connection that was lost while it waited."""
    protocol, transport = connect()
    protocol.data_received(REQUEST)
    transport.abort()
    for _ in range(5):
        await asyncio.sleep(0)
    assert asked == []
