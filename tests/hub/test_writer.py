"""Group commit: what waits goes together, one bad member harms nobody else, and a store that is away is said so."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub import lane
from hub.lane import Conflict
from hub.writer import Kind, StoreUnavailable, Writer

TABLE = sa.Table(
    "things", sa.MetaData(), sa.Column("n", sa.Integer, primary_key=True, autoincrement=False), sa.Column("blob", sa.LargeBinary(1 << 20))
)
only_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
async def things(store: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    """The store with a table of things."""
    async with store.begin() as connection:
        await connection.run_sync(TABLE.create)
    yield store
    async with store.begin() as connection:
        await connection.run_sync(TABLE.drop)


def insert(connection: sa.Connection, numbers: Sequence[int]) -> list[str]:
    """Adds things; negative ones are refused after the others have been written."""
    if good := [{"n": number} for number in numbers if number >= 0]:
        connection.execute(sa.insert(TABLE), good)
    bad = [number for number in numbers if number < 0]
    if bad:
        raise ValueError(bad[0])
    return [str(number) for number in numbers]


class Gate:
    """Holds a write of SQLite's back in its thread until it opens."""

    def __init__(self) -> None:
        self.entered, self._open = threading.Event(), threading.Event()

    def open(self) -> None:
        """Lets everything pass from now on."""
        self._open.set()

    def insert(self, connection: sa.Connection, numbers: Sequence[int]) -> list[str]:
        """Adds things and then hangs."""
        done = insert(connection, numbers)
        self.entered.set()
        assert self._open.wait(30)
        return done


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate that is open at the end, so that no thread stays behind."""
    made = Gate()
    yield made
    made.open()


PUT = Kind("put", insert)


async def stored(engine: AsyncEngine) -> list[int]:
    """The things in the store."""
    async with engine.connect() as connection:
        return list((await connection.execute(sa.select(TABLE.c.n).order_by(TABLE.c.n))).scalars())


@asynccontextmanager
async def running(writer: Writer) -> AsyncIterator[asyncio.Task[None]]:
    """Runs the writer's loop."""
    task = asyncio.create_task(writer.run(), name="writer")
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


def path(engine: AsyncEngine) -> str:
    """The store's file."""
    return str(engine.url.database)


async def test_what_waits_goes_into_one_transaction(things: AsyncEngine) -> None:
    """A thousand writes at once cost a commit or two, and each caller gets its own result."""
    commits: list[None] = []
    writer = Writer(things)
    sa.event.listen(writer.engine, "commit", lambda _connection: commits.append(None))
    async with running(writer):
        results = await asyncio.gather(*(writer.do(PUT, number) for number in range(1000)))
    assert results == [str(number) for number in range(1000)]
    assert await stored(things) == list(range(1000))
    assert len(commits) <= 2


async def test_groups_are_bounded(things: AsyncEngine) -> None:
    """No group is larger than the bound."""
    sizes: list[int] = []

    def run(_connection: sa.Connection, args: Sequence[int]) -> list[int]:
        sizes.append(len(args))
        return list(args)

    writer, kind = Writer(things, group=10), Kind("count", run)
    async with running(writer):
        await asyncio.gather(*(writer.do(kind, number) for number in range(35)))
    assert max(sizes) <= 10
    assert sum(sizes) == 35


async def test_kinds_run_in_the_order_given(things: AsyncEngine) -> None:
    """Neighbours of one kind run together, but never past a write of another kind between them."""
    ran: list[tuple[str, list[int]]] = []

    def kind(name: str) -> Kind[int, int]:
        def run(_connection: sa.Connection, args: Sequence[int]) -> list[int]:
            ran.append((name, list(args)))
            return list(args)

        return Kind(name, run)

    a, b = kind("a"), kind("b")
    writer = Writer(things)
    pending = [asyncio.create_task(writer.do(k, n)) for n, k in enumerate([a, a, b, a])]
    await asyncio.sleep(0)
    async with running(writer):
        await asyncio.gather(*pending)
    assert ran == [("a", [0, 1]), ("b", [2]), ("a", [3])]


async def test_one_bad_member_harms_nobody_else(things: AsyncEngine) -> None:
    """The bad one gets its own error, the others of its group succeed, in order, each exactly once."""
    committed: list[str] = []
    kind = Kind("put", insert, committed.extend)
    writer = Writer(things)
    async with running(writer):
        results = await asyncio.gather(*(writer.do(kind, number) for number in (1, 2, -3, 4)), return_exceptions=True)
    assert [results[0], results[1], results[3]] == ["1", "2", "4"]
    assert isinstance(results[2], ValueError)
    assert await stored(things) == [1, 2, 4]
    assert committed == ["1", "2", "4"]


async def test_a_constraint_is_its_callers_fault(things: AsyncEngine) -> None:
    """A duplicate key is not an outage: the one caller gets the database's own error."""
    writer = Writer(things)
    async with running(writer):
        await writer.do(PUT, 1)
        results = await asyncio.gather(writer.do(PUT, 1), writer.do(PUT, 2), return_exceptions=True)
    assert isinstance(results[0], sa.exc.IntegrityError)
    assert results[1] == "2"


async def test_results_and_callbacks_follow_the_commit(things: AsyncEngine) -> None:
    """Callbacks run after the commit, in order, before any caller goes on."""
    story: list[str] = []

    async def caller(number: int) -> None:
        result = await writer.do(kind, number)
        story.append(f"caller {result}")

    kind: Kind[int, str] = Kind("put", insert, lambda results: story.append(f"callback {list(results)}"))
    writer = Writer(things)
    sa.event.listen(writer.engine, "commit", lambda _connection: story.append("commit"))
    pending = [asyncio.create_task(caller(number)) for number in (1, 2)]
    await asyncio.sleep(0)
    async with running(writer):
        await asyncio.gather(*pending)
    assert story == ["commit", "callback ['1', '2']", "caller 1", "caller 2"]


async def test_a_broken_callback_keeps_no_caller_waiting(things: AsyncEngine) -> None:
    """What has committed is done: the callers get their results and the writer goes on, whatever a callback raises."""

    def broken(_results: Sequence[str]) -> None:
        raise RuntimeError("a bug")

    kind, writer = Kind("put", insert, broken), Writer(things)
    async with running(writer), asyncio.timeout(2):
        assert await writer.do(kind, 1) == "1"
        assert await writer.do(PUT, 2) == "2"
    assert await stored(things) == [1, 2]


async def test_beyond_the_bound_writes_are_refused(things: AsyncEngine) -> None:
    """A writer that cannot keep up says so instead of growing."""
    writer = Writer(things, waiting=3)
    pending = [asyncio.create_task(writer.do(PUT, number)) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(StoreUnavailable, match="too many"):
        await writer.do(PUT, 99)
    async with running(writer):
        await asyncio.gather(*pending)
        await writer.do(PUT, 99)
    assert await stored(things) == [0, 1, 2, 99]


async def test_a_caller_that_goes_away_does_not_take_its_write_along(things: AsyncEngine) -> None:
    """A cancelled caller's write is done all the same, with those of the others."""
    writer = Writer(things)
    gone, stays = (asyncio.create_task(writer.do(PUT, number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    async with running(writer):
        assert await stays == "2"
    assert gone.cancelled()
    assert await stored(things) == [1, 2]


@only_sqlite
async def test_a_locked_store_is_unavailable_and_then_available(things: AsyncEngine) -> None:
    """Another process that holds the lock makes writes fail whole; once it lets go they succeed."""
    writer = Writer(things, commit_s=0.1)
    async with running(writer):
        with closing(sqlite3.connect(path(things), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            results = await asyncio.gather(*(writer.do(PUT, number) for number in range(3)), return_exceptions=True)
            assert [type(result) for result in results] == [StoreUnavailable] * 3
            other.execute("ROLLBACK")
        assert await stored(things) == []
        assert await writer.do(PUT, 5) == "5"
    assert await stored(things) == [5]


@only_sqlite
async def test_a_store_that_hangs_is_given_up(things: AsyncEngine, gate: Gate) -> None:
    """A group that takes longer than the deadline is refused and does not land later; the next one gets its turn."""
    kind, writer = Kind("slow", gate.insert), Writer(things, commit_s=0.1)
    async with running(writer):
        with pytest.raises(StoreUnavailable, match="no commit"):
            await writer.do(kind, 1)
        gate.open()
        assert await writer.do(kind, 2) == "2"
    assert await stored(things) == [2]


@only_sqlite
async def test_a_statement_without_end_is_interrupted(things: AsyncEngine) -> None:
    """A statement that runs for ever is stopped at the deadline, so that the thread is free for the next group."""

    def endless(connection: sa.Connection, numbers: Sequence[int]) -> list[str]:
        connection.execute(sa.text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"))
        return [str(number) for number in numbers]

    writer = Writer(things, commit_s=0.2)
    async with running(writer):
        with pytest.raises(StoreUnavailable, match="no commit"):
            await writer.do(Kind("endless", endless), 1)
        assert await writer.do(PUT, 2) == "2"


@pytest.mark.parametrize(("conflicts", "lands"), [(1, True), (4, True), (5, False)])
async def test_a_conflict_with_another_node_is_tried_again(things: AsyncEngine, conflicts: int, lands: bool) -> None:
    """A group that another node gets in the way of runs again, whole, a few times; then the store is unavailable."""
    left = conflicts

    def contested(connection: sa.Connection, numbers: Sequence[int]) -> list[str]:
        nonlocal left
        done = insert(connection, numbers)
        if left:
            left -= 1
            raise Conflict("deadlock")
        return done

    writer = Writer(things)
    async with running(writer):
        results = await asyncio.gather(*(writer.do(Kind("contested", contested), 1) for _ in range(1)), return_exceptions=True)
    assert [type(result) for result in results] == [str if lands else StoreUnavailable]
    assert await stored(things) == ([1] if lands else [])


async def test_a_posted_write_needs_nobody_to_wait(things: AsyncEngine) -> None:
    """Posted writes land with the others of their group; who is refused hears why, at once when too much waits."""
    refused: list[tuple[int, str]] = []
    told, writer = asyncio.Event(), Writer(things, waiting=3)

    def put(number: int) -> None:
        def note(error: Exception) -> None:
            refused.append((number, type(error).__name__))
            told.set()

        writer.post(PUT, number, note)

    for number in (1, -2, 3, 4):
        put(number)
    assert refused == [(4, "StoreUnavailable")]
    told.clear()
    async with running(writer):
        await told.wait()
        assert await writer.do(PUT, 9) == "9"
    assert refused == [(4, "StoreUnavailable"), (-2, "ValueError")]
    assert await stored(things) == [1, 3, 9]
    put(5)
    assert refused[-1] == (5, "StoreUnavailable")


async def test_a_broken_refusal_keeps_nobody_waiting(things: AsyncEngine) -> None:
    """A bug in a listener for refusals costs that listener only."""

    def broken(_error: Exception) -> None:
        raise RuntimeError("a bug")

    writer = Writer(things)
    writer.post(PUT, -1, broken)
    async with running(writer), asyncio.timeout(5):
        assert await writer.do(PUT, 2) == "2"


async def test_early_kinds_run_together_before_the_others(things: AsyncEngine) -> None:
    """What may overtake does, in one run, so that it does not cut the others into pieces."""
    ran: list[tuple[str, list[int]]] = []

    def kind(name: str, *, early: bool = False) -> Kind[int, int]:
        def run(_connection: sa.Connection, args: Sequence[int]) -> list[int]:
            ran.append((name, list(args)))
            return list(args)

        return Kind(name, run, early=early)

    a, e = kind("a"), kind("e", early=True)
    writer = Writer(things)
    pending = [asyncio.create_task(writer.do(k, n)) for n, k in enumerate([a, e, a, e])]
    await asyncio.sleep(0)
    async with running(writer):
        assert await asyncio.gather(*pending) == [0, 1, 2, 3]
    assert ran == [("e", [1, 3]), ("a", [0, 2])]


async def test_a_store_that_cannot_be_opened_is_unavailable(things: AsyncEngine) -> None:
    """A path that is a directory now, a server that refuses: the same answer."""
    broken = create_async_engine("sqlite+aiosqlite:////nowhere/at/all.sqlite")
    writer = Writer(broken)
    async with running(writer):
        with pytest.raises(StoreUnavailable):
            await writer.do(PUT, 1)
    await broken.dispose()


@only_sqlite
async def test_the_end_finishes_what_waits(things: AsyncEngine, gate: Gate) -> None:
    """Cancelled in the middle of a group, the writer finishes it and everything behind it; later writes are refused."""
    kind, writer = Kind("slow", gate.insert), Writer(things, group=2)
    async with running(writer) as task:
        pending = [asyncio.create_task(writer.do(kind, number)) for number in range(5)]
        await asyncio.to_thread(gate.entered.wait)
        task.cancel()
        gate.open()
        assert await asyncio.gather(*pending) == list("01234")
        with pytest.raises(StoreUnavailable, match="ended"):
            await writer.do(kind, 6)
    assert await stored(things) == [0, 1, 2, 3, 4]


@only_sqlite
async def test_the_end_answers_everybody_even_with_the_store_away(things: AsyncEngine, gate: Gate) -> None:
    """A writer that ends while the store hangs refuses what still waits: no caller is left without an answer."""
    kind, writer = Kind("hang", gate.insert), Writer(things, group=1, commit_s=0.1)
    async with running(writer) as task:
        pending = [asyncio.create_task(writer.do(kind, number)) for number in range(6)]
        await asyncio.to_thread(gate.entered.wait)
        task.cancel()
        async with asyncio.timeout(5):
            results = await asyncio.gather(*pending, return_exceptions=True)
        assert {type(result) for result in results} == {StoreUnavailable}
        await asyncio.wait([task])
        assert task.cancelled()
    gate.open()


@only_sqlite
async def test_the_end_answers_a_group_that_was_being_taken_apart(things: AsyncEngine, gate: Gate) -> None:
    """Given up while the members of a bad group are written one by one, each of them still gets an answer."""

    def hang(connection: sa.Connection, numbers: Sequence[int]) -> list[str]:
        if len(numbers) > 1:
            raise ValueError("one of you is bad")
        return gate.insert(connection, numbers)

    kind, writer = Kind("hang", hang), Writer(things, commit_s=0.1)
    async with running(writer) as task:
        pending = [asyncio.create_task(writer.do(kind, number)) for number in range(6)]
        await asyncio.to_thread(gate.entered.wait)
        task.cancel()
        async with asyncio.timeout(5):
            results = await asyncio.gather(*pending, return_exceptions=True)
        assert {type(result) for result in results} == {StoreUnavailable}
    gate.open()


@only_sqlite
async def test_the_log_is_carried_over_beside_the_writer_and_stays_bounded(things: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is written, the write-ahead log is carried into the database and starts anew; every row is there."""
    monkeypatch.setattr(lane, "_CHECKPOINT_AFTER", 10)
    monkeypatch.setattr(lane, "_CHECKPOINT_HARD", 100)

    def large(connection: sa.Connection, numbers: Sequence[int]) -> list[int]:
        connection.execute(sa.insert(TABLE), [{"n": number, "blob": b"x" * 20_000} for number in numbers])
        return list(numbers)

    kind, writer = Kind("large", large), Writer(things)
    async with running(writer):
        for number in range(500):
            await writer.do(kind, number)
        log = await asyncio.to_thread(Path(f"{path(things)}-wal").stat)
        assert log.st_size < 5_000_000  # of 10 MB written
    assert await stored(things) == list(range(500))
