"""Source: Redmine's database -> notifications.

One look costs one query while nothing happens, and a fixed number of them for a page of changes, however many people
use the Navigator. The feed is: new ids of `issues`, new ids of `journals`, and of the site's own tables where they exist (`site.py`),
each with the position of `settle.py`, since rows become visible out of order. The watermark holds all positions and commits together
with the notifications.

The connection autocommits, so that every statement sees what is committed by then, and is read only. What belongs to one
transaction of Redmine (a journal, its details, the site's triggers) is visible together; a page reads the ids first and what hangs
on them afterwards, so it never meets half a change.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables
from adapters.redmine.compose import Composer, wanted_names
from adapters.redmine.engine import Reader, reading
from adapters.redmine.errors import RedmineAway, RedmineRefused
from adapters.redmine.load import load_material, load_rights
from adapters.redmine.names import Names
from adapters.redmine.quality_feed import QualityFeed
from adapters.redmine.site import load_site
from adapters.redmine.tables import Schema, discover
from adapters.redmine.ticket_feed import TicketFeed
from hub.notification import Batch
from hub.settle import Settle

__all__ = ["RedmineSource"]

_WINDOW = 1000  # newest ids examined for open transactions at the first start
_VERSION = 1


class RedmineSource:
    """Implements hub.supervisor.Source: each `changes()` is one look at the database.

    Errors: RedmineAway (transient) when the server is away or does not answer within `deadline_s`; RedmineRefused when somebody has
    to mend something (password, grants, tables).
    """

    name = "redmine"
    transient: tuple[type[Exception], ...] = (RedmineAway,)

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        zone: ZoneInfo | None = None,
        settle_s: float = 600.0,
        deadline_s: float = 5.0,
        page: int = 200,
        quality: QualityFeed | None = None,
        tickets: TicketFeed | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`engine` is made by `create_engine` and stays the caller's. `zone` is that of Redmine's server (default Europe/Moscow).

        `settle_s`: how long a hole in the ids is awaited, longer than the longest write transaction. `deadline_s`: for each statement.
        `page`: changes of each table handled in one batch, at most. `quality` and `tickets` tell their topics of what was found.
        """
        self._engine = engine
        self._zone = zone or ZoneInfo("Europe/Moscow")
        self._settle_s = settle_s
        self._deadline_s = deadline_s
        self._page = page
        self._topics = tuple(feed for feed in (quality, tickets) if feed is not None)
        self._clock = clock
        self._now = now
        self._names = Names()
        self._schema = Schema({})
        self._feeds: dict[str, Settle] = {}
        self._stored: dict[str, Any] | None = None

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Finds out which tables exist and takes up the position; a table without one starts at its end, silently."""
        stored = dict(watermark or {})
        if watermark is not None and stored.get("version") != _VERSION:
            raise ValueError(f"the watermark is of another version: {stored.get('version')!r}")
        positions = stored.get("feeds", {})
        feeds: dict[str, Settle] = {}
        async with reading(self._engine, self._deadline_s) as reader:
            self._schema = schema = await discover(reader)
            missing = schema.missing()
            if missing:
                raise RedmineRefused(f"no such table or column, or no right to read it: {', '.join(missing)}")
            for table in (tables.issues, tables.journals, *tables.SITE_FEEDS.values()):
                if table.name in positions:
                    feeds[table.name] = Settle.load(positions[table.name], self._clock())
                elif schema.has(table):
                    key = _key(table)
                    newest = await reader.rows(sa.select(key).order_by(key.desc()).limit(_WINDOW))
                    feeds[table.name] = Settle.first((row[0] for row in newest), self._clock())
            # roles and names are read now, so that their parsing does not delay the first change
            await load_rights(reader, (), set())
            await self._names.get(reader, schema, (), self._clock())
        self._feeds = feeds
        self._stored = stored or None

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """One look: a batch for each page of changes, or one empty batch as a sign of life."""
        while True:
            async with reading(self._engine, self._deadline_s) as reader:
                batch, feeds, more = await self._look(reader)
            yield batch
            # only now has it committed; an error before leaves everything as it was, and it is read again
            self._feeds = feeds
            if batch.watermark is not None:
                self._stored = dict(batch.watermark)
            if not more:
                return

    async def _look(self, reader: Reader) -> tuple[Batch, dict[str, Settle], bool]:
        feeds = dict(self._feeds)
        open_feeds = [name for name in feeds if self._schema.has(_TABLES[name])]
        heads = await reader.rows(sa.select(*(_head(name) for name in open_feeds)))
        fresh: dict[str, tuple[int, ...]] = {}
        more = False
        # the site's tables first: what explains one of their rows is then visible to the queries that follow
        for name, newest in sorted(zip(open_feeds, heads[0], strict=True), key=lambda item: item[0] not in tables.SITE_FEEDS):
            position = feeds[name].fallen(newest or 0)
            if position.missing or (newest or 0) > position.high:
                ids = await self._new_ids(reader, _TABLES[name], position)
                complete = len(ids) < self._page
                more = more or not complete
                position, fresh[name] = position.observe(ids, self._clock(), self._settle_s, complete=complete)
            feeds[name] = position
        watermark = {"version": _VERSION, "feeds": {name: position.dump() for name, position in feeds.items()}}
        stored = watermark if watermark != self._stored else None
        if not any(fresh.values()):
            return Batch(watermark=stored), feeds, more
        rows = await load_site(reader, fresh)
        material = await load_material(
            reader,
            self._schema,
            journal_ids=fresh.get("journals", ()),
            new_issues=fresh.get("issues", ()),
            more_issues=rows.issue_ids,
            more_emails=rows.emails,
            more_users={row.user_id for row in rows.assignments},
        )
        catalog = await self._names.get(reader, self._schema, wanted_names(material, rows), self._clock())
        reused = {name: frozenset(id for id in ids if feeds[name].reused(id)) for name, ids in fresh.items()}
        composer = Composer(material=material, rows=rows, catalog=catalog, zone=self._zone, now=self._now(), reused=reused)
        topics = tuple([event for feed in self._topics for event in await feed.topics(reader, material, self._now())])
        return Batch(notifications=composer.notifications(), topics=topics, watermark=stored, changed=True), feeds, more

    async def _new_ids(self, reader: Reader, table: sa.Table, position: Settle) -> list[int]:
        key = _key(table)
        wanted = key > position.high
        if position.missing:
            wanted = sa.or_(wanted, key.in_(sorted(position.missing)))
        return [row[0] for row in await reader.rows(sa.select(key).where(wanted).order_by(key).limit(self._page))]


_TABLES: Mapping[str, sa.Table] = {table.name: table for table in (tables.issues, tables.journals, *tables.SITE_FEEDS.values())}


def _key(table: sa.Table) -> sa.Column[Any]:
    return next(iter(table.primary_key.columns))


def _head(name: str) -> sa.ScalarSelect[Any]:
    return sa.select(sa.func.max(_key(_TABLES[name]))).scalar_subquery()
