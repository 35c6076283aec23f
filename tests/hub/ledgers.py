"""A ledger that runs, with what it told after each commit; and a look at its rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.accept import Receipt, Submission
from hub.attempts import Woken
from hub.ledger import Ledger
from hub.levels import Marked
from hub.notification import Notification
from hub.policy import Timing
from hub.store import events, inbox
from hub.writer import Writer
from tests.clock import Clock

__all__ = ["Book", "open_book", "rows"]


class Book:
    """A ledger, its clock, and what it has told."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, connected: Callable[[int], bool], timing: Timing | None = None, commit_s: float = 10.0
    ) -> None:
        self.engine, self.clock = engine, clock
        self.told: list[tuple[int, int, str]] = []
        """(user, seq, event id) of each delivery, in the order told."""
        self.marks: list[Marked] = []
        self.woken: list[Woken] = []
        self.ledger = Ledger(
            engine,
            timing=timing or Timing(),
            connected=connected,
            accepted=self._accepted,
            marked=self.marks.extend,
            woken=self.woken.extend,
            writer=Writer(engine, commit_s=commit_s),
        )

    def _accepted(self, receipts: Sequence[Receipt]) -> None:
        for receipt in receipts:
            for outcome in receipt.outcomes:
                self.told += [(delivery.user_id, delivery.seq, outcome.event.id) for delivery in outcome.deliveries]

    async def accept(self, *notifications: Notification, **more: Any) -> Receipt:
        """Takes notifications in, now."""
        return await self.ledger.accept(Submission(notifications=notifications, now=self.clock(), **more))


@asynccontextmanager
async def open_book(
    engine: AsyncEngine,
    clock: Clock,
    *,
    connected: Callable[[int], bool] = lambda _user: False,
    timing: Timing | None = None,
    commit_s: float = 10.0,
) -> AsyncIterator[Book]:
    """A book whose writer runs."""
    book = Book(engine, clock, connected, timing, commit_s)
    task = asyncio.create_task(book.ledger.writer.run(), name="writer")
    try:
        yield book
    finally:
        task.cancel()
        await asyncio.wait([task])


async def rows(engine: AsyncEngine, user_id: int) -> list[Any]:
    """All rows of a person's inbox with their event ids, by seq."""
    query = sa.select(inbox, events.c.event_id, events.c.expires_at).join(events, events.c.pk == inbox.c.event_pk)
    async with engine.connect() as connection:
        return list(await connection.execute(query.where(inbox.c.user_id == user_id).order_by(inbox.c.seq)))
