"""Rights given and taken: who may, what is written down, and what it does to pages and sockets that are open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.accounts import audit, profiles
from hub.protocol import Sub
from hub.store import permissions, sessions, users
from tests.clock import START
from tests.peers.redis import RedisServer, command
from tests.web.node import Node, open_node
from tests.web.seats import Seat, seat, socket
from web.audit import Origin
from web.people import BadValue, People
from web.permissions import LastAdmin, NoSuchUser, Permissions
from web.sessions import Sessions

BOSS = Origin(user_id=1, name="boss", address="192.0.2.9", agent="test/1")


@pytest.fixture
async def node(tmp_path: Path, store_file: Path) -> AsyncIterator[Node]:
    """A node by itself."""
    async with open_node(tmp_path, store_file) as opened:
        yield opened


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """What joins two nodes."""
    with RedisServer(command("redis7"), tmp_path_factory.mktemp("redis")).running() as server:
        yield server


@asynccontextmanager
async def two_nodes(folder: Path, store_file: Path, redis: RedisServer) -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes over one store and one bus."""
    redis.client().flushall()
    store = f"sqlite+aiosqlite:///{folder}/navigator.sqlite"
    (folder / "b").mkdir()
    async with AsyncExitStack() as stack:
        a = await stack.enter_async_context(open_node(folder, store_file, bus_url=redis.url))
        b = await stack.enter_async_context(open_node(folder / "b", store_file, bus_url=redis.url, store_url=store))
        async with asyncio.timeout(15):
            await a.ready()
            await b.ready()
        yield a, b


async def lines(engine: AsyncEngine) -> list[Any]:
    """The audit log, oldest first."""
    async with engine.connect() as connection:
        return list((await connection.execute(sa.select(audit).order_by(audit.c.id))).all())


@pytest.fixture
async def boss(engine: AsyncEngine) -> int:
    """The one administrator."""
    return await People(engine).add("boss", permissions=["admin"])


@pytest.fixture
def rights(engine: AsyncEngine) -> Permissions:
    """What is tested."""
    return Permissions(engine, Sessions(engine), clock=lambda: START)


async def test_a_grant_says_who_and_when_and_is_audited_once(engine: AsyncEngine, boss: int, rights: Permissions) -> None:
    """A right has its giver and its time; giving it again changes nothing and writes no second line."""
    anna = await People(engine).add("anna")
    assert await rights.grant(anna, "quality", BOSS)
    assert not await rights.grant(anna, "quality", BOSS)
    async with engine.connect() as connection:
        (row,) = (await connection.execute(sa.select(permissions).where(permissions.c.user_id == anna))).all()
    assert (row.permission, row.granted_by, row.granted_at) == ("quality", "boss", START)
    (line,) = await lines(engine)
    assert (line.action, line.actor, line.subject, line.before, line.after) == (
        "permission.granted",
        "boss",
        "anna",
        {"quality": False},
        {"quality": True},
    )
    assert (line.address, line.agent, line.at) == ("192.0.2.9", "test/1", START)
    assert await rights.revoke(anna, "quality", BOSS)
    assert not await rights.revoke(anna, "quality", BOSS)
    assert [line.action for line in await lines(engine)] == ["permission.granted", "permission.revoked"]


async def test_what_does_not_exist_is_refused(boss: int, rights: Permissions, engine: AsyncEngine) -> None:
    """A right or a person that there is not changes nothing."""
    with pytest.raises(BadValue):
        await rights.grant(boss, "root", BOSS)
    with pytest.raises(NoSuchUser):
        await rights.grant(99, "quality", BOSS)
    assert await lines(engine) == []


async def test_the_last_administrator_stays(engine: AsyncEngine, boss: int, rights: Permissions) -> None:
    """Who is the only one who can sign in as an administrator keeps the right and the account; disabled or blocked ones do not count."""
    people = People(engine)
    idle, blocked = await people.add("idle", permissions=["admin"]), await people.add("blocked", permissions=["admin"])
    await people.set_active(idle, False)
    async with engine.begin() as connection:
        row = {"user_id": blocked, "erp_id": 5, "standing": "blocked", "checked_at": START}
        await connection.execute(sa.insert(profiles).values(**row))
    with pytest.raises(LastAdmin):
        await rights.revoke(boss, "admin", BOSS)
    with pytest.raises(LastAdmin):
        await rights.set_active(boss, False, BOSS)
    assert await lines(engine) == []
    assert await rights.set_active(idle, True, BOSS)
    assert await rights.revoke(boss, "admin", BOSS)


async def test_two_who_remove_each_other_at_once_leave_one(engine: AsyncEngine, boss: int, rights: Permissions) -> None:
    """However the two changes meet, one administrator remains and the other change says why it failed."""
    people = People(engine)
    for number in range(5):
        other = await people.add(f"other{number}", permissions=["admin"])
        results = await asyncio.gather(rights.revoke(boss, "admin", BOSS), rights.set_active(other, False, BOSS), return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["LastAdmin", "bool"]
        async with engine.connect() as connection:
            query = sa.select(users.c.id).join(permissions, permissions.c.user_id == users.c.id)
            left = (await connection.scalars(query.where(permissions.c.permission == "admin", users.c.active.is_(True)))).all()
        assert len(left) == 1
        if left == [other]:
            assert await rights.grant(boss, "admin", BOSS)
            await rights.revoke(other, "admin", BOSS)


async def test_a_disabled_person_is_signed_out_as_blocked(node: Node) -> None:
    """The sockets of whoever is shut out end at once with the reason, and the sessions are gone for good."""
    async with seat(node, "boss", "admin") as boss, seat(node, "anna") as anna, socket(node, anna) as open_one:
        assert (await boss.ask("PUT", f"/admin/api/people/{anna.user_id}/active", json={"value": False})).status_code == 204
        assert await open_one.ends() == (4501, "blocked")
        assert (await anna.browser.get("/users/api/me")).status_code == 401
        assert (await boss.ask("PUT", f"/admin/api/people/{anna.user_id}/active", json={"value": True})).status_code == 204
        assert (await anna.browser.get("/users/api/me")).status_code == 401


async def change(boss: Seat, method: str, user_id: int, permission: str) -> None:
    """An administrator gives or takes a right."""
    assert (await boss.ask(method, f"/admin/api/people/{user_id}/permissions/{permission}")).status_code == 204


async def test_a_right_reaches_open_sockets(node: Node) -> None:
    """Granted, a topic can be read; taken, the topic is left and says why; each time the client is told what it may."""
    async with seat(node, "boss", "admin") as boss, seat(node, "anna") as anna, socket(node, anna, "system", "ops") as line:
        assert set((await line.hears("welcome"))["topics"]) == {"system"}
        await change(boss, "PUT", anna.user_id, "admin")
        assert (await line.hears("you")) == {"t": "you", "user": anna.user_id, "permissions": ["admin"], "read_only": False}
        await line.say(Sub(id=1, topic="ops"))
        assert (await line.hears("reply"))["ok"]
        await change(boss, "DELETE", anna.user_id, "admin")
        assert await line.hears("left") == {"t": "left", "topic": "ops", "reason": "no_longer_allowed"}
        await line.until(lambda: len(line.all("you")) == 2)
        assert line.all("you")[-1]["permissions"] == []
        assert line.session.topics == ("system",)
        assert not node.hub.reads("ops")
        await line.say(Sub(id=2, topic="ops"))
        assert line.all("reply")[-1]["error"]["code"] == "no_such_topic"


async def test_the_page_and_its_interface_follow(node: Node) -> None:
    """What the navigation shows and what the server refuses changes with the right, without signing in anew."""
    async with seat(node, "boss", "admin") as boss, seat(node, "anna") as anna:

        async def areas() -> list[str]:
            return [area["id"] for area in (await anna.browser.get("/users/api/me")).json()["areas"]]

        assert "admin" not in await areas()
        assert (await anna.browser.get("/admin/api/people")).status_code == 403
        await change(boss, "PUT", anna.user_id, "admin")
        assert "admin" in await areas()
        assert (await anna.browser.get("/admin/api/people")).status_code == 200
        await change(boss, "DELETE", anna.user_id, "admin")
        assert (await anna.browser.get("/admin/api/people")).status_code == 403


async def test_the_last_administrator_is_told_so(node: Node) -> None:
    """The answer has its own code, and nothing is written down."""
    async with seat(node, "boss", "admin") as boss:
        answer = await boss.ask("DELETE", f"/admin/api/people/{boss.user_id}/permissions/admin")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_admin")
        answer = await boss.ask("PUT", f"/admin/api/people/{boss.user_id}/active", json={"value": False})
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "last_admin")
        assert await lines(node.state["engine"]) == []


async def test_a_change_by_another_process_is_seen(node: Node) -> None:
    """What the command line does to the store reaches open sockets, though nobody told this node."""
    engine = node.state["engine"]
    async with seat(node, "anna") as anna, socket(node, anna) as line:
        await Permissions(engine, Sessions(engine)).grant(anna.user_id, "reports", BOSS)
        await line.until(lambda: line.all("you"), 4.0)
        assert line.all("you")[-1]["permissions"] == ["reports"]


async def test_a_change_while_a_session_opens_is_not_lost(node: Node) -> None:
    """Who was looked up before a change and comes in after it is looked up again."""
    async with seat(node, "boss", "admin") as boss, seat(node, "anna", "admin") as anna:
        stale = await node.state["sessions"].find(anna.made.token)
        await change(boss, "DELETE", anna.user_id, "admin")
        async with socket(node, boss) as witness:  # the word of the change has gone round
            await witness.until(lambda: node.hub.rights._changed_at > 0)
        node.state["sessions"].find = lambda _token: asyncio.sleep(0, stale)  # type: ignore[method-assign,assignment]
        async with socket(node, anna, "ops") as line:
            await line.until(lambda: line.session.principal.permissions == frozenset())
            await line.until(lambda: line.session.topics == ())
            await line.hears("you")


async def test_a_change_acts_at_every_node(tmp_path: Path, store_file: Path, redis: RedisServer) -> None:
    """Given, taken and shut out at one node, felt at the other."""
    async with (
        two_nodes(tmp_path, store_file, redis) as (a, b),
        seat(a, "boss", "admin") as boss,
        seat(b, "anna", "admin") as anna,
        socket(b, anna, "ops") as line,
    ):
        await change(boss, "DELETE", anna.user_id, "admin")
        assert (await line.hears("you"))["permissions"] == []
        assert (await line.hears("left"))["topic"] == "ops"
        listed = (await boss.browser.get(f"/admin/api/people/{anna.user_id}")).json()["sessions"]
        assert [row["online"] for row in listed] == [True]
        listed = (await boss.browser.get("/admin/api/sessions")).json()["rows"]
        assert {row["user"]["name"]: row["online"] for row in listed} == {"boss": False, "anna": True}
        assert (await boss.ask("DELETE", f"/admin/api/people/{anna.user_id}/sessions")).json() == {"ended": 1}
        assert await line.ends() == (4501, "ended_by_administrator")


async def test_sessions_table_keeps_no_view_of_a_former_administrator(node: Node) -> None:
    """Who loses `admin` while looking as somebody is themself again, also when the right comes back."""
    async with seat(node, "boss", "admin") as boss, seat(node, "root", "admin") as root, seat(node, "anna") as anna:
        assert (await root.ask("POST", "/admin/api/view-as", json={"user_id": anna.user_id})).status_code == 204
        await change(boss, "DELETE", root.user_id, "admin")
        me = (await root.browser.get("/users/api/me")).json()
        assert (me["user"]["name"], me["viewer"]) == ("root", None)
        await change(boss, "PUT", root.user_id, "admin")
        assert (await root.browser.get("/users/api/me")).json()["viewer"] is None
        async with node.state["engine"].connect() as connection:
            assert set((await connection.scalars(sa.select(sessions.c.view_as))).all()) == {None}
        actions = [line.action for line in await lines(node.state["engine"])]
        assert actions == ["view_as.begun", "view_as.ended", "permission.revoked", "permission.granted"]
