"""Rights that are lost in Redmine end what was kept; by values, and on the real Redmine."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from adapters.redmine.errors import RedmineAway
from hub.protocol import Sub
from tests.web.seats import socket
from tests.web.tickets.conftest import Office
from web.tickets.rights_watch import RightsWatch

WITHIN_S = 20.0


@dataclass
class Rights:
    """What the watch reads."""

    mark: str | None = "a"
    """None: the database is away."""
    wanted: bool = True
    told: int = 0

    async def read(self) -> str:
        """As Redmine's database does it."""
        if self.mark is None:
            raise RedmineAway("down")
        return self.mark

    def tell(self) -> None:
        """A change."""
        self.told += 1


async def test_another_mark_is_a_change() -> None:
    """The same mark again is none, nor is a database that is away; while nothing is kept nobody looks, and the old mark stands."""
    rights = Rights(wanted=False)
    watch = RightsWatch(rights.read, wanted=lambda: rights.wanted, changed=rights.tell)
    for mark, wanted, changes in (
        ("a", False, 0),  # before anything is kept
        ("a", True, 0),
        ("b", True, 1),
        (None, True, 1),
        ("b", True, 1),
        ("c", False, 1),
        ("b", True, 1),
        ("c", False, 1),
        ("c", True, 2),
    ):
        rights.mark, rights.wanted = mark, wanted
        await watch.look()
        assert watch.changes == rights.told == changes


async def test_what_was_kept_before_the_first_look_is_dropped() -> None:
    """Nobody watched over it."""
    rights = Rights()
    watch = RightsWatch(rights.read, wanted=lambda: rights.wanted, changed=rights.tell)
    await watch.look()
    assert watch.changes == rights.told == 1


@dataclass
class Guest:
    """Somebody new in Redmine, a member of the help desk."""

    login: str
    redmine_id: int
    membership: int


async def _guest(office: Office) -> Guest:
    login = f"guest-{secrets.token_hex(4)}"
    user = {"login": login, "firstname": "Гость", "lastname": "Новый", "mail": f"{login}@example.org", "password": secrets.token_hex(8)}
    made = (await office.rest("admin", "POST", "/users.json", {"user": user})).json()["user"]
    member = {"membership": {"user_id": made["id"], "role_ids": [4]}}
    joined = (await office.rest("admin", "POST", "/projects/1/memberships.json", member)).json()["membership"]
    office.peer.users[login] = {"id": made["id"], "login": login, "api_key": made["api_key"]}
    return Guest(login, int(made["id"]), int(joined["id"]))


async def _leaves(office: Office, guest: Guest) -> None:
    assert (await office.rest("admin", "DELETE", f"/memberships/{guest.membership}.json")).status_code == 204


async def _is_locked(office: Office, guest: Guest) -> None:
    assert (await office.rest("admin", "PUT", f"/users/{guest.redmine_id}.json", {"user": {"status": 3}})).status_code == 204


@pytest.mark.redmine
@pytest.mark.parametrize(("loses", "code"), [(_leaves, "not_allowed"), (_is_locked, "redmine_sign_in")])
async def test_who_loses_a_right_loses_what_was_kept(office: Office, loses: Callable[[Office, Guest], Awaitable[None]], code: str) -> None:
    """A membership ended, an account locked: within seconds the issue that was read before is refused, and its topic, too.

    A session that reads the topic is made to leave; a colleague's stays.
    """
    guest = await _guest(office)
    try:
        id = await office.issue()
        name = f"ticket:{id}"
        async with socket(office.node, await office.seat(guest.login)) as wire, socket(office.node, await office.seat("ivanov")) as other:
            for each in (wire, other):
                await each.say(Sub(id=1, topic=name))
                await each.hears("snapshot")
            await loses(office, guest)
            await wire.until(lambda: wire.all("left"), within_s=WITHIN_S)
            assert [(one["topic"], one["reason"]) for one in wire.all("left")] == [(name, "no_longer_allowed")]
            assert not other.all("left")
        topic = office.node.hub.topics.find(name)
        principal = await office.node.state["sessions"].find((await office.seat(guest.login)).made.token)
        assert topic is not None
        assert principal is not None
        async with asyncio.timeout(WITHIN_S):
            while (answer := await office.get(guest.login, f"/task/{id}")).status_code == 200:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.1)
        assert answer.json()["error"]["code"] == code
        assert not await topic.may_read(principal, name)
    finally:
        del office.peer.users[guest.login]
        await office.rest("admin", "DELETE", f"/users/{guest.redmine_id}.json")
