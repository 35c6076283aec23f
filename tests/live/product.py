"""The product in a process of its own, as an operator starts it, with a store in a temporary folder."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from adapters.push.vapid import generate
from tests.live.warm import COMMAND, Warm

__all__ = ["PUBLISH_TOKEN", "Product", "free_port"]

ROOT = Path(__file__).parents[2]
WITHOUT = Path(__file__).with_name("without")
"""What the tests' own tools bring along and an installation has not: structlog loads rich where it is, a quarter of a second each start."""
PUBLISH_TOKEN = "0123456789abcdef0123456789abcdef"


def free_port() -> int:
    """A port that was free a moment ago, below those that outgoing connections are given meanwhile."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Product:
    """One installation: its folder, its settings and, while it runs, its process."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    command: Sequence[str] = COMMAND
    process: subprocess.Popen[bytes] | Warm | None = None
    front: int | None = None
    """The port that people come by, when something stands in front."""
    trust: ssl.SSLContext | None = None
    """What clients trust, when people come by https."""

    def __post_init__(self) -> None:
        self.settings = {
            "LISTEN": f"127.0.0.1:{self.port}",
            "PUBLIC_URL": self.url,
            "STORE_URL": f"sqlite+aiosqlite:///{self.store}",
            "PUBLISH_TOKENS": f"tests:{PUBLISH_TOKEN}",
            "VAPID_PRIVATE_KEY": generate()[0],
            "VAPID_SUBJECT": "mailto:ops@example.org",
            "LOG_FORMAT": "json",
            "HASHING_PRIORITY": "low",  # beside other tests there is hardly ever time left
        } | self.settings

    @property
    def url(self) -> str:
        """Where people open it."""
        return f"{'https' if self.trust else 'http'}://localhost:{self.front or self.port}"

    @property
    def store(self) -> Path:
        """Its SQLite file."""
        return self.folder / "navigator.sqlite"

    @property
    def log(self) -> Path:
        """What it wrote, over all its starts."""
        return self.folder / "product.log"

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the caller's settings leaks in."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("NAVIGATOR_")}
        clean.pop("PYTHONDONTWRITEBYTECODE", None)  # images set it; it would compile the product anew at each of a hundred starts
        return (
            clean
            | {f"NAVIGATOR_{key}": value for key, value in self.settings.items()}
            | {"PYTHONPATH": os.pathsep.join((str(WITHOUT), str(ROOT)))}
            | more
        )

    def navigator(self, *arguments: str, given: str = "") -> str:
        """Runs one command of `navigator` and returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "web.cli", *arguments],
            cwd=self.folder,
            env=self.environment(),
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def add_user(self, name: str, *options: str, password: str = "long-enough-1") -> None:
        """Makes a local account by the command line."""
        self.navigator("user", "add", name, *options, given=password)

    def furnish(self, store: Path) -> None:
        """Begins with a copy of another installation's store, which nobody has open: making one takes a process and its migrations."""
        shutil.copyfile(store, self.store)

    def start(self, **more: str) -> None:
        """Starts the process; `answers` waits for it."""
        environment = self.environment(**more)
        if self.command == COMMAND and "LD_PRELOAD" not in environment:
            self.process = Warm(folder=self.folder, environment=environment, log=self.log)
            return
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, env=environment, stdout=log, stderr=log)

    async def answers(self, timeout_s: float = 30.0) -> None:
        """Returns when it takes requests."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                assert self.process is not None
                assert self.process.poll() is None, self.log.read_text()[-4000:]
                assert time.monotonic() < deadline, "the product did not start: " + self.log.read_text()[-4000:]
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return

    async def kill(self) -> None:
        """`kill -9`."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """An orderly end."""
        await self._end(signal.SIGTERM)

    async def ended(self, timeout_s: float = 30.0) -> int:
        """Waits for the process to end by itself, and gives its code."""
        assert self.process is not None
        return await asyncio.to_thread(self.process.wait, timeout_s)

    async def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                await asyncio.to_thread(self.process.wait, 45)
            except subprocess.TimeoutExpired:  # it must not live on beside the tests that follow
                self.process.kill()
                self.process.wait(10)
                raise

    @asynccontextmanager
    async def running(self, **more: str) -> AsyncIterator[Product]:
        """The process, while the block runs."""
        self.start(**more)
        try:
            await self.answers()
            yield self
        finally:
            await self.stop()

    @asynccontextmanager
    async def signed_in(self, name: str, password: str = "long-enough-1") -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client that is signed in, with the CSRF header set."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10, verify=self.trust or True, headers={"Origin": self.url}) as client:
            answer = await client.post("/users/login", json={"username": name, "password": password})
            assert answer.status_code == 200, answer.text
            boot = (await client.get("/users/api/me")).json()
            client.headers["X-CSRF-Token"] = boot["csrf"]
            yield client

    async def publish(self, *events: Mapping[str, Any]) -> httpx.Response:
        """Publishes as an outside system does."""
        headers = {"Authorization": f"Bearer {PUBLISH_TOKEN}", "Content-Type": "application/cloudevents-batch+json"}
        batch = [{"specversion": "1.0", "source": "/tests", "type": "test.notice", **event} for event in events]
        async with httpx.AsyncClient(timeout=10, verify=self.trust or True) as client:
            return await client.post(f"{self.url}/hub/events", json=batch, headers=headers)

    async def metric(self, name: str) -> float:
        """One of its numbers, over all labels, as this node says itself. Needs METRICS_TOKEN among its settings."""
        headers = {"Authorization": f"Bearer {self.settings['METRICS_TOKEN']}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=10) as client:
            answer = await client.get("/metrics", headers=headers)
        assert answer.status_code == 200, answer.text
        assert f"# TYPE {name} " in answer.text, f"no {name}"
        return sum(float(line.rpartition(" ")[2]) for line in answer.text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Looks into the store from outside."""
        with sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10) as database:
            found = database.execute(query, values).fetchall()
        database.close()
        return found
