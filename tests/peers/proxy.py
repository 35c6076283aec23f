"""A TCP proxy that loses answers: what the client sends arrives, what the server says does not. Or it answers itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

__all__ = ["Proxy", "proxied"]


class Proxy:
    """Passes bytes both ways until told otherwise."""

    def __init__(self, upstream_port: int) -> None:
        self._upstream_port = upstream_port
        self.port = 0
        self.losing = False
        """While true, the server's answers are thrown away and the connection is cut behind them."""
        self.loses: Callable[[bytes], bool] = lambda _request: False
        """Whether the answer to what begins with these bytes is lost like that."""
        self.instead: Callable[[bytes], bytes | None] = lambda _request: None
        """What is answered to it in the server's place, which hears nothing of it; b"": nothing, for ever. None: the server is asked."""
        self.delay_s = 0.0
        """Seconds before each 64 kB of the server's answers."""
        self.lost = 0
        """Answers thrown away."""
        self._serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        this = asyncio.current_task()
        assert this is not None
        self._serving.add(this)
        try:
            await self._pass(reader, writer)
        finally:
            self._serving.discard(this)
            writer.close()

    async def close(self) -> None:
        """Cuts what is still connected."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            return

        losing = False

        async def there() -> None:
            nonlocal losing
            while data := await reader.read(65_536):
                if (answer := self.instead(data)) is not None:
                    writer.write(answer)
                    while await reader.read(65_536):  # the rest of the request; the client hangs up
                        pass
                    return
                losing = losing or self.loses(data)
                upstream_writer.write(data)
                await upstream_writer.drain()

        async def back() -> None:
            while data := await upstream_reader.read(65_536):
                if self.losing or losing:
                    self.lost += 1
                    return
                await asyncio.sleep(self.delay_s)
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
        await proxy.close()
