"""uvicorn, set up for this application: drains before it closes, says nothing of itself."""

from __future__ import annotations

import gc
import socket

import uvicorn
from starlette.types import ASGIApp

from web.handover import HandoverProtocol
from web.http import BoundedHttpProtocol
from web.settings import Settings
from web.workers import BACKLOG

__all__ = ["Server", "make_server"]

_MAX_FRAME = 2 << 20  # above hub.v1's own bound, so that an over-long frame is closed with hub.v1's code
_GRACE_S = 10


class Server(uvicorn.Server):
    """Lets the hub tell its clients when to come back, before uvicorn closes their connections with 1012."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then takes all that was made so far out of the garbage collector's sight: it stays to the end anyway.

        A full collection stalls every session for its length; without some half a million objects of modules and
        tables it is a fraction as long (`gc.freeze`, https://docs.python.org/3/library/gc.html#gc.freeze).
        """
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drains, then shuts down as uvicorn does. New sockets are refused from here on."""
        hub = getattr(self.lifespan, "state", {}).get("hub")
        if hub is not None and not self.force_exit:
            await hub.drain()
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
