"""The devices of a person and the ways to reach each by push."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.event import rfc3339
from hub.store import addresses, devices, push_attempts, users
from web.audit import Origin, record

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
    last_error: dict[str, str] | None = None
    """What the last attempt to push to it ended with, when that was not well: `code`, `detail`, `at`."""

    def line(self) -> dict[str, Any]:
        """As the pages get it. Without the key, which is the browser's own."""
        return {
            "id": self.id,
            "label": self.label,
            "created_at": rfc3339(self.created_at),
            "seen_at": rfc3339(self.seen_at),
            "kinds": list(self.kinds),
            "last_error": self.last_error,
        }


class Devices:
    """The repository."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    async def list(self, user_id: int) -> Sequence[Device]:
        """A person's devices, the one seen last first."""
        async with self._engine.connect() as connection:
            query = sa.select(devices).where(devices.c.user_id == user_id).order_by(devices.c.seen_at.desc())
            return await self.whole(connection, (await connection.execute(query)).all())

    async def whole(self, connection: AsyncConnection, found: Sequence[Any]) -> Sequence[Device]:
        """Rows of `devices`, a few hundred at most, with what else is known of each: two queries."""
        ids = [row.id for row in found]
        ways = await connection.execute(sa.select(addresses.c.device_id, addresses.c.kind).where(addresses.c.device_id.in_(ids)))
        kinds: dict[int, set[str]] = {}
        for way in ways:
            kinds.setdefault(way.device_id, set()).add(way.kind)
        mine = (push_attempts.c.user_id.in_({row.user_id for row in found}), push_attempts.c.device_id.in_(ids))
        newest = sa.select(sa.func.max(push_attempts.c.id)).where(*mine).group_by(push_attempts.c.device_id)
        attempts = await connection.execute(sa.select(push_attempts).where(push_attempts.c.id.in_(newest)))
        errors = {
            row.device_id: {"code": row.outcome, "detail": row.detail, "at": rfc3339(row.at)}
            for row in attempts
            if row.outcome != "accepted"
        }
        return [
            Device(
                id=row.id,
                key=row.key,
                label=row.label,
                kinds=tuple(sorted(kinds.get(row.id, ()))),
                created_at=row.created_at,
                seen_at=row.seen_at,
                last_error=errors.get(row.id),
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
            return await _remove(connection, devices.c.user_id == user_id, devices.c.key == key) is not None

    async def remove_id(self, user_id: int, device_id: int, origin: Origin) -> bool:
        """Forgets a device by its number, with a line in the audit log; False when the person has none of that number."""
        async with self._engine.begin() as connection:
            label = await _remove(connection, devices.c.user_id == user_id, devices.c.id == device_id)
            if label is None:
                return False
            name = await connection.scalar(sa.select(users.c.name).where(users.c.id == user_id)) or ""
            was = {"device": label}
            await record(connection, origin, "device.removed", at=self._now(), subject_id=user_id, subject=name, before=was)
            return True

    async def _device(self, connection: AsyncConnection, user_id: int, key: str, label: str, now: datetime) -> int:
        mine = (devices.c.user_id == user_id, devices.c.key == key)
        found = (await connection.execute(sa.select(devices.c.id).where(*mine))).scalar_one_or_none()
        if found is not None:
            await connection.execute(sa.update(devices).where(*mine).values(label=label, seen_at=now))
            return int(found)
        made = await connection.execute(sa.insert(devices).values(user_id=user_id, key=key, label=label, created_at=now, seen_at=now))
        return int(made.inserted_primary_key[0])  # type: ignore[index]  # one row was inserted, so it has a key


async def _remove(connection: AsyncConnection, *where: sa.ColumnElement[bool]) -> str | None:
    """Deletes one device with the ways to it; its label, None when there is none."""
    found = (await connection.execute(sa.select(devices.c.id, devices.c.label).where(*where))).one_or_none()
    if found is None:
        return None
    await connection.execute(sa.delete(addresses).where(addresses.c.device_id == found.id))
    await connection.execute(sa.delete(devices).where(devices.c.id == found.id))
    return str(found.label)
