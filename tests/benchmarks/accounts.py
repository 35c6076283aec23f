"""A store with people who are signed in: what the product's sessions in a benchmark authenticate by."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from hub.store import create_engine, migrate, users
from web.sessions import Sessions

__all__ = ["SESSIONS_EACH", "Accounts"]

SESSIONS_EACH = 10
"""By default half of what hub.v1 allows, so that a reconnect before the old socket is seen dead is let in."""


class Accounts:
    """Makes the store once for a figure, and removes it on leaving the block; each server gets a copy of it.

    Token n belongs to person n // each + 1.
    """

    def __init__(self, sessions: int, *, each: int = SESSIONS_EACH) -> None:
        self.each = each
        self._folder = tempfile.TemporaryDirectory(prefix="tez-bench-accounts-")
        self._store = Path(self._folder.name) / "navigator.sqlite"
        self.tokens = asyncio.run(_make(self._store, sessions, each))
        self.token_file = Path(self._folder.name) / "tokens"
        self.token_file.write_text("".join(f"{token}\n" for token in self.tokens))

    def user_of(self, n: int) -> int:
        """The id of the person whose token is number `n`."""
        return n // self.each + 1

    def copy(self, to: Path) -> None:
        """A store of its own at `to`."""
        shutil.copy(self._store, to)

    def __enter__(self) -> Accounts:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._folder.cleanup()


async def _make(store: Path, count: int, each: int) -> list[str]:
    engine = create_engine(f"sqlite+aiosqlite:///{store}")
    try:
        await migrate(engine)
        people = -(-count // each)
        row = {"active": True, "locale": "ru", "zone": "Europe/Moscow", "created_at": datetime.now(UTC)}
        rows = [row | {"id": n, "name": f"bench{n}", "display_name": f"Bench {n}"} for n in range(1, people + 1)]
        async with engine.begin() as connection:
            await connection.execute(sa.insert(users), rows)
        sessions = Sessions(engine)
        tokens = [(await sessions.create(n // each + 1, agent="bench", address="127.0.0.1")).token for n in range(count)]
    finally:
        await engine.dispose()
    with sqlite3.connect(store) as database:  # into the one file that is copied
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return tokens
