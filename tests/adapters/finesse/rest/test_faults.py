"""adapters.finesse.rest.client when Finesse is down, frozen, slow, or answers nonsense: real sockets on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from adapters.finesse.errors import Away, FinesseError
from adapters.finesse.rest.client import Finesse, open_finesse
from adapters.finesse.rest.wire import MOST_BYTES
from adapters.finesse.tls import tls_context
from tests.adapters.finesse.rest.little import ADA, hang, http, saying, server, system_info, user

GOOD = http("200 OK", user(), "Content-Type: application/xml")


@asynccontextmanager
async def client_on(*urls: str, timeout_s: float = 10.0) -> AsyncIterator[Finesse]:
    """A client with a deadline that a test may wait for, or never sees."""
    async with open_finesse(urls, tls=await asyncio.to_thread(tls_context), timeout_s=timeout_s) as finesse:
        yield finesse


async def test_a_frozen_server_costs_the_deadline_and_no_second_try() -> None:
    """A read was not done, a write may have been."""
    async with server(hang) as url, client_on(url, timeout_s=0.2) as finesse:
        with pytest.raises(Away, match="in time") as away:
            await finesse.user(ADA)
        assert not away.value.sent
        with pytest.raises(Away, match="in time") as away:
            await finesse.change(ADA, b"<User/>", request="r")
        assert away.value.sent
        assert finesse.sent == 2


async def test_nobody_there_is_known_at_once_and_nothing_was_sent() -> None:
    """Tomcat is down."""
    async with server(hang) as url:
        pass
    async with client_on(url) as finesse:
        with pytest.raises(Away, match="reached") as away:
            await finesse.change(ADA, b"<User/>", request="r")
        assert not away.value.sent


async def test_a_read_is_sent_once_more_when_the_connection_breaks_and_a_write_never() -> None:
    """And not while the password is not proven: it might be refused twice for one try."""
    serve, heads = saying(b"", GOOD, b"", GOOD, b"", b"", GOOD)
    async with server(serve) as url, client_on(url) as finesse:
        with pytest.raises(Away, match="broke"):
            await finesse.user(ADA)
        assert len(heads) == 1
        await finesse.user(ADA)
        await finesse.user(ADA)
        assert len(heads) == 4
        with pytest.raises(Away, match="broke") as away:
            await finesse.make_call(ADA, b"<Dialog/>", request="r")
        assert away.value.sent
        assert len(heads) == 5


async def test_an_answer_that_ends_half_way_is_none() -> None:
    """Cut in its body, and cut in its head."""
    for half in (GOOD[:-10], GOOD[:20]):
        serve, _ = saying(half)
        async with server(serve) as url, client_on(url) as finesse:
            with pytest.raises(Away, match="broke"):
                await finesse.user(ADA)


async def test_an_endless_answer_is_cut_at_the_bound() -> None:
    """Chunked, so that nothing says how long it gets. The server sees its connection closed."""
    closed = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
                await writer.drain()
        closed.set()

    async with server(endless) as url, client_on(url, timeout_s=60) as finesse:
        with pytest.raises(Away, match=str(MOST_BYTES)):
            await finesse.user(ADA)
        async with asyncio.timeout(30):
            await closed.wait()


async def test_an_answer_that_drips_ends_at_the_deadline() -> None:
    """Every byte is in time, the whole is not."""

    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)

    async with server(drips) as url, client_on(url, timeout_s=0.3) as finesse:
        with pytest.raises(Away, match="in time"):
            await finesse.user(ADA)


async def test_a_redirect_is_not_followed_with_a_password() -> None:
    """Plain HTTP is sent on to 8445; wherever it leads, nothing is sent there."""
    elsewhere, heads = saying(GOOD)
    async with server(elsewhere) as other:
        for status in ("301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"):
            serve, asked = saying(http(status, b"", f"Location: {other}/finesse/api/User/1001"))
            async with server(serve) as url, client_on(url) as finesse:
                with pytest.raises(Away, match="address"):
                    await finesse.user(ADA)
                assert len(asked) == 1
    assert not heads


async def test_a_packed_answer_is_refused() -> None:
    """It was not asked for, and a small one may be large inside."""
    serve, _ = saying(http("200 OK", b"\x1f\x8b\x08\x00", "Content-Encoding: gzip"))
    async with server(serve) as url, client_on(url) as finesse:
        with pytest.raises(Away, match="packs"):
            await finesse.user(ADA)


@pytest.mark.parametrize(
    "nonsense",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_away(nonsense: bytes) -> None:
    """Another service on the port."""
    serve, _ = saying(nonsense)
    async with server(serve) as url, client_on(url) as finesse:
        with pytest.raises(Away):
            await finesse.user(ADA)


async def test_connections_are_kept_and_a_write_survives_that_an_idle_one_was_closed() -> None:
    """Tomcat closes what is idle: the next write gets a new connection, and is sent once."""
    connections = writes = 0
    ended: list[asyncio.Event] = []

    async def brief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections, writes
        connections += 1
        ended.append(asyncio.Event())
        for _ in range(2):
            with suppress(asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                writes += head.startswith(b"PUT")
                writer.write(http("200 OK", user(), close=False))
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended[-1].set()

    async with server(brief) as url, client_on(url) as finesse:
        await finesse.user(ADA)
        await finesse.user(ADA)
        assert connections == 1
        await ended[0].wait()
        for _ in range(2):
            await finesse.change(ADA, b"", request="r")
        assert (connections, writes) == (2, 2)


async def test_a_cancelled_request_closes_its_connection() -> None:
    """Nobody waits for it any longer, and the agent's turn is free."""
    came, gone = asyncio.Event(), asyncio.Event()

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        came.set()
        with suppress(ConnectionError):
            await hang(reader, writer)
        gone.set()

    async with server(waits) as url, client_on(url) as finesse:
        task = asyncio.create_task(finesse.change(ADA, b"", request="r"), name="a change")
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(30):
            await gone.wait()


async def test_a_node_that_holds_up_every_connection_does_not_hide_the_other() -> None:
    """All connections wait for the frozen node; looks have their own."""
    serve, _ = saying(http("200 OK", system_info()))
    async with server(hang) as frozen, server(serve) as well, client_on(frozen, well, timeout_s=20) as finesse:
        people = [type(ADA)(agent=str(n), password="x") for n in range(60)]
        tasks: list[asyncio.Task[object]] = [asyncio.create_task(finesse.user(who), name=f"user {who.agent}") for who in people]
        tasks.append(asyncio.create_task(finesse.system(frozen), name="a look"))
        try:
            await asyncio.sleep(0)
            assert (await finesse.system(well)).in_service
            assert not any(task.done() for task in tasks)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [result for result in results if isinstance(result, FinesseError)]


async def test_a_write_does_not_wait_for_reads_that_hang() -> None:
    """Sixty agents have just come and none is answered; the sixty-first changes their state."""

    async def only_writes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            if (await reader.readuntil(b"\r\n\r\n")).startswith(b"PUT"):
                writer.write(http("202 Accepted"))
            else:
                await hang(reader, writer)

    async with server(only_writes) as url, client_on(url, timeout_s=60) as finesse:
        people = [type(ADA)(agent=str(n), password="x") for n in range(60)]
        tasks = [asyncio.create_task(finesse.user(who), name=f"user {who.agent}") for who in people]
        try:
            await asyncio.sleep(0)
            async with asyncio.timeout(30):
                await finesse.change(ADA, b"", request="r")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
