"""What the list and the search ask of Redmine, at a cost that is bounded for each person and in all.

Answers are kept for moments, for each person apart: whoever has the list open in five tabs asks once. A person's sight (roles, groups,
memberships) is kept for a quarter of a minute: so long a right that was taken away in Redmine may still show titles here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader, reading
from adapters.redmine.errors import RedmineAway
from adapters.redmine.names import Catalog, read_catalog
from adapters.redmine.quality import Who, read_users
from adapters.redmine.quality_cache import Cache
from adapters.redmine.tables import discover
from adapters.redmine.tickets.index import TicketIndex, Wanted
from adapters.redmine.tickets.indexer import FILL, FOLLOW
from adapters.redmine.tickets.listing import Asked, Filter, Kinds, Listed, Sort, conditions, count, page_ids, read_listed
from adapters.redmine.tickets.search import Hits, search
from adapters.redmine.tickets.tables import issues, journals, priorities, statuses
from adapters.redmine.tickets.viewer import Viewer, load_requester, load_viewer
from adapters.redmine.tickets.words import parse

__all__ = ["Context", "Found", "Page", "Seeker", "TicketReader"]

_AT_ONCE = 2
"""Questions to the database at one time, as many as the engine has connections; others wait for their turn."""
_PATIENCE, _MOMENT_S = 20, 0.05
"""So often, and so long apart, it is looked whether the index has caught up, before Redmine's database is asked instead."""
_FRESH_S = 0.25
"""So long it counts that the index had followed everything: one list asks four times, and every fourth of a second is soon enough."""
_TEXT_IDS = 1000
"""Of a list that is narrowed by words so many tickets are found at most, the newest."""


@dataclass(frozen=True, slots=True)
class Seeker:
    """Who asks, as Redmine knows them."""

    redmine_id: int | None
    emails: frozenset[str] = frozenset()
    """Lower case; they count only for somebody without an account."""

    @property
    def known(self) -> bool:
        """There is anything to ask for."""
        return self.redmine_id is not None or bool(self.emails)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What changes rarely: what things are called, and in which order they stand."""

    catalog: Catalog
    statuses: tuple[int, ...]
    """By Redmine's position."""
    priorities: tuple[int, ...]
    """By Redmine's position, lowest first."""
    retired: frozenset[int]
    """Those of `priorities` that Redmine gives to no issue any more."""
    default_rank: int
    """The place in `priorities` of the default one: what stands above is high."""
    kinds: Kinds
    projects: Mapping[int, str]
    requesters: bool
    """The site has `easy_email_to`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Tickets with who is in them."""

    rows: list[Listed]
    people: dict[int, Who]
    total: int
    partial: bool
    """The words stand in more tickets than are looked at, or the index is still being filled."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave."""

    hits: Hits
    partial: bool
    """The index is still being filled, or there is more."""


class TicketReader:
    """Raises RedmineAway, RedmineRefused as the source does; SQLAlchemyError, TimeoutError when the store's index is away."""

    def __init__(
        self,
        engine: AsyncEngine,
        index: TicketIndex,
        *,
        zone: ZoneInfo,
        deadline_s: float = 10.0,
        behind: Callable[[], None] = lambda: None,
    ) -> None:
        """`engine` is made by `create_engine`, the caller's and not the source's. `zone` is that of Redmine's server.

        `behind` is told when the index has not yet followed a change: `Indexer.wake`.
        """
        self._behind = behind
        self._engine, self._index, self.zone, self._deadline_s = engine, index, zone, deadline_s
        self._contexts: Cache[Context] = Cache(name="tickets_context", life_s=60.0, size=1)
        self._viewers: Cache[Viewer] = Cache(name="tickets_viewer", life_s=15.0, floor_s=15.0, size=1000)
        self._counts: Cache[int] = Cache(name="tickets_count", life_s=30.0, floor_s=2.0, size=4000)
        self._recent: Cache[list[Listed]] = Cache(name="tickets_recent", life_s=30.0, floor_s=5.0, size=1000)
        self._pages: Cache[Page] = Cache(name="tickets_page", life_s=15.0, floor_s=0.0, size=256)
        self._filled: Cache[bool] = Cache(name="tickets_filled", life_s=10.0, size=1)
        self._caught_up: Cache[bool] = Cache(name="tickets_caught_up", life_s=_FRESH_S, floor_s=0.0, size=1)
        self._turn = asyncio.Semaphore(_AT_ONCE)

    def invalidate(self) -> None:
        """A ticket has changed: what was read before is old."""
        self._counts.invalidate()
        self._recent.invalidate()
        self._pages.invalidate()
        self._caught_up.invalidate()

    async def context(self) -> Context:
        """At most a minute old."""

        async def ask() -> Context:
            async with self.borrow() as reader:
                return await _read_context(reader)

        return await self._contexts.get("context", ask)

    async def viewer(self, seeker: Seeker) -> Viewer:
        """The sight of this person, at most a quarter of a minute old."""

        async def ask() -> Viewer:
            async with self.borrow() as reader:
                if seeker.redmine_id is not None:
                    return await load_viewer(reader, seeker.redmine_id)
                return await load_requester(reader, seeker.emails)

        return await self._viewers.get(seeker, ask)

    async def page(self, seeker: Seeker, wanted: Filter, *, sort: Sort, descending: bool, offset: int, limit: int) -> Page:
        """A page of what the person sees, and how many there are in all."""

        async def ask() -> Page:
            context, viewer = await self.context(), await self.viewer(seeker)
            narrowed, partial = await self._narrow(viewer, wanted)
            where = self._where(context, viewer, narrowed)
            by_index = await self._by_index(context, narrowed) if sort == "updated" else None
            if by_index is not None:
                ids = await self._index.latest(viewer, by_index, descending=descending, offset=offset, limit=limit)
            async with self.borrow() as reader:
                if by_index is None:
                    ids = await page_ids(reader, where, sort=sort, descending=descending, offset=offset, limit=limit)
                rows = await read_listed(reader, viewer, ids, self.zone, requesters=context.requesters)
                people = await read_users(reader, people_of(rows))
            # a page that is not full tells the total itself
            whole = len(ids) < limit and (ids or not offset)
            total = offset + len(ids) if whole else await self.count(seeker, wanted)
            return Page(rows=rows, people=people, total=total, partial=partial)

        return await self._pages.get((seeker, wanted, sort, descending, offset, limit), ask)

    async def asked_by(self, authors: Collection[int], emails: Collection[str]) -> Asked:
        """What narrows a list to the tickets of these people: those that they wrote, and the newest that name their addresses.

        The latter come from our index; while that is still being filled, as far as it goes.
        """
        tickets = await self._index.of_requester(emails, limit=_TEXT_IDS) if emails else []
        return Asked(frozenset(authors), tuple(sorted(tickets)))

    async def count(self, seeker: Seeker, wanted: Filter) -> int:
        """How many of what the person sees."""

        async def ask() -> int:
            context, viewer = await self.context(), await self.viewer(seeker)
            narrowed, _ = await self._narrow(viewer, wanted)
            by_index = await self._by_index(context, narrowed)
            if by_index is not None:
                return await self._index.count(viewer, by_index)
            async with self.borrow() as reader:
                return await count(reader, self._where(context, viewer, narrowed))

        return await self._counts.get((seeker, wanted), ask)

    async def recent(self, seeker: Seeker, wanted: Filter, *, days: int, limit: int) -> list[Listed]:
        """What was changed in the last days, newest changes first: what may be unread."""

        async def ask() -> list[Listed]:
            context, viewer = await self.context(), await self.viewer(seeker)
            since = (datetime.now(UTC) - timedelta(days=days)).astimezone(self.zone).replace(tzinfo=None)
            narrowed, _ = await self._narrow(viewer, wanted)
            where = [*self._where(context, viewer, narrowed), issues.c.updated_on >= since]
            async with self.borrow() as reader:
                ids = await page_ids(reader, where, sort="updated", descending=True, offset=0, limit=limit)
                return await read_listed(reader, viewer, ids, self.zone, requesters=context.requesters)

        return await self._recent.get((seeker, wanted, days, limit), ask)

    async def ids(self, seeker: Seeker, wanted: Filter, *, limit: int) -> list[int]:
        """The ids of what the person sees, newest first; asked for afresh."""
        context, viewer = await self.context(), await self.viewer(seeker)
        narrowed, _ = await self._narrow(viewer, wanted)
        async with self.borrow() as reader:
            where = self._where(context, viewer, narrowed)
            return await page_ids(reader, where, sort="id", descending=True, offset=0, limit=limit)

    async def sees(self, seeker: Seeker, ids: Sequence[int]) -> set[int]:
        """Which of these the person sees now."""
        context, viewer = await self.context(), await self.viewer(seeker)
        if viewer.redmine_id is None and not context.requesters:
            return set()
        async with self.borrow() as reader:
            return {row[0] for row in await reader.rows(sa.select(issues.c.id).where(issues.c.id.in_(ids), viewer.sees(issues.c)))}

    async def search(self, seeker: Seeker, text: str, *, limit: int) -> Found:
        """Tickets with these words, or of this number."""
        query = parse(text)
        if not query.words and query.number is None:
            return Found(Hits([], more=False), partial=False)
        context, viewer = await self.context(), await self.viewer(seeker)
        async with self.borrow() as reader:
            hits = await search(reader, self._index, viewer, query, limit=limit, requesters=context.requesters)
        return Found(hits, partial=hits.more or not await self.filled())

    async def filled(self) -> bool:
        """The index holds every ticket; as far as the store knows, at most ten seconds old."""

        async def ask() -> bool:
            position = await self._index.position(FILL)
            return position is not None and int(position["below"]) <= 0

        return await self._filled.get("filled", ask)

    async def _narrow(self, viewer: Viewer, wanted: Filter) -> tuple[Filter, bool]:
        """The filter with the numbers that the index names, and whether there may be more.

        By words: the index when it is whole, else the subject alone. A requester's: `easy_email_to` has no index in Redmine, so that each
        look would read every ticket; the condition on Redmine's rows still decides.
        """
        if not await self.filled():
            return wanted, bool(wanted.text.strip())
        partial = False
        if viewer.redmine_id is None and viewer.emails:
            wanted = _among(wanted, await self._index.of_requester(viewer.emails))
        query = parse(wanted.text)
        if wanted.text.strip() and query.words:
            found = await self._index.find(query.words, viewer, part="body", limit=_TEXT_IDS)
            partial = len(found) >= _TEXT_IDS
            if query.number is not None:
                found.append(query.number)
            wanted = _among(replace(wanted, text=""), found)
        return wanted, partial

    async def _by_index(self, context: Context, wanted: Filter) -> Wanted | None:
        """The filter as a question to our index, whose facts are narrow and sorted; None: ask Redmine's database itself.

        There `updated_on` has no index, and whoever looks for what is private reads whole rows, descriptions and all: a list cost 0.7 s
        with a hundred thousand tickets. The index is asked only when it holds every journal that Redmine shows by now: it is as exact.
        """
        plain = replace(wanted, statuses="all", project=None, tracker=None, assignee=None, author=None, waiting=False)
        if plain != Filter(statuses="all") or not await self.filled() or not await self._fresh():
            return None
        statuses = context.kinds.of(wanted.statuses)
        if wanted.waiting:
            statuses = context.kinds.open if statuses is None else statuses & context.kinds.open
        return Wanted(
            statuses=statuses,
            waiting=wanted.waiting,
            project=wanted.project,
            tracker=wanted.tracker,
            assignee=wanted.assignee,
            author=wanted.author,
        )

    async def _fresh(self) -> bool:
        """Whether the index has followed all that Redmine shows now; asked once for whoever wants to know at the same time."""
        return await self._caught_up.get("caught_up", self._catch_up)

    async def _catch_up(self) -> bool:
        """Waits for the index for a moment."""
        async with self.borrow() as reader:
            newest = (await reader.rows(sa.select(*(sa.select(sa.func.max(one.c.id)).scalar_subquery() for one in (issues, journals)))))[0]
        for _ in range(_PATIENCE):
            reached = await self._index.position(FOLLOW)
            if reached is not None and all(
                reached[one.name]["high"] >= (head or 0) for one, head in zip((issues, journals), newest, strict=True)
            ):
                return True
            self._behind()
            await asyncio.sleep(_MOMENT_S)
        return False

    def _where(self, context: Context, viewer: Viewer, wanted: Filter) -> list[sa.ColumnElement[bool]]:
        return conditions(viewer, wanted, context.kinds, self.zone, requesters=context.requesters)

    async def close(self) -> None:
        """Ends what is on its way."""
        await self._pages.close()
        for cache in (self._counts, self._recent, self._viewers, self._contexts, self._filled, self._caught_up):
            await cache.close()

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[Reader]:
        """A connection to Redmine's database, when its turn comes; RedmineAway when it does not within the deadline."""
        try:
            async with asyncio.timeout(self._deadline_s):
                await self._turn.acquire()
        except TimeoutError:
            raise RedmineAway("too many questions wait for Redmine's database") from None
        try:
            async with reading(self._engine, self._deadline_s) as reader:
                yield reader
        finally:
            self._turn.release()


def people_of(rows: Sequence[Listed]) -> set[int]:
    """Authors and assignees."""
    return {id for row in rows for id in (row.author_id, row.assigned_to_id) if id is not None}


def _among(wanted: Filter, ids: Sequence[int]) -> Filter:
    among = set(ids) if wanted.ids is None else set(ids) & set(wanted.ids)
    return replace(wanted, ids=tuple(sorted(among)))


async def _read_context(reader: Reader) -> Context:
    schema = await discover(reader)
    p = priorities.c
    ranked = await reader.rows(sa.select(p.id, p.is_default, p.active).where(p.type == "IssuePriority").order_by(p.position))
    default = next((at for at, row in enumerate(ranked) if row.is_default), 0)
    projects = await reader.rows(sa.select(t.projects.c.id, t.projects.c.name))
    catalog = await read_catalog(reader, schema)
    placed = tuple(row.id for row in await reader.rows(sa.select(statuses.c.id).order_by(statuses.c.position)))
    return Context(
        catalog=catalog,
        statuses=placed,
        kinds=Kinds(frozenset(placed) - catalog.closed, catalog.closed),
        priorities=tuple(row.id for row in ranked),
        retired=frozenset(row.id for row in ranked if not row.active),
        default_rank=default,
        projects={row.id: row.name or "" for row in projects},
        requesters=schema.has_column(t.issues.c.easy_email_to),
    )
