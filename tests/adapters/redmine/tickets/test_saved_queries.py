"""adapters.redmine.tickets.saved_queries: queries saved in Redmine show here what they show there; the real Redmine is the oracle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import Reader, create_engine, reading
from adapters.redmine.tickets.listing import Kinds, conditions, page_ids
from adapters.redmine.tickets.saved_queries import Saved, read_saved
from adapters.redmine.tickets.viewer import load_viewer
from hub.hub import utc_now
from tests.adapters.redmine.tickets.world import SECRET, World
from tests.peers.redmine_peer import RedminePeer
from web.ticket_query import read_filter

pytestmark = pytest.mark.redmine

KINDS = Kinds(frozenset({1, 2, 3, 4, 7}), frozenset({5, 6}))
MOSCOW = ZoneInfo("Europe/Moscow")
PRIVATE, ROLES, PUBLIC = 0, 1, 2
DUE = "due_date"
WEEKS = 4
"""Of the cases the last that ask by weeks."""
Filters = dict[str, tuple[str, list[str]]]


def cases(world: World) -> list[Filters]:
    """Filters of every field and operator that are understood."""
    anna, boris = (str(world.people[name][0]) for name in ("anna", "boris"))
    closed, public = (str(world.projects[name]) for name in ("closed", "public"))
    group, first, last = str(world.group), str(world.issues[4]), str(world.issues[6])
    found: list[Filters] = [
        {"status_id": ("o", [""]), "assigned_to_id": ("=", ["me"])},
        {"status_id": ("c", [""]), "author_id": ("=", ["me", anna])},
        {"status_id": ("!", ["5", "1"]), "tracker_id": ("=", ["1", "2"])},
        {"status_id": ("*", [""]), "priority_id": ("!", ["4"]), "tracker_id": ("!", ["3"])},
        {"assigned_to_id": ("!", ["me"])},
        {"assigned_to_id": ("!*", [""]), "status_id": ("=", ["2", "3", "7"])},
        {"assigned_to_id": ("*", [""]), "author_id": ("!", ["me"])},
        {"member_of_group": ("=", [group])},
        {"member_of_group": ("!", [group])},
        {"project_id": ("=", ["mine"])},
        {"project_id": ("!", ["mine", public])},
        {"project_id": ("=", [closed, public])},
        {"watcher_id": ("=", ["me"])},
        {"watcher_id": ("!", [anna, group])},
        {"is_private": ("=", ["1"])},
        {"is_private": ("!", ["1"])},
        {"issue_id": ("=", [f"{first},{last}"])},
        {"parent_id": ("!*", [""]), "category_id": ("!*", [""])},
        {"parent_id": ("*", [""])},
        {"updated_by": ("=", ["me", boris])},
        {"updated_by": ("!", [boris])},
        {"last_updated_by": ("=", [anna, boris])},
        {"last_updated_by": ("!", ["me"])},
        *({"subject": (operator, ["принтер"])} for operator in ("!~", "^")),
        {"subject": ("~", ["Ёлка сервер"])},
        {"subject": ("$", [" 7"])},
        {"subject": ("~", ['"wi-fi сервер"'])},
        {"subject": ("~", ["100%_"]), "description": ("~", ["п"])},
        {"description": ("~", ["ошибка"]), "subject": ("*", [""])},
        {"description": ("!*", [""])},
        *({"notes": (operator, ["смотрю"])} for operator in ("~", "!~", "^", "!*")),
        {"notes": ("~", [SECRET])},
        *({"created_on": (operator, [""])} for operator in ("ld", "m", "lm", "y")),
        *({DUE: (operator, [""])} for operator in ("t", "nd", "nm", "!*")),
        *({"created_on": (operator, ["9"])} for operator in (">t-", "<t-", "><t-", "t-")),
        *({DUE: (operator, ["6"])} for operator in ("<t+", ">t+", "><t+")),
        {"updated_on": (">=", ["2025-06-10"]), "created_on": ("<=", ["2025-06-12"])},
        {"created_on": ("><", ["2025-06-04", "2025-06-08"])},
        {"closed_on": ("=", ["2025-06-07"])},
        {"updated_on": ("!*", [""])},
        {"updated_on": ("*", [""])},
        {"status_id": ("o", [])},
    ]
    return [*found, *({"created_on": (operator, [""])} for operator in ("w", "lw", "l2w")), {DUE: ("nw", [""])}]


def as_yaml(filters: Filters) -> str:
    """As Ruby writes them: symbols plain, strings quoted."""
    text = "---\n" if filters else "--- {}\n"
    for name, (operator, values) in filters.items():
        text += f"{name}:\n  :operator: {json.dumps(operator)}\n  :values:" + ("\n" if values else " []\n")
        text += "".join(f"  - {json.dumps(value, ensure_ascii=False)}\n" for value in values)
    return text


@asynccontextmanager
async def saved(world: World, *rows: dict[str, Any]) -> AsyncIterator[list[int]]:
    """These rows of `queries`, as Redmine writes them, while the block runs."""
    made: list[int] = []
    try:
        for row in rows:
            values = {"name": f"Проба {world.group}", "visibility": PUBLIC, "user": 1, "project": None, "group": None, "sort": "--- []\n"}
            values |= row | {"filters": as_yaml(row["filters"])}
            (id,) = await world.sql(
                "INSERT INTO queries (name, filters, user_id, project_id, visibility, type, group_by, sort_criteria)"
                " VALUES (:name, :filters, :user, :project, :visibility, 'IssueQuery', :group, :sort)",
                **{name: value for name, value in values.items() if name != "roles"},
            )
            made.append(int(id))
            for role in row.get("roles", ()):
                await world.sql("INSERT INTO queries_roles (query_id, role_id) VALUES (:q, :r)", q=id, r=role)
        yield made
    finally:
        gone = ",".join(map(str, made)) or "0"
        await world.sql(f"DELETE FROM queries_roles WHERE query_id IN ({gone})")  # our own numbers
        await world.sql(f"DELETE FROM queries WHERE id IN ({gone})")


@pytest.fixture
async def engine(redmine_peer: RedminePeer) -> AsyncIterator[AsyncEngine]:
    """Reads what docs/redmine.md grants for saved queries."""
    made = create_engine(redmine_peer.db_url)
    yield made
    await made.dispose()


async def ours(reader: Reader, who: int, one: Saved) -> list[int]:
    """What the list finds for a saved query."""
    assert one.asked.refusal is None, one
    wanted = replace(await read_filter(one.asked.query, zone="Europe/Moscow"), terms=one.asked.terms)
    where = conditions(await load_viewer(reader, who), wanted, KINDS, MOSCOW, requesters=False)
    return await page_ids(reader, where, sort="id", descending=False, offset=0, limit=200)


async def theirs(world: World, key: str, query: int, project: int | None = None) -> list[int] | int:
    """What REST lists for a saved query, ascending; the status of a refusal."""
    params = {"query_id": query, "sort": "id", "limit": 100} | ({"project_id": project} if project else {})
    found: list[int] = []
    async with httpx.AsyncClient(base_url=world.peer.url, headers={"X-Redmine-API-Key": key}, timeout=30) as client:
        while True:
            answer = await client.get("/issues.json", params=params | {"offset": len(found)})
            if answer.status_code != 200:
                return answer.status_code
            page = [issue["id"] for issue in answer.json()["issues"]]
            found += page
            if len(page) < 100:
                return sorted(found)


async def together(asked: Iterable[Awaitable[list[int] | int]]) -> list[list[int] | int]:
    """The answers in this order; Redmine has five threads."""
    turn = asyncio.Semaphore(4)

    async def one(question: Awaitable[list[int] | int]) -> list[int] | int:
        async with turn:
            return await question

    return await asyncio.gather(*map(one, asked))


async def test_a_saved_query_shows_what_redmine_shows(engine: AsyncEngine, world: World) -> None:
    """For each person and every kind of filter the ids of `issues.json?query_id=`; only weeks are refused where no language says them."""
    among = ",".join(map(str, world.issues[::2]))  # half of them fit a page of REST
    wanted = [{"issue_id": ("=", [among]), **filters} for filters in cases(world)]
    lengths = []
    async with saved(world, *({"filters": one} for one in wanted)) as made, reading(engine, 10) as reader:
        for name, (number, key) in world.people.items():
            mine = {one.id: one for one in await read_saved(reader, number, zone=MOSCOW, now=utc_now(), most=500)}
            assert set(made) <= set(mine)
            asked = made[:-WEEKS] if name == "gleb" else made
            assert [found.code for id in made if (found := mine[id].asked.refusal)] == ["week"] * (len(made) - len(asked))
            answers = await together(theirs(world, key, id) for id in asked)
            for at, (id, expected) in enumerate(zip(asked, answers, strict=True)):
                assert await ours(reader, number, mine[id]) == expected, (name, cases(world)[at])
                lengths.append(len(expected) if isinstance(expected, list) else 0)
    assert sum(map(bool, lengths)) > 2 * len(lengths) / 3


async def test_whoever_sees_a_query_there_sees_it_here(engine: AsyncEngine, world: World) -> None:
    """Private ones, those for roles and those of projects, as `queries.json` lists them; a project's shows what it shows there."""
    roles, projects = world.roles, world.projects
    anna = world.people["anna"][0]
    everything: Filters = {"status_id": ("*", [""])}
    rows = [
        {"visibility": PRIVATE, "user": anna},
        {"visibility": PRIVATE, "user": 1},
        {"visibility": ROLES, "roles": [roles["default"]]},
        {"visibility": ROLES, "roles": [roles["own"], roles["blind"]], "user": anna},
        *({"visibility": PUBLIC, "project": projects[name]} for name in projects),
        {"visibility": ROLES, "roles": [roles["all"]], "project": projects["closed"]},
        {"visibility": ROLES, "roles": [roles["default"]], "project": projects["closed"]},
        *(
            {"project": projects["public"], "filters": everything | {"subproject_id": (operator, values)}}
            for operator, values in (("*", [""]), ("!*", [""]), ("=", [str(projects["empty"])]), ("!", [str(projects["empty"])]))
        ),
    ]
    people = world.people | {"admin": (1, str(world.peer.users["admin"]["api_key"]))}
    shown = 0
    async with saved(world, *({"filters": everything, **row} for row in rows)) as made, reading(engine, 10) as reader:
        for name, (number, key) in people.items():
            mine = {one.id: one for one in await read_saved(reader, number, zone=MOSCOW, now=utc_now(), most=500) if one.id in made}
            async with httpx.AsyncClient(base_url=world.peer.url, headers={"X-Redmine-API-Key": key}, timeout=30) as client:
                listed = {one["id"] for one in (await client.get("/queries.json?limit=100")).json()["queries"]}
            assert set(mine) == listed & set(made), name
            asked = [one for one in mine.values() if one.project is not None]
            answers = await together(theirs(world, key, one.id, one.project[0]) for one in asked if one.project)
            for one, expected in zip(asked, answers, strict=True):
                assert await ours(reader, number, one) == expected, (name, rows[made.index(one.id)])
                shown += len(expected) if isinstance(expected, list) else 0
            assert {one.id for one in mine.values() if one.mine} == (
                {made[0]} if name == "anna" else {made[1]} if name == "admin" else set()
            )
    assert shown > 100


async def test_what_redmine_refuses_is_refused_here(engine: AsyncEngine, world: World) -> None:
    """A filter without its value is an error there; broken and unknown ones are told by name."""
    number, key = world.people["anna"]
    rows: list[dict[str, Any]] = [
        {"filters": {"tracker_id": ("=", [""])}},
        {"filters": {"created_on": (">=", ["2026-02-30"])}},
        {"filters": {"cf_1": ("=", ["312"])}},
        {"filters": {}, "group": "cf_1"},
    ]
    async with saved(world, *rows) as made, reading(engine, 10) as reader:
        await world.sql("UPDATE queries SET name = '', filters = '--- [' WHERE id = :q", q=made[3])
        mine = {one.id: one for one in await read_saved(reader, number, zone=MOSCOW, now=utc_now(), most=500)}
        codes = [(found.code, found.field) if (found := mine[id].asked.refusal) else None for id in made]
        assert codes == [("invalid", "tracker_id"), ("invalid", "created_on"), ("field", "cf_1"), ("unreadable", "")]
        assert [await theirs(world, key, id) for id in made[:2]] == [422, 422]
        assert mine[made[3]].name == f"#{made[3]}"


async def test_without_the_right_to_read_them_there_are_none(peer_engine: AsyncEngine, world: World) -> None:
    """The account of a site that grants only what was asked for before."""
    async with saved(world, {"filters": {}}), reading(peer_engine, 10) as reader:
        assert await read_saved(reader, world.people["anna"][0], zone=MOSCOW, now=utc_now()) == []
