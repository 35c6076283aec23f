"""A service of TCP that can be shut and opened again: what a check of the network monitor finds up and down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Shutting", "shutting"]


class Shutting:
    """Takes connections and ends them, until it is shut; its port stays its own."""

    def __init__(self) -> None:
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        """Listens."""
        self._server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Refuses from here on."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


@asynccontextmanager
async def shutting() -> AsyncIterator[Shutting]:
    """One that is open."""
    made = Shutting()
    await made.open()
    try:
        yield made
    finally:
        await made.shut()
