"""adapters.redmine.names on the real tables: the site's names with their traps, and the fallback."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables
from adapters.redmine.engine import reading
from adapters.redmine.names import Names, read_catalog
from adapters.redmine.tables import discover
from tests.adapters.redmine.little import LittleRedmine


@pytest.mark.redmine
async def test_the_sites_names_come_first_and_redmines_fill_the_gaps(peer_engine: AsyncEngine) -> None:
    """Two languages, a status without a row, an inactive row that matches no status, and an inactive priority."""
    async with reading(peer_engine, 5) as reader:
        catalog = await read_catalog(reader, await discover(reader))
    assert catalog.name("status", 1) == {"ru": "Новая заявка", "en": "New"}
    assert catalog.name("status", 3) == {"ru": "Выполнена", "en": "Resolved"}
    assert catalog.name("status", 7) == {"ru": "Ожидает клиента", "en": "Ожидает клиента"}
    assert catalog.name("status", 99) == {"ru": "Удалённый статус", "en": "Удалённый статус"}
    assert catalog.name("priority", 5) == {"ru": "Авария", "en": "Emergency"}
    assert catalog.name("priority", 10) == {"ru": "Плановый", "en": "Planned"}
    assert catalog.name("status", 4711) == {"ru": "#4711", "en": "#4711"}
    assert catalog.closed == {5, 6}


@pytest.mark.redmine
async def test_the_least_rights_suffice(peer_engine: AsyncEngine) -> None:
    """The account of docs/redmine.md reads every table and column that we need, and the site's own names."""
    async with reading(peer_engine, 5) as reader:
        schema = await discover(reader)
    assert schema.missing() == ()
    assert schema.has(tables.u_statuses)
    assert schema.has(tables.u_priority)
    assert not schema.has(tables.u_redmine_notifications)
    assert "hashed_password" not in schema.columns["users"]


async def test_tables_without_languages_name_all_of_them(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """`u_statuses` may have no column `language`: its names serve for every language."""
    little.run("CREATE TABLE u_statuses (id INTEGER PRIMARY KEY, name TEXT)")
    little.run("INSERT INTO u_statuses VALUES (1, 'Новая заявка')")
    async with reading(little_engine, 5) as reader:
        catalog = await read_catalog(reader, await discover(reader))
    assert catalog.name("status", 1) == {"ru": "Новая заявка", "en": "Новая заявка"}
    assert catalog.name("status", 5) == {"ru": "Закрыта", "en": "Закрыта"}


async def test_names_live_for_a_bounded_time(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """A renamed status shows after the cache's life; an unknown id is asked for once in that life."""
    names = Names(life_s=300)
    async with reading(little_engine, 5) as reader:
        schema = await discover(reader)
        assert (await names.get(reader, schema, [("status", 1)], 0.0)).name("status", 1)["ru"] == "Новая"
        little.run("UPDATE issue_statuses SET name = 'Свежая' WHERE id = 1")
        assert (await names.get(reader, schema, [("status", 1)], 299.0)).name("status", 1)["ru"] == "Новая"
        first = await names.get(reader, schema, [("status", 77)], 299.5)
        assert first.name("status", 1)["ru"] == "Свежая"
        assert await names.get(reader, schema, [("status", 77)], 299.9) is first
        assert await names.get(reader, schema, [("status", 1)], 600.0) is not first
