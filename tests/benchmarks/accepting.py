"""Notifications accepted a second by the hub itself, beside bare SQLite that commits each row: what the store's part costs."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from hub.event import Event
from hub.hub import Hub
from hub.notification import Address, Notification
from hub.store import create_engine, inbox, migrate, users
from tests.benchmarks.run import Record, Run, spread

__all__ = ["measure", "table"]

FIGURE = "accepting"
_HUB, _BARE = "hub", "sqlite3"
_COUNT, _PEOPLE = 2000, 200


def measure(run: Run, *, rounds: int) -> None:
    """Alternates between the two."""
    with tempfile.TemporaryDirectory() as name:
        for number in range(rounds):
            per_s, stored = asyncio.run(_hub(Path(name), number))
            faults = () if stored == _COUNT else (f"{_COUNT - stored} notifications are missing",)
            run.add(Record(figure=FIGURE, test="single", server=_HUB, round=number, values={"per_s": per_s}, faults=faults))
            run.add(Record(figure=FIGURE, test="single", server=_BARE, round=number, values={"per_s": _bare(Path(name), number)}))


def table(run: Run) -> str:
    """Both, and their ratio."""
    ratio = spread(run.ratios(FIGURE, "single", _HUB, "per_s", _BARE), lambda value: f"{value:.2f}")
    hub, bare = (spread([r.values["per_s"] for r in run.of(FIGURE, server=name)], lambda value: f"{value:,.0f}") for name in (_HUB, _BARE))
    return (
        "| accepted by the store | a second | ratio |\n|---|---|---|\n"
        f"| hub: notification with seq, deadline and idempotency key | {hub} | {ratio} |\n"
        f"| bare sqlite3: one row, one commit | {bare} | 1 |"
    )


async def _hub(folder: Path, number: int) -> tuple[float, int]:
    """Notifications a second, of concurrent publishes to single users, each durable when it returns; and how many the store has."""
    engine = create_engine(f"sqlite+aiosqlite:///{folder / f'hub{number}.sqlite'}")
    await migrate(engine)
    now = datetime.now(UTC)
    async with engine.begin() as connection:
        rows = [{"id": n, "name": f"u{n}", "display_name": "", "created_at": now} for n in range(1, _PEOPLE + 1)]
        await connection.execute(sa.insert(users), rows)
    hub = Hub(engine)
    running = asyncio.create_task(hub.run(), name="hub")
    await hub.ready()

    async def publish(n: int) -> None:
        event = Event(source="/bench", id=str(n), type="bench", time=now, data={"title": {"ru": "а", "en": "a"}, "body": "x" * 200})
        await hub.publish(Notification(event=event, to=frozenset({Address("id", str(n % _PEOPLE + 1))})))

    began = time.perf_counter()
    await asyncio.gather(*(publish(n) for n in range(_COUNT)))
    took = time.perf_counter() - began
    async with engine.connect() as connection:
        stored = (await connection.execute(sa.select(sa.func.count()).select_from(inbox))).scalar_one()
    running.cancel()
    await asyncio.wait([running])
    await engine.dispose()
    return _COUNT / took, int(stored)


def _bare(folder: Path, number: int) -> float:
    """Rows a second: one insert and one commit for each, as a program without group commit does, with the same pragmas."""
    with sqlite3.connect(folder / f"bare{number}.sqlite") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("CREATE TABLE inbox (user_id INTEGER, seq INTEGER, body TEXT, PRIMARY KEY (user_id, seq))")
        began = time.perf_counter()
        for n in range(_COUNT):
            database.execute("INSERT INTO inbox VALUES (?, ?, ?)", (n % _PEOPLE, n, "x" * 200))
            database.commit()
        return _COUNT / (time.perf_counter() - began)
