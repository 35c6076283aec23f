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

__all__ = ["owned_task", "serve"]

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


@asynccontextmanager
async def serve(app: Starlette, name: str) -> AsyncIterator[str]:
    """Serves `app` on a free port of 127.0.0.1 and yields its URL without a slash at the end.

    Ready when the block starts; stopped when it ends, open requests included, after 5 s at most.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
        server_header=False,
        date_header=True,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]), name=name)
    try:
        async with asyncio.timeout(_START_S):
            while not server.started:
                if task.done():
                    await task
                    raise RuntimeError(f"{name} did not start")
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        done, _ = await asyncio.wait({task}, timeout=_STOP_S)
        if not done:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        listener.close()
