"""Answers to writes, kept for a day: the same key with the same body gets the first answer again, whichever node it asks.

A row is written before Redmine is asked. A row that has been `running` for too long belongs to a process that died: whether its
write was done nobody knows, and that is what is answered.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.ticket_tables import idempotency_keys

__all__ = ["KEEP", "Idempotency", "InProgress", "Interrupted", "KeyReused", "Stored", "digest_of", "is_key"]

KEEP = timedelta(hours=24)
_KEY = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST = timedelta(minutes=3)
"""Longer than any write with all its deadlines takes."""
_LARGE = 32 * 1024  # compressing this takes about a millisecond


class KeyReused(Exception):
    """The key stands for another request."""


class InProgress(Exception):
    """The first request with this key is still being worked on."""


class Interrupted(Exception):
    """The first request with this key never came to an end: it may or may not have been done."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The first answer."""

    status: int
    body: bytes


def is_key(text: str) -> bool:
    """Whether a header has the form of a key."""
    return _KEY.fullmatch(text) is not None


def digest_of(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


class Idempotency:
    """The keys in the store. `now` gives the time in UTC."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    async def begin(self, user_id: int, key: str, digest: str) -> Stored | None:
        """Takes the key, and None; or the first answer. Raises KeyReused, InProgress, Interrupted."""
        k, now = idempotency_keys.c, self._now()
        mine = (k.user_id == user_id, k.key == key)
        values = {"user_id": user_id, "key": key, "digest": digest, "state": "running", "begun_at": now}
        for _ in range(3):
            try:
                async with self._engine.begin() as connection:
                    # an expired one that the sweep has not met yet is no first answer any more
                    await connection.execute(sa.delete(idempotency_keys).where(*mine, k.begun_at < now - KEEP))
                    await connection.execute(sa.insert(idempotency_keys).values(**values))
                return None
            except sa.exc.IntegrityError:
                pass
            async with self._engine.connect() as connection:
                row = (await connection.execute(sa.select(idempotency_keys).where(*mine))).one_or_none()
            if row is None:
                continue  # released in between
            if row.digest != digest:
                raise KeyReused
            if row.state == "done":
                return Stored(int(row.status), await _unpacked(row.answer))
            if now - row.begun_at > _LONGEST:
                raise Interrupted
            raise InProgress
        raise InProgress

    async def finish(self, user_id: int, key: str, status: int, body: bytes) -> None:
        """Keeps the answer."""
        values = {"state": "done", "status": status, "answer": await _packed(body)}
        async with self._engine.begin() as connection:
            await connection.execute(sa.update(idempotency_keys).where(*_mine(user_id, key)).values(**values))

    async def release(self, user_id: int, key: str) -> None:
        """Nothing was done: the same key may try again."""
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(idempotency_keys).where(*_mine(user_id, key)))

    async def sweep(self) -> None:
        """Forgets what is older than `KEEP`."""
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(idempotency_keys).where(idempotency_keys.c.begun_at < self._now() - KEEP))


def _mine(user_id: int, key: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return idempotency_keys.c.user_id == user_id, idempotency_keys.c.key == key


async def _packed(body: bytes) -> bytes:
    return zlib.compress(body, 1) if len(body) < _LARGE else await asyncio.to_thread(zlib.compress, body, 1)


async def _unpacked(packed: bytes) -> bytes:
    return zlib.decompress(packed) if len(packed) < _LARGE else await asyncio.to_thread(zlib.decompress, packed)
