"""Redmine down, hung, broken or answering nonsense, its database too: each path of the interface ends in time, and says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa

import adapters.redmine.rest.changing as changing
import web.tickets.desk as desk
from adapters.redmine.rest.circuit import Circuit
from adapters.redmine.rest.client import Deadlines
from tests.adapters.redmine.rest.test_faults import http
from tests.peers.proxy import Proxy, proxied
from tests.peers.redmine_peer import RedminePeer
from tests.web.tickets.conftest import Office, open_office
from tests.web.tickets.table import PATHS, At, Path, Table, code_of

pytestmark = [pytest.mark.redmine, pytest.mark.timeout(170)]

WITHIN_S = 40.0
"""Much longer than the deadlines below, and much shorter than for ever."""
SHORT = Deadlines(connect_s=1, read_s=0.3, write_s=0.3, idle_s=0.3)
JSON = "Content-Type: application/json; charset=utf-8"
FAULTS = {
    "hung": b"",
    "login page": http("200 OK", b"<html>login</html>", "Content-Type: text/html"),
    "sent to the login page": http("302 Found", b"", "Location: /login"),
    "broken": http("500 Oh", b"<html>", "Content-Type: text/html"),
    "gateway": http("502 Bad"),
    "maintenance": http("503 Full", b"", "Retry-After: 7"),
    "too many": http("429 Slow down", b"", "Retry-After: 7"),
    "half an answer": http("200 OK", b'{"issue":{"id":', JSON),
    "another answer": http("200 OK", b'[{"user":1}]', JSON),
    "no HTTP": b"garbage\r\n\r\n",
}


@dataclass
class Edge:
    """An office on lines that a test may disturb."""

    office: Office
    redmine: Proxy
    database: Proxy

    @contextmanager
    def broken(self, fault: str, begins: bytes = b"") -> Iterator[None]:
        """Requests to Redmine that begin so meet the fault; deadlines of what fails are short."""
        client = self.office.client
        deadlines, base = client._deadlines, client._http.base_url
        client._deadlines = replace(SHORT, read_s=30) if begins else SHORT
        if fault == "down":
            client._http.base_url = httpx.URL("http://127.0.0.1:1")  # nobody listens there
        elif fault == "cut":
            self.redmine.loses = lambda request: request.startswith(begins)
        else:
            self.redmine.instead = lambda request: FAULTS[fault] if request.startswith(begins) else None
        try:
            yield
        finally:
            client._deadlines, client._http.base_url, client._circuit = deadlines, base, Circuit()
            self.redmine.instead, self.redmine.loses = lambda _request: None, lambda _request: False

    async def ask(self, table: Table, path: Path, at: At, login: str = "ivanov", **headers: str) -> httpx.Response:
        """By a client whose circuit is closed, so that the fault itself is met. The answer is one of the document's, and in time."""
        self.office.client._circuit = Circuit()
        async with asyncio.timeout(WITHIN_S):
            answer = await path.ask(await self.office.seat(login), at, **headers)
        table.check(path, answer)
        return answer

    async def failures(self, login: str, started: httpx.Response) -> list[str]:
        """The codes of a job's failures."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                found = (await self.office.get(login, f"/bulk/{started.json()['job']}")).json()
                if found["state"] != "running":
                    return [one["code"] for one in found["failed"]]
                await asyncio.sleep(0.02)


@pytest.fixture
async def edge(redmine_peer: RedminePeer, tmp_path: FilePath, store_file: FilePath) -> AsyncIterator[Edge]:
    """With ivanov's account known already."""
    url = sa.make_url(redmine_peer.db_min_url)
    async with proxied(urlsplit(redmine_peer.url).port or 0) as redmine, proxied(url.port or 0) as database:
        given = {
            "redmine_url": f"http://127.0.0.1:{redmine.port}",
            "redmine_db_url": url.set(port=database.port).render_as_string(hide_password=False),
        }
        async with open_office(redmine_peer, tmp_path, store_file, **given) as office:
            await office.task("ivanov", 1)
            yield Edge(office, redmine, database)


@pytest.fixture(scope="module")
def table() -> Table:
    """The document."""
    return Table()


@pytest.fixture
def few_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a lost answer it is looked for its effect at once and a moment later."""
    monkeypatch.setattr(changing, "LOOKS_S", (0.0, 0.2))


_VIEWS = next(path for path in PATHS if str(path) == "POST /tasks/api/views")
_CHANGES = [path for path in PATHS if path.need == "change"]


async def _each_says_so(edge: Edge, table: Table, away: Callable[[Path], bool]) -> None:
    """Asks every path about an issue that nobody has read; those that are `away` say so, the others work."""
    id = await edge.office.issue()
    view = (await edge.office.send("ivanov", "POST", "/views", {"name": "Мои", "query": {}})).json()["id"] if not away(_VIEWS) else "1"
    for path in PATHS:
        answer = await edge.ask(table, path, At(id, "1-1", view=int(view)))
        if path.need == "bulk":
            assert answer.status_code == 202
            assert await edge.failures("ivanov", answer) == ["redmine_away"]
        elif away(path):
            says_away(answer, path)
        elif "/bulk/" in path.path:
            assert code_of(answer) == (404, "not_found")  # there is no such job
        else:
            assert answer.status_code == path.status, (str(path), answer.text)


def says_away(answer: httpx.Response, *where: object) -> None:
    """503 with the time after which another try makes sense."""
    assert code_of(answer) == (503, "redmine_away"), (*map(str, where), answer.text)
    assert int(answer.headers["retry-after"]) > 0


async def test_each_path_says_that_redmine_is_down(edge: Edge, table: Table) -> None:
    """503 `redmine_away` with Retry-After where Redmine has to be asked; what the database or we ourselves know is there as always."""
    with edge.broken("down"):
        await _each_says_so(edge, table, lambda path: path.need in ("see", "change"))
    assert (await edge.office.get("ivanov", "/task/2")).status_code == 200


async def test_each_path_says_that_the_database_is_away(edge: Edge, table: Table) -> None:
    """503 `redmine_away` where Redmine's database has to be asked, and drafts, read marks and views as always; then all is well again."""
    edge.database.losing = True
    await _each_says_so(edge, table, lambda path: path.need in ("see", "change", "list"))
    edge.database.losing = False
    assert (await edge.office.get("ivanov", "/task/2")).status_code == 200


async def test_each_path_ends_in_time_whatever_redmine_answers(edge: Edge, table: Table) -> None:
    """Slow for ever, cut, HTML, a redirect, a gateway's word or nonsense: 503 for each path that asks Redmine, and nothing is written."""
    id = await edge.office.issue()
    for fault in ("cut", *FAULTS):
        with edge.broken(fault):
            for path in PATHS:
                if path.need in ("see", "change"):
                    says_away(await edge.ask(table, path, At(id, "1-1")), fault, path)
    assert await edge.office.notes(id) == []


async def test_files_say_so_too(edge: Edge, table: Table) -> None:
    """An upload and a download of an issue that is known, while Redmine fails with files alone."""
    up, down = (next(path for path in PATHS if path.path.endswith(end)) for end in ("/attachments", "/download"))
    for fault in ("cut", *FAULTS):
        for path, begins in ((up, b"POST /uploads"), (down, b"GET /attachments/download")):
            with edge.broken(fault, begins):
                says_away(await edge.ask(table, path, At(1)), fault, path)
    assert (await edge.ask(table, down, At(1))).status_code == 200


async def test_a_redmine_that_is_merely_slow_ends_in_time(edge: Edge, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer comes in time, and together they take too long; a change waits for those before it no longer than its turn."""
    id, path = await edge.office.issue(), PATHS[0]
    monkeypatch.setattr(desk, "READ_S", 0.3)
    edge.redmine.delay_s = 0.2
    says_away(await edge.ask(table, path, At(id), "petrova"))
    edge.redmine.delay_s = 0.0
    monkeypatch.undo()
    version = (await edge.office.task("ivanov", id))["version"]
    arrived = asyncio.Event()

    def hold(request: bytes) -> bytes | None:
        if not request.startswith(b"PUT"):
            return None
        arrived.set()
        return b""

    edge.redmine.instead = hold
    first = asyncio.create_task(edge.ask(table, _CHANGES[0], At(id, version)))
    async with asyncio.timeout(20):
        await arrived.wait()
    monkeypatch.setattr(desk, "TURN_S", 0.1)  # now: on a busy machine the first itself may wait longer for its own turn
    for change in _CHANGES[1:]:
        says_away(await edge.ask(table, change, At(id, version)), change)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    edge.redmine.instead = lambda _request: None
    monkeypatch.undo()
    assert (await edge.ask(table, _CHANGES[1], At(id, version))).status_code == 200


async def test_a_write_whose_answer_is_lost_is_found_again(edge: Edge, table: Table, few_looks: None) -> None:
    """By each writing path: Redmine has done it, its word was cut off, the person is told the truth, and it is done once."""
    id = await edge.office.issue()
    version = (await edge.office.task("ivanov", id))["version"]
    for path in _CHANGES:
        edge.redmine.loses = lambda request: request.startswith(b"PUT")
        answer = await edge.ask(table, path, At(id, version))
        edge.redmine.loses = lambda _request: False
        assert (answer.status_code, answer.json()["untaken"]) == (200, []), (str(path), answer.text)
        assert answer.json()["journal"] is not None
        version = answer.json()["task"]["version"]
    truth = await edge.office.truth(id)
    assert (truth["status"]["id"], truth["priority"]["id"], truth["assigned_to"]["id"]) == (2, 3, 5)
    assert len(truth["journals"]) == 4
    assert await edge.office.notes(id) == ["слово"]


async def test_a_write_that_nobody_confirms_is_unclear(edge: Edge, table: Table, few_looks: None) -> None:
    """By each writing path: 502 `unclear` with the issue as it is, the same again for the same key, and never sent a second time."""
    id = await edge.office.issue()
    version = (await edge.office.task("ivanov", id))["version"]
    for path in _CHANGES:
        for fault in ("hung", "broken", "gateway"):
            key = f"{path.path.rpartition('/')[2]}.{fault.replace(' ', '-')}"
            with edge.broken(fault, b"PUT"):
                answer = await edge.ask(table, path, At(id, version), idempotency_key=key)
            assert code_of(answer) == (502, "unclear"), (str(path), fault, answer.text)
            assert answer.json()["task"]["version"] == version
            again = await edge.ask(table, path, At(id, version), idempotency_key=key)
            assert (again.status_code, again.content) == (502, answer.content)
    assert (await edge.office.truth(id))["journals"] == []


REFUSED = (
    (http("401 Unauthorized"), (403, "redmine_sign_in")),
    (http("403 Forbidden"), (403, "not_allowed")),
    (http("404 Not Found"), (404, "not_found")),
    (http("413 Large"), (422, "refused")),
    (http("422 Unprocessable", b'{"errors":["\xd0\x9d\xd0\xb5\xd1\x82"]}', JSON), (422, "refused")),
    (http("422 Unprocessable", b'{"errors":[]}', JSON), (409, "conflict")),
    (http("302 Found", b"", "Location: /login"), (503, "redmine_away")),
    (http("503 Full"), (503, "redmine_away")),
    (http("429 Slow down", b"", "Retry-After: 7"), (503, "redmine_away")),
)


async def test_each_refusal_of_a_write_is_told(edge: Edge, table: Table) -> None:
    """By each writing path: what Redmine says to the change itself has its code; after 409 and 503 the same key may try again."""
    for path in _CHANGES:
        id = await edge.office.issue()
        version = (await edge.office.task("ivanov", id))["version"]
        for number, (said, code) in enumerate(REFUSED):
            edge.redmine.instead = lambda request, said=said: said if request.startswith(b"PUT") else None  # type: ignore[misc]
            answer = await edge.ask(table, path, At(id, version), idempotency_key=f"{id}.{number}")
            assert code_of(answer) == code, (str(path), said, answer.text)
            edge.redmine.instead = lambda _request: None
        again = await edge.ask(table, path, At(id, version), idempotency_key=f"{id}.{number}")
        assert again.status_code == 200, again.text
