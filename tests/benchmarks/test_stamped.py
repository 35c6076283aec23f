"""The stamped socket of the benchmarks' client: it tells when the kernel got the bytes, however late they are read."""

from __future__ import annotations

import asyncio
import sys
import time

import pytest

from tests.benchmarks.stamped import connect

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="SO_TIMESTAMPNS is Linux'")


class _Reader:
    """Keeps what comes."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, int]] = []
        self.read, self.lost = asyncio.Event(), asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Nothing to do."""

    def stamped_received(self, data: bytes, at_ns: int) -> None:
        """Bytes and their time."""
        self.came.append((data, at_ns))
        self.read.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Over."""
        self.lost.set()


async def _stamping(port: int) -> None:
    """Returns when the kernel stamps: it begins a moment after the first socket has asked, by a work queue (net_enable_timestamp)."""
    async with asyncio.timeout(30):
        while True:
            kept = _Reader()
            transport = await connect(kept, "127.0.0.1", port)
            transport.write(b"go")
            await kept.lost.wait()
            if kept.came:
                return
            await asyncio.sleep(0.05)


async def test_a_reader_that_comes_late_is_told_when_the_bytes_came() -> None:
    """The time is that of arrival, before the reader's own delay, and the end of the connection is told."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(2)
        writer.write(b"news")
        await writer.drain()
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        kept = _Reader()
        transport = await connect(kept, *server.sockets[0].getsockname()[:2])
        await _stamping(server.sockets[0].getsockname()[1])  # and goes on while this socket wants it
        ended.clear()
        transport.pause_reading()
        before = time.time_ns()
        transport.write(b"go")
        await ended.wait()
        sent = time.time_ns()
        await asyncio.sleep(0.2)
        transport.resume_reading()
        await kept.read.wait()
        data, at_ns = kept.came[0]
        assert data == b"news"
        assert before <= at_ns <= sent + 100_000_000
        await kept.lost.wait()
