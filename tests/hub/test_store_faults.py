"""The store's bad days: full, restarted, frozen, and two nodes at once. What was accepted is there once, the rest was refused."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.accept import EVERYONE
from hub.levels import Mark
from hub.notification import Notification
from hub.store import create_engine, events, inbox, publications
from hub.writer import StoreUnavailable
from tests.clock import Clock
from tests.hub.ledgers import Book, open_book, rows
from tests.hub.people import add_people
from tests.hub.values import note
from tests.peers import need
from tests.peers.mariadb import MariaDb

only_sqlite = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
only_mariadb = pytest.mark.parametrize("store_url", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True)


async def whole(engine: AsyncEngine, *people: int) -> set[str]:
    """The ids in these people's inboxes, after checking that positions have no hole and that every table agrees with the others."""
    found: set[str] = set()
    for user_id in people:
        mine = await rows(engine, user_id)
        assert [row.seq for row in mine] == list(range(1, len(mine) + 1))
        ids = [row.event_id for row in mine]
        assert len(ids) == len(set(ids))
        found.update(ids)
    async with engine.connect() as connection:
        kept = (await connection.scalars(sa.select(events.c.event_id))).all()
        keys = (await connection.scalars(sa.select(publications.c.event_id))).all()
    assert sorted(kept) == sorted(keys) == sorted(found)
    return found


async def try_all(book: Book, notifications: list[Notification]) -> tuple[set[str], set[str]]:
    """Hands these in at once; the ids accepted, and those refused as unavailable. Nothing else may happen."""
    answers = await asyncio.gather(*(book.accept(one) for one in notifications), return_exceptions=True)
    ids: tuple[set[str], set[str]] = (set(), set())
    for one, answer in zip(notifications, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, StoreUnavailable):
            raise answer
        ids[isinstance(answer, StoreUnavailable)].add(one.event.id)
    return ids


# -- a full disk -------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB."""
    path = tmp_path / "small"
    path.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", path], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        need.missing("a small file system", f"run as root ({made.stderr.strip()})")
    yield path
    subprocess.run(["umount", "--lazy", path], check=True)


async def test_a_full_disk_refuses_whole_and_recovers(small_disk: Path, store_file: Path, clock: Clock) -> None:
    """With no room left writes are refused and leave nothing; reading goes on; once there is room the next write succeeds."""
    shutil.copyfile(store_file, small_disk / "hub.sqlite")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    engine = await asyncio.to_thread(create_engine, f"sqlite+aiosqlite:///{small_disk}/hub.sqlite")
    await add_people(engine, "anna", "boris")
    accepted: set[str] = set()
    refused: set[str] = set()
    async with open_book(engine, clock) as book:
        for number in range(60):
            took, not_taken = await try_all(book, [note(f"{number}.{n}", 1, 2, body="x" * 10_000) for n in range(10)])
            accepted |= took
            refused |= not_taken
        assert accepted
        assert refused
        assert (await book.ledger.head(1, clock()))[0] == len(accepted)
        assert await whole(engine, 1, 2) == accepted
        with pytest.raises(StoreUnavailable):
            await book.accept(*(note(f"more {n}", 1, body="x" * 100_000) for n in range(20)), watermark=("s", {"at": 1}))
        assert await book.ledger.watermark("s") is None
        ballast.unlink()
        await book.accept(note("after", 1))
        assert await whole(engine, 1, 2) == accepted | {"after"}
    await engine.dispose()


@only_sqlite
async def test_a_store_at_its_limit_refuses_whole_and_recovers(store: AsyncEngine, clock: Clock) -> None:
    """The same where no file system can be made: SQLite itself is out of pages, and then not any more."""
    await add_people(store, "anna")
    limit = 200
    async with open_book(store, clock) as book:

        def bounded(connection: Any, *_rest: Any) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")

        sa.event.listen(book.ledger.writer.engine, "engine_connect", bounded)
        accepted, refused = await try_all(book, [note(f"{n}", 1, body="x" * 200_000) for n in range(10)])
        with pytest.raises(StoreUnavailable):
            await book.accept(*(note(f"more {n}", 1, body="x" * 200_000) for n in range(10)))
        assert refused
        assert await whole(store, 1) == accepted
        limit = 100_000
        await book.accept(note("after", 1))
        assert await whole(store, 1) == accepted | {"after"}


# -- a restarted and a frozen server -----------------------------------------------------------------


@pytest.fixture
async def books(store: AsyncEngine, clock: Clock) -> AsyncIterator[list[Book]]:
    """Two nodes over one store, with five people."""
    await add_people(store, "anna", "boris", "vera", "gleb", "darja")
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(2):
            engine = await asyncio.to_thread(create_engine, store.url.render_as_string(hide_password=False))
            stack.push_async_callback(engine.dispose)
            made.append(await stack.enter_async_context(open_book(engine, clock)))
        yield made


@pytest.mark.parametrize("how", ["stop", "kill"])
@only_mariadb
async def test_a_server_restarted_under_load_loses_and_doubles_nothing(
    store: AsyncEngine, books: list[Book], mariadb: MariaDb, how: str
) -> None:
    """Stopped or killed and started while two nodes write: what was accepted is there once, and the nodes go on by themselves."""
    accepted: set[str] = set()
    unsure: set[str] = set()
    away = asyncio.Event()

    async def load(book: Book, name: str) -> None:
        number = 0
        while not (away.is_set() and number % 2 == 0 and unsure and number > 20):
            number += 1
            took, not_taken = await try_all(book, [note(f"{name}{number}.{n}", 1, 2, 3) for n in range(5)])
            accepted.update(took)
            unsure.update(not_taken)
            await asyncio.sleep(0.005)

    async with asyncio.TaskGroup() as group:
        for number, book in enumerate(books):
            group.create_task(load(book, "ab"[number]))
        while len(accepted) < 100:  # noqa: ASYNC110  # until the load is on its way
            await asyncio.sleep(0.01)
        await asyncio.to_thread(mariadb.stop if how == "stop" else mariadb.kill)
        while not unsure:  # noqa: ASYNC110  # until it has been felt
            await asyncio.sleep(0.01)
        await asyncio.to_thread(mariadb.start)
        away.set()
    for book in books:
        again, refused = await try_all(book, [note(one, 1, 2, 3) for one in sorted(unsure)])  # as a source or publisher does
        assert not refused
        accepted |= again
    assert await whole(store, 1, 2, 3) == accepted


@only_mariadb
async def test_a_frozen_server_is_given_up_and_found_again(store: AsyncEngine, clock: Clock, mariadb: MariaDb) -> None:
    """A server that answers nobody makes writes fail within their deadline; awake, it takes the next one."""
    await add_people(store, "anna")
    async with open_book(store, clock, commit_s=1.0) as book:
        await book.accept(note("before", 1))
        mariadb.freeze()
        try:
            async with asyncio.timeout(10):
                with pytest.raises(StoreUnavailable):
                    await book.accept(note("lost", 1))
        finally:
            mariadb.wake()
        await book.accept(note("after", 1))
        await book.accept(note("lost", 1))
    assert await whole(store, 1) == {"before", "after", "lost"}


# -- two nodes ---------------------------------------------------------------------------------------


async def test_two_nodes_number_the_same_inboxes_without_a_hole(store: AsyncEngine, books: list[Book]) -> None:
    """Two ledgers that accept for the same people at once give out 1, 2, 3 … once each, and tell their own part in that order."""
    await asyncio.gather(
        *(
            book.accept(*(note(f"{name}{n}.{m}", *((1, 2) if n % 2 else (3, 2, 1))) for m in range(3)))
            for n in range(60)
            for book, name in zip(books, "ab", strict=True)
        ),
        *(book.accept(note(f"all {name}", EVERYONE)) for book, name in zip(books, "ab", strict=True)),
    )
    await whole(store, 1, 2, 3, 4, 5)
    assert [len(await rows(store, user)) for user in (1, 2, 3, 4, 5)] == [362, 362, 182, 2, 2]
    for user in (1, 2, 3):
        told = [[seq for who, seq, _ in book.told if who == user] for book in books]
        assert all(seqs == sorted(seqs) for seqs in told)
        assert sorted(told[0] + told[1]) == list(range(1, len(told[0] + told[1]) + 1))


async def test_the_same_event_on_two_nodes_is_one(store: AsyncEngine, books: list[Book]) -> None:
    """Whichever node comes first accepts; the other answers with the first one's result, and nobody gets it twice."""
    for number in range(30):
        ids = [f"{number}.{n}" for n in range(5)]
        receipts = await asyncio.gather(
            books[0].accept(*(note(one, 1, 2) for one in ids)),
            books[1].accept(*(note(one, 1, 2) for one in reversed(ids))),
        )
        outcomes = [outcome for receipt in receipts for outcome in receipt.outcomes]
        assert sorted(outcome.duplicate for outcome in outcomes) == [False] * 5 + [True] * 5
        assert {outcome.accepted for outcome in outcomes} == {2}
    assert len(await whole(store, 1, 2)) == 150


async def test_marks_and_publishes_of_two_nodes_do_not_lose_each_other(store: AsyncEngine, books: list[Book]) -> None:
    """Receipts written on one node while the other accepts for the same people all stand at the end."""

    async def publish(name: str) -> None:
        for number in range(20):
            await books[0].accept(*(note(f"{name}{number}.{n}", 1, 2, 3) for n in range(3)))

    async def receive() -> None:
        done = dict.fromkeys((1, 2, 3), 0)
        while min(done.values()) < 120:
            for user in done:
                seq = (await books[1].ledger.head(user, books[1].clock()))[0]
                mark = Mark(user_id=user, change="received", device="d", now=books[1].clock(), seq=seq, after=done[user])
                await books[1].ledger.mark(mark)
                done[user] = seq

    async with asyncio.timeout(60):
        await asyncio.gather(publish("a"), publish("b"), receive())
    await whole(store, 1, 2, 3)
    async with store.connect() as connection:
        assert set((await connection.scalars(sa.select(inbox.c.state))).all()) == {"received"}


async def test_a_row_in_one_nodes_hand_is_not_anothers(store: AsyncEngine, books: list[Book], clock: Clock) -> None:
    """Both nodes reach for the same due rows at once: each row is taken by one, and again only when the lease has run out."""
    await books[0].accept(*(note(f"{n}", 1) for n in range(40)))
    clock.advance(1)
    assert await books[0].ledger.begin_push(1, range(1, 41), clock()) == ()  # nothing is due yet
    clock.advance(1)
    parts = [range(1, 31), range(11, 41), range(1, 41), range(20, 25)]
    taken = await asyncio.gather(*(books[n % 2].ledger.begin_push(1, part, clock()) for n, part in enumerate(parts)))
    assert sorted(seq for part in taken for seq in part) == list(range(1, 41))
    assert all(set(part) <= set(asked) for part, asked in zip(taken, parts, strict=True))
    clock.advance(19.9)
    assert await books[1].ledger.begin_push(1, range(1, 41), clock()) == ()
    clock.advance(0.1)
    assert await books[1].ledger.begin_push(1, range(1, 41), clock()) == tuple(range(1, 41))


@contextlib.asynccontextmanager
async def held(engine: AsyncEngine, user_id: int) -> AsyncIterator[None]:
    """While the block runs, somebody else has the person's position locked."""
    async with engine.connect() as connection:
        await connection.execute(sa.text("SELECT seq FROM heads WHERE user_id = :user FOR UPDATE"), {"user": user_id})
        yield
        await connection.rollback()


@only_mariadb
async def test_a_row_that_somebody_holds_is_waited_for_and_then_given_up(store: AsyncEngine, clock: Clock) -> None:
    """A lock that is let go in time delays the write; one that is not makes the store unavailable, whole."""
    await add_people(store, "anna")
    async with open_book(store, clock, commit_s=3.0) as book:
        await book.accept(note("a", 1))
        async with held(store, 1):
            waiting = asyncio.create_task(book.accept(note("b", 1)))
            await asyncio.wait([waiting], timeout=0.2)
            assert not waiting.done()
        await waiting
        async with held(store, 1):
            with pytest.raises(StoreUnavailable):
                await book.accept(note("c", 1))
        await book.accept(note("d", 1))
    assert await whole(store, 1) == {"a", "b", "d"}
