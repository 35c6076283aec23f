"""The list of tickets: its interface over a whole node and the sandbox's Redmine."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine
from hub.store import users
from hub.ticket_tables import ticket_reads
from tests.web.node import Node, open_node
from web.ticket_views import MAX_VIEWS

API = "/tasks/api"
OLGA = "guest@partner.example"


@dataclass
class Desk:
    """A node over the sandbox, an agent at a browser, and a requester at another."""

    node: Node
    redmine: SandboxRedmine
    agent: httpx.AsyncClient
    me: int
    olga: httpx.AsyncClient

    async def get(self, path: str, browser: httpx.AsyncClient | None = None, **query: Any) -> Any:
        """What the interface answers."""
        answer = await (browser or self.agent).get(API + path, params=query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()

    async def send(self, method: str, path: str, browser: httpx.AsyncClient | None = None, **body: Any) -> httpx.Response:
        """Changes something."""
        one = browser or self.agent
        csrf = (await one.get("/users/api/me")).json()["csrf"]
        return await one.request(method, API + path, json=body, headers={"x-csrf-token": csrf})

    async def sql(self, text: str, **values: Any) -> list[Any]:
        """Plain SQL in the sandbox's database."""
        async with self.redmine.database.writing() as connection:
            done = await connection.execute(sa.text(text), values)
            return list(done.all()) if done.returns_rows else []

    async def filled(self) -> None:
        """Waits until the index holds everything."""
        reader = self.node.state["ticket_list"].reader
        assert reader is not None
        while (await reader._index.position("fill") or {"below": 1})["below"] > 0:  # noqa: ASYNC110  # the store knows
            await asyncio.sleep(0.02)

    async def note(self, id: int, issue: int, user: int) -> None:
        """Somebody writes a note, with this number in `journals`."""
        at = (await self.sql("SELECT MAX(created_on) FROM journals"))[0][0]
        await self.sql(
            "INSERT INTO journals (id, journalized_id, journalized_type, user_id, notes, created_on, private_notes)"
            " VALUES (:j, :i, 'Issue', :u, 'Да', :at, 0)",
            j=id,
            i=issue,
            u=user,
            at=at,
        )


@pytest.fixture
async def desk(tmp_path: Path, store_file: Path) -> AsyncIterator[Desk]:
    """The list over a sandbox that nobody but the test acts in."""
    async with open_sandbox_redmine(tmp_path / "redmine", life=False, seed=3, served=False) as redmine:
        settings = {"redmine_url": "https://redmine.test", "redmine_db_url": redmine.db_url, "redmine_time_zone": redmine.zone}
        petrova = next(one for one in redmine.people if one.login == "petrova")
        assert petrova.redmine_id is not None
        async with (
            open_node(tmp_path, store_file, **settings) as node,
            node.signed_in("petrova", identities={"redmine": str(petrova.redmine_id)}) as agent,
            node.signed_in("olga", identities={"email": OLGA}) as olga,
        ):
            await node.ready()
            yield Desk(node, redmine, agent, petrova.redmine_id, olga)


async def test_the_list_tells_whole_lines(desk: Desk) -> None:
    """Everything that a line shows, with names; total, counts and what can be chosen beside it."""
    page = await desk.get("/tasks", view="all", status="all", limit=5)
    (total,) = (await desk.sql("SELECT COUNT(*) FROM issues"))[0]
    assert len(page["rows"]) == 5
    assert 5 < page["total"] <= total
    row = page["rows"][0]
    assert set(row) == {
        *("id", "subject", "project", "tracker", "status", "priority", "assignee", "author", "requester", "updated_at", "created_at"),
        *("private", "comments", "unread", "version"),
    }
    assert set(row["status"]) == {"id", "name", "closed"}
    assert set(row["priority"]) == {"id", "name", "rank", "high"}
    assert row["updated_at"].endswith("Z")
    assert all(one["updated_at"] >= two["updated_at"] for one, two in itertools.pairwise(page["rows"]))
    (stored,) = await desk.sql(
        "SELECT lock_version, (SELECT MAX(id) FROM journals WHERE journalized_id = i.id) FROM issues i WHERE id = :i", i=row["id"]
    )
    assert row["version"] == f"{stored[0]}-{stored[1] or 0}"
    assert page["counts"]["open"] >= page["counts"]["mine"] >= 0
    assert {status["closed"] for status in page["facets"]["statuses"]} == {True, False}
    assert [priority["rank"] for priority in page["facets"]["priorities"]] == list(range(len(page["facets"]["priorities"])))
    assert {priority["active"] for priority in page["facets"]["priorities"]} == {True, False}
    assert page["facets"]["projects"]
    assert page["partial"] is False


async def test_views_and_filters_narrow(desk: Desk) -> None:
    """A view's filters hold unless the address has its own; each line fits what was asked."""
    every = (await desk.get("/tasks", view="all", status="all", limit=200))["rows"]
    groups = {row[0] for row in await desk.sql("SELECT group_id FROM groups_users WHERE user_id = :u", u=desk.me)}
    mine = (await desk.get("/tasks", view="mine", limit=200))["rows"]
    assert mine
    assert all(row["assignee"]["id"] in {desk.me, *groups} and not row["status"]["closed"] for row in mine)
    closed = await desk.get("/tasks", view="mine", status="closed", limit=200)
    assert all(row["status"]["closed"] for row in closed["rows"])
    none = await desk.get("/tasks", view="unassigned", status="all", limit=200)
    assert [row["id"] for row in none["rows"]] == [row["id"] for row in every if row["assignee"] is None]
    project = every[0]["project"]["id"]
    some = await desk.get("/tasks", view="all", status="all", project=f"{project},999", sort="id", dir="asc", limit=200)
    assert [row["id"] for row in some["rows"]] == sorted(row["id"] for row in every if row["project"]["id"] == project)
    ranks = [row["priority"]["rank"] for row in (await desk.get("/tasks", view="all", sort="priority", limit=200))["rows"]]
    assert ranks == sorted(ranks, reverse=True)
    paged = [row["id"] for at in range(0, len(every), 50) for row in (await desk.get("/tasks", status="all", offset=at, limit=50))["rows"]]
    assert paged == [row["id"] for row in every]


async def test_a_wrong_value_is_named(desk: Desk) -> None:
    """By its field."""
    wrong = [
        *(("status", "1,x"), ("project", "-1"), ("assignee", "you"), ("author", "none"), ("watcher", "7"), ("from", "1.1.2026")),
        *(("sort", "id; drop"), ("dir", "up"), ("offset", "-1"), ("limit", "201"), ("q", "x" * 201), ("view", "nobody"), ("view", "99")),
        ("priority", ",".join("1" * 60)),
    ]
    for field, value in wrong:
        answer = await desk.agent.get(f"{API}/tasks", params={field: value})
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_what_is_new_is_unread_until_it_is_opened(desk: Desk) -> None:
    """A change by somebody else makes a ticket unread; having seen its newest journal makes it read; one's own change does not count."""
    (row, *_) = (await desk.get("/tasks", view="mine"))["rows"]
    id = row["id"]
    async with desk.node.state["engine"].begin() as connection:
        user = await connection.scalar(sa.select(users.c.id).where(users.c.name == "petrova"))
        seen = {"user_id": user, "issue_id": id, "lock_version": 0, "last_journal": 10**9, "read_at": desk.node.hub.now()}
        await connection.execute(sa.insert(ticket_reads).values(seen))

    async def state() -> tuple[bool, int]:
        desk.node.state["ticket_list"].changed()
        found = next(one for one in (await desk.get("/tasks", view="mine", limit=200))["rows"] if one["id"] == id)
        return found["unread"], found["comments"]

    unread, comments = await state()
    assert unread is False
    await desk.note(10**9 + 1, id, desk.me)
    assert await state() == (False, comments + 1)
    await desk.note(10**9 + 2, id, desk.me + 1)
    assert await state() == (True, comments + 2)


async def test_a_change_that_the_hub_tells_is_in_the_list(desk: Desk) -> None:
    """What the topic of the lists hears makes kept answers old, long before they would be asked for again of themselves."""
    (row, *_) = (await desk.get("/tasks", view="mine"))["rows"]
    heard = asyncio.Event()
    tell = desk.node.state["tickets"].changed
    assert tell is not None

    def told() -> None:
        tell()
        heard.set()

    desk.node.state["tickets"].changed = told
    await desk.note(10**9 + 1, row["id"], desk.me + 1)
    await heard.wait()  # the source looks, the hub tells
    found = next(one for one in (await desk.get("/tasks", view="mine"))["rows"] if one["id"] == row["id"])
    assert (found["comments"], found["version"].partition("-")[2]) == (row["comments"] + 1, str(10**9 + 1))


async def test_a_bulk_change_finds_what_the_list_finds(desk: Desk) -> None:
    """The same filter gives the same tickets, those of the person."""
    find = desk.node.state["tickets"].find
    assert find is not None
    principal = await desk.node.state["sessions"].find(desk.agent.cookies["navigator_session"])
    assert principal is not None
    page = await desk.get("/tasks", view="mine", sort="id", limit=200)
    assert list(await find(principal, {"view": "mine"})) == [row["id"] for row in page["rows"]]


async def test_personal_views_are_ones_own(desk: Desk) -> None:
    """Made, changed, counted, deleted; nobody else sees or touches them."""
    made = await desk.send(
        "POST", "/views", name="  Срочные \n мои ", query={"assignee": "me", "status": "open", "sort": "priority", "q": ""}
    )
    assert made.status_code == 201
    view = made.json()
    assert (view["name"], view["query"]) == ("Срочные мои", {"assignee": "me", "status": "open", "sort": "priority"})
    listed = [one for one in (await desk.get("/views"))["views"] if one["source"] == "navigator"]
    assert [one["id"] for one in listed] == ["mine", "waiting", "authored", "watched", "unassigned", "all", view["id"]]
    assert [one["name"] for one in listed][:2] == ["Мои", "Ждут меня"]
    assert listed[-1]["count"] == listed[0]["count"] == (await desk.get("/tasks", view=view["id"]))["total"]
    assert (await desk.get("/views", desk.olga))["views"][-1]["id"] == "all"
    for method in ("PUT", "DELETE"):
        assert (await desk.send(method, f"/views/{view['id']}", desk.olga, name="x", query={})).status_code == 404
    assert (await desk.agent.get(f"{API}/tasks", params={"view": view["id"]})).status_code == 200
    assert (await desk.olga.get(f"{API}/tasks", params={"view": view["id"]})).status_code == 422
    changed = await desk.send("PUT", f"/views/{view['id']}", name="Закрытые", query={"status": "closed"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Закрытые")
    assert (await desk.send("DELETE", f"/views/{view['id']}")).status_code == 204
    assert (await desk.send("DELETE", f"/views/{view['id']}")).status_code == 404


async def test_a_view_that_makes_no_sense_is_refused(desk: Desk) -> None:
    """With the field's name, and nothing is kept."""
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": "", "query": {}}, "name"),
        ({"name": "x" * 101, "query": {}}, "name"),
        ({"name": "x", "query": []}, "query"),
        ({"name": "x", "query": {"status": 1}}, "query"),
        ({"name": "x", "query": {"evil": "1"}}, "query.evil"),
        ({"name": "x", "query": {"sort": "up"}}, "query.sort"),
    ]
    for body, field in wrong:
        answer = await desk.send("POST", "/views", **body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert len([one for one in (await desk.get("/views"))["views"] if one["source"] == "navigator"]) == 6


async def test_views_have_a_bound(desk: Desk) -> None:
    """The one too many is refused with what helps."""
    for number in range(MAX_VIEWS):
        assert (await desk.send("POST", "/views", desk.olga, name=str(number), query={})).status_code == 201
    refused = await desk.send("POST", "/views", desk.olga, name="x", query={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "too_many_views")


async def test_the_search_finds_and_marks(desk: Desk) -> None:
    """By number, by the beginnings of words in subject and note, with the words marked as text."""
    await desk.filled()
    (row, *_) = (await desk.get("/tasks", view="all"))["rows"]
    hits = (await desk.get("/search", q=f"#{row['id']}"))["hits"]
    assert (hits[0]["id"], hits[0]["where"]) == (row["id"], "id")
    word = max(row["subject"].split(), key=len)[:6].upper()
    found = await desk.get("/search", q=word, limit=50)
    hit = next(one for one in found["hits"] if one["id"] == row["id"])
    assert hit["where"] == "subject"
    assert next(piece["text"].upper() for piece in hit["snippet"] if piece["hit"]) == word
    assert (await desk.get("/search", q="щщщщъ"))["hits"] == (await desk.get("/search", q=""))["hits"] == []
    assert isinstance(found["took_ms"], int)
    listed = await desk.get("/tasks", view="all", status="all", q=word, limit=200)
    assert row["id"] in [one["id"] for one in listed["rows"]]
    assert (await desk.agent.get(f"{API}/search", params={"q": "x" * 201})).json()["error"]["field"] == "q"


async def test_a_requester_sees_and_finds_what_names_them(desk: Desk) -> None:
    """Without an account in Redmine: by address, private tickets left out; and others do not see it by that."""
    await desk.filled()
    ids = [row[0] for row in await desk.sql("SELECT id FROM issues WHERE is_private = 0 AND status_id = 1 ORDER BY id DESC LIMIT 3")]
    for id in ids:
        await desk.sql("UPDATE issues SET easy_email_to = :e, subject = 'Жёлудь' WHERE id = :i", e=f"Ольга <{OLGA.upper()}>", i=id)
    await desk.sql("UPDATE issues SET is_private = 1 WHERE id = :i", i=ids[0])
    for id in ids:  # the index follows the journals
        await desk.note(10**9 + id, id, desk.me)
    found: set[int] = set()
    while len(found) < 2:
        found = {hit["id"] for hit in (await desk.get("/search", desk.olga, q="желуд"))["hits"]}
        await asyncio.sleep(0.05)
    assert found == set(ids[1:])
    page = await desk.get("/tasks", desk.olga, view="all", status="all")
    assert [row["id"] for row in page["rows"]] == sorted(ids[1:], key=[one["id"] for one in page["rows"]].index)
    assert page["total"] == 2
    assert page["rows"][0]["requester"]["email"] == OLGA
    assert (await desk.get("/views", desk.olga))["views"][0]["count"] == 0


async def test_whoever_redmine_does_not_know_gets_an_empty_list(desk: Desk) -> None:
    """Neither an account nor an address: nothing is shown, nothing is found."""
    await desk.filled()
    async with desk.node.signed_in("root", permissions=["admin"]) as root:
        page = await desk.get("/tasks", root, view="all", status="all")
        assert (page["total"], page["rows"], page["facets"]["projects"]) == (0, [], [])
        assert (await desk.get("/search", root, q="1"))["hits"] == (await desk.get("/search", root, q="принтер"))["hits"] == []
    async with desk.node.client() as stranger:
        for path in ("/tasks", "/views", "/search?q=1"):
            assert (await stranger.get(API + path)).status_code == 401


async def test_without_redmine_the_list_says_so(tmp_path: Path, store_file: Path) -> None:
    """503 with a code of its own, off or away."""
    away = {"redmine_url": "https://redmine.test", "redmine_db_url": "mysql://u:hidden@127.0.0.1:9/redmine"}
    for given, code in (({}, "redmine_off"), (away, "redmine_away")):
        (tmp_path / code).mkdir()
        async with open_node(tmp_path / code, store_file, **given) as node, node.signed_in("anna", identities={"redmine": "5"}) as anna:
            for path in ("/tasks", "/search?q=x", "/views"):
                answer = await anna.get(API + path)
                assert (answer.status_code, answer.json()["error"]["code"]) == (503, code)
                assert "retry-after" in answer.headers
