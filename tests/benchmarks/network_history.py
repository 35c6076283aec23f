"""The network monitor's history: what an append, a move, a year's reading and a host's room on disk cost.

    python -m tests.benchmarks.network_history --folder /tmp/bench-history [--mariadb]

`--kind` is what the hosts are like: `lan` (0.4 ms ± 15 %), `wan` (16 ms ± 5 %, one in fifty far later), or `noise`: each answer anywhere
from 50 µs to 10 s, which is the most room that measurements can take.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.netmonitor.history import History, open_history
from adapters.netmonitor.history.blocks import DAY_S, HOUR_S, RAW, TIERS, Tier
from adapters.netmonitor.history.kept import Kept
from adapters.netmonitor.history.moving import Block, move
from adapters.netmonitor.values import Round, State
from hub.network_tables import net_blocks
from hub.store import create_engine, migrate
from tests.peers import mariadb

_END = datetime(2026, 11, 23, tzinfo=UTC)
_ECHOES, _INTERVAL_S = 5, 10
_YEARS_OF = 20
"""Hosts that the year's blocks are written for: neighbours on the disk, as they would have."""


def _say(line: str) -> None:
    print(line, flush=True)


def _echo(kind: str, hour: int, chance: random.Random) -> int | None:
    if chance.random() < 0.002:
        return None
    if kind == "lan":
        return int((400 + hour % 24 * 5) * math.exp(chance.gauss(0, 0.15)))
    if kind == "wan":
        return int(16_000 * math.exp(chance.gauss(0, 0.05)) + (chance.random() < 0.02) * chance.expovariate(1 / 30_000))
    return int(50 * 10 ** (chance.random() * 5.3))


def _hour(kind: str, hour: int) -> list[Kept]:
    chance = random.Random(hour)
    begin = hour * HOUR_S * 1000 + 137
    return [
        Kept(begin + n * _INTERVAL_S * 1000 + chance.randrange(4), 0, tuple(_echo(kind, hour, chance) for _ in range(_ECHOES)))
        for n in range(HOUR_S // _INTERVAL_S)
    ]


def _year(kind: str, days: int) -> dict[tuple[Tier, int], Block]:
    """A host's blocks of the last days, moved hour by hour as the leader would; what is too old is left out."""
    found: dict[tuple[Tier, int], Block] = {}
    end_s = int(_END.timestamp())
    took = []
    for hour in range((end_s - days * DAY_S) // HOUR_S, end_s // HOUR_S):
        kept = _hour(kind, hour)
        began = time.perf_counter()
        old = {tier: found[key] for tier in TIERS if (key := (tier, tier.block(hour * HOUR_S))) in found}
        for block in move("h", hour * HOUR_S, kept, old):
            found[block.tier, block.start] = block
        took.append(time.perf_counter() - began)
        for key in [key for key in found if key[1] < end_s - key[0].keep_s - key[0].span_s]:
            del found[key]
    _say(f"move, one host-hour without the store: median {statistics.median(took) * 1e3:.1f} ms, worst {max(took) * 1e3:.1f}")
    return found


async def _timed(what: str, do: Callable[[], Awaitable[Any]], times: int = 7) -> None:
    took, stalls = [], []
    for _ in range(times):
        watching = asyncio.create_task(_stall(stalls), name="stall")
        await asyncio.sleep(0.01)
        began = time.perf_counter()
        await do()
        took.append(time.perf_counter() - began)
        watching.cancel()
    _say(
        f"{what}: median {statistics.median(took) * 1e3:.1f} ms, worst {max(took) * 1e3:.1f}; loop's longest stall {max(stalls) * 1e3:.1f}"
    )


async def _stall(found: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        found.append(time.perf_counter() - began - 0.001)


async def _appends(engine: AsyncEngine, hosts: int) -> None:
    """Appends of all hosts, an hour of them moved, uptime."""
    at = _END + timedelta(hours=1)
    clock = [at]
    chance = random.Random(1)
    async with open_history(engine, now=lambda: clock[0], monotonic=lambda: clock[0].timestamp()) as history:

        async def append() -> None:
            rounds = []
            for number in range(hosts):
                rtts = tuple(None if rtt is None else rtt / 1000 for rtt in (_echo("lan", 9, chance) for _ in range(_ECHOES)))
                rounds.append((f"host-{number}", Round(at=clock[0] + timedelta(milliseconds=number * 10), rtts=rtts), State.UP))
            clock[0] += timedelta(seconds=_INTERVAL_S)
            await history.append(rounds)

        await append()
        await _timed(f"append {hosts} rounds", append, times=HOUR_S // _INTERVAL_S)
        clock[0] += timedelta(hours=1, minutes=5)
        moves = -(-hosts // 16)
        await _timed("move and forget 16 hosts (an hour of each)", history.compact, times=min(moves, 20))
        changes = []
        for number in range(hosts):
            for outage in range(50):
                began = _END - timedelta(days=outage * 7 + number % 7)
                changes.append((f"host-{number}", State.DOWN, began, False, "silent"))
        changes.sort(key=lambda change: change[2])
        for begin in range(0, len(changes), 1000):
            some = changes[begin : begin + 1000]
            await history.state(some)
            await history.state([(host, State.UP, began + timedelta(minutes=7), False, "") for host, _, began, _, _ in some])
        await _timed(f"uptime of {hosts} hosts in five spans, {len(changes)} outages", history.uptime)


async def _years(engine: AsyncEngine, kind: str, days: int) -> None:
    blocks = await asyncio.to_thread(_year, kind, days)
    async with engine.begin() as connection:
        for number in range(_YEARS_OF):
            rows = [
                {"host": f"year-{number}", "tier": one.tier.step_s, "start": one.start, "count": one.held, "packed": one.packed}
                for one in blocks.values()
            ]
            await connection.execute(sa.insert(net_blocks), rows)
    for tier in TIERS:
        some = [one for one in blocks.values() if one.tier == tier]
        size = sum(len(one.packed) for one in some)
        points = sum(one.held for one in some) if tier == RAW else len(some) * tier.span_s / tier.step_s
        _say(f"{kind}, tier {tier.step_s} s: {len(some)} blocks, {size} bytes, {size / points:.1f} a point")
    history = History(engine, now=lambda: _END)
    for name, span in (("1 h", 1 / 24), ("6 h", 0.25), ("24 h", 1), ("7 d", 7), ("30 d", 30), ("90 d", 90), ("1 y", 365)):
        series = await history.series("year-7", _END - timedelta(days=span), _END)
        title = f"series of {name}: tier {series.tier_s} s, step {series.step_s} s, {len(series.points.at)} points"
        await _timed(title, lambda span=span: history.series("year-7", _END - timedelta(days=span), _END))  # type: ignore[misc]
    _say(f"sizes: {await history.sizes()}")
    await history.close()


async def _run(url: str, options: argparse.Namespace) -> None:
    engine = create_engine(url)
    await migrate(engine)
    await _appends(engine, options.hosts)
    await _years(engine, options.kind, options.days)
    await engine.dispose()


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.network_history", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--days", type=int, default=366)
    parser.add_argument("--kind", choices=("lan", "wan", "noise"), default="lan")
    parser.add_argument("--mariadb", action="store_true")
    options = parser.parse_args()
    if options.mariadb:
        with mariadb.running() as server:
            server.sql("CREATE DATABASE navigator")
            asyncio.run(_run(server.url("navigator"), options))
        return
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    asyncio.run(_run(f"sqlite+aiosqlite:///{options.folder}/hub.sqlite", options))


if __name__ == "__main__":
    main()
