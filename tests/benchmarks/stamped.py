"""A client's socket that tells when the kernel got what it reads: what a busy Python process would tell is when it had time to look."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Sequence
from typing import Protocol

__all__ = ["SO_TIMESTAMPNS", "Receiver", "StampedTransport", "connect", "stamp"]

SO_TIMESTAMPNS = 35
"""SO_TIMESTAMPNS_OLD of asm-generic/socket.h; Python's socket module has no name for it. The message that comes is called the same."""
_READ = 256 * 1024
_TIMESPEC = struct.Struct("@ll")


class Receiver(Protocol):
    """What a connection's bytes are given to."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is connected."""

    def stamped_received(self, data: bytes, at_ns: int) -> None:
        """Bytes, and when the last of them came (ns since 1970)."""

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""


def stamp(ancillary: Sequence[tuple[int, int, bytes]]) -> int | None:
    """When the kernel got what `recvmsg` read (ns since 1970); None when it does not say. Source: socket(7), tcp(7)."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, ns = _TIMESPEC.unpack_from(data)
            return seconds * 1_000_000_000 + ns
    return None


class StampedTransport(asyncio.Transport):
    """As much of a transport as a client needs, over its own socket. Not to be able to write at once is an error: frames here are short."""

    def __init__(self, sock: socket.socket, receiver: Receiver) -> None:
        super().__init__({"socket": sock})
        self._sock, self._receiver = sock, receiver
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._readable)
        receiver.connection_made(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Sends all of it, or ends the connection."""
        if self._sock.fileno() < 0:
            return
        try:
            whole = self._sock.send(data) == len(data)
        except OSError as error:
            self._end(error)
        else:
            if not whole:
                self._end(OSError("the send buffer is full"))

    def abort(self) -> None:
        """Ends the connection."""
        self._end(None)

    close = abort

    def pause_reading(self) -> None:
        """Stops reading."""
        self._loop.remove_reader(self._sock)

    def resume_reading(self) -> None:
        """Reads again."""
        self._loop.add_reader(self._sock, self._readable)

    def _readable(self) -> None:
        try:
            data, ancillary, _flags, _address = self._sock.recvmsg(_READ, 64)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error)
            return
        if not data:
            self._end(None)
            return
        at = stamp(ancillary)
        if at is None:
            self._end(OSError("the kernel stamps nothing"))
        else:
            self._receiver.stamped_received(data, at)

    def _end(self, error: Exception | None) -> None:
        if self._sock.fileno() < 0:
            return
        self._loop.remove_reader(self._sock)
        self._sock.close()
        self._loop.call_soon(self._receiver.connection_lost, error)


async def connect(receiver: Receiver, host: str, port: int) -> StampedTransport:
    """A connection whose bytes come with their time. Raises OSError."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
        return StampedTransport(sock, receiver)
    except BaseException:
        sock.close()
        raise
