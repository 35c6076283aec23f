"""What the quality section asks of Redmine, at a cost that does not grow with the number of those who look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import Reader, reading
from adapters.redmine.names import Catalog, read_catalog
from adapters.redmine.quality import Filter, Listed, Sort, Who, read_facts, read_groups, read_ids, read_listed, read_page, read_users
from adapters.redmine.quality_cache import Cache
from adapters.redmine.quality_figures import Fact, Period
from adapters.redmine.quality_scope import Scope, Wanted, resolve
from adapters.redmine.tables import discover

__all__ = ["Context", "Facts", "Page", "QualityReader", "open_reader"]

_AT_ONCE = 2
"""Questions to the database at one time, as many as the engine has connections; others wait for their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What changes rarely: which issues it is about, and what things are called."""

    scope: Scope
    catalog: Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts of a period, with who is in them."""

    facts: list[Fact]
    people: dict[int, Who]
    """Assignees and their groups, as far as they still exist."""
    groups: dict[int, frozenset[int]]
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Issues, with who is in them, and how many there are in all."""

    rows: list[Listed]
    people: dict[int, Who]
    total: int


class QualityReader:
    """Raises RedmineAway, RedmineRefused as the source does, and quality.TooMany."""

    def __init__(self, engine: AsyncEngine, *, wanted: Wanted, zone: ZoneInfo, deadline_s: float = 10.0) -> None:
        """`engine` is made by `create_engine`, the caller's, and not the source's: figures must not keep notifications waiting.

        `zone` is that of Redmine's server; `deadline_s` is for each statement.
        """
        self._engine, self._wanted, self._deadline_s, self.zone = engine, wanted, deadline_s, zone
        self._contexts: Cache[Context] = Cache(name="quality_context", life_s=60.0, size=1)
        self._facts: Cache[Facts] = Cache(name="quality_facts", life_s=60.0, floor_s=2.0)
        self._pages: Cache[Page] = Cache(name="quality_page", life_s=15.0, floor_s=0.5, size=64)
        self._turn = asyncio.Semaphore(_AT_ONCE)

    def invalidate(self) -> None:
        """An issue has changed: what was read before is old."""
        self._facts.invalidate()
        self._pages.invalidate()

    async def context(self) -> Context:
        """At most a minute old."""

        async def ask() -> Context:
            async with self._reading() as reader:
                schema = await discover(reader)
                return Context(scope=await resolve(reader, self._wanted), catalog=await read_catalog(reader, schema))

        return await self._contexts.get("", ask)

    async def facts(self, period: Period, *, project_id: int | None = None, tracker_id: int | None = None) -> Facts:
        """Everything that figures of this period need, by whatever they are sorted; shared by all who ask for the same."""
        wanted = Filter(project_id=project_id, tracker_id=tracker_id)

        async def ask() -> Facts:
            context, as_of = await self.context(), datetime.now(UTC)
            async with self._reading() as reader:
                facts = await read_facts(reader, context.scope, context.catalog.closed, period=period, zone=self.zone, wanted=wanted)
                who = {fact.assignee_id for fact in facts if fact.assignee_id is not None}
                groups = await read_groups(reader, who)
                people = await read_users(reader, who.union(*groups.values()))
            return Facts(facts=facts, people=people, groups=groups, as_of=as_of)

        return await self._facts.get((period, wanted), ask)

    async def page(self, wanted: Filter, *, sort: Sort, descending: bool, offset: int, limit: int) -> Page:
        """A page of issues; shared by all who ask for the same."""

        async def ask() -> Page:
            context = await self.context()
            async with self._reading() as reader:
                rows, total = await read_page(
                    reader,
                    context.scope,
                    context.catalog.closed,
                    wanted=wanted,
                    zone=self.zone,
                    sort=sort,
                    descending=descending,
                    offset=offset,
                    limit=limit,
                )
                return Page(rows=rows, people=await read_users(reader, _people(rows)), total=total)

        return await self._pages.get((wanted, sort, descending, offset, limit), ask)

    async def issues(self, ids: Sequence[int]) -> Page:
        """These issues in this order; those that are gone or lie outside the scope are left out."""
        context = await self.context()
        async with self._reading() as reader:
            inside = set(await read_ids(reader, context.scope, set(ids)))
            rows = await read_listed(reader, [id for id in ids if id in inside], context.catalog.closed, self.zone)
            return Page(rows=rows, people=await read_users(reader, _people(rows)), total=len(rows))

    async def people(self, ids: Collection[int]) -> dict[int, Who]:
        """Who is behind these ids."""
        if not ids:
            return {}
        async with self._reading() as reader:
            return await read_users(reader, ids)

    async def close(self) -> None:
        """Ends what is on its way."""
        for cache in (self._contexts, self._facts, self._pages):
            await cache.close()

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Reader]:
        async with self._turn, reading(self._engine, self._deadline_s) as reader:
            yield reader


def _people(rows: Sequence[Listed]) -> set[int]:
    return {id for row in rows for id in (row.fact.author_id, row.fact.assignee_id) if id is not None}


@asynccontextmanager
async def open_reader(engine: AsyncEngine, *, wanted: Wanted, zone: ZoneInfo) -> AsyncIterator[QualityReader]:
    """A reader, while the block runs. `engine` stays the caller's."""
    reader = QualityReader(engine, wanted=wanted, zone=zone)
    try:
        yield reader
    finally:
        await reader.close()
