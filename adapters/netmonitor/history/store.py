"""The history in the store: one statement appends the rounds of all hosts, and closed hours move into blocks, some hosts at a time.

One node writes, the one that leads; every node reads. What is written is fenced (`Leader.guard`), and each transaction of a move checks
that the rows and the blocks it read are still all there and the same: so even two nodes that write at once neither lose nor double a round.

Delivery: `append` and `state` commit whole or not at all and may be repeated. A move takes the rows out and puts the blocks in by one
commit. Rounds that come late, for an hour that has moved already, move like the others and join its blocks.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.netmonitor.history.blocks import HOUR_S, MINUTE_S, RAW, TIERS, Tier
from adapters.netmonitor.history.kept import Kept, keep, moment, read, text
from adapters.netmonitor.history.moving import Block, move
from adapters.netmonitor.history.outages import Outage, StateChange, follow
from adapters.netmonitor.history.series import Points, Series, choose, of_rollups, of_rounds
from adapters.netmonitor.history.uptime import SPANS, Uptime, overlaps, uptimes
from adapters.netmonitor.values import Round, State
from hub.bulk import Bulk
from hub.clock import Steps
from hub.lane import Conflict, open_lane
from hub.lease import Guard
from hub.network_tables import net_blocks, net_outages, net_rounds, net_seen
from hub.store import microseconds
from hub.turns import Stepwise, in_turns
from hub.writer import STORE_TROUBLE, StoreUnavailable

__all__ = ["History", "Sizes", "open_history"]

_log = structlog.get_logger("net.history")
T = TypeVar("T")

_WRITE_S = 10.0
"""For a write, with all that waits before it and its repetitions."""
_READ_S = 5.0
_SIZES_S = 60.0
_TRIES = 5
_GRACE_S = 120
"""An hour is closed when it ended so long ago: rounds that were under way have come by then."""
_SHARE = 16
"""Hosts that move in one transaction."""
_FORGET_EVERY_S = 3600.0
_STEP_S = 600.0
"""A clock that was set by more is not believed for an hour when it says that something is old: a wrong year can be put right till then."""
_OUTAGES_KEPT = timedelta(days=2 * 366)
_MOST_OUTAGES = 10_000
_OPEN_MINUTES = 3 * 1440
"""Rows that are older are moved within seconds; a reading does not look for them."""
_SOME = 250
"""Hosts that are read at a time where thousands may be: reading them holds the event loop, some 10 µs a row."""
_MANY = 100
"""From so many hosts on a reading takes those of all rather than naming each."""

_b, _o = net_blocks.c, net_outages.c

_APPEND = Bulk(
    ("int", "name", "int", "name"),
    "INSERT INTO net_rounds (minute, host, at, packed) SELECT {0}, {1}, {2}, {3} FROM {rows} WHERE true ON CONFLICT DO NOTHING",
    mariadb="INSERT IGNORE INTO net_rounds (minute, host, at, packed) SELECT {0}, {1}, {2}, {3} FROM {rows}",
)
_SEEN = Bulk(
    ("name", "int"),
    "INSERT INTO net_seen (host, first_at) SELECT {0}, {1} FROM {rows} WHERE true ON CONFLICT DO NOTHING",
    mariadb="INSERT IGNORE INTO net_seen (host, first_at) SELECT {0}, {1} FROM {rows}",
)
_ROWS = Bulk(
    ("int", "name"),
    "SELECT o.host AS c0, group_concat(o.at || ' ' || o.packed, '\n') AS c1 "
    "FROM {rows} CROSS JOIN net_rounds AS o WHERE o.minute = {0} AND o.host = {1} GROUP BY o.host",
    mariadb="SELECT o.host AS c0, group_concat(o.at, ' ', o.packed SEPARATOR '\n') AS c1 "
    "FROM {rows} STRAIGHT_JOIN net_rounds AS o ON o.minute = {0} AND o.host = {1} GROUP BY o.host",
    gives=2,
)
"""One row a host: aiomysql takes 5 to 10 µs a row, all on the event loop. An hour of rounds, one a second, has less than the 1 MiB of
`group_concat_max_len`."""
_UNBLOCK = Bulk(
    ("name", "int", "int", "int"),
    "DELETE FROM net_blocks WHERE rowid IN (SELECT b.rowid FROM {rows} CROSS JOIN net_blocks AS b "
    "WHERE b.host = {0} AND b.tier = {1} AND b.start = {2} AND b.count = {3})",
    mariadb="DELETE net_blocks FROM {rows} STRAIGHT_JOIN net_blocks "
    "ON net_blocks.host = {0} AND net_blocks.tier = {1} AND net_blocks.start = {2} AND net_blocks.count = {3}",
)
_LAST = Bulk(
    ("name",),
    "SELECT o.host AS c0, o.began AS c1, o.ended AS c2, o.state AS c3, o.maintenance AS c4, o.reason AS c5 "
    "FROM {rows} CROSS JOIN net_outages AS o WHERE o.host = {0} "
    "AND o.began = (SELECT max(p.began) FROM net_outages AS p WHERE p.host = {0})",
    mariadb="SELECT o.host AS c0, o.began AS c1, o.ended AS c2, o.state AS c3, o.maintenance AS c4, o.reason AS c5 "
    "FROM {rows} STRAIGHT_JOIN net_outages AS o ON o.host = {0} "
    "AND o.began = (SELECT max(p.began) FROM net_outages AS p WHERE p.host = {0})",
    gives=6,
)
_UNDO = Bulk(
    ("name", "int"),
    "DELETE FROM net_outages WHERE rowid IN (SELECT o.rowid FROM {rows} CROSS JOIN net_outages AS o WHERE o.host = {0} AND o.began = {1})",
    mariadb="DELETE net_outages FROM {rows} STRAIGHT_JOIN net_outages ON net_outages.host = {0} AND net_outages.began = {1}",
)
_OUTAGES = Bulk(
    ("name", "int", "int", "name", "int", "name"),
    "INSERT INTO net_outages (host, began, ended, state, maintenance, reason) SELECT {0}, {1}, {2}, {3}, {4}, {5} FROM {rows}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What the history takes."""

    open_rounds: int
    """Rows of `net_rounds`."""
    blocks: Mapping[int, tuple[int, int]]
    """By seconds of a tier's points (0: single rounds): how many blocks, and the bytes in them."""
    outages: int
    hosts: int
    """That were ever measured."""
    store_bytes: int
    """SQLite: of the whole database file, whatever else is in it. MariaDB: data and indexes of the history's tables."""


@dataclass(slots=True)
class _Plan:
    """Hosts that have rounds of a closed hour, in the order in which they lie."""

    hour_s: int
    hosts: list[str]


class History:
    """Raises StoreUnavailable when the store is away, locked or too slow: nothing was half done. `Fenced`: this node writes no more."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        now: Callable[[], datetime],
        fence: Callable[[], Guard] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` gives aware instants. `fence` is asked at each write for the guard of the present term (`Leader.guard`)."""
        self._engine, self._now, self._fence, self._monotonic = engine, now, fence, monotonic
        self._lane = open_lane(engine, _WRITE_S / 2)
        self._writing = asyncio.Lock()
        self._known: set[str] | None = None
        self._plan: _Plan | None = None
        self._steps = Steps(now, monotonic)
        self._forget_from = monotonic()
        self._old: list[str] = []

    @property
    def writes(self) -> sa.Engine:
        """The engine that writes run on, for whoever wants to listen to its events."""
        return self._lane.engine

    async def close(self) -> None:
        """Gives the writer's connection and threads up."""
        await self._lane.close()

    # -- writing -------------------------------------------------------------------------------------

    async def append(self, rounds: Sequence[tuple[str, Round, State]]) -> None:
        """Keeps rounds of any number of hosts by one statement. One that is known already, by host and millisecond, changes nothing.

        Raises ValueError for a round that cannot be kept; then none of them is.
        """
        rows = await in_turns(_rows(rounds))
        if not rows:
            return
        rows.sort()  # in the order in which they lie
        if self._known is None:
            self._known = set(await self._first_seen(None))
        new: dict[str, int] = {}
        for _, host, at_us, _ in rows:
            if host not in self._known:
                new.setdefault(host, at_us)

        def work(connection: sa.Connection) -> None:
            _SEEN.run(connection, sorted(new.items()))
            _APPEND.run(connection, rows)

        await self._write(work)
        self._known |= new.keys()

    async def state(self, changes: Sequence[tuple[str, State, datetime, bool, str]]) -> None:
        """Begins and ends intervals: each (host, state, at, whether its maintenance goes on, reason), in their order.

        Who comes up, or stops measuring a host, has to say so: an interval without an end goes on.
        """
        by_host: dict[str, list[StateChange]] = {}
        for change in changes:
            by_host.setdefault(change[0], []).append(StateChange(*change))
        if not by_host:
            return

        def work(connection: sa.Connection) -> None:
            last = {row[0]: _outage(*row) for row in _LAST.fetch(connection, [(host,) for host in by_host])}
            gone: list[tuple[str, int]] = []
            new: list[tuple[Any, ...]] = []
            for host, wanted in sorted(by_host.items()):
                before = last.get(host)
                after = follow(before, wanted)
                if before is not None and after and after[0] == before:
                    after = after[1:]
                elif before is not None:
                    gone.append((host, microseconds(before.began)))
                new += [_row(one) for one in after]
            _UNDO.run(connection, gone)
            _OUTAGES.run(connection, new)

        await self._write(work)

    async def compact(self) -> int:
        """Moves the closed rounds of some hosts into blocks and forgets what is too old of some others; how many hosts moved.

        Meant to be called every few seconds: `_SHARE` hosts each time, so that a thousand take five minutes of an hour. 0: nothing is due.
        """
        moved = await self._move()
        await self._forget()
        return moved

    async def _move(self) -> int:
        for _ in range(_TRIES):
            if self._plan is None:
                self._plan = await self._look()
            if self._plan is None:
                return 0
            hour_s, hosts = self._plan.hour_s, self._plan.hosts[:_SHARE]
            rows, old = await self._gather(hour_s, hosts)
            moves: dict[str, list[Block]] = {}
            for host in hosts:  # in a thread, one after the other: the loop has its turns
                moves[host] = await asyncio.to_thread(_moved, host, hour_s, rows.get(host, ""), old.get(host, {}))
            if await self._put(hour_s, hosts, sum(map(_count, rows.values())), moves, old):
                del self._plan.hosts[:_SHARE]
                if not self._plan.hosts:
                    self._plan = None
                return len(hosts)
            self._plan = None  # somebody was quicker: look anew
        return 0

    async def _look(self) -> _Plan | None:
        """The oldest closed hour that has rounds, and whose they are."""
        minute = net_rounds.c.minute
        async with self._reading() as connection:
            oldest = await connection.scalar(sa.select(sa.func.min(minute)))
            if oldest is None:
                return None
            hour_s = RAW.block(oldest * MINUTE_S)
            if hour_s + HOUR_S + _GRACE_S > self._now().timestamp():
                return None
            begin, end = hour_s // MINUTE_S, (hour_s + HOUR_S) // MINUTE_S
            query = sa.select(net_rounds.c.host).where(minute >= begin, minute < end).distinct().order_by(net_rounds.c.host)
            hosts = list((await connection.execute(query)).scalars())
        return _Plan(hour_s, hosts) if hosts else None

    async def _gather(self, hour_s: int, hosts: Sequence[str]) -> tuple[dict[str, str], dict[str, dict[Tier, Block]]]:
        """By host: the rows of this hour, and the blocks that they go into."""
        old: dict[str, dict[Tier, Block]] = {}
        async with self._reading() as connection:
            rows: dict[str, str] = dict(await connection.run_sync(_ROWS.fetch, _minutes(hour_s, hosts)))  # type: ignore[arg-type]  # rows are pairs
            for tier in TIERS:
                start = tier.block(hour_s)
                query = sa.select(_b.host, _b.count, _b.packed).where(_b.host.in_(hosts), _b.tier == tier.step_s, _b.start == start)
                for host, count, packed in await connection.execute(query):
                    old.setdefault(host, {})[tier] = Block(tier, start, count, packed)
        return rows, old

    async def _put(
        self, hour_s: int, hosts: Sequence[str], rows: int, moves: Mapping[str, Sequence[Block]], old: Mapping[str, Mapping[Tier, Block]]
    ) -> bool:
        """Takes the rows out and puts the blocks in, all by one commit; False, and nothing done, when they are not what was read."""
        new = [
            {"host": host, "tier": one.tier.step_s, "start": one.start, "count": one.held, "packed": one.packed}
            for host, blocks in moves.items()
            for one in blocks
        ]
        gone = [
            (host, one.tier.step_s, one.start, old[host][one.tier].held)
            for host, blocks in moves.items()
            for one in blocks
            if one.tier in old.get(host, {})
        ]

        minutes = range(hour_s // MINUTE_S, (hour_s + HOUR_S) // MINUTE_S)
        out = sa.delete(net_rounds).where(net_rounds.c.minute.in_(minutes), net_rounds.c.host.in_(hosts))

        def work(connection: sa.Connection) -> bool:
            if connection.execute(out).rowcount != rows or _UNBLOCK.run(connection, gone) != len(gone):
                raise _Other
            if new:
                connection.execute(sa.insert(net_blocks), new)
            return True

        try:
            return await self._write(work)
        except (_Other, IntegrityError):
            _log.warning("net_history_moved_elsewhere", hosts=len(hosts), hour=hour_s)
            return False

    async def _forget(self) -> None:
        """Drops the blocks and the intervals of some hosts that are older than their time; all hosts' once an hour."""
        if abs(step_s := self._steps.look()) > _STEP_S:
            self._forget_from, self._old = self._monotonic() + _FORGET_EVERY_S, []
            _log.warning("net_history_waits_for_clock", by_s=round(step_s), next_s=_FORGET_EVERY_S)
        if not self._old:
            if self._monotonic() < self._forget_from:
                return
            self._old = sorted(await self._first_seen(None))
            self._forget_from = self._monotonic() + _FORGET_EVERY_S
        hosts, now = self._old[:_SHARE], self._now()
        at_s = int(now.timestamp())

        def work(connection: sa.Connection) -> None:
            for tier in TIERS:
                past = _b.start < at_s - tier.keep_s - tier.span_s
                connection.execute(sa.delete(net_blocks).where(_b.host.in_(hosts), _b.tier == tier.step_s, past))
            connection.execute(sa.delete(net_outages).where(_o.host.in_(hosts), _o.ended < now - _OUTAGES_KEPT))

        if hosts:
            await self._write(work)
        del self._old[:_SHARE]

    # -- reading -------------------------------------------------------------------------------------

    async def series(self, host: str, since: datetime, until: datetime, *, most_points: int = 2000) -> Series:
        """What was measured from `since` to `until`, at most `most_points` (2 at least) and the gaps between them, in the finest way kept.

        ValueError unless since < until.
        """
        if since >= until or most_points < 2:
            raise ValueError("a series has a beginning before its end, and room for two points")
        now = self._now()
        until = max(min(until, now), since + timedelta(milliseconds=1))
        since_s, until_s = since.timestamp(), until.timestamp()
        tier, step_s = choose(now - since, since_s, until_s, most_points)
        async with self._reading() as connection:
            fresh = await self._fresh(connection, host, since_s - since_s % step_s, until_s)
            if now - since <= timedelta(seconds=RAW.keep_s):
                there = await self._span(connection, host, RAW, since_s, until_s, sa.func.sum(_b.count))
                if int(there[0][0] or 0) + _count(fresh) <= most_points:
                    tier, step_s = RAW, 0
            found = await self._span(connection, host, tier, since_s, until_s, _b.start, _b.count, _b.packed)
        blocks = [Block(tier, *row) for row in found]
        points = await asyncio.to_thread(_points, blocks, fresh, since_s, until_s, step_s)
        return Series(host=host, since=since, until=until, tier_s=tier.step_s, step_s=step_s, points=points)

    async def _span(self, connection: AsyncConnection, host: str, tier: Tier, since_s: float, until_s: float, *what: Any) -> list[Any]:
        where = (_b.host == host, _b.tier == tier.step_s, _b.start > int(since_s) - tier.span_s, _b.start < until_s)
        query = sa.select(*what).where(*where)
        return list(await connection.execute(query.order_by(_b.start) if len(what) > 1 else query))

    async def _fresh(self, connection: AsyncConnection, host: str, since_s: float, until_s: float) -> str:
        """The rows that have not moved yet."""
        minute = net_rounds.c.minute
        oldest, newest = (
            await connection.execute(
                sa.select(sa.select(sa.func.min(minute)).scalar_subquery(), sa.select(sa.func.max(minute)).scalar_subquery())
            )
        ).one()
        if oldest is None:
            return ""
        begin = max(int(since_s // MINUTE_S), oldest, int(until_s // MINUTE_S) - _OPEN_MINUTES)
        end = min(int(until_s // MINUTE_S), newest)
        rows = await connection.run_sync(_ROWS.fetch, [(at, host) for at in range(begin, end + 1)])
        return rows[0][1] if rows else ""

    async def outages(self, host: str, since: datetime, until: datetime) -> list[Outage]:
        """The times in which the host was not plainly up, ascending: those that overlap, whole; the newest 10,000."""
        query = (
            sa.select(
                _o.host,
                sa.type_coerce(_o.began, sa.BigInteger),
                sa.type_coerce(_o.ended, sa.BigInteger),
                _o.state,
                _o.maintenance,
                _o.reason,
            )
            .where(_o.host == host, _o.began < until, sa.or_(_o.ended.is_(None), _o.ended > since))
            .order_by(_o.began.desc())
            .limit(_MOST_OUTAGES)
        )
        async with self._reading() as connection:
            return [_outage(*row) for row in reversed((await connection.execute(query)).all())]

    async def uptime(self, hosts: Sequence[str] | None = None, spans: Mapping[str, timedelta] = SPANS) -> dict[str, dict[str, Uptime]]:
        """By host (None: all) and span, up to now. Hosts that were never measured are left out. For groups see `uptime.mean`."""
        now = self._now()
        few = hosts if hosts is not None and len(hosts) < _MANY else None
        async with self._reading() as connection:
            rows = (await connection.execute(overlaps(now, list(spans.values()), few))).all()
            first = await self._first(connection, few)
        if hosts is not None:
            first = {host: first[host] for host in hosts if host in first}
        return uptimes(now, spans, first, rows)

    async def first_seen(self, hosts: Sequence[str] | None = None) -> dict[str, datetime]:
        """When these hosts (None: all) were measured first; without those that never were."""
        return await self._first_seen(hosts)

    async def _first_seen(self, hosts: Sequence[str] | None) -> dict[str, datetime]:
        async with self._reading() as connection:
            return await self._first(connection, hosts)

    async def _first(self, connection: AsyncConnection, hosts: Sequence[str] | None) -> dict[str, datetime]:
        query = sa.select(net_seen.c.host, net_seen.c.first_at)
        if hosts is not None:
            query = query.where(net_seen.c.host.in_(hosts))
        return {row.host: row.first_at for row in await connection.execute(query)}

    async def up_since(self, hosts: Sequence[str]) -> dict[str, datetime]:
        """Since when these hosts have been plainly up, as the history has it; without those that are not, or were never measured."""
        found: dict[str, datetime] = {}
        async with self._reading() as connection:
            for at in range(0, len(hosts), _SOME):
                some = hosts[at : at + _SOME]
                found |= await self._first(connection, some)
                for host, _, ended, *_ in await connection.run_sync(_LAST.fetch, [(host,) for host in some]):
                    if ended is None:
                        found.pop(host, None)
                    else:
                        found[host] = moment(ended // 1000)
        return found

    async def newest(self) -> datetime | None:
        """About when the newest round of any host began, to the hour once it has moved: a leader that comes back learns since when
        nothing was measured. None: nothing ever was."""
        c = net_rounds.c
        async with self._reading() as connection:
            last = sa.select(sa.func.max(c.minute)).scalar_subquery()
            at: datetime | None = await connection.scalar(sa.select(sa.func.max(c.at)).where(c.minute == last))
            if at is not None:
                return at
            hour_s = await connection.scalar(sa.select(sa.func.max(_b.start)).where(_b.tier == RAW.step_s))
        return None if hour_s is None else moment((hour_s + HOUR_S) * 1000)

    async def sizes(self) -> Sizes:
        """What the history takes. Walks through all blocks: up to a minute for a thousand hosts; not for a page that is looked at often."""
        count = sa.select(sa.func.count())
        async with self._reading(_SIZES_S) as connection:
            totals = sa.select(_b.tier, sa.func.count(), sa.func.sum(sa.func.length(_b.packed))).group_by(_b.tier)
            blocks = {tier: (int(number), int(size)) for tier, number, size in await connection.execute(totals)}
            open_rounds, outages, hosts = [
                int(await connection.scalar(count.select_from(table)) or 0) for table in (net_rounds, net_outages, net_seen)
            ]
            if self._engine.dialect.name == "sqlite":
                pages, size = [(await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size")]
                store_bytes = pages * size
            else:
                asked = (
                    "SELECT sum(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE() "
                    "AND table_name IN ('net_rounds', 'net_blocks', 'net_outages', 'net_seen')"
                )
                store_bytes = int(await connection.scalar(sa.text(asked)) or 0)
        return Sizes(open_rounds=open_rounds, blocks=blocks, outages=outages, hosts=hosts, store_bytes=store_bytes)

    # -- the store -----------------------------------------------------------------------------------

    async def _write(self, work: Callable[[sa.Connection], T]) -> T:
        """Runs one transaction, behind the fence; again when another node was in the way."""

        def fenced(connection: sa.Connection) -> T:
            if self._fence is not None:
                self._fence()(connection)
            return work(connection)

        with _unavailable():
            async with asyncio.timeout(_WRITE_S), self._writing:
                for number in range(_TRIES):
                    try:
                        return await self._lane.run(fenced)
                    except Conflict:
                        if number == _TRIES - 1:
                            raise
                    await asyncio.sleep(random.uniform(0.01, 0.05) * 2**number)  # noqa: S311  # no secret
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def _reading(self, deadline_s: float = _READ_S) -> AsyncIterator[AsyncConnection]:
        """A connection whose readings all see one moment: a move between two of them would double an hour, or lose it."""
        with _unavailable():
            async with asyncio.timeout(deadline_s), self._engine.connect() as connection:
                if self._engine.dialect.name == "sqlite":  # its driver begins a transaction only to write
                    await connection.exec_driver_sql("BEGIN")
                yield connection


class _Other(Exception):
    """The store does not hold any more what was read."""


@asynccontextmanager
async def open_history(
    engine: AsyncEngine,
    *,
    now: Callable[[], datetime],
    fence: Callable[[], Guard] | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncIterator[History]:
    """A history that gives its connection and threads up at the end. For the arguments see `History`."""
    history = History(engine, now=now, fence=fence, monotonic=monotonic)
    try:
        yield history
    finally:
        await history.close()


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (*STORE_TROUBLE, TimeoutError, Conflict) as error:
        raise StoreUnavailable(f"{type(error).__name__} in the history") from error


def _minutes(hour_s: int, hosts: Sequence[str]) -> list[tuple[int, str]]:
    """All that an hour's rounds of these hosts lie under, in the order in which they lie."""
    return [(minute, host) for minute in range(hour_s // MINUTE_S, (hour_s + HOUR_S) // MINUTE_S) for host in hosts]


def _count(rows: str) -> int:
    return rows.count("\n") + 1 if rows else 0


def _read(rows: str) -> list[Kept]:
    """A host's rounds, ascending."""
    if not rows:
        return []
    return sorted(read(int(at) // 1000, packed) for at, _, packed in (row.partition(" ") for row in rows.split("\n")))


def _moved(host: str, hour_s: int, rows: str, old: Mapping[Tier, Block]) -> list[Block]:
    return move(host, hour_s, _read(rows), old)


def _points(blocks: Sequence[Block], rows: str, since_s: float, until_s: float, step_s: int) -> Points:
    fresh = _read(rows)
    return of_rollups(blocks, fresh, since_s, until_s, step_s) if step_s else of_rounds(blocks, fresh, since_s, until_s)


def _rows(rounds: Sequence[tuple[str, Round, State]]) -> Stepwise[list[tuple[int, str, int, str]]]:
    """Rows of `net_rounds`. In steps: after the store was away there may be 200,000."""
    rows = []
    for host, found, state in rounds:
        yield
        one = keep(found, state)
        rows.append((one.at // 60_000, host, one.at * 1000, text(one)))
    return rows


def _outage(host: str, began: int, ended: int | None, state: str, maintenance: int, reason: str) -> Outage:
    return Outage(
        host=host,
        began=moment(0) + timedelta(microseconds=began),
        ended=None if ended is None else moment(0) + timedelta(microseconds=ended),
        state=State(state),
        maintenance=bool(maintenance),
        reason=reason,
    )


def _row(one: Outage) -> tuple[Any, ...]:
    ended = None if one.ended is None else microseconds(one.ended)
    return (one.host, microseconds(one.began), ended, one.state.value, int(one.maintenance), one.reason)
