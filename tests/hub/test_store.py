"""The store's tables: what migrations make is what the code means, on both back ends, however many nodes start at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine

import hub.accounts
import hub.finesse_tables
import hub.network_tables
import hub.ticket_tables  # noqa: F401 - their tables belong to the metadata
from hub.store import create_engine, events, identities, inbox, metadata, microseconds, migrate, publications, users
from hub.tickets import is_ours
from tests.clock import START
from tests.hub.people import add_people


async def test_migrations_make_the_tables_that_the_code_means(store: AsyncEngine) -> None:
    """No table, column, type or index differs between the migrated store and the metadata."""

    def named(name: str | None, kind: str, _parents: object) -> bool:
        return is_ours(name, kind)

    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True, "include_name": named}), metadata))

    async with store.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_several_nodes_may_migrate_at_once(fresh_url: Callable[[], str]) -> None:
    """Four nodes that start on an empty store at the same moment all find it whole."""
    url = fresh_url()
    engines = [await asyncio.to_thread(create_engine, url) for _ in range(4)]
    await asyncio.gather(*(migrate(engine) for engine in engines))
    assert await add_people(engines[0], "anna") == [1]
    for engine in engines:
        async with engine.connect() as connection:
            assert await connection.scalar(sa.select(sa.func.count()).select_from(users)) == 1
        await engine.dispose()


async def test_an_older_store_is_brought_along_with_what_it_holds(fresh_url: Callable[[], str]) -> None:
    """Rows made under the first version are there after the upgrade, and their parents still take them along."""
    engine = await asyncio.to_thread(create_engine, fresh_url())
    await migrate(engine, "0001")
    (anna,) = await add_people(engine, "anna")
    event = {"pk": 7, "source": "s", "event_id": "e", "type": "t", "time": START, "data": {"a": 1}, "expires_at": START}
    row = {"user_id": anna, "seq": 1, "event_pk": 7, "policy": "live_only", "state": "pending", "deadline_at": START, "held": True}
    async with engine.begin() as connection:
        await connection.execute(sa.insert(events).values(**event, created_at=START))
        await connection.execute(sa.insert(inbox).values(**row))
        await connection.execute(sa.insert(publications).values(source="s", event_id="e", accepted=1, created_at=START))
    await migrate(engine)
    async with engine.begin() as connection:
        assert dict((await connection.execute(sa.select(inbox))).mappings().one()).items() >= row.items()
        assert dict((await connection.execute(sa.select(events))).mappings().one()).items() >= event.items()
        assert await connection.scalar(sa.select(publications.c.accepted)) == 1
        await connection.execute(sa.delete(users))
        assert await connection.scalar(sa.select(sa.func.count()).select_from(inbox)) == 0
    await engine.dispose()


@pytest.mark.parametrize("other", ["AA", "aa", "Aa ", "Aа", "Áa"])
async def test_names_compare_byte_by_byte(store: AsyncEngine, other: str) -> None:
    """Case, accents, trailing spaces and look-alikes make another key, on every back end."""
    (anna,) = await add_people(store, "anna")
    async with store.begin() as connection:
        rows = [{"system": "erp", "key": key, "user_id": anna} for key in ("Aa", other)]
        await connection.execute(sa.insert(identities), rows)
        found = await connection.scalars(sa.select(identities.c.key).where(identities.c.key == "Aa"))
        assert found.all() == ["Aa"]


async def test_a_large_event_is_kept_whole(store: AsyncEngine) -> None:
    """Data of many kilobytes, with every kind of character, comes back as it was given."""
    data = {"body": "Щ☎𝔘\\'\"%s\n" * 20_000}
    row = {"pk": 1, "source": "s", "event_id": "e", "type": "t", "time": START, "expires_at": START, "created_at": START}
    async with store.begin() as connection:
        await connection.execute(sa.insert(events), [row | {"data": data}])
        assert await connection.scalar(sa.select(events.c.data)) == data


def test_a_naive_time_is_no_instant() -> None:
    """The store refuses what it would have to guess at."""
    with pytest.raises(ValueError, match="naive"):
        microseconds(datetime(2026, 1, 1))  # the fault


async def test_no_error_tells_what_a_statement_was_given(store: AsyncEngine) -> None:
    """A statement that fails is told with its text alone: its values are hashes of passwords, or what people wrote."""
    with pytest.raises(sa.exc.SQLAlchemyError) as caught:
        async with store.connect() as connection:
            await connection.execute(sa.text("SELECT nothing FROM nowhere WHERE secret = :secret"), {"secret": "m4rk3d"})
    assert "nowhere" in str(caught.value)
    assert "m4rk3d" not in str(caught.value) + repr(caught.value)
