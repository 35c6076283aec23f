"""Ownership for what a sandbox runs beside itself: a task, or an HTTP server on a loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette

__all__ = ["Door", "owned_task", "serve"]

_START_S, _STOP_S = 10.0, 5.0


class _Server(uvicorn.Server):
    """Signals belong to the program, not to a server inside it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def owned_task(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[asyncio.Task[None]]:
    """Runs `work` as a named task for as long as the block lasts, then cancels it and waits for its end."""
    task = asyncio.create_task(work, name=name)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Door:
    """An HTTP server on a port of 127.0.0.1 that can be shut and opened again. While it is shut the port refuses connections."""

    def __init__(self, app: Starlette, name: str) -> None:
        self._app, self._name = app, name
        self._port = 0
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """Its URL without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Serves, the second time on the same port; ready when it returns."""
        if self._task is not None:
            return
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=2,
            server_header=False,
            date_header=True,
        )
        self._server = _Server(config)
        self._task = asyncio.create_task(self._server.serve([self._listener]), name=self._name)
        async with asyncio.timeout(_START_S):
            while not self._server.started:
                if self._task.done():
                    await self._task
                    raise RuntimeError(f"{self._name} did not start")
                await asyncio.sleep(0.01)

    async def shut(self) -> None:
        """Stops, open requests included, after 5 s at most."""
        server, task, listener = self._server, self._task, self._listener
        self._server = self._task = self._listener = None
        if server is None or task is None or listener is None:
            return
        server.should_exit = True
        done, _ = await asyncio.wait({task}, timeout=_STOP_S)
        if not done:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        listener.close()

    def cut(self, client: tuple[str, int] | None = None) -> None:
        """Breaks the connection with this client, or all, without a word."""
        for connection in tuple(self._server.server_state.connections) if self._server else ():
            transport = getattr(connection, "transport", None)
            if transport is not None and client in (None, transport.get_extra_info("peername")):
                transport.abort()


@asynccontextmanager
async def serve(app: Starlette, name: str) -> AsyncIterator[str]:
    """Serves `app` on a free port of 127.0.0.1 and yields its URL without a slash at the end.

    Ready when the block starts; stopped when it ends, open requests included, after 5 s at most.
    """
    door = Door(app, name)
    try:
        await door.open()
        yield door.url
    finally:
        await door.shut()
