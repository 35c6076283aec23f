"""The lease: one holder at a time by nobody's clock but their own, and a fence for those who have not noticed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hub.lease import Fenced, Lease, LeaseTiming, Record, Silence, run_guards
from hub.store import create_engine, leases
from tests.peers.mariadb import MariaDb

QUICK = LeaseTiming(renew_s=0.02, keep_s=5, take_s=6, look_s=0.02, answer_s=10)
"""Looks and renews often, so that a test waits for little; time passes only where a hand moves a clock."""
ROOMY = LeaseTiming(renew_s=0.1, keep_s=1.5, take_s=2, look_s=0.1)
"""For the tests in which time passes by itself: a busy machine may well lose a quarter of a second."""


class Hand:
    """A monotonic clock that a test moves, in seconds."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


Make = Callable[..., Lease]


@pytest.fixture
async def make(store_url: str) -> AsyncIterator[Make]:
    """Makes leases on one store, each with an engine of its own, as nodes have, and with a clock that stands still."""
    engines: list[AsyncEngine] = []
    spare = [await asyncio.to_thread(create_engine, store_url) for _ in range(6)]

    def new(node: str, *, alone: bool = False, timing: LeaseTiming = QUICK, clock: Callable[[], float] | None = None) -> Lease:
        engines.append(spare.pop())
        return Lease(engines[-1], "sources", node=node, alone=alone, timing=timing, clock=clock or Hand())

    yield new
    for engine in engines + spare:
        await engine.dispose()


@asynccontextmanager
async def running(*some: Lease) -> AsyncIterator[list[asyncio.Task[None]]]:
    """The leases' tasks."""
    tasks = [asyncio.create_task(lease.run(), name=f"lease {lease.node}") for lease in some]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks), "a lease's task has died"


@contextmanager
def cut(lease: Lease) -> Iterator[None]:
    """The store does not answer this node, as a dead server or a dropped route does not."""
    engine = lease._engine.sync_engine

    def refuse(*_arguments: Any) -> None:
        raise sa.exc.OperationalError("no", None, OSError("the store is away"))

    sa.event.listen(engine, "before_cursor_execute", refuse)
    yield
    sa.event.remove(engine, "before_cursor_execute", refuse)


async def until(condition: Callable[[], object]) -> None:
    """Waits for a condition; the test's own time limit ends it."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # polls what has no event
            await asyncio.sleep(0.005)


async def row(engine: AsyncEngine) -> Any:
    """The lease as it stands in the store."""
    async with engine.connect() as connection:
        return (await connection.execute(sa.select(leases))).one()


async def try_guard(lease: Lease, engine: AsyncEngine) -> None:
    """What a guarded write asks first."""
    async with engine.begin() as connection:
        await connection.run_sync(run_guards, [lease.guard, lease.guard, None])


# -- values -----------------------------------------------------------------------------------------------


def test_silence_is_counted_from_the_last_change_that_was_seen() -> None:
    """Six seconds without a change, by the looker's clock; any change of holder, token or beat begins them anew."""
    silence, record = Silence(6), Record("a", 1, 7)
    assert [silence.over(record, now) for now in (100, 103, 105.9)] == [False, False, False]
    assert silence.left(105.9) == pytest.approx(0.1)
    assert silence.over(record, 106)
    for changed in (Record("a", 1, 8), Record("a", 2, 8), Record(None, 2, 8)):
        assert not silence.over(changed, 200)
        assert silence.over(changed, 206)


def test_the_first_look_is_no_silence() -> None:
    """Whoever has only just come has not seen the holder be silent, whatever their clock shows."""
    for now in (0.0, 5.0, 1e9):
        assert not Silence(6).over(Record("a", 1, 1), now)


@pytest.mark.parametrize("wrong", [{"renew_s": 0}, {"renew_s": 5}, {"keep_s": 6}, {"take_s": 5}])
def test_times_that_could_overlap_are_refused(wrong: dict[str, float]) -> None:
    """A holder must give up before anybody takes."""
    with pytest.raises(ValueError, match="given up before it is taken"):
        LeaseTiming(**wrong)


# -- one holder -------------------------------------------------------------------------------------------


async def test_of_many_one_holds(make: Make, store: AsyncEngine) -> None:
    """Six nodes start at one moment; one gets the first token and keeps it, renewing."""
    nodes = [make(f"n{n}") for n in range(6)]
    async with running(*nodes):
        await until(lambda: any(node.held for node in nodes))
        (holder,) = [node for node in nodes if node.held]
        began = (await row(store)).beat
        while (found := await row(store)).beat < began + 10:
            assert [node for node in nodes if node.held] == [holder]
        assert (found.holder, found.token) == (holder.node, 1)
        assert [node.token for node in nodes if node is not holder] == [-1] * 5


async def test_a_clean_end_hands_over_at_once(make: Make, store: AsyncEngine) -> None:
    """The next one waits for no silence: its clock stands still."""
    first, second = make("first"), make("second")
    async with AsyncExitStack() as stack:
        async with running(first):
            await first.wait_held()
            await stack.enter_async_context(running(second))
            await asyncio.sleep(0.1)
            assert not second.held
        assert not first.held
        await second.wait_held()
        assert second.token == first.token + 1
    assert (await row(store)).holder is None


async def test_a_silent_holder_is_followed_and_never_met(make: Make) -> None:
    """Cut off from the store, a holder stops before the other begins; it comes back as one of those who wait."""
    first, second = (make(node, clock=time.monotonic, timing=ROOMY) for node in ("first", "second"))
    story: list[tuple[float, str]] = []
    loop = asyncio.get_running_loop()
    async with running(first):
        term = await first.wait_held()
        async with running(second):

            async def tell(waiting: Any, what: str) -> None:
                await waiting
                story.append((loop.time(), what))

            with cut(first), capture_logs() as logs:
                async with asyncio.TaskGroup() as group:
                    group.create_task(tell(term.lost(), "lost"))
                    group.create_task(tell(second.wait_held(), "gained"))
                assert not first.held
            assert [what for _, what in sorted(story)] == ["lost", "gained"]
            assert term.why == "no renewal in 1.5 s"
            await until(lambda: not first._away)
            assert second.held
            assert not first.held
            assert [line["event"] for line in logs] == ["lease_store_away"]


async def test_whoever_comes_back_before_others_took_it_holds_it_again(make: Make) -> None:
    """With nobody else there it is a new term with a new token, at once: the row still names this process."""
    only = make("only", clock=(clock := Hand()))
    async with running(only):
        first = await only.wait_held()
        with cut(only):
            clock.at += QUICK.keep_s
            await first.lost()
        second = await only.wait_held()
        assert second.token == first.token + 1


async def test_no_wall_clock_counts(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of day jumps by years in both directions, and nobody loses or takes anything."""
    first, second = (make(node, clock=time.monotonic, timing=ROOMY) for node in ("first", "second"))
    async with running(first):
        term = await first.wait_held()
        async with running(second):
            for jump in (-1e8, 1e8, 0.0, 4e8):
                monkeypatch.setattr("time.time", lambda jump=jump: 1.8e9 + jump)
                await asyncio.sleep(ROOMY.take_s / 3)
            assert first.held
            assert not term.over
            assert second.token == -1


async def test_a_look_that_was_overtaken_takes_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that lay unread while its reader was frozen looks like silence; the store knows of the renewals since."""
    first, second = make("first"), make("second", clock=(clock := Hand()))
    async with running(first):
        await first.wait_held()
        stale = await second._look()

        async def late() -> Record:
            return stale

        monkeypatch.setattr(second, "_look", late)
        await second._stand_by()
        seen = await row(second._engine)
        while (await row(second._engine)).beat == seen.beat:  # noqa: ASYNC110  # polls the store
            await asyncio.sleep(0.01)
        clock.at += 1000
        await second._stand_by()
        assert not second.held
        assert first.held


async def test_a_hung_statement_costs_the_lease_in_time(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that neither answers nor lets itself be cancelled cannot keep a holder in office."""
    lease, free = make("first", clock=time.monotonic, timing=ROOMY), asyncio.Event()
    async with running(lease):
        term = await lease.wait_held()
        update = lease._update

        async def hang(statement: sa.Update) -> bool:
            while not free.is_set():
                try:
                    await free.wait()
                except asyncio.CancelledError:
                    continue  # as a driver that waits for its thread
            return await update(statement)

        monkeypatch.setattr(lease, "_update", hang)
        await term.lost()
        assert not lease.held
        free.set()
        again = await lease.wait_held()
        assert again.token == term.token + 1


@pytest.mark.mariadb
@pytest.mark.parametrize("store_url", ["mariadb"], indirect=True)
async def test_a_frozen_server_costs_the_lease_and_gives_it_back(make: Make, mariadb: MariaDb) -> None:
    """MariaDB keeps its connections and answers nobody: the term ends, and another begins once it wakes."""
    lease = make("only", clock=time.monotonic, timing=ROOMY)
    async with running(lease):
        term = await lease.wait_held()
        mariadb.freeze()
        try:
            await term.lost()
        finally:
            mariadb.wake()
        assert (await lease.wait_held()).token > term.token


# -- alone ------------------------------------------------------------------------------------------------


async def test_a_node_alone_does_not_wait_for_a_dead_one(make: Make, store: AsyncEngine) -> None:
    """After a crash the row still names the old process; a node that knows of no other takes it at its first look."""
    async with store.begin() as connection:
        await connection.execute(sa.insert(leases).values(name="sources", holder="dead", token=41, beat=7))
    lease = make("only", alone=True)  # its clock stands still: nothing was waited for
    async with running(lease):
        assert (await lease.wait_held()).token == 42


async def test_a_second_process_that_thinks_itself_alone_is_told_of(make: Make) -> None:
    """The first one stops, names the fault and the mend, and waits its turn like any other; they do not play ping-pong."""
    first, second = make("first", alone=True), make("second", alone=True)
    async with running(first):
        term = await first.wait_held()
        with capture_logs() as logs:
            async with running(second):
                new = await second.wait_held()
                await term.lost()
                beat = (await row(second._engine)).beat
                while (await row(second._engine)).beat < beat + 10:
                    assert not first.held
                assert not new.over
            await first.wait_held()  # the second one has left
        (told,) = [line for line in logs if line["log_level"] == "error"]
        assert told["event"] == "second_process_on_one_store"
        assert "BUS_URL=redis://" in told["mend"]


# -- the fence --------------------------------------------------------------------------------------------


async def test_the_fence_lets_the_holder_through(make: Make, store: AsyncEngine) -> None:
    """In a term nothing is refused, nor after a clean release until somebody else begins."""
    first, second = make("first"), make("second")
    with pytest.raises(Fenced, match="token -1 and is now at None"):
        await try_guard(first, store)
    async with running(first):
        await first.wait_held()
        await try_guard(first, store)
    await try_guard(first, store)
    async with running(second):
        await second.wait_held()
        with pytest.raises(Fenced, match="the lease sources was ours with token 1 and is now at 2"):
            await try_guard(first, store)
        await try_guard(second, store)


async def test_the_work_of_an_earlier_term_stays_fenced(make: Make, store: AsyncEngine) -> None:
    """A guard belongs to the term it was taken in: what a node queued before it lost the lease is not let through when it leads again."""
    lease = make("first", clock=(clock := Hand()))
    async with running(lease):
        term = await lease.wait_held()
        old = lease.guard
        with cut(lease):
            clock.at += QUICK.keep_s
            await term.lost()
        await lease.wait_held()
        async with store.begin() as connection:
            with pytest.raises(Fenced):
                await connection.run_sync(old)
        await try_guard(lease, store)


async def test_nobody_takes_the_lease_from_under_a_guarded_write(make: Make, store: AsyncEngine) -> None:
    """Between the guard and the commit the token cannot change: a takeover waits for the commit."""
    first, second = make("first"), make("second", alone=True)
    async with running(first):
        await first.wait_held()
        async with store.connect() as connection:
            if store.dialect.name == "sqlite":
                await connection.execute(sa.text("BEGIN IMMEDIATE"))
            await connection.run_sync(run_guards, [first.guard])
            async with running(second):
                await asyncio.sleep(0.1)
                assert not second.held
                assert (await row(second._engine)).token == 1
                await connection.commit()
                await second.wait_held()
    assert second.token == 2
