"""Signing in while the ERP hangs, beside people who are at work: the product in a process of its own, the sandbox's ERP behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.sandbox.erp import SandboxErp, open_sandbox_erp
from adapters.sandbox.erp.faults import Fault
from tests.live.client import Client, connected
from tests.live.product import PUBLISH_TOKEN, ROOT, Product

SOCKETS = 40
LOGINS = 200
TOPIC = "app:storm"
LIMIT_S = 2.0


@pytest.fixture
async def erp(tmp_path: Path, product: Product) -> AsyncIterator[SandboxErp]:
    """The ERP that the product is set up for."""
    async with open_sandbox_erp(tmp_path / "erp", life=False, seed=1) as opened:
        product.settings |= {
            "ERP_DSN": opened.dsn,
            "ERP_USER": opened.user,
            "ERP_PASSWORD": opened.password,
            "ERP_SIGN_IN_S": f"{LIMIT_S}",
            "SESSIONS_PER_USER": "1000",
        }
        yield opened


@pytest.mark.alone
async def test_logins_that_hang_leave_the_live_alone(product: Product, erp: SandboxErp, record_property: pytest.RecordProperty) -> None:
    """Waves of 200 logins at once against an ERP that hangs: each ends in its limit, and events reach the sockets as fast as before."""
    async with product.running(), product.signed_in("ann") as http, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connected(product, http, hello=False)) for _ in range(SOCKETS)]
        for client in clients:
            await client.send({"t": "hello", "v": 1, "client": "tests", "device": "d", "since": None, "topics": {TOPIC: None}})
            await client.until("welcome")
        publisher = await stack.enter_async_context(httpx.AsyncClient(base_url=product.url, timeout=20))
        readings = Readings(clients, publisher)
        async with readings.reading():
            await readings.measure(30)  # warm
            before = await readings.measure(150)
            erp.server.faults.append(Fault("@connect", "freeze", times=-1))
            storming = asyncio.create_task(waves(product.port, 3))
            during = await readings.measure(150, until=storming)
            answers = await storming
            await asyncio.sleep(1)
            after = await readings.measure(100)
    quiet = max(p99(before), p99(after))
    slowest = max(seconds for _, seconds in answers)
    figures = {
        "logins": len(answers),
        "statuses": dict(Counter(status for status, _ in answers)),
        "slowest_s": round(slowest, 2),
        "p99_before_ms": round(1000 * p99(before), 1),
        "p99_during_ms": round(1000 * p99(during), 1),
        "p99_after_ms": round(1000 * p99(after), 1),
        "p50_before_ms": round(1000 * sorted(before)[len(before) // 2], 1),
        "p50_during_ms": round(1000 * sorted(during)[len(during) // 2], 1),
        "events_during": len(during) // SOCKETS,
    }
    print(json.dumps(figures))  # noqa: T201 - figures for whoever runs it with -s
    record_property("figures", json.dumps(figures))
    assert len(answers) == 3 * LOGINS
    assert {status for status, _ in answers} == {503}
    assert slowest < LIMIT_S + 6 + 4, figures  # for the ERP, for the hash, and a busy machine
    assert p99(during) < 3 * quiet + 0.050, figures


class Readings:
    """Times from publishing to each socket."""

    def __init__(self, clients: list[Client], publisher: httpx.AsyncClient) -> None:
        self._clients, self._publisher = clients, publisher
        self._sent: dict[str, float] = {}
        self._took: list[float] = []
        self._count = 0

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Every socket is read while the block runs."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._read(client), name="reading") for client in self._clients]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()

    async def _read(self, client: Client) -> None:
        while True:
            frame = await client.next(60)
            if frame["t"] == "event" and frame["topic"] == TOPIC:
                self._took.append(time.perf_counter() - self._sent[frame["id"]])

    async def measure(self, count: int, until: asyncio.Task[object] | None = None) -> list[float]:
        """Publishes `count` events at least, and more while `until` runs; one at a time, 50 a second at most."""
        self._took = took = list[float]()
        published = 0
        while published < count or (until is not None and not until.done()):
            self._count += 1
            published += 1
            number = f"storm-{self._count}"
            event = {"specversion": "1.0", "source": "/tests", "type": "test.notice", "id": number, "navtopic": TOPIC, "data": {"key": "k"}}
            headers = {"Authorization": f"Bearer {PUBLISH_TOKEN}", "Content-Type": "application/cloudevents-batch+json"}
            self._sent[number] = time.perf_counter()
            answer = await self._publisher.post("/hub/events", json=[event], headers=headers)
            assert answer.status_code == 202, answer.text
            await asyncio.sleep(0.02)
        async with asyncio.timeout(20):
            while len(took) < published * len(self._clients):  # noqa: ASYNC110 - forty sockets tell nobody
                await asyncio.sleep(0.01)
        return took


async def waves(port: int, count: int) -> list[tuple[int, float]]:
    """One storm after the other."""
    answers: list[tuple[int, float]] = []
    for _ in range(count):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.live.login_storm", str(port), str(LOGINS), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        answers += [(int(status), float(seconds)) for status, seconds in json.loads(out)]
    return answers


def p99(took: list[float]) -> float:
    """The value that one in a hundred lies above."""
    return sorted(took)[int(len(took) * 0.99)]


async def test_who_is_blocked_in_the_erp_is_off_within_a_minute(product: Product, erp: SandboxErp) -> None:
    """A block in the ERP closes open sockets with 4501 and the reason, and the session opens nothing more."""

    def block() -> None:
        with contextlib.closing(sqlite3.connect(erp.path, timeout=5)) as db, db:
            db.execute("update t_user set AUTH_PERIOD_TYPE = 'Заблокированный сотрудник' where USER_ID = 5006")

    async with product.running(), product.signed_in("petrova", "petrova-pass") as http, connected(product, http) as client:
        began = time.monotonic()
        await asyncio.to_thread(block)
        await asyncio.wait_for(client.socket.wait_closed(), 60)
        assert (client.socket.close_code, client.socket.close_reason) == (4501, "blocked")
        assert time.monotonic() - began < 60
        assert (await http.get("/users/api/me")).status_code == 401
