"""What a stranger can cost before a request is one: bounded in bytes and in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from web.http import BoundedHttpProtocol


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Says how long the request's body is."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def served(*, head_s: float = 60.0) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server that takes heads of 1,000 bytes."""

    class Small(BoundedHttpProtocol):
        max_head = 1000

    Small.head_s = head_s
    config = uvicorn.Config(application, lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: Small(config=config, server_state=state, app_state={}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        yield reader, writer
        writer.close()
        await writer.wait_closed()
        async with asyncio.timeout(5):
            while state.connections:  # noqa: ASYNC110  # uvicorn keeps a set and tells nobody
                await asyncio.sleep(0)


async def status(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, and reads over its body."""
    async with asyncio.timeout(10):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
    return int(head.split()[1])


async def test_an_endless_header_is_refused() -> None:
    """A head over the bound is answered with 431 and hung up on, be it one header or many, with or without an end."""
    for line in (b"x" * 5000, b"x: y\r\n" * 500):
        async with served() as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + line)
            assert await status(reader) == 431
            assert await reader.read() == b""


async def test_bodies_and_later_requests_are_not_counted() -> None:
    """Only heads count, each for itself: large bodies and many requests on one connection go through, whatever the pieces."""
    async with served() as (reader, writer):
        for _ in range(5):
            writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\nX: " + b"x" * 500 + b"\r\n\r\n" + b"b" * 2500)
            await writer.drain()
            writer.write(b"b" * 2500)
            assert await status(reader) == 200
        writer.write(b"GET / HTTP/1.1\r\nX: " + b"x" * 1500)
        assert await status(reader) == 431


async def test_a_head_has_its_time() -> None:
    """A client that stops in the middle of a head, first or later, is answered with 408; one that says nothing is hung up on."""
    async with served(head_s=0.05) as (reader, writer):
        assert await reader.read() == b""
    async with served(head_s=0.05) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHo")
        assert await status(reader) == 408
        assert await reader.read() == b""
    async with served(head_s=0.3) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await status(reader) == 200
        writer.write(b"GET / HT")
        assert await status(reader) == 408
