"""A TCP proxy that loses answers: what the client sends arrives, what the server says does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Proxy", "proxied"]


class Proxy:
    """Passes bytes both ways until told otherwise."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self.port = 0
        self.losing = False
        """While true, the server's answers are thrown away and the connection is cut behind them."""
        self.lost = 0
        """Answers thrown away."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            writer.close()
            return

        async def there() -> None:
            while data := await reader.read(65_536):
                upstream_writer.write(data)
                await upstream_writer.drain()

        async def back() -> None:
            while data := await upstream_reader.read(65_536):
                if self.losing:
                    self.lost += 1
                    return
                writer.write(data)
                await writer.drain()

        tasks = [asyncio.create_task(there(), name="proxy_there"), asyncio.create_task(back(), name="proxy_back")]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            upstream_writer.close()
            writer.close()


@asynccontextmanager
async def proxied(upstream_port: int) -> AsyncIterator[Proxy]:
    """A proxy in front of that loopback port."""
    proxy = Proxy(upstream_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
