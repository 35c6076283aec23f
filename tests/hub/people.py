"""People and their devices in the store."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import addresses, devices, users
from tests.clock import START

__all__ = ["add_device", "add_people"]


async def add_people(engine: AsyncEngine, *names: str, **fields: Any) -> list[int]:
    """Adds people with these login names; returns their ids."""
    row = {"active": True, "locale": "ru", "zone": "Europe/Moscow", "created_at": START} | fields
    async with engine.begin() as connection:
        first = (await connection.execute(sa.select(sa.func.coalesce(sa.func.max(users.c.id), 0)))).scalar_one()
        ids = range(first + 1, first + 1 + len(names))
        rows = [row | {"id": number, "name": name, "display_name": name.title()} for number, name in zip(ids, names, strict=True)]
        await connection.execute(sa.insert(users), rows)
    return list(ids)


async def add_device(engine: AsyncEngine, user_id: int, key: str = "phone", *, kind: str = "webpush", address: str = "") -> int:
    """Adds a device with one push address; returns the address' id."""
    address = address or f"https://push.example/{user_id}/{key}"
    async with engine.begin() as connection:
        device = (
            await connection.execute(sa.insert(devices).values(user_id=user_id, key=key, created_at=START, seen_at=START))
        ).inserted_primary_key
        assert device is not None
        row = {
            "device_id": device[0],
            "kind": kind,
            "address": address,
            "address_hash": hashlib.sha256(f"{kind} {address}".encode()).hexdigest(),
            "p256dh": "key",
            "auth": "auth",
            "created_at": START,
        }
        made = (await connection.execute(sa.insert(addresses).values(**row))).inserted_primary_key
        assert made is not None
        return int(made[0])
