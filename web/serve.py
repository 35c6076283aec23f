"""Runs the application under uvicorn, with an orderly end: sessions are told when to come back before their sockets close."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import uvicorn
from starlette.applications import Starlette

from hub.hub import Hub
from web.settings import Settings
from web.startup import create_app

__all__ = ["run", "serve"]

_DRAIN_S = 10.0
_MAX_FRAME = 2 << 20
"""Bytes of a client frame that uvicorn still hands over, so that the hub itself can say 4502 to one over 64 KiB."""


class _Server(uvicorn.Server):
    """uvicorn closes WebSockets with 1012 at once when it is told to stop; the hub says goodbye first."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hub = self.lifespan.state.get("hub")
        if isinstance(hub, Hub):
            await hub.drain(within_s=_DRAIN_S)
        await super().shutdown(sockets)


def serve(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; the process' exit code (3: it could not start)."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(run(create_app(settings), settings))


async def run(app: Starlette, settings: Settings, *, started: Callable[[], Awaitable[None]] | None = None) -> int:
    """Serves `app` as the settings say; `started` is awaited once it answers."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=_MAX_FRAME,
        ws_ping_interval=None,  # the hub has its own, which tells a living page from a living socket
        ws_per_message_deflate=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=5,
        backlog=4096,
    )
    server = _Server(config)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(), name="http_server")
        if started is not None:
            while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event for it
                await asyncio.sleep(0.02)
            if server.started:
                await started()
    return 0 if server.started else 3


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not made for this platform: the standard loop does the same work, slower
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
