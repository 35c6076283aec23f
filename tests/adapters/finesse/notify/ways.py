"""The five ways to the same server, and what tests wait for."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

from adapters.finesse.notify.line import Connected, Connector, Event, FinessePresence, Line, Terms
from adapters.finesse.notify.tcp import tcp_connector
from adapters.finesse.notify.websocket import websocket_connector
from adapters.finesse.values import Credentials
from tests.peers.prosody import DOMAIN, PUBSUB, Prosody

__all__ = ["AGENTS", "BRISK", "WAYS", "heard", "never_left", "open_line", "rest", "sockets", "until", "up"]

AGENTS: Mapping[str, str] = {"1001": "pw1001", "1002": "pw&<1002>'", "1003": "pässword"}
BRISK = Terms(ping_s=0.2, silent_s=0.6, leave_s=0.5)
"""For what is to be noticed soon."""
WAYS: Mapping[str, Callable[[Prosody, Terms], Connector]] = {
    "ws": lambda server, terms: websocket_connector(server.ws, terms=terms),
    "wss": lambda server, terms: websocket_connector(server.wss, tls=server.trusted(), terms=terms),
    "tcp": lambda server, terms: tcp_connector("127.0.0.1", server.tcp, security="none", terms=terms),
    "starttls": lambda server, terms: tcp_connector("127.0.0.1", server.tcp, tls=server.trusted(), security="starttls", terms=terms),
    "tls": lambda server, terms: tcp_connector("127.0.0.1", server.tls, tls=server.trusted(), terms=terms),
}
_PATIENCE_S = 20.0


def open_line(
    server: Prosody, way: str, agent: str = "1001", *, terms: Terms | None = None, password: str | None = None
) -> AbstractAsyncContextManager[Line]:
    """A line of one of AGENTS."""
    credentials = Credentials(agent=agent, password=AGENTS[agent] if password is None else password)
    return WAYS[way](server, terms or Terms())(credentials, DOMAIN, PUBSUB)


async def heard(line: Line, wanted: type[Any] | tuple[type[Any], ...]) -> Any:
    """The next event of this kind; others are passed over. An end that is none fails the test."""
    async with asyncio.timeout(_PATIENCE_S):
        async for event in line.events():
            if isinstance(event, wanted):
                return event
            assert isinstance(event, Connected | FinessePresence), event
    raise AssertionError("nothing more is told")


async def up(line: Line) -> str:
    """Waits until the line stands; the JID."""
    connected: Connected = await heard(line, Connected)
    return connected.jid


async def rest(line: Line) -> list[Event]:
    """All that is still told, to the end."""
    async with asyncio.timeout(_PATIENCE_S):
        return [event async for event in line.events()]


async def until(what: Callable[[], object]) -> None:
    """Waits until it is true."""
    deadline = time.monotonic() + _PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.01)


def sockets() -> int:
    """How many this process has."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return found


async def never_left(before: int) -> None:
    """No task of a line, and no more sockets than before; the loop may need a turn or two to close them."""
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("finesse_line_")]
    await until(lambda: sockets() <= before)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
