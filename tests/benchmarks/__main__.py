"""Durable notifications a second through the whole hub, beside bare SQLite that commits each row, in alternating rounds."""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from hub.event import Event
from hub.hub import Hub
from hub.notification import Address, Notification
from hub.store import create_engine, inbox, migrate, users

ROUNDS, COUNT, PEOPLE = 3, 2000, 200


async def hub_round(folder: Path, number: int) -> float:
    """Notifications a second: COUNT concurrent publishes to single users, each durable when it returns; checked to be all there."""
    engine = create_engine(f"sqlite+aiosqlite:///{folder / f'hub{number}.sqlite'}")
    await migrate(engine)
    now = datetime.now(UTC)
    async with engine.begin() as connection:
        rows = [{"id": n, "name": f"u{n}", "display_name": "", "created_at": now} for n in range(1, PEOPLE + 1)]
        await connection.execute(sa.insert(users), rows)
    hub = Hub(engine)
    running = asyncio.create_task(hub.run(), name="hub")
    await hub.ready()

    async def publish(n: int) -> None:
        event = Event(source="/bench", id=str(n), type="bench", time=now, data={"title": {"ru": "а", "en": "a"}, "body": "x" * 200})
        await hub.publish(Notification(event=event, to=frozenset({Address("id", str(n % PEOPLE + 1))})))

    began = time.perf_counter()
    await asyncio.gather(*(publish(n) for n in range(COUNT)))
    took = time.perf_counter() - began
    async with engine.connect() as connection:
        stored = (await connection.execute(sa.select(sa.func.count()).select_from(inbox))).scalar_one()
    running.cancel()
    await asyncio.wait([running])
    await engine.dispose()
    if stored != COUNT:
        sys.exit(f"{COUNT - stored} notifications are missing")
    return COUNT / took


def sqlite_round(folder: Path, number: int) -> float:
    """Rows a second: one insert and one commit for each, as a program without group commit does, with the same pragmas."""
    with sqlite3.connect(folder / f"bare{number}.sqlite") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("CREATE TABLE inbox (user_id INTEGER, seq INTEGER, body TEXT, PRIMARY KEY (user_id, seq))")
        began = time.perf_counter()
        for n in range(COUNT):
            database.execute("INSERT INTO inbox VALUES (?, ?, ?)", (n % PEOPLE, n, "x" * 200))
            database.commit()
        return COUNT / (time.perf_counter() - began)


def main() -> None:
    """Runs the rounds in turn and prints medians and their ratio."""
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as name:
        for number in range(ROUNDS):
            ours.append(asyncio.run(hub_round(Path(name), number)))
            bare.append(sqlite_round(Path(name), number))
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    print("| durable, medians of 3 rounds | a second | ratio |")
    print("|---|---|---|")
    print(f"| hub: notification accepted, with seq, deadline and idempotency key | {statistics.median(ours):,.0f} | {ratio:.2f} |")
    print(f"| bare sqlite3: one row, one commit | {statistics.median(bare):,.0f} | 1 |")


if __name__ == "__main__":
    main()
