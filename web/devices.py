"""The devices of a person and the ways to reach each by push."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.store import addresses, devices

__all__ = ["MAX_DEVICES", "Device", "Devices", "Way"]

MAX_DEVICES = 20
"""A person's devices; one more takes the place of the one unseen longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A checked push address: `kind` is webpush, fcm_token or fcm_fid."""

    kind: str
    address: str
    p256dh: str | None = None
    auth: str | None = None
    key_id: str | None = None
    """Which VAPID key the subscription was made with."""

    @property
    def hash(self) -> str:
        """What the store tells addresses apart by."""
        return hashlib.sha256(f"{self.kind}\n{self.address}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One browser or program of a person."""

    id: int
    key: str
    label: str
    kinds: tuple[str, ...]
    created_at: datetime
    seen_at: datetime


class Devices:
    """The repository."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    async def list(self, user_id: int) -> list[Device]:
        """A person's devices, the one seen last first."""
        async with self._engine.connect() as connection:
            found = (
                await connection.execute(sa.select(devices).where(devices.c.user_id == user_id).order_by(devices.c.seen_at.desc()))
            ).all()
            ways = await connection.execute(
                sa.select(addresses.c.device_id, addresses.c.kind).where(addresses.c.device_id.in_([row.id for row in found]))
            )
            kinds: dict[int, set[str]] = {}
            for way in ways:
                kinds.setdefault(way.device_id, set()).add(way.kind)
        return [
            Device(
                id=row.id,
                key=row.key,
                label=row.label,
                kinds=tuple(sorted(kinds.get(row.id, ()))),
                created_at=row.created_at,
                seen_at=row.seen_at,
            )
            for row in found
        ]

    async def put(self, user_id: int, key: str, label: str, way: Way) -> int:
        """Keeps the device with this way to it and returns its id.

        A device has one way of each kind: a new one replaces it. An address belongs to whoever registered it last, so
        that on a shared browser nobody gets the notifications of the person before.
        """
        now = self._now()
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(addresses).where(addresses.c.address_hash == way.hash))
            device_id = await self._device(connection, user_id, key, label, now)
            await connection.execute(sa.delete(addresses).where(addresses.c.device_id == device_id, addresses.c.kind == way.kind))
            await connection.execute(
                sa.insert(addresses).values(
                    device_id=device_id,
                    kind=way.kind,
                    address=way.address,
                    address_hash=way.hash,
                    p256dh=way.p256dh,
                    auth=way.auth,
                    key_id=way.key_id,
                    created_at=now,
                )
            )
            extra = (
                sa.select(devices.c.id)
                .where(devices.c.user_id == user_id)
                .order_by(devices.c.seen_at.desc())
                .offset(MAX_DEVICES)
                .limit(100)
            )
            gone = list((await connection.execute(extra)).scalars())
            if gone:
                await connection.execute(sa.delete(addresses).where(addresses.c.device_id.in_(gone)))
                await connection.execute(sa.delete(devices).where(devices.c.id.in_(gone)))
        return device_id

    async def remove(self, user_id: int, key: str) -> bool:
        """Forgets a device; False when the person has none of that key."""
        async with self._engine.begin() as connection:
            mine = sa.select(devices.c.id).where(devices.c.user_id == user_id, devices.c.key == key)
            await connection.execute(sa.delete(addresses).where(addresses.c.device_id.in_(mine.scalar_subquery())))
            gone: Any = await connection.execute(sa.delete(devices).where(devices.c.user_id == user_id, devices.c.key == key))
            return bool(gone.rowcount)

    async def _device(self, connection: AsyncConnection, user_id: int, key: str, label: str, now: datetime) -> int:
        mine = (devices.c.user_id == user_id, devices.c.key == key)
        found = (await connection.execute(sa.select(devices.c.id).where(*mine))).scalar_one_or_none()
        if found is not None:
            await connection.execute(sa.update(devices).where(*mine).values(label=label, seen_at=now))
            return int(found)
        made = await connection.execute(sa.insert(devices).values(user_id=user_id, key=key, label=label, created_at=now, seen_at=now))
        return int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted, so it has a key
