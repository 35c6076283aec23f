"""An administrator looks as somebody else: sees what they see, does nothing as them, and is no sign of life of theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.accounts import audit
from hub.event import Event
from hub.hub import utc_now
from hub.notification import Address, Notification
from hub.protocol import Ack, Active, Call
from hub.store import inbox
from tests.web.conftest import PASSWORD
from tests.web.node import Node, open_node
from tests.web.seats import Seat, seat, socket
from web.passwords import hash_password


@pytest.fixture
async def node(tmp_path: Path, store_file: Path) -> AsyncIterator[Node]:
    """A node by itself."""
    async with open_node(tmp_path, store_file) as opened:
        yield opened


async def look(boss: Seat, whom: Seat) -> None:
    """Begins to look as somebody."""
    assert (await boss.ask("POST", "/admin/api/view-as", json={"user_id": whom.user_id})).status_code == 204


async def tell(node: Node, whom: Seat) -> None:
    """A notification for somebody."""
    data = {"kind": "ticket", "title": {"ru": "Заявка", "en": "Ticket"}}
    event = Event(source="/t", id="1", type="t", time=utc_now(), data=data)
    await node.hub.publish(Notification(event=event, to=frozenset({Address("id", str(whom.user_id))})))


async def test_the_page_is_the_other_persons_and_says_who_looks(node: Node) -> None:
    """User, permissions and areas are theirs; `viewer` is the administrator; what is for administrators is refused."""
    async with seat(node, "boss", "admin") as boss, seat(node, "anna", "reports") as anna:
        await look(boss, anna)
        me = (await boss.browser.get("/users/api/me")).json()
        assert (me["user"]["name"], me["user"]["permissions"]) == ("anna", ["reports"])
        assert me["viewer"] == {"id": boss.user_id, "name": "boss", "display_name": "Boss"}
        assert {area["id"] for area in me["areas"]}.isdisjoint({"admin", "ops"})
        assert (await boss.browser.get("/admin/api/people")).status_code == 403
        assert (await anna.browser.get("/users/api/me")).json()["viewer"] is None
        assert (await boss.ask("DELETE", "/users/api/view-as")).status_code == 204
        assert (await boss.browser.get("/users/api/me")).json()["user"]["name"] == "boss"
        assert (await boss.ask("DELETE", "/users/api/view-as")).status_code == 204
    async with node.state["engine"].connect() as connection:
        rows = (await connection.execute(sa.select(audit.c.action, audit.c.actor, audit.c.subject).order_by(audit.c.id))).all()
    assert [tuple(row) for row in rows] == [("view_as.begun", "boss", "anna"), ("view_as.ended", "boss", "anna")]


async def test_nothing_can_be_done_as_the_other(node: Node) -> None:
    """Every unsafe request is refused with one code, by cookie and by bearer token alike; the looking itself can end."""
    async with seat(node, "boss", "admin") as boss, seat(node, "anna") as anna, node.client() as program:
        await look(boss, anna)
        for method, path in (
            ("PUT", "/users/api/preferences/theme"),
            ("DELETE", "/users/api/sessions"),
            ("DELETE", f"/users/api/sessions/{anna.made.session_hash}"),
            ("POST", "/admin/api/view-as"),
            ("PATCH", "/anything"),
        ):
            for answer in (
                await boss.ask(method, path, json={"value": "dark"}),
                await program.request(method, path, json={"value": "dark"}, headers={"authorization": f"Bearer {boss.made.token}"}),
            ):
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "read_only"), path
        assert (await anna.browser.get("/users/api/me")).json()["theme"] == "system"


async def test_a_socket_confirms_and_calls_nothing(node: Node) -> None:
    """Acks and signs of activity are as if unsaid, calls are refused, levels may be read; the notification stays to be pushed."""
    async with seat(node, "boss", "admin") as boss, seat(node, "anna") as anna:
        await look(boss, anna)
        async with socket(node, boss) as line:
            assert not node.hub.connected(anna.user_id)
            assert not node.hub.presence.connected(anna.user_id)
            assert node.hub.cluster.sessions_of(anna.user_id) == 0
            assert (await line.hears("welcome"))["user"]["name"] == "anna"
            await tell(node, anna)
            event = await line.hears("event")
            for level in ("received", "shown", "read"):
                await line.say(Ack(level=level, seq=event["seq"]))  # type: ignore[arg-type]
                await line.say(Ack(level=level, ids=[event["id"]]))  # type: ignore[arg-type]
            await line.say(Active(on=True))
            assert not line.session.active
            for number, name in enumerate(("inbox.done", "inbox.snooze", "no.such")):
                await line.say(Call(id=number, name=name, args={"ids": [event["id"]]}))
                assert line.all("reply")[-1]["error"]["code"] == "read_only"
            await line.say(Call(id=9, name="inbox.levels", args={"from": 1}))
            assert line.all("reply")[-1] == {
                "t": "reply",
                "id": 9,
                "ok": True,
                "data": {"levels": {"shown": [], "read": [], "done": []}, "unseen": 1, "seq": 1},
            }
        async with node.state["engine"].connect() as connection:
            (row,) = (await connection.execute(sa.select(inbox))).all()
        assert (row.received_at, row.seen_at, row.read_at) == (None, None, None)


async def test_a_resumed_position_of_a_viewer_is_no_receipt(node: Node) -> None:
    """Neither while they look nor when the person comes back with the same device id is anything taken as received."""
    async with seat(node, "boss", "admin") as boss, seat(node, "anna") as anna:
        await look(boss, anna)
        async with socket(node, boss, device="shared") as line:
            await tell(node, anna)
            await line.hears("event")
        assert node.hub.unconfirmed.of(anna.user_id, "shared") is None


async def test_the_open_page_becomes_the_other_ones_and_back(node: Node) -> None:
    """An open socket is told whose it is now and sent away to come back; so when the looking ends, or the person is shut out."""
    async with seat(node, "boss", "admin") as boss, seat(node, "root", "admin") as root, seat(node, "anna") as anna:
        async with socket(node, boss) as line:
            await look(boss, anna)
            assert await line.ends() == (4003, "somebody else")
        async with socket(node, boss) as line:
            assert line.session.principal.user_id == anna.user_id
            assert (await root.ask("PUT", f"/admin/api/people/{anna.user_id}/active", json={"value": False})).status_code == 204
            assert await line.ends() == (4003, "somebody else")
        assert (await boss.browser.get("/users/api/me")).json()["viewer"] is None
        async with socket(node, root) as line:
            assert line.session.principal.user_id == root.user_id


async def test_a_right_of_the_other_shows_to_who_looks(node: Node) -> None:
    """What the person is given meanwhile the viewer sees as well, still read only; given `admin`, the looking is over."""
    async with seat(node, "boss", "admin") as boss, seat(node, "root", "admin") as root, seat(node, "anna") as anna:
        await look(boss, anna)
        async with socket(node, boss) as line:
            await root.ask("PUT", f"/admin/api/people/{anna.user_id}/permissions/quality")
            assert await line.hears("you") == {"t": "you", "user": anna.user_id, "permissions": ["quality"], "read_only": True}
            await root.ask("PUT", f"/admin/api/people/{anna.user_id}/permissions/admin")
            assert (await line.ends())[0] == 4003
        assert (await boss.browser.get("/users/api/me")).json()["user"]["name"] == "boss"


async def test_whom_nobody_can_look_as(node: Node) -> None:
    """Oneself, another administrator, a disabled account, nobody: each with its code; and only an administrator may at all."""
    async with (
        seat(node, "boss", "admin") as boss,
        seat(node, "root", "admin") as root,
        seat(node, "anna") as anna,
        seat(node, "gone") as gone,
    ):
        await node.state["people"].set_active(gone.user_id, False)
        for user_id, status, code in (
            (boss.user_id, 409, "yourself"),
            (root.user_id, 409, "is_admin"),
            (gone.user_id, 409, "not_active"),
            (999, 404, "not_found"),
            ("1", 422, "bad_value"),
            (True, 422, "bad_value"),
            (2**70, 422, "bad_value"),
        ):
            answer = await boss.ask("POST", "/admin/api/view-as", json={"user_id": user_id})
            assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert (await anna.ask("POST", "/admin/api/view-as", json={"user_id": gone.user_id})).status_code == 403


async def test_signing_in_anew_is_ones_own_doing(node: Node) -> None:
    """Whoever looks as somebody may sign in again, and is then themself."""
    from argon2 import PasswordHasher

    async with seat(node, "boss", "admin") as boss, seat(node, "anna") as anna:
        hashed = hash_password(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), PASSWORD)
        await node.state["people"].set_password(boss.user_id, hashed)
        await look(boss, anna)
        answer = await boss.browser.post("/users/login", json={"username": "boss", "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.json()["user"]["name"] == "boss"
