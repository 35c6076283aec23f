"""adapters.redmine.assignable against whom the real Redmine then lets have an issue."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.assignable import Assignable, assignable, gives_to_groups
from adapters.redmine.engine import reading
from tests.peers.redmine_peer import RedminePeer

pytestmark = pytest.mark.redmine

PROJECTS = {"helpdesk": 1, "infra": 2, "site": 3}


async def asked(engine: AsyncEngine, project: int, author: int, assigned: int | None = None, **options: object) -> Assignable:
    """Who may be given an issue of that project, tracker 1."""
    async with reading(engine, 5.0) as reader:
        return await assignable(reader, project_id=project, tracker_id=1, author_id=author, assigned_to_id=assigned, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("project", PROJECTS.values(), ids=PROJECTS)
async def test_everybody_on_the_list_is_taken_and_nobody_else(redmine_peer: RedminePeer, peer_engine: AsyncEngine, project: int) -> None:
    """Each person and group is tried on a real issue: 204 for those on the list, 422 for the others."""
    async with httpx.AsyncClient(base_url=redmine_peer.url, headers=redmine_peer.headers("admin"), timeout=30) as client:
        made = await client.post("/issues.json", json={"issue": {"project_id": project, "tracker_id": 1, "subject": "Кому?"}})
        id, author = made.json()["issue"]["id"], redmine_peer.id("admin")
        groups = [group["id"] for group in (await client.get("/groups.json")).json()["groups"]]
        taken = set()
        for principal in [*map(redmine_peer.id, redmine_peer.users), *groups]:
            answer = await client.put(f"/issues/{id}.json", json={"issue": {"assigned_to_id": principal}})
            if answer.status_code == 204:
                taken.add(principal)
            await client.put(f"/issues/{id}.json", json={"issue": {"assigned_to_id": ""}})
    found = await asked(peer_engine, project, author)
    assert {one.id for one in found.found} == taken
    assert not found.more
    assert {one.id for one in found.found if one.group} == taken & set(groups)


async def test_the_author_and_whoever_has_it_are_on_the_list(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """Though they are no members: a locked person who has it now stays, a locked author does not."""
    klient, gone = redmine_peer.id("klient"), redmine_peer.id("uvolen")
    before = {one.id for one in (await asked(peer_engine, 3, redmine_peer.id("ivanov"))).found}
    assert not before & {klient, gone}
    assert {one.id for one in (await asked(peer_engine, 3, klient, gone)).found} == before | {klient, gone}
    assert {one.id for one in (await asked(peer_engine, 3, gone)).found} == before


async def test_search_is_by_words_in_any_case(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """ "петр" finds Пётр and Петрова; every word has to be there; what does not fit the limit is said."""
    author = redmine_peer.id("ivanov")
    assert {one.name for one in (await asked(peer_engine, 1, author, search="ПЕТР")).found} == {"Мария Петрова", "Пётр Сидоров"}
    assert [one.name for one in (await asked(peer_engine, 1, author, search="сид петр")).found] == ["Пётр Сидоров"]
    assert (await asked(peer_engine, 1, author, search="нет такого")).found == ()
    short = await asked(peer_engine, 1, author, search="петр", limit=1)
    assert (len(short.found), short.more) == (1, True)


async def test_groups_come_last_and_only_where_they_are_given_issues(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """The seeded installation gives issues to groups; with the setting off none is on the list."""
    async with reading(peer_engine, 5.0) as reader:
        assert await gives_to_groups(reader)
    author = redmine_peer.id("ivanov")
    assert [one.group for one in (await asked(peer_engine, 2, author)).found][-1:] == [True]
    assert not any(one.group for one in (await asked(peer_engine, 2, author, groups=False)).found)
