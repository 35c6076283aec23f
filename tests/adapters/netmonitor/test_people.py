"""Who is told of a host."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.netmonitor.people import Audience, watchers
from adapters.netmonitor.values import Group, Host
from hub.notification import Address
from hub.store import permissions, users
from tests.clock import START

ALL = frozenset({Address("id", "1"), Address("id", "2")})


def names(*logins: str) -> frozenset[Address]:
    """As addresses."""
    return frozenset(Address("name", login) for login in logins)


def test_the_nearest_that_names_somebody_decides() -> None:
    """The host, then its group, then the group around it, then everybody; nobody is an answer, too."""
    hosts = [
        Host(id="own", name="Own", address="127.0.0.1", group="Москва/Офис", notify=("Anna",)),
        Host(id="quiet", name="Quiet", address="127.0.0.1", group="Москва/Офис", notify=()),
        Host(id="near", name="Near", address="127.0.0.1", group="Москва/Офис"),
        Host(id="far", name="Far", address="127.0.0.1", group="Москва/Склад/Ряд 1"),
        Host(id="free", name="Free", address="127.0.0.1", group="Казань"),
        Host(id="bare", name="Bare", address="127.0.0.1"),
    ]
    groups = [Group(path="Москва", notify=("boris",)), Group(path="Москва/Офис", notify=("gleb", "vera")), Group(path="Казань")]
    audience = Audience({host.id: host for host in hosts}, groups)
    assert {host.id: audience.of(host.id, ALL) for host in hosts} == {
        "own": names("anna"),
        "quiet": frozenset(),
        "near": names("gleb", "vera"),
        "far": names("boris"),
        "free": ALL,
        "bare": ALL,
    }
    assert audience.of(None, ALL) == ALL
    assert audience.of("gone", ALL) == ALL


async def test_everybody_is_who_may_see_the_network_and_can_sign_in(store: AsyncEngine) -> None:
    """An administrator may see it without being given that right by name, and is told; else nobody is, where there is one alone."""
    async with store.begin() as connection:
        for number, (name, active) in enumerate(
            [("anna", True), ("boris", False), ("vera", True), ("gleb", True), ("dina", False), ("egor", True)], 1
        ):
            row = {"id": number, "name": name, "display_name": name, "active": active, "created_at": START}
            await connection.execute(sa.insert(users).values(row))
        rows = [(1, "netmonitor"), (2, "netmonitor"), (3, "admin"), (3, "netmonitor"), (4, "quality"), (5, "admin"), (6, "admin")]
        for user_id, permission in rows:
            await connection.execute(
                sa.insert(permissions).values(user_id=user_id, permission=permission, granted_by="test", granted_at=START)
            )
    assert await watchers(store) == frozenset({Address("id", id) for id in ("1", "3", "6")})
