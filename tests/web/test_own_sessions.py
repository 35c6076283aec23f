"""One's own sign-ins and devices."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.accounts import audit
from hub.store import push_attempts
from tests.clock import START
from tests.web.node import Node, open_node
from tests.web.seats import seat, socket
from web.devices import Way

WAY = Way(kind="webpush", address="https://push.example/1", p256dh="p", auth="a")


@pytest.fixture
async def node(tmp_path: Path, store_file: Path) -> AsyncIterator[Node]:
    """A node by itself."""
    async with open_node(tmp_path, store_file) as opened:
        yield opened


async def test_the_list_marks_this_one_and_says_which_are_open(node: Node) -> None:
    """Each sign-in with its browser, from where, since when, until when; only one's own."""
    async with seat(node, "anna") as here, seat(node, "anna", user_id=here.user_id) as there, seat(node, "boris"):
        async with socket(node, there):
            answer = await here.browser.get("/users/api/sessions")
        assert answer.headers["cache-control"] == "no-store"
        found = {row["id"]: row for row in answer.json()["sessions"]}
        assert found.keys() == {here.made.session_hash, there.made.session_hash}
        mine, other = found[here.made.session_hash], found[there.made.session_hash]
        assert (mine["this"], mine["online"], other["this"], other["online"]) == (True, False, False, True)
        assert (mine["browser"], mine["address"]) == ("Firefox 145, Linux", "192.0.2.1")
        assert mine["created_at"] == mine["seen_at"] < mine["expires_at"]


async def test_one_ended_elsewhere_says_so_on_the_other_screen(node: Node) -> None:
    """The socket of the ended session closes with the reason, the cookie is worth nothing, and the audit log has it."""
    async with seat(node, "anna") as here, seat(node, "anna", user_id=here.user_id) as there, socket(node, there) as line:
        assert (await here.ask("DELETE", f"/users/api/sessions/{there.made.session_hash}")).status_code == 204
        assert await line.ends() == (4501, "ended_by_you")
        assert (await there.browser.get("/users/api/me")).status_code == 401
        assert (await here.ask("DELETE", f"/users/api/sessions/{there.made.session_hash}")).status_code == 404
    async with node.state["engine"].connect() as connection:
        (row,) = (await connection.execute(sa.select(audit))).all()
    assert (row.action, row.actor, row.subject, row.after) == ("session.ended", "anna", "anna", {"reason": "ended_by_you"})
    assert there.made.session_hash not in str(row.before)


async def test_all_others_end_and_this_one_goes_on(node: Node) -> None:
    """How many ended is told; the one that asked is not among them."""
    async with seat(node, "anna") as here:
        for _ in range(3):
            await node.state["sessions"].create(here.user_id)
        assert (await here.ask("DELETE", "/users/api/sessions")).json() == {"ended": 3}
        assert len((await here.browser.get("/users/api/sessions")).json()["sessions"]) == 1


@pytest.mark.parametrize("given", ["x", "0" * 63, "A" * 64, "%00" * 8])
async def test_anothers_session_and_garbage_are_not_there(node: Node, given: str) -> None:
    """Whatever stands in the address, nobody else's sign-in ends, and the answer does not tell whether there is one."""
    async with seat(node, "anna") as anna, seat(node, "boris") as boris:
        for name in (given, boris.made.session_hash):
            assert (await anna.ask("DELETE", f"/users/api/sessions/{name}")).status_code == 404
        assert (await boris.browser.get("/users/api/me")).status_code == 200


async def test_signing_out_closes_the_tabs_of_that_session(node: Node) -> None:
    """The other tabs of the browser learn that they were signed out."""
    async with seat(node, "anna") as here, socket(node, here) as line:
        await here.browser.get("/users/logout")
        assert await line.ends() == (4501, "signed_out")


async def test_devices_are_listed_with_their_last_trouble_and_forgotten(node: Node) -> None:
    """A device shows what the last push to it ended with; forgotten, it is gone, and nobody else's ever was."""
    devices, engine = node.state["devices"], node.state["engine"]
    async with seat(node, "anna") as anna, seat(node, "boris") as boris:
        device = await devices.put(anna.user_id, "key-1", "Chrome, Windows", WAY)
        row = {"user_id": anna.user_id, "seq": 1, "device_id": device, "kind": "webpush", "at": START}
        async with engine.begin() as connection:
            for outcome in ("accepted", "rejected"):
                await connection.execute(sa.insert(push_attempts).values(**row, outcome=outcome, detail="BadJwtToken"))
        (line,) = (await anna.browser.get("/users/api/devices")).json()["devices"]
        assert (line["id"], line["label"], line["kinds"]) == (device, "Chrome, Windows", ["webpush"])
        assert (line["last_error"]["code"], line["last_error"]["detail"]) == ("rejected", "BadJwtToken")
        async with engine.begin() as connection:
            await connection.execute(sa.insert(push_attempts).values(**row, outcome="accepted", detail=""))
        assert (await anna.browser.get("/users/api/devices")).json()["devices"][0]["last_error"] is None
        assert (await boris.ask("DELETE", f"/users/api/devices/{device}")).status_code == 404
        assert (await anna.ask("DELETE", f"/users/api/devices/{device}")).status_code == 204
        assert (await anna.browser.get("/users/api/devices")).json() == {"devices": []}
        assert (await anna.ask("DELETE", "/users/api/devices/x")).status_code == 404
