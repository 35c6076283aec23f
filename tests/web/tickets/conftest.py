"""A whole node over the real Redmine, with its seeded people at their browsers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from adapters.redmine.rest.client import RedmineClient
from hub.store import identities
from tests.peers.redmine_peer import RedminePeer, redmine_peer
from tests.web.node import Node, open_node
from tests.web.seats import Seat, seat

__all__ = ["API", "Office", "open_office", "redmine_peer"]

API = "/tasks/api"
HELPDESK, BUG = 1, 1


@dataclass
class Office:
    """What a test works with."""

    peer: RedminePeer
    node: Node
    plain: httpx.AsyncClient
    """Straight to Redmine, past everything that is tested."""
    stack: AsyncExitStack
    seats: dict[str, Seat] = field(default_factory=dict)

    async def seat(self, login: str) -> Seat:
        """A seeded person at a browser of ours; whom Redmine does not know is a requester."""
        if login not in self.seats:
            self.seats[login] = made = await self.stack.enter_async_context(seat(self.node, login))
            known = {"system": "redmine", "key": str(self.peer.id(login))} if login in self.peer.users else None
            row = known or {"system": "email", "key": f"{login}@example.org"}
            async with self.node.state["engine"].begin() as connection:
                await connection.execute(sa.insert(identities).values(**row, user_id=made.user_id))
        return self.seats[login]

    async def get(self, login: str, path: str, **given: Any) -> httpx.Response:
        """What the interface answers."""
        return await (await self.seat(login)).browser.get(API + path, **given)

    async def send(self, login: str, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        """A write with a key of its own."""
        who = await self.seat(login)
        headers = {"x-csrf-token": who.made.csrf, "idempotency-key": key or secrets.token_urlsafe(12)}
        return await who.browser.request(method, API + path, json=body, headers=headers)

    async def task(self, login: str, id: int) -> dict[str, Any]:
        """The issue as somebody sees it."""
        answer = await self.get(login, f"/task/{id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def rest(self, login: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """A plain call to Redmine as somebody."""
        return await self.plain.request(method, path, json=body, headers=self.peer.headers(login))

    async def issue(self, author: str = "ivanov", **fields: Any) -> int:
        """A new issue in the help desk."""
        made = {"project_id": HELPDESK, "tracker_id": BUG, "subject": "Не печатает", "description": "*Принтер*\r\nна этаже"} | fields
        answer = await self.rest(author, "POST", "/issues.json", {"issue": made})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["issue"]["id"])

    async def put(self, login: str, id: int, **fields: Any) -> None:
        """A plain change in Redmine."""
        answer = await self.rest(login, "PUT", f"/issues/{id}.json", {"issue": fields})
        assert answer.status_code == 204, answer.text

    async def truth(self, id: int) -> dict[str, Any]:
        """The issue as an administrator reads it in Redmine."""
        found: dict[str, Any] = (await self.rest("admin", "GET", f"/issues/{id}.json?include=journals,attachments")).json()["issue"]
        return found

    async def notes(self, id: int) -> list[str]:
        """Every note in Redmine."""
        return [journal["notes"] for journal in (await self.truth(id))["journals"] if journal["notes"]]

    @property
    def client(self) -> RedmineClient:
        """The node's way to Redmine."""
        desk = self.node.state["tickets"].desk
        assert desk is not None
        return desk._client

    def sent(self) -> int:
        """Requests that the node has sent to Redmine."""
        return self.client.sent


@asynccontextmanager
async def open_office(peer: RedminePeer, tmp_path: Path, store_file: Path, **given: Any) -> AsyncIterator[Office]:
    """A node whose service key is the administrator's."""
    settings = {
        "redmine_url": peer.url,
        "redmine_db_url": peer.db_min_url,
        "redmine_time_zone": peer.zone,
        "redmine_api_key": str(peer.users["admin"]["api_key"]),
    }
    plain = await asyncio.to_thread(httpx.AsyncClient, base_url=peer.url, timeout=30)
    async with AsyncExitStack() as stack, plain, open_node(tmp_path, store_file, **(settings | given)) as node:
        await node.ready()
        yield Office(peer, node, plain, stack)
        await stack.aclose()


@pytest.fixture
async def office(redmine_peer: RedminePeer, tmp_path: Path, store_file: Path) -> AsyncIterator[Office]:
    """With default settings."""
    async with open_office(redmine_peer, tmp_path, store_file) as opened:
        yield opened
