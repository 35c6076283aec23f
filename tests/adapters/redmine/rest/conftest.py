"""A client on the real Redmine, connectors of the seeded people, and a wire on which a test may lose an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import reading
from adapters.redmine.rest.client import Deadlines, RedmineClient
from adapters.redmine.rest.connector import RedmineConnector, create_redmine_connector
from adapters.redmine.rest.people import RedminePerson
from adapters.redmine.versions import Version, versions
from tests.peers.redmine_peer import RedminePeer

__all__ = ["PEOPLE", "House", "Wire"]

PEOPLE = ("admin", "ivanov", "petrova", "sidorov", "orlova", "klient")
HELPDESK, BUG, SUPPORT = 1, 1, 3


class Wire(httpx.AsyncBaseTransport):
    """The network below the client: real, but for what a test does to the next write."""

    def __init__(self) -> None:
        self._real = httpx.AsyncHTTPTransport()
        self.before_write: Callable[[], Awaitable[None]] | None = None
        """Called once, before the next PUT is sent."""
        self.lose_write = ""
        """`answer`: the next PUT arrives and its answer is lost. `request`: it never arrives, and nobody can tell."""
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends it on."""
        self.seen.append(request)
        if request.method != "PUT":
            return await self._real.handle_async_request(request)
        if (hook := self.before_write) is not None:
            self.before_write = None
            await hook()
        lose, self.lose_write = self.lose_write, ""
        if lose == "request":
            raise httpx.ReadError("cut", request=request)
        answer = await self._real.handle_async_request(request)
        if lose == "answer":
            await answer.aread()
            await answer.aclose()
            raise httpx.ReadError("cut", request=request)
        return answer

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._real.aclose()

    def writes(self) -> int:
        """PUT requests so far."""
        return sum(request.method == "PUT" for request in self.seen)


@dataclass
class Keys:
    """The seeded people's own API keys."""

    peer: RedminePeer
    forgotten: list[int] = field(default_factory=list)

    async def get(self, redmine_id: int) -> SecretStr | None:
        """Of that person."""
        return next(SecretStr(str(user["api_key"])) for user in self.peer.users.values() if user["id"] == redmine_id)

    async def forget(self, redmine_id: int) -> None:
        """Notes it down."""
        self.forgotten.append(redmine_id)


@dataclass
class House:
    """What a test works with."""

    peer: RedminePeer
    engine: AsyncEngine
    wire: Wire
    client: RedmineClient
    plain: httpx.AsyncClient

    def person(self, login: str) -> RedminePerson:
        """A seeded person."""
        user = self.peer.users[login]
        return RedminePerson(login, int(user["id"]), str(user["mail"]), str(user["name"]))

    async def connect(self, login: str, **options: Any) -> RedmineConnector:
        """The connector of a seeded person, by their own key."""
        given = {"passwords": None, "service_key": None, "keys": Keys(self.peer)} | options
        return await create_redmine_connector(self.client, self.person(login), **given)

    async def requester(self, *own: int, email: str = "olga@example.org", name: str = "Ольга Смирнова") -> RedmineConnector:
        """The connector of a person without an account, whose issues are `own`; ivanov's key is the service key."""

        async def owned(ids: Any) -> set[int]:
            return set(ids) & set(own)

        return await create_redmine_connector(
            self.client,
            RedminePerson("olga", None, email, name),
            passwords=None,
            service_key=SecretStr(str(self.peer.users["ivanov"]["api_key"])),
            keys=None,
            owned=owned,
        )

    async def rest(self, login: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """A plain call as somebody, past everything that is tested."""
        return await self.plain.request(method, path, json=body, headers=self.peer.headers(login))

    async def issue(self, author: str = "ivanov", **fields: Any) -> int:
        """A new issue in the help desk."""
        made = {"project_id": HELPDESK, "tracker_id": BUG, "subject": "Не печатает", "description": "Принтер\r\nна этаже"} | fields
        answer = await self.rest(author, "POST", "/issues.json", {"issue": made})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["issue"]["id"])

    async def put(self, login: str, id: int, **fields: Any) -> int:
        """A plain change as somebody; the status of the answer."""
        return (await self.rest(login, "PUT", f"/issues/{id}.json", {"issue": fields})).status_code

    async def truth(self, id: int, login: str = "admin") -> dict[str, Any]:
        """The issue as an administrator reads it."""
        answer = await self.rest(login, "GET", f"/issues/{id}.json?include=journals,attachments")
        found: dict[str, Any] = answer.json()["issue"]
        return found

    async def notes(self, id: int) -> list[str]:
        """All notes of an issue, oldest first."""
        return [journal["notes"] for journal in (await self.truth(id))["journals"] if journal["notes"]]

    async def version(self, id: int) -> Version:
        """From the database."""
        async with reading(self.engine, 5.0) as reader:
            return (await versions(reader, [id]))[id]

    async def lock_of(self, id: int) -> int | None:
        """What a connector asks when it has to know."""
        return (await self.version(id)).lock_version


@pytest.fixture
async def house(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> AsyncIterator[House]:
    """The real Redmine with a client of ours on it."""
    wire = Wire()
    made = await asyncio.to_thread(httpx.AsyncClient, base_url=redmine_peer.url, transport=wire)
    plain = await asyncio.to_thread(httpx.AsyncClient, base_url=redmine_peer.url, timeout=30)
    async with made, plain:
        yield House(redmine_peer, peer_engine, wire, RedmineClient(made, deadlines=Deadlines(read_s=30, write_s=30)), plain)
