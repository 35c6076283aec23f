"""Agents' passwords at rest: encrypted, bound to their agent, gone with the sign-in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.finesse.credentials import CredentialStore
from adapters.finesse.missed import MOST, MissedCalls
from adapters.finesse.values import Credentials, Missed
from hub.finesse_tables import finesse_agents
from hub.store import users

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
SECRET = "Пароль-hunter2"  # it is to be found nowhere


@pytest.fixture
async def people(store: AsyncEngine) -> tuple[int, int]:
    """Two accounts."""
    async with store.begin() as connection:
        for id in (1, 2):
            row = {"id": id, "name": f"p{id}", "display_name": f"P{id}", "active": True, "locale": "ru", "zone": "UTC", "created_at": NOW}
            await connection.execute(sa.insert(users).values(**row))
    return 1, 2


def open_store(engine: AsyncEngine, *keys: Fernet, at: datetime = NOW) -> CredentialStore:
    return CredentialStore(engine, MultiFernet(keys), now=lambda: at)


async def test_a_password_is_kept_for_the_sign_in_and_found_nowhere(store: AsyncEngine, people: tuple[int, int]) -> None:
    """What was kept comes back whole; no column, and no repr, holds the password."""
    kept = open_store(store, Fernet(Fernet.generate_key()))
    await kept.keep(1, Credentials(agent="1001", password=SECRET, login="ada"), "4001")
    found = await kept.of("1001")
    assert found is not None
    assert found.credentials == Credentials(agent="1001", password=SECRET, login="ada")
    assert (found.user_id, found.extension, found.at) == (1, "4001", NOW)
    async with store.connect() as connection:
        rows = (await connection.execute(sa.text("SELECT * FROM finesse_agents"))).all()
    for shown in (repr(rows), repr(found), repr(found.credentials)):
        assert "hunter2" not in shown
    assert await kept.marks() == {"1001": (1, NOW)}
    assert [one.agent for one in await kept.everybody()] == ["1001"]


async def test_a_row_that_was_moved_to_another_agent_opens_nothing(store: AsyncEngine, people: tuple[int, int]) -> None:
    """The token names its agent: whoever may write the table does not get to speak for another."""
    kept = open_store(store, Fernet(Fernet.generate_key()))
    await kept.keep(1, Credentials(agent="1001", password=SECRET), "4001")
    async with store.begin() as connection:
        await connection.execute(sa.update(finesse_agents).values(agent_id="1002"))
    found = await kept.of("1002")
    assert found is not None
    assert found.credentials is None


async def test_a_new_key_reads_what_the_old_one_wrote_and_a_lost_key_reads_nothing(store: AsyncEngine, people: tuple[int, int]) -> None:
    """Keys can be changed in turn; a row whose key is lost stays, for its person to sign in again."""
    old, new = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
    await open_store(store, old).keep(1, Credentials(agent="1001", password=SECRET), "4001")
    for keys, whole in (((new, old), True), ((new,), False)):
        found = await open_store(store, *keys).of("1001")
        assert found is not None
        assert (found.credentials is not None) is whole


async def test_only_the_same_sign_in_is_forgotten(store: AsyncEngine, people: tuple[int, int]) -> None:
    """An ending that comes late does not take the credentials of the sign-in after it; one agent has one person, and back."""
    key = Fernet(Fernet.generate_key())
    first = await open_store(store, key).keep(1, Credentials(agent="1001", password="a"), "4001")
    later = open_store(store, key, at=NOW + timedelta(seconds=1))
    second = await later.keep(1, Credentials(agent="1001", password="b"), "4002")
    assert not await later.forget(first)
    assert (await later.of("1001")) == second
    await later.keep(2, Credentials(agent="1001", password="c"), "4003")
    assert (await later.marks())["1001"][0] == 2
    assert not await later.forget(second)
    found = await later.of("1001")
    assert found is not None
    assert await later.forget(found)
    assert await later.everybody() == []


async def test_missed_calls_are_bounded_and_one_agents_own(store: AsyncEngine) -> None:
    """The newest twenty stay, a repeated one counts once, and clearing touches the agent's own alone."""
    calls = MissedCalls(store)
    for number in range(MOST + 5):
        one = Missed(id=f"{number}", number=f"+7495{number:07}", queue="Sales", at=NOW + timedelta(seconds=number), why="abandoned")
        await calls.add("1001", one)
        await calls.add("1001", one)
    await calls.add("1002", Missed(id="9", number="", queue="", at=NOW))
    found = await calls.of("1001")
    assert [one.id for one in found] == [f"{number}" for number in range(MOST + 4, 4, -1)]
    assert found[0].why == "abandoned"
    await calls.clear("1001", ["24", "9", "no such"])
    assert [one.id for one in await calls.of("1001")][:2] == ["23", "22"]
    await calls.clear("1001")
    assert await calls.of("1001") == ()
    assert [one.id for one in await calls.of("1002")] == ["9"]
