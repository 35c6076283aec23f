"""One product server with people connected and notifications on their way: what the durable figures share."""

from __future__ import annotations

import asyncio
import gc
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvloop

from tests.benchmarks.accounts import Accounts
from tests.benchmarks.client import Client, Crowd, Lost, Message
from tests.benchmarks.measure import cpu
from tests.benchmarks.processes import Died, Server, loading, serving
from tests.benchmarks.publisher import Publisher, now_ns
from tests.benchmarks.run import Record, Run
from tests.benchmarks.servers import PRODUCT, product_launch

__all__ = ["Trial", "opened", "trial", "until"]

_CONNECTIONS = 8
"""Requests under way at once, at most."""
_ARRIVE_S = 30.0
_AT_ONCE = 32


class Trial:
    """Everybody connected; counts what was accepted and what arrived, and keeps how long each took from its `data.t`."""

    def __init__(self, server: Server, accounts: Accounts, *, ack: str | None = "received", stamped: bool = False) -> None:
        """`stamped`: what arrives is timed by the kernel, not by when this process came to read it."""
        self.server = server
        self.crowd = Crowd(server.port, ack=ack, on_event=self._arrived, stamped=stamped)
        self.clients = [Client(self.crowd, token, accounts.user_of(n)) for n, token in enumerate(accounts.tokens)]
        self.accepted = 0
        """Notifications times people, answered with 202."""
        self.arrived = 0
        self.last_ns = 0
        """When the newest one arrived: latest of all."""
        self.took_ms: list[float] = []
        self.refused = 0
        """Requests that were answered with anything else, or not at all."""

    def _arrived(self, _client: Client, message: Message) -> None:
        self.last_ns = max(self.last_ns, self.crowd.arrived_ns or now_ns())
        self.arrived += 1
        self.took_ms.append((self.last_ns - message["data"]["t"]) / 1e6)

    async def post(self, publisher: Publisher, members: Sequence[dict[str, Any]], each: int = 1) -> None:
        """Publishes members for `each` people each, and counts them."""
        if await publisher.post(members) == 202:
            self.accepted += len(members) * each
        else:
            self.refused += 1

    async def saturate(self, make: Callable[[], list[dict[str, Any]]], seconds: float) -> None:
        """Closed loop: each of the connections publishes its next batch when the last was answered."""
        ends = time.monotonic() + seconds

        async def one() -> None:
            publisher = Publisher(self.server.port)
            while time.monotonic() < ends:
                await self.post(publisher, make())
            publisher.close()

        await asyncio.gather(*(one() for _ in range(_CONNECTIONS)))

    async def pace(self, make: Callable[[int], list[dict[str, Any]]], per_s: float, seconds: float) -> None:
        """Open loop: a batch each 1 / `per_s` seconds, made with the time it was due, however late the answers are."""
        free: asyncio.LifoQueue[Publisher] = asyncio.LifoQueue()
        for _ in range(_CONNECTIONS):
            free.put_nowait(Publisher(self.server.port))
        began, began_ns = time.monotonic(), now_ns()

        async def one(due: float) -> None:
            publisher = await free.get()
            await self.post(publisher, make(began_ns + int((due - began) * 1e9)))
            free.put_nowait(publisher)

        async with asyncio.TaskGroup() as group:
            for n in itertools.count():
                due = began + n / per_s
                if due - began >= seconds:
                    break
                if (wait := due - time.monotonic()) > 0:
                    await asyncio.sleep(wait)
                group.create_task(one(due), name=f"publish_{n}")
        while not free.empty():
            free.get_nowait().close()

    def faults(self) -> list[str]:
        """What was lost, repeated or refused."""
        found = [f"{count} x {what}" for what, count in self.crowd.faults.items()]
        if self.arrived != self.accepted:
            found.append(f"{self.accepted} accepted, {self.arrived} arrived")
        if self.refused:
            found.append(f"{self.refused} requests refused")
        return found


async def opened(clients: Sequence[Client]) -> None:
    """Opens all sessions, a few at once. Raises Lost or OSError when one cannot be opened."""
    waiting = iter(clients)

    async def some() -> None:
        for client in waiting:
            await client.connect()

    await asyncio.gather(*(some() for _ in range(_AT_ONCE)))


async def until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Waits for the condition, False when it did not come true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


def trial(
    run: Run,
    figure: str,
    test: str,
    number: int,
    accounts: Accounts,
    work: Callable[[Trial], Awaitable[dict[str, float]]],
    *,
    ack: str | None = "received",
    stamped: bool = False,
) -> None:
    """A fresh server and store, everybody connected, then `work`; afterwards all that was accepted must have arrived."""
    values: dict[str, float] = {}
    faults: list[str] = []

    async def live(server: Server) -> None:
        nonlocal values, faults
        trial = Trial(server, accounts, ack=ack, stamped=stamped)
        await opened(trial.clients)
        gc.freeze()  # the clients are as many objects as they are
        try:
            before = cpu(server.pid)
            values = await work(trial)
            await until(lambda: trial.arrived >= trial.accepted, _ARRIVE_S)
            values["cpu_s"] = (cpu(server.pid) - before).total
            faults = trial.faults()
        finally:
            gc.unfreeze()
            for client in trial.clients:
                client.abort()

    with TemporaryDirectory(prefix=f"tez-bench-{figure}-") as name:
        folder = Path(name)
        try:
            with serving(product_launch(folder, accounts), folder) as server, loading():
                uvloop.run(live(server))
        except* (Died, Lost, OSError, TimeoutError) as group:
            faults = [f"{type(error).__name__}: {error}" for error in group.exceptions]
    run.add(Record(figure=figure, test=test, server=PRODUCT, round=number, values=values, faults=tuple(faults)))
