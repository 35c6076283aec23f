"""The `websockets` library's own server with `broadcast()`: python -m tests.benchmarks.peers.websockets_server PORT."""

from __future__ import annotations

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

subscribers: set[ServerConnection] = set()


async def _handle(connection: ServerConnection) -> None:
    if connection.request is not None and connection.request.path == "/pub":
        async for message in connection:
            broadcast(subscribers, message)
        return
    subscribers.add(connection)
    try:
        await connection.wait_closed()
    finally:
        subscribers.discard(connection)


async def main(port: int) -> None:
    """Serves for ever."""
    async with serve(_handle, "127.0.0.1", port, compression=None, backlog=4096) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
