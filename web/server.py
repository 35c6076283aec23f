"""uvicorn, set up for this application: drains before it closes, says nothing of itself."""

from __future__ import annotations

import asyncio
import socket
import time

import uvicorn
from starlette.types import ASGIApp

from hub.hub import Hub
from web.collector import Collector
from web.handover import HandoverProtocol
from web.http import BoundedHttpProtocol
from web.settings import Settings
from web.workers import BACKLOG

__all__ = ["Server", "make_server"]

_MAX_FRAME = 2 << 20  # above hub.v1's own bound, so that an over-long frame is closed with hub.v1's code
_GRACE_S = 10


class Server(uvicorn.Server):
    """Lets the hub tell its clients when to come back, before uvicorn closes their connections with 1012."""

    _collecting: asyncio.Task[None] | None = None

    @property
    def _hub(self) -> Hub | None:
        hub: Hub | None = getattr(self.lifespan, "state", {}).get("hub")
        return hub

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts; from then on the process keeps its garbage collections short."""
        await super().startup(sockets)
        hub = self._hub
        if hub is not None and not self.should_exit:
            collector = Collector(lambda: len(hub.presence), clock=time.monotonic)
            self._collecting = asyncio.create_task(collector.run(), name="collector")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drains, then shuts down as uvicorn does. New sockets are refused from here on.

        With listening sockets that other processes share, who comes is theirs from here on: this one would answer 503.
        """
        if sockets:
            for server in self.servers:
                server.close()
        if self._hub is not None and not self.force_exit:
            await self._hub.drain()
        if self._collecting is not None:
            self._collecting.cancel()
            await asyncio.wait([self._collecting])
        await super().shutdown(sockets)


def make_server(app: ASGIApp, settings: Settings) -> Server:
    """The server, not yet running: `run()` blocks, `await serve()` does not. Log lines go the way of `web.logs.configure`."""
    return Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            backlog=BACKLOG,
            ssl_certfile=settings.tls_certificate,
            ssl_keyfile=settings.tls_key,
            lifespan="on",
            log_config=None,
            log_level=settings.log_level,
            access_log=settings.log_level == "debug",
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            http=BoundedHttpProtocol,
            ws=HandoverProtocol,
            ws_max_size=_MAX_FRAME,
            ws_per_message_deflate=False,
            ws_ping_interval=None,  # hub.v1 has its own ping, which also proves that the page's script is alive
            timeout_graceful_shutdown=_GRACE_S,
        )
    )
