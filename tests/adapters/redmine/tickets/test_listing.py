"""adapters.redmine.tickets.listing: pages, filters and counts; the real Redmine's own list is the oracle."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import reading
from adapters.redmine.tickets.listing import Filter, Kinds, conditions, count, page_ids, read_listed
from adapters.redmine.tickets.viewer import NOBODY
from tests.adapters.redmine.tickets.world import World

pytestmark = pytest.mark.redmine

KINDS = Kinds(frozenset({1, 2, 3, 4, 7}), frozenset({5, 6}))


async def ours(engine: AsyncEngine, world: World, who: int, wanted: Filter, **order: Any) -> list[int]:
    """What the list finds in the world."""
    given: dict[str, Any] = {"sort": "id", "descending": False, "offset": 0, "limit": 200} | order
    async with reading(engine, 10) as reader:
        where = conditions(await world.viewer(reader, who), wanted, KINDS, ZoneInfo("Europe/Moscow"), requesters=False)
        found = await page_ids(reader, where, **given)
        if given["limit"] == 200:
            assert await count(reader, where) == len(found)
        return found


async def test_filters_find_what_redmines_own_filters_find(peer_engine: AsyncEngine, world: World) -> None:
    """Status, project, tracker, priority, assignee, author, watcher, time of creation: for each person the ids that REST gives."""
    cases: list[tuple[Filter, dict[str, Any]]] = [
        (Filter(), {"status_id": "open"}),
        (Filter(statuses="closed"), {"status_id": "closed"}),
        (Filter(statuses=frozenset({2, 7})), {"status_id": "2|7"}),
        (Filter(statuses="all", tracker=frozenset({1})), {"tracker_id": 1}),
        (Filter(statuses="all", project=frozenset({world.projects["private"]})), {"project_id": world.projects["private"]}),
        (Filter(statuses="all", priority=frozenset({4, 5})), {"priority_id": "4|5"}),
        (Filter(statuses="all", assignee="me"), {"assigned_to_id": "me"}),
        (Filter(statuses="all", assignee="none"), {"assigned_to_id": "!*"}),
        (Filter(statuses="all", assignee=frozenset({world.group})), {"assigned_to_id": world.group}),
        (Filter(statuses="all", author="me"), {"author_id": "me"}),
        (Filter(statuses="all", watched=True), {"watcher_id": "me"}),
    ]
    lengths = []
    for number, key in world.people.values():
        for wanted, params in cases:
            theirs = await world.listed(key, **params)
            if wanted.watched and number == world.people["boris"][0]:  # Redmine's `me` leaves one's groups out here
                admin = str(world.peer.users["admin"]["api_key"])
                group = await world.listed(admin, watcher_id=world.group)
                theirs = sorted({*theirs, *(set(group) & set(await world.seen("boris")))})
            assert await ours(peer_engine, world, number, wanted) == theirs, (number, params)
            lengths.append(len(theirs))
    assert sum(map(bool, lengths)) > len(lengths) / 2


@pytest.mark.parametrize(
    ("sort", "column"),
    [("id", "id"), ("updated", "updated_on"), ("created", "created_on"), ("priority", "priority"), ("status", "status")],
)
async def test_orders_are_redmines(peer_engine: AsyncEngine, world: World, sort: str, column: str) -> None:
    """In both directions, ties by number; pages join without a gap."""
    number, _key = world.people["anna"]
    for descending in (True, False):
        direction = ":desc" if descending else ""
        theirs = await world.seen("anna", sort=f"{column}{direction},id{direction}")
        order = {"sort": sort, "descending": descending}
        assert await ours(peer_engine, world, number, Filter(statuses="all"), **order) == theirs
        pages = [
            await ours(peer_engine, world, number, Filter(statuses="all"), offset=at, limit=7, **order) for at in range(0, len(theirs), 7)
        ]
        assert [id for page in pages for id in page] == theirs


async def test_what_waits_for_me_is_where_somebody_else_spoke_last(peer_engine: AsyncEngine, world: World) -> None:
    """The same by a loop over what REST tells of each ticket, for each person."""

    found = 0
    for number, key in world.people.values():
        groups = {world.group} if number == world.people["boris"][0] else set()
        expected = []
        async with httpx.AsyncClient(base_url=world.peer.url, headers={"X-Redmine-API-Key": key}, timeout=30) as client:
            for id in await world.listed(key, status_id="open"):
                issue = (await client.get(f"/issues/{id}.json?include=journals")).json()["issue"]
                spoke = [journal["user"]["id"] for journal in issue["journals"] if (journal["notes"] or "").strip()]
                mine = issue.get("assigned_to", {}).get("id") in {number, *groups}
                asked = mine and (spoke[-1] if spoke else issue["author"]["id"]) != number
                answered = not mine and issue["author"]["id"] == number and bool(spoke) and spoke[-1] != number
                if asked or answered:
                    expected.append(id)
        assert await ours(peer_engine, world, number, Filter(waiting=True)) == expected
        found += len(expected)
    assert found > 5


async def test_lines_tell_what_the_person_may_know(peer_engine: AsyncEngine, world: World) -> None:
    """Comments are counted, and changes by others noticed, only where they may be read; an issue that is not seen has no line."""
    async with reading(peer_engine, 10) as reader:
        anna, boris = [await world.viewer(reader, world.people[name][0]) for name in ("anna", "boris")]
        zone = ZoneInfo("Europe/Moscow")
        all_ids = list(world.issues)
        lines = {
            who: {row.id: row for row in await read_listed(reader, viewer, all_ids, zone, requesters=False)}
            for who, viewer in (("anna", anna), ("boris", boris))
        }
        assert await read_listed(reader, NOBODY, all_ids, zone, requesters=False) == []
    assert set(lines["boris"]) == set(await world.seen("boris")) & set(all_ids)
    both = set(lines["anna"]) & set(lines["boris"])
    assert any(lines["anna"][id].comments > lines["boris"][id].comments for id in both)
    reads = {world.projects["private"], world.projects["closed"]}
    assert all(lines["anna"][id].comments >= lines["boris"][id].comments for id in both if lines["anna"][id].project_id in reads)
    for id, row in lines["anna"].items():
        ((last, lock),) = await world.sql(
            "SELECT COALESCE(MAX(j.id), 0), i.lock_version FROM issues i LEFT JOIN journals j ON j.journalized_id = i.id WHERE i.id = :i",
            i=id,
        )
        assert row.version == f"{lock}-{last}"
