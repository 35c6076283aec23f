"""adapters.redmine.tickets.viewer: one person's sight as a condition of SQL; the real Redmine is the oracle."""

from __future__ import annotations

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import Reader, create_engine, reading
from adapters.redmine.tickets.tables import issues, journals
from adapters.redmine.tickets.viewer import NOBODY, Sight, Viewer, load_requester, load_viewer
from tests.adapters.redmine.tickets.world import World, listed
from tests.peers.redmine_peer import RedminePeer

pytestmark = pytest.mark.redmine

SEEDED = frozenset(range(1, 21))
"""The issues that the peer begins with."""


async def ours(reader: Reader, viewer: Viewer) -> list[int]:
    """The ids that the condition lets through."""
    statement = sa.select(issues.c.id).where(viewer.sees(issues.c)).order_by(issues.c.id)
    return [row[0] for row in await reader.rows(statement)]


async def test_each_person_sees_what_redmine_lists_for_them(redmine_peer: RedminePeer, peer_engine: AsyncEngine, world: World) -> None:
    """For every seeded person and every kind of role and project the condition gives the ids that REST gives, and no others."""
    people = {
        login: (redmine_peer.id(login), str(redmine_peer.users[login]["api_key"])) for login in redmine_peer.users if login != "uvolen"
    }
    for name, (number, key) in (people | world.people).items():
        before = set(await listed(redmine_peer, key, SEEDED))
        async with reading(peer_engine, 10) as reader:
            found = await ours(reader, await load_viewer(reader, number))
        assert [id for id in found if id in world.issues] == await world.listed(key) != [], name
        # the seed's issues are everybody's: another test may have changed one in between
        after = set(await listed(redmine_peer, key, SEEDED))
        assert before & after <= set(found) & SEEDED <= before | after, name


async def test_the_world_has_every_kind_of_sight(peer_engine: AsyncEngine, world: World) -> None:
    """The oracle's test would be empty if nobody had a role of each kind."""
    found: set[Sight] = set()
    async with reading(peer_engine, 10) as reader:
        for number, _key in world.people.values():
            for sights in (await world.viewer(reader, number)).projects:
                found |= sights
    assert {sight.visibility for sight in found} == {"all", "default", "own"}
    assert {sight.trackers for sight in found} == {None, frozenset({1})}


async def test_whoever_is_locked_or_unknown_sees_nothing(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """A locked account, a group and a number that nobody has are nobody."""
    async with reading(peer_engine, 10) as reader:
        for number in (redmine_peer.id("uvolen"), 987_654, 11):
            assert await load_viewer(reader, number) == NOBODY
        assert await ours(reader, NOBODY) == []


async def test_a_note_is_read_by_whom_redmine_lets_read_it(peer_engine: AsyncEngine, world: World) -> None:
    """The notes that the condition lets through are those that REST tells with the issue: own private ones included."""

    for name, (number, key) in world.people.items():
        async with reading(peer_engine, 10) as reader:
            viewer = await world.viewer(reader, number)
            joined = issues.join(journals, journals.c.journalized_id == issues.c.id)
            seen = sa.and_(viewer.sees(issues.c), viewer.sees_note(journals.c, issues.c), issues.c.id.in_(world.issues))
            notes = sa.select(journals.c.id).select_from(joined).where(seen, journals.c.notes != "")
            found = {row[0] for row in await reader.rows(notes)}
            visible = set(await ours(reader, viewer)) & set(world.issues)
        theirs: set[int] = set()
        async with httpx.AsyncClient(base_url=world.peer.url, headers={"X-Redmine-API-Key": key}, timeout=30) as client:
            for issue in visible:
                answer = await client.get(f"/issues/{issue}.json?include=journals")
                theirs |= {journal["id"] for journal in answer.json()["issue"]["journals"] if journal["notes"]}
        assert found == theirs, name


async def test_a_requester_sees_the_open_tickets_that_name_them(redmine_peer: RedminePeer, world: World) -> None:
    """By the whole address in `easy_email_to`, whatever its case and its neighbours; private ones and closed doors stay shut."""
    # a table beside `issues`: Redmine has the column with Easy only, and its own table is everybody's
    mails = sa.table(
        f"mails_{world.group}", *(sa.column(name, issues.c[name].type) for name in ("id", "project_id", "is_private", "easy_email_to"))
    )
    near = ["olga@client.ru.example", "xolga@client.ru", "ólga@client.ru", "olga.client.ru"]
    named = ["olga@client.ru", "Ольга <Olga@Client.ru>", "a@b.ru; olga@client.ru,c@d.ru", "a@b.ru\r\nolga@client.ru"]
    engine = create_engine(redmine_peer.db_rw_url)
    await world.sql(f"CREATE TABLE {mails.name} (id INT, project_id INT, is_private BOOLEAN, easy_email_to TEXT)")
    try:
        expected = []
        for at, id in enumerate(world.issues):
            value = (named + near)[at % 8]
            filled = f"INSERT INTO {mails.name} SELECT id, project_id, is_private, :v FROM issues WHERE id = :i"
            await world.sql(filled, v=value, i=id)
            (row,) = await world.sql("SELECT project_id, is_private FROM issues WHERE id = :i", i=id)
            shut = row.project_id in (world.projects["archived"], world.projects["plain"])
            if value in named and not row.is_private and not shut:
                expected.append(id)
        async with reading(engine, 10) as reader:

            async def found(*emails: str) -> list[int]:
                viewer = await load_requester(reader, emails)
                return [row[0] for row in await reader.rows(sa.select(mails.c.id).where(viewer.sees(mails.c)).order_by(mails.c.id))]

            assert await found("OLGA@client.ru") == expected != []
            assert await found("orlova@example.org") == []
            assert await found() == []
    finally:
        await world.sql(f"DROP TABLE {mails.name}")
        await engine.dispose()
