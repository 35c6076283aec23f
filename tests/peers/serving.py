"""ASGI peers in a thread and loop of their own, on loopback ports that the system picks."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from aiohttp.abc import AbstractResolver, ResolveResult

__all__ = ["LoopbackResolver", "Serving", "loopback_socket", "serving"]

T = TypeVar("T")


class LoopbackResolver(AbstractResolver):
    """Sends real host names to ports of this machine; every other name fails. TLS and allow-lists stay on."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AddressFamily.AF_INET) -> list[ResolveResult]:
        """127.0.0.1 at that name's port."""
        if host not in self._ports:
            raise OSError(f"no such host in this test: {host}")
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self._ports[host], family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing to close."""


class Serving:
    """A running peer: its loop, for calls from the test's own thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def call(self, work: Coroutine[Any, Any, T], timeout_s: float = 30.0) -> T:
        """Runs `work` in the peer's loop and waits; blocking, so not for a test's own event loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)


def loopback_socket() -> socket.socket:
    """A listening socket at a free port; the port is known before the server that will use it is built."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    return listening


@contextmanager
def serving(app: Any, sockets: Sequence[tuple[socket.socket, tuple[Path, Path] | None]], name: str) -> Iterator[Serving]:
    """Serves `app` on each socket, with TLS where a certificate and key are given; stops and closes on leaving."""
    servers = []
    for _, pair in sockets:
        config = uvicorn.Config(
            app, log_config=None, lifespan="off", ws="websockets-sansio", ws_ping_interval=None, timeout_graceful_shutdown=1
        )
        if pair:
            config.ssl_certfile, config.ssl_keyfile = str(pair[0]), str(pair[1])
        servers.append(uvicorn.Server(config))
    loop = asyncio.new_event_loop()

    async def run() -> None:
        await asyncio.gather(*(server.serve([listening]) for server, (listening, _) in zip(servers, sockets, strict=True)))

    def thread() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(run())
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    worker = threading.Thread(target=thread, name=name, daemon=True)
    worker.start()
    try:
        ready = threading.Event()
        for _ in range(1_000):
            if all(server.started for server in servers) or not worker.is_alive():
                break
            ready.wait(0.01)
        if not all(server.started for server in servers):
            raise RuntimeError(f"{name} did not start")
        yield Serving(loop)
    finally:
        for server in servers:
            server.should_exit = True
        worker.join(10)
        for listening, _ in sockets:
            listening.close()
