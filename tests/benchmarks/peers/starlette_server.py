"""Starlette as its documentation has it, `await socket.send_text()` for each: python -m tests.benchmarks.peers.starlette_server PORT."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

subscribers: set[WebSocket] = set()


async def _subscribe(socket: WebSocket) -> None:
    await socket.accept()
    subscribers.add(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        pass
    finally:
        subscribers.discard(socket)


async def _publish(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            text = await socket.receive_text()
            for subscriber in list(subscribers):
                await subscriber.send_text(text)
    except WebSocketDisconnect:
        pass


def main(port: int) -> None:
    """Serves for ever, with the same uvicorn, parser and loop as the product."""
    app = Starlette(routes=[WebSocketRoute("/sub", _subscribe), WebSocketRoute("/pub", _publish)])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        ws="websockets-sansio",
        loop="uvloop",
        http="httptools",
        log_level="error",
        access_log=False,
        ws_per_message_deflate=False,
        backlog=4096,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
