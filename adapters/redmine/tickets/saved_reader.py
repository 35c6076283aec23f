"""Saved queries for many people at a bounded cost: kept for a quarter of a minute, for each person apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from adapters.redmine.quality_cache import Cache
from adapters.redmine.tickets.reader import Seeker, TicketReader
from adapters.redmine.tickets.saved_queries import Saved, read_saved

__all__ = ["SavedReader"]


class SavedReader:
    """Raises RedmineAway, RedmineRefused as TicketReader does."""

    def __init__(self, reader: TicketReader, *, now: Callable[[], datetime]) -> None:
        """`now` gives aware instants: some queries ask for today."""
        self._reader, self._now = reader, now
        self._kept: Cache[list[Saved]] = Cache(name="tickets_saved", life_s=15.0, floor_s=15.0, size=500)

    async def of(self, seeker: Seeker) -> list[Saved]:
        """What the person sees, by name; nothing for whoever has no account there."""
        number = seeker.redmine_id
        if number is None:
            return []

        async def ask() -> list[Saved]:
            async with self._reader.borrow() as reader:
                return await read_saved(reader, number, zone=self._reader.zone, now=self._now())

        return await self._kept.get(number, ask)

    async def one(self, seeker: Seeker, id: int) -> Saved | None:
        """The one of this number, if the person sees it."""
        return next((saved for saved in await self.of(seeker) if saved.id == id), None)

    async def close(self) -> None:
        """Ends what is on its way."""
        await self._kept.close()
