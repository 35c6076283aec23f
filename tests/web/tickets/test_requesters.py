"""People without an account in Redmine, over the sandbox, whose issues know their requesters by e-mail."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine
from hub.store import identities
from tests.web.node import Node, open_node
from tests.web.seats import Seat, seat
from tests.web.tickets.table import PATHS, At, Table, code_of

API = "/tasks/api"
EMAIL = "olga@example.org"


@dataclass
class Counter:
    """A node over the sandbox with a requester at a browser."""

    node: Node
    redmine: SandboxRedmine
    olga: Seat
    rest: httpx.AsyncClient

    async def issue(self, **fields: Any) -> int:
        """A new issue."""
        made = {"project_id": "helpdesk", "subject": "Почта", "description": "Не приходит"} | fields
        answer = await self.rest.post("/issues.json", json={"issue": made}, headers={"x-redmine-api-key": self.redmine.api_key})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["issue"]["id"])

    async def send(self, method: str, path: str, body: Any) -> httpx.Response:
        """A write of the requester's page."""
        headers = {"x-csrf-token": self.olga.made.csrf, "idempotency-key": secrets.token_urlsafe(12)}
        return await self.olga.browser.request(method, API + path, json=body, headers=headers)


@pytest.fixture
async def counter(tmp_path: Path, store_file: Path) -> AsyncIterator[Counter]:
    """Nobody acts in the sandbox but the test."""
    async with open_sandbox_redmine(tmp_path / "redmine", life=False, seed=3) as redmine:
        settings = {"redmine_url": redmine.url, "redmine_db_url": redmine.db_url, "redmine_time_zone": redmine.zone}
        async with (
            open_node(tmp_path, store_file, redmine_api_key=redmine.api_key, **settings) as node,
            seat(node, "olga") as olga,
            httpx.AsyncClient(base_url=redmine.url) as rest,
        ):
            await node.ready()
            async with node.state["engine"].begin() as connection:
                await connection.execute(sa.insert(identities).values(system="email", key=EMAIL, user_id=olga.user_id))
            yield Counter(node, redmine, olga, rest)


async def test_a_requester_sees_and_comments_their_own(counter: Counter) -> None:
    """The comment goes through the service account and begins with their name; they may nothing else."""
    id = await counter.issue(easy_email_to=EMAIL)
    answer = await counter.olga.browser.get(f"{API}/task/{id}")
    assert answer.status_code == 200, answer.text
    task = answer.json()
    assert task["requester"] == {"email": EMAIL, "name": "Olga"}
    assert task["may"] == {"comment": True, "private": False, "status": False, "priority": False, "assignee": False, "attach": True}
    done = await counter.send("POST", f"/task/{id}/comments", {"text": "Так и не приходит", "version": task["version"]})
    assert done.status_code == 200, done.text
    assert done.json()["task"]["journals"][-1]["source"] == f"Olga ({EMAIL}):\n\nТак и не приходит"
    version = done.json()["task"]["version"]
    for method, path, body in (
        ("PUT", "status", {"status_id": 5}),
        ("POST", "comments", {"text": "тайно", "private": True}),
    ):
        refused = await counter.send(method, f"/task/{id}/{path}", body | {"version": version})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_allowed"), refused.text
    assert (await counter.olga.browser.get(f"{API}/task/{id}/statuses")).json() == {"statuses": []}


async def test_a_requester_reaches_nobody_elses(counter: Counter) -> None:
    """Not to read, to comment, to draw files from, nor to follow; a list's topic neither."""
    id = await counter.issue(easy_email_to="boris@example.org")
    for path in ("", "/statuses", "/assignees", "/attachment/1/download"):
        assert (await counter.olga.browser.get(f"{API}/task/{id}{path}")).status_code == 403
    refused = await counter.send("POST", f"/task/{id}/comments", {"text": "и моё", "version": "0-0"})
    assert refused.status_code == 403
    principal = await counter.node.state["sessions"].find(counter.olga.made.token)
    assert principal is not None
    for name in (f"ticket:{id}", "tickets:all"):
        topic = counter.node.hub.topics.find(name)
        assert topic is not None
        assert not await topic.may_read(principal, name)
    mine = await counter.issue(easy_email_to=f"Ольга <{EMAIL.upper()}>")
    topic = counter.node.hub.topics.find("ticket:1")
    assert topic is not None
    assert await topic.may_read(principal, f"ticket:{mine}")


async def test_every_path_for_a_requester(counter: Counter) -> None:
    """On their own issue they read and comment; on others' nothing, whether these are there or not; lists show their own."""
    table = Table()
    own, other = await counter.issue(easy_email_to=EMAIL), await counter.issue(easy_email_to="boris@example.org")
    view = await counter.olga.ask("POST", f"{API}/views", json={"name": "Все", "query": {"status": "all"}})
    for path in PATHS:
        for id, refused in ((own, None), (other, (403, "not_allowed")), (999_999, (404, "not_found"))):
            if path.need == "bulk" and id != own:
                continue  # one job at a time; what it leaves stands in it
            version = "0-0"
            if id == own:
                version = (await counter.olga.browser.get(f"{API}/task/{own}")).json()["version"]
            answer = await path.ask(counter.olga, At(id, version, view=int(view.json()["id"])))
            table.check(path, answer)
            name = path.path.rpartition("/")[2]
            if path.need not in ("see", "change"):
                expected = {"{job}": (404, "not_found"), "undo": (404, "not_found"), "bulk": (202, "")}.get(name, (path.status, ""))
                if path.method == "DELETE" and "/views/" in path.path and id != own:
                    expected = (404, "not_found")  # it is deleted by now
            elif refused is not None:
                expected = refused
            elif name in ("status", "priority", "assignee"):
                expected = (403, "not_allowed")
            else:
                expected = (404, "not_found") if name == "download" else (path.status, "")  # the issue has no file
            assert code_of(answer) == expected, (str(path), id, answer.text)
    listed = (await counter.olga.browser.get(f"{API}/tasks")).json()
    assert [row["id"] for row in listed["rows"]] == [own]
