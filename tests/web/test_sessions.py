"""Sign-ins in the store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import sessions as table
from web.people import People
from web.sessions import Lifetime, Sessions, hash_token


class Clock:
    """Time as the test wants it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def found(engine: AsyncEngine, clock: Clock) -> Sessions:
    """Sign-ins with the usual ends."""
    return Sessions(engine, Lifetime(), clock=clock)


@pytest.fixture
async def anna(engine: AsyncEngine) -> int:
    """Somebody to sign in."""
    return await People(engine).add("Anna", display_name="Anna A.", permissions=["netmonitor"])


async def test_only_the_hash_of_a_token_is_stored(found: Sessions, anna: int, engine: AsyncEngine) -> None:
    """The token has 32 random bytes, opens the session, and stands nowhere in the store."""
    made = await found.create(anna, agent="x" * 999, address="192.0.2.1")
    assert len(made.token) >= 43
    principal = await found.find(made.token)
    assert principal is not None
    assert (principal.user_id, principal.name, principal.display_name) == (anna, "anna", "Anna A.")
    assert principal.permissions == {"netmonitor"}
    assert principal.may("netmonitor")
    assert not principal.may("quality")
    assert principal.csrf == made.csrf
    assert made.csrf not in repr(principal)
    async with engine.connect() as connection:
        row = (await connection.execute(sa.select(table))).one()
    assert row.token_hash == made.session_hash == hash_token(made.token)
    assert made.token not in str(row)
    assert await found.find(made.token[:-1]) is None
    assert await found.find(made.session_hash) is None


async def test_idle_and_absolute_end(found: Sessions, anna: int, clock: Clock) -> None:
    """A session lives while it is used, ends after 12 idle hours, and after a day whatever happens."""
    idle = await found.create(anna)
    clock.now += timedelta(hours=12)
    assert await found.find(idle.token) is None
    used = await found.create(anna)
    for _ in range(2):
        clock.now += timedelta(hours=11)
        assert await found.find(used.token) is not None
    clock.now += timedelta(hours=2)
    assert await found.find(used.token) is None


async def test_a_remembered_session_lives_longer(found: Sessions, anna: int, clock: Clock) -> None:
    """Who wished to be remembered may be away for days, and signs in again after 30 days whatever happens; sweeping keeps to that."""
    idle = await found.create(anna, remember=True)
    clock.now += timedelta(days=13, hours=23)
    assert await found.sweep() == 0
    assert await found.find(idle.token) is not None
    clock.now += timedelta(days=14)
    assert await found.find(idle.token) is None
    assert await found.sweep() == 1
    used = await found.create(anna, remember=True)
    for _ in range(3):
        clock.now += timedelta(days=9)
        assert await found.find(used.token) is not None
    clock.now += timedelta(days=3)
    assert await found.ended([used.session_hash]) == {used.session_hash}


async def test_a_visit_is_written_at_most_once_a_minute(found: Sessions, anna: int, clock: Clock, engine: AsyncEngine) -> None:
    """Many requests a minute cost one write, not many."""
    made, started = await found.create(anna), clock.now

    async def seen_at() -> datetime:
        async with engine.connect() as connection:
            value = await connection.scalar(sa.select(table.c.seen_at))
            assert isinstance(value, datetime)
            return value

    clock.now += timedelta(seconds=59)
    await found.find(made.token)
    assert await seen_at() == started
    clock.now += timedelta(seconds=1)
    await found.find(made.token)
    assert await seen_at() == clock.now


async def test_a_new_sign_in_ends_the_browsers_old_one(found: Sessions, anna: int) -> None:
    """The token that came along is dead, and whoever listens is told its hash; a foreign or unknown one is no trouble."""
    told: list[str] = []
    found.on_revoked.append(lambda hashes, _reason: told.extend(hashes))
    first = await found.create(anna, replaces="nonsense")
    assert told == []
    second = await found.create(anna, replaces=first.token)
    assert told == [first.session_hash]
    assert await found.find(first.token) is None
    assert await found.find(second.token) is not None


async def test_signing_out_here_and_everywhere(found: Sessions, anna: int) -> None:
    """One session or all others end, and their hashes are told."""
    told: list[str] = []
    found.on_revoked.append(lambda hashes, _reason: told.extend(hashes))
    made = [await found.create(anna) for _ in range(4)]
    await found.end(made[0].session_hash)
    await found.end(made[0].session_hash)
    assert told == [made[0].session_hash]
    assert await found.end_all(anna, keep=made[1].session_hash) == 2
    assert set(told) == {one.session_hash for one in (made[0], *made[2:])}
    assert await found.find(made[1].token) is not None


async def test_a_socket_learns_of_ends_that_happened_elsewhere(found: Sessions, anna: int, clock: Clock, engine: AsyncEngine) -> None:
    """`ended` names sessions that another process ended, whose person was disabled, or that ran out; `touch` keeps one alive."""
    gone, idle, active = [await found.create(anna) for _ in range(3)]
    hashes = [one.session_hash for one in (gone, idle, active)]
    assert await found.ended(hashes) == set()
    await Sessions(engine).end(gone.session_hash)
    clock.now += timedelta(hours=11)
    await found.touch([active.session_hash])
    clock.now += timedelta(hours=2)
    assert await found.ended(hashes) == {gone.session_hash, idle.session_hash}
    assert await found.sweep() == 1
    await People(engine).set_active(anna, False)
    assert await found.ended(hashes) == set(hashes)
    assert await found.find(active.token) is None


async def test_a_storm_of_sign_ins_shares_its_queries(found: Sessions, anna: int, clock: Clock, engine: AsyncEngine) -> None:
    """A thousand tokens looked up at once cost a handful of statements; each gets its own answer, and visits are noted together."""
    boris = await People(engine).add("boris", permissions=["admin"])
    made = [await found.create(user) for user in (anna, boris) for _ in range(5)]
    clock.now += timedelta(hours=1)
    statements: list[str] = []
    sa.event.listen(engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    answers = await asyncio.gather(*(found.find(made[n % 10].token if n % 2 else f"nonsense {n}") for n in range(1000)))
    assert [None if one is None else (one.session_hash, one.permissions) for one in answers] == [
        (made[n % 10].session_hash, {"netmonitor"} if n % 10 < 5 else {"admin"}) if n % 2 else None for n in range(1000)
    ]
    assert len(statements) < 20
    assert await engine_seen(engine) == {clock.now, clock.now - timedelta(hours=1)}


async def engine_seen(engine: AsyncEngine) -> set[datetime]:
    """The different times of the last visits."""
    async with engine.connect() as connection:
        return set((await connection.scalars(sa.select(table.c.seen_at))).all())
