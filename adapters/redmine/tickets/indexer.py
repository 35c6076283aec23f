"""Keeps the index of tickets as Redmine's database is: one job, for the node that leads.

Three things, each with a position of its own in the store, so that a stop anywhere loses nothing:

* *fill*: from the newest issue down to the first, a batch a look, so that what is asked for most is found soonest;
* *follow*: new ids of `issues` and `journals`, with the positions of `hub.settle`, as the source does; each names an issue to read again;
* *sweep*: slowly round and round over all issues, for what leaves no journal: a note that was edited, hidden or deleted, an issue that
  was deleted or changed past Redmine. It also mends whatever went wrong in the other two.

All three do the same with the issues they find: read them as they are now, and put what differs. So order and repetition do not matter.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader, reading
from adapters.redmine.errors import RedmineError
from adapters.redmine.tables import discover
from adapters.redmine.tickets.documents import read_documents
from adapters.redmine.tickets.index import TicketIndex
from adapters.redmine.tickets.tables import issues, journals
from hub.settle import Settle
from hub.tasks import end

__all__ = ["FILL", "FOLLOW", "Indexer", "indexing"]

FILL, FOLLOW, _SWEEP = "fill", "follow", "sweep"
_WINDOW = 1000  # newest ids examined for open transactions at the first start, as in the source
_PAGE = 500  # new journals taken up in one look
_log = structlog.get_logger("navigator.redmine")


class Indexer:
    """Raises RedmineError, SQLAlchemyError, TimeoutError from `look`; `run` goes on after them."""

    def __init__(
        self,
        redmine: AsyncEngine,
        index: TicketIndex,
        *,
        leads: Callable[[], bool] = lambda: True,
        every_s: float = 1.0,
        busy_s: float = 0.05,
        sweep_s: float = 5.0,
        batch: int = 100,
        settle_s: float = 600.0,
        deadline_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`redmine` is made by `create_engine` and stays the caller's. `leads`: whether this node is the one that works.

        `every_s`: from look to look; `busy_s`: the same while the index is being filled; `sweep_s`: from one step of the sweep to the
        next. `batch`: issues read and written at once: a transaction in the store lasts as long. `settle_s`: how long a hole in the ids is
        awaited. `deadline_s`: for each statement in Redmine's database.
        """
        self._redmine, self._index, self._leads, self._clock = redmine, index, leads, clock
        self._every_s, self._busy_s, self._sweep_s, self._batch = every_s, busy_s, sweep_s, batch
        self._settle_s, self._deadline_s = settle_s, deadline_s
        self._feeds: dict[str, Settle] | None = None
        self._below = 0
        self._above = 0
        self._swept_at = clock()
        self._requesters = False
        self._failing = False
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is something new to follow: the next look is now. Harmless where another node leads."""
        self._woken.set()

    @property
    def filled(self) -> bool:
        """Every issue has been looked at; meaningful after the first look."""
        return self._feeds is not None and self._below <= 0

    async def run(self) -> None:
        """Runs until cancelled. Logs once when looks begin to fail, and once when they succeed again."""
        while True:
            if self._leads():
                try:
                    await self.look()
                except (RedmineError, SQLAlchemyError, TimeoutError) as error:
                    self._failed(error, expected=True)
                except Exception as error:  # a bug in one look must not end what runs beside it
                    self._failed(error, expected=False)
                else:
                    if self._failing:
                        _log.info("ticket_index_back")
                    self._failing = False
            else:
                self._feeds = None  # whoever leads next moves the positions: they are read again then
            pause_s = self._busy_s if self._feeds is not None and not self.filled and not self._failing else self._every_s
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._woken.wait()
            if self._woken.is_set():
                self._woken.clear()
                await asyncio.sleep(self._busy_s)  # whoever wakes it all the time does not keep it from the store's other work

    def _failed(self, error: Exception, *, expected: bool) -> None:
        if not expected:
            _log.error("ticket_index_failed", exc_info=error)
        elif not self._failing:
            _log.warning("ticket_index_away", error=type(error).__name__)
        self._failing = True
        self._feeds = None  # a position may have been kept or not: the store knows

    async def look(self) -> int:
        """One look; how many documents differed."""
        async with reading(self._redmine, self._deadline_s) as reader:
            feeds = await self._start(reader) if self._feeds is None else self._feeds
            changed = await self._follow(reader, feeds)
            if not self.filled:
                changed += await self._fill(reader)
            elif self._clock() - self._swept_at >= self._sweep_s:
                changed += await self.sweep(reader)
                self._swept_at = self._clock()
        return changed

    async def _start(self, reader: Reader) -> dict[str, Settle]:
        """Takes up the positions; without any it begins at the end of both tables, and fills from there down."""
        self._requesters = (await discover(reader)).has_column(t.issues.c.easy_email_to)
        follow, fill, sweep = [await self._index.position(name) for name in (FOLLOW, FILL, _SWEEP)]
        if follow is None:
            feeds = {table.name: Settle.first(await _newest(reader, table), self._clock()) for table in (issues, journals)}
            await self._index.keep(FOLLOW, {name: position.dump() for name, position in feeds.items()})
        else:
            feeds = {name: Settle.load(position, self._clock()) for name, position in follow.items()}
        self._below = feeds["issues"].high + 1 if fill is None else int(fill["below"])
        self._above = 0 if sweep is None else int(sweep["above"])
        self._feeds = feeds
        return feeds

    async def _follow(self, reader: Reader, before: dict[str, Settle]) -> int:
        """Reads again every issue that a new issue or journal names. `before`: the positions so far."""
        feeds, named = dict(before), set[int]()
        heads = (await reader.rows(sa.select(*(sa.select(sa.func.max(table.c.id)).scalar_subquery() for table in (issues, journals)))))[0]
        for table, newest, issue in zip((issues, journals), heads, (issues.c.id, journals.c.journalized_id), strict=True):
            position = feeds[table.name].fallen(newest or 0)
            if position.missing or (newest or 0) > position.high:
                wanted = table.c.id > position.high
                if position.missing:
                    wanted = sa.or_(wanted, table.c.id.in_(sorted(position.missing)))
                rows = await reader.rows(sa.select(table.c.id, issue.label("issue")).where(wanted).order_by(table.c.id).limit(_PAGE))
                ids = [row.id for row in rows]
                position, fresh = position.observe(ids, self._clock(), self._settle_s, complete=len(rows) < _PAGE)
                named |= {row.issue for row in rows if row.id in set(fresh)}
            feeds[table.name] = position
        if feeds == before:
            return 0
        # a journal of something else than an issue names a number that may be an issue's: read in vain, at no harm
        kept = {name: position.dump() for name, position in feeds.items()}
        changed, chunks = 0, list(_chunks(sorted(named), self._batch))
        for at, chunk in enumerate(chunks):
            changed += await self._take(reader, chunk, position=(FOLLOW, kept) if at == len(chunks) - 1 else None)
        if not chunks:
            await self._index.keep(FOLLOW, kept)
        self._feeds = feeds
        return changed

    async def _fill(self, reader: Reader) -> int:
        """The next batch down."""
        below = sa.select(issues.c.id).where(issues.c.id < self._below).order_by(issues.c.id.desc()).limit(self._batch)
        ids = [row[0] for row in await reader.rows(below)]
        reached = ids[-1] if len(ids) == self._batch else 0
        changed = await self._take(reader, ids, position=(FILL, {"below": reached}))
        self._below = reached
        if self.filled:
            _log.info("ticket_index_filled", issues=await self._index.size())
        return changed

    async def sweep(self, reader: Reader) -> int:
        """The next step up, round and round: what differs is put, what is gone is forgotten; how many it were."""
        above = sa.select(issues.c.id).where(issues.c.id > self._above).order_by(issues.c.id).limit(self._batch)
        there = [row[0] for row in await reader.rows(above)]
        kept = await self._index.above(self._above, limit=self._batch)
        ends = [ids[-1] for ids in (there, kept) if len(ids) == self._batch]
        high = min(ends) if ends else None
        reached = 0 if high is None else high
        ids = sorted({id for id in (*there, *kept) if high is None or id <= high})
        changed = await self._take(reader, ids, position=(_SWEEP, {"above": reached}))
        self._above = reached
        return changed

    async def _take(self, reader: Reader, ids: Sequence[int], *, position: tuple[str, Any] | None) -> int:
        documents = await read_documents(reader, ids, requesters=self._requesters)
        return await self._index.put(documents, set(ids) - {document.id for document in documents}, position=position)


async def _newest(reader: Reader, table: Any) -> list[int]:
    return [row[0] for row in await reader.rows(sa.select(table.c.id).order_by(table.c.id.desc()).limit(_WINDOW))]


def _chunks(ids: Sequence[int], size: int) -> Iterable[Sequence[int]]:
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


@asynccontextmanager
async def indexing(indexer: Indexer) -> AsyncIterator[None]:
    """The job, while the block runs."""
    task = asyncio.create_task(indexer.run(), name="ticket_index")
    try:
        yield
    finally:
        await end((task,))
