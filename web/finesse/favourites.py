"""Numbers that a person calls often, kept under the names that the person gave them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.finesse_tables import finesse_favourites
from hub.hub import utc_now

__all__ = ["MOST", "Favourite", "Favourites", "TooManyFavourites"]

MOST = 200
_f = finesse_favourites.c


class TooManyFavourites(Exception):
    """There are `MOST` of them."""


@dataclass(frozen=True, slots=True)
class Favourite:
    """One of them."""

    number: str
    name: str


class Favourites:
    """Reads and writes the store. Every call may raise SQLAlchemyError."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime] = utc_now) -> None:
        self._engine, self._now = engine, now

    async def of(self, user_id: int) -> list[Favourite]:
        """The person's, by name."""
        query = sa.select(_f.number, _f.name).where(_f.user_id == user_id).order_by(_f.name, _f.number)
        async with self._engine.connect() as connection:
            return [Favourite(row.number, row.name) for row in await connection.execute(query)]

    async def put(self, user_id: int, number: str, name: str) -> None:
        """Keeps it, or gives it another name. Raises TooManyFavourites."""
        mine = (_f.user_id == user_id, _f.number == number)
        try:
            async with self._engine.begin() as connection:
                if (await connection.execute(sa.update(finesse_favourites).where(*mine).values(name=name))).rowcount:
                    return
                if (await connection.scalar(sa.select(sa.func.count()).where(_f.user_id == user_id)) or 0) >= MOST:
                    raise TooManyFavourites
                row = {"user_id": user_id, "number": number, "name": name, "created_at": self._now()}
                # MySQL counts an update that changes nothing as no row
                if await connection.scalar(sa.select(_f.number).where(*mine)) is None:
                    await connection.execute(sa.insert(finesse_favourites).values(**row))
        except IntegrityError:
            return  # another tab did it at the same moment

    async def remove(self, user_id: int, number: str) -> bool:
        """False when it was none."""
        async with self._engine.begin() as connection:
            return bool(
                (await connection.execute(sa.delete(finesse_favourites).where(_f.user_id == user_id, _f.number == number))).rowcount
            )
