"""Figure 4, the reconnect storm: everybody connected, the server killed and started again, everybody back from their positions.

Clients come back as docs/protocol.md says (full jitter). Notifications are published all the while, each until it is
accepted; in the end every session must have each of its person's notifications exactly once, in order.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import random
import signal
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from tests.benchmarks.accounts import Accounts
from tests.benchmarks.client import Client, Crowd, Lost
from tests.benchmarks.processes import Died, Launch, answers, loading, start, stop
from tests.benchmarks.product import TOPIC
from tests.benchmarks.publisher import Publisher, member
from tests.benchmarks.run import Record, Run, spread
from tests.benchmarks.servers import PRODUCT, product_launch
from tests.benchmarks.trial import opened, until

__all__ = ["SESSIONS", "measure", "table"]

FIGURE = "storm"
SESSIONS = 10_000
HANDSHAKES_PER_S = 1_000
"""The product's default bound for a node; that for one address is raised to it, as all come from one here."""
_BEFORE_S, _STORM_S, _ARRIVE_S = 2.0, 120.0, 20.0
_PER_S = 50
"""Notifications a second, each to one person."""
_BASE_S, _CAP_S = 0.5, 30.0
_STAY_AWAY = 4500
_SETTINGS = {"HANDSHAKES_PER_S": str(HANDSHAKES_PER_S), "HANDSHAKES_PER_S_ADDRESS": str(HANDSHAKES_PER_S)}


def measure(run: Run, *, rounds: int, sessions: int = SESSIONS) -> None:
    """A fresh store each round."""
    with Accounts(sessions) as accounts:
        for number in range(rounds):
            values: dict[str, float] = {}
            faults: list[str] = []
            with TemporaryDirectory(prefix="tez-bench-storm-") as name, loading():
                folder = Path(name)
                launch = product_launch(folder, accounts, _SETTINGS)
                try:
                    storm = _Storm(launch, folder, accounts)
                    values = uvloop.run(storm.run())
                    faults = storm.faults()
                    for why, count in storm.unopened.most_common(8):
                        run.tell(f"  {count:>7} tries: {why}")
                    for statement, count in storm.statements:
                        run.tell(f"  {count:>7} x {' '.join(statement.split())[:120]}")
                except* (Died, Lost, OSError, TimeoutError) as group:
                    faults = [f"{type(error).__name__}: {error}" for error in group.exceptions]
            run.add(Record(figure=FIGURE, test=str(sessions), server=PRODUCT, round=number, values=values, faults=tuple(faults)))


class _Storm:
    """One storm; the server's two lives are this object's."""

    def __init__(self, launch: Launch, folder: Path, accounts: Accounts) -> None:
        self._launch = replace(launch, environment={**launch.environment, "TEZ_BENCH_SQL": "1"})
        self._folder = folder
        self._crowd = Crowd(launch.port, topics=(TOPIC, "system"), on_lost=self._lost, on_upgraded=self._upgraded)
        self._clients = [Client(self._crowd, token, accounts.user_of(n)) for n, token in enumerate(accounts.tokens)]
        self._accepted: Counter[int] = Counter()
        self._upgrades: list[float] = []
        self._back: dict[Client, float] = {}
        self._tries = 0
        self.unopened: Counter[str] = Counter()
        """Why tries failed."""
        self._refused: Counter[str] = Counter()
        self._returning: set[asyncio.Task[None]] = set()
        self._in_storm = False
        self._publishing = True
        self.statements: list[tuple[str, int]] = []
        """What the store was asked most often after the restart."""

    async def run(self) -> dict[str, float]:
        """Both lives of the server."""
        server = await asyncio.to_thread(start, self._launch, self._folder)
        try:
            await asyncio.to_thread(answers, server)
            await self._open()
            gc.freeze()
            publishing = asyncio.create_task(self._publish(), name="publish")
            await asyncio.sleep(_BEFORE_S)
            self._in_storm = True
            self._upgrades.clear()
            killed = time.monotonic()
            stop(server, signal.SIGKILL)
            server = await asyncio.to_thread(start, self._launch, self._folder)
            await asyncio.to_thread(answers, server)
            up = time.monotonic()
            await until(lambda: len(self._back) == len(self._clients) and all(client.caught_up for client in self._clients), _STORM_S)
            whole = time.monotonic()
            self._publishing = False  # the one on its way is repeated until it is accepted: then we know what to expect
            await asyncio.wait([publishing], timeout=_ARRIVE_S)
            if not publishing.done():
                self._crowd.faults["notification was never accepted"] += 1
                publishing.cancel()
            statements = await self._statements()
            await until(self._whole, _ARRIVE_S)
            return {
                "resumed": len(self._back),
                "seconds": whole - killed,
                "seconds_up": whole - up,
                "tries_each": self._tries / len(self._clients),
                "start_s": up - killed,
                "peak_handshakes_s": self._peak(),
                "sql_each": statements / len(self._clients),
                "notifications": self._accepted.total(),
            }
        finally:
            gc.unfreeze()
            self._in_storm = False
            for task in self._returning:
                task.cancel()
            for client in self._clients:
                client.abort()
            await asyncio.to_thread(stop, server)

    def faults(self) -> list[str]:
        """What was lost, doubled, or did not come back."""
        found = [f"{count} x {what}" for what, count in self._crowd.faults.items()]
        found += [f"{count} sessions refused for good: {why}" for why, count in self._refused.items()]
        away = len(self._clients) - len(self._back)
        if away:
            found.append(f"{away} sessions not resumed")
        for what, wrong in (
            ("less", sum((client.seq or 0) < self._accepted[client.user_id] for client in self._clients)),
            ("more", sum((client.seq or 0) > self._accepted[client.user_id] for client in self._clients)),
        ):
            if wrong:
                found.append(f"{wrong} sessions have {what} than was accepted")
        return found

    async def _open(self) -> None:
        """All sessions, no faster than the bound of handshakes lets them."""
        for first in range(0, len(self._clients), HANDSHAKES_PER_S // 4):
            began = time.monotonic()
            await opened(self._clients[first : first + HANDSHAKES_PER_S // 4])
            await asyncio.sleep(max(0.0, 0.3 - (time.monotonic() - began)))

    async def _publish(self) -> None:
        """Notifications at an even pace, the same one again until it is accepted: the pair of source and id makes it one."""
        publisher = Publisher(self._launch.port)
        people = itertools.cycle(sorted({client.user_id for client in self._clients}))
        try:
            for user_id in itertools.takewhile(lambda _user_id: self._publishing, people):
                members = [member(str(user_id))]
                while True:
                    try:
                        status = await publisher.post(members, timeout_s=5.0)
                    except (OSError, TimeoutError):
                        status = 0
                    if status in (200, 202):
                        self._accepted[user_id] += 1
                        break
                    await asyncio.sleep(0.2)
                await asyncio.sleep(1 / _PER_S)
        finally:
            publisher.close()

    def _whole(self) -> bool:
        return all(client.seq == self._accepted[client.user_id] for client in self._clients)

    # -- coming back --------------------------------------------------------------------------------

    def _upgraded(self) -> None:
        self._upgrades.append(time.monotonic())

    def _lost(self, client: Client, code: int | None) -> None:
        if self._in_storm:
            if client in self._back:
                self._crowd.faults[f"closed again after it was back, code {code}"] += 1
            task = asyncio.create_task(self._return(client), name=f"return_{client.user_id}")
            self._returning.add(task)
            task.add_done_callback(self._returning.discard)

    async def _return(self, client: Client) -> None:
        for attempt in itertools.count():
            self._tries += 1
            await asyncio.sleep(random.uniform(0, min(_CAP_S, _BASE_S * 2**attempt)))
            try:
                await client.connect()
            except Lost as lost:
                self.unopened[lost.why] += 1
                if (lost.code or 0) >= _STAY_AWAY:
                    self._refused[str(lost)] += 1
                    return
            except (OSError, TimeoutError) as error:
                self.unopened[type(error).__name__] += 1
            else:
                self._back[client] = time.monotonic()
                return

    def _peak(self) -> int:
        """The most handshakes that any second had."""
        times = self._upgrades
        return max((n + 1 - bisect_left(times, at - 1.0, 0, n + 1) for n, at in enumerate(times)), default=0)

    async def _statements(self) -> float:
        """SQL statements since the server started anew."""
        told = await next(client for client in self._clients if client.is_open).call("bench.sql")
        self.statements = [(statement, count) for statement, count in told["most"]]
        return float(told["count"])


_SHOWN: dict[str, Callable[[float], str]] = {
    "seconds": "{:.1f}".format,
    "seconds_up": "{:.1f}".format,
    "tries_each": "{:.1f}".format,
    "peak_handshakes_s": "{:,.0f}".format,
    "sql_each": "{:.2f}".format,
    "notifications": "{:,.0f}".format,
}


def table(run: Run) -> str:
    """One line for each number of sessions."""
    rows = []
    for test in sorted({record.test for record in run.of(FIGURE)}, key=int):
        found = run.of(FIGURE, test)
        cells = [spread([record.values[name] for record in found], how) for name, how in _SHOWN.items()]
        rows.append(f"| {int(test):,} | {' | '.join(cells)} |")
    if not rows:
        return ""
    columns = "| sessions | s from the kill | s from its answer | tries each | peak handshakes/s | SQL each | notifications meanwhile |"
    return f"{columns}\n|---|---|---|---|---|---|---|\n" + "\n".join(rows)
