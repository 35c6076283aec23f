"""Checks that open a TCP connection."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime

from adapters.netmonitor.probe.icmp import NO_ROUTE
from adapters.netmonitor.probe.names import Address
from adapters.netmonitor.values import Round, Tcp

__all__ = ["NoRoute", "check_tcp", "connect"]


class NoRoute(OSError):
    """The machine itself would not send: nothing is said of the host."""


async def connect(address: Address, port: int) -> socket.socket:
    """An open connection, non-blocking. Raises NoRoute when not even its first packet left, other OSError as the answer was."""
    sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        host, _, *rest = address.sockaddr
        code = sock.connect_ex((host, port, *rest))
        if code in NO_ROUTE:  # at once, so by our own tables; from a router it would come later, and mean the host
            raise NoRoute(code, os.strerror(code))
        if code == errno.EINPROGRESS:
            await _writable(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
    except BaseException:
        sock.close()
        raise
    return sock


async def _writable(sock: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def opened() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_writer(sock.fileno(), opened)
    try:
        await ready
    finally:
        loop.remove_writer(sock.fileno())


async def check_tcp(check: Tcp, address: Address, now: Callable[[], datetime]) -> Round:
    """One connection, opened and closed at once.

    `refused`: the host answers, the port does not. `timeout`: no answer, or a router says that there will be none.
    """
    at, began = now(), time.monotonic()
    error, rtts = None, tuple[float | None, ...]()
    try:
        async with asyncio.timeout(check.timeout_s):
            sock = await connect(address, check.port)
    except NoRoute:
        error = "no_route"
    except (ConnectionRefusedError, ConnectionResetError):
        error, rtts = "refused", (None,)
    except OSError:  # TimeoutError among them
        error, rtts = "timeout", (None,)
    else:
        rtts = ((time.monotonic() - began) * 1000,)
        sock.close()
    return Round(at=at, rtts=rtts, error=error, address=str(address))
