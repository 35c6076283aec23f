"""Who is told of a host: whom it names, else whom its groups name, the nearest first, else everybody who may see the network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.netmonitor.inventory.logins import normal
from adapters.netmonitor.values import Group, Host
from hub.notification import Address
from hub.store import permissions, users

__all__ = ["Audience", "accounts", "watchers"]

_AT_ONCE = 500
_RIGHTS = ("netmonitor", "admin")
"""Either shows the network: `admin` brings every other right along (docs/permissions.md)."""


class Audience:
    """The addresses for each host. Pure; made anew when the inventory changes."""

    def __init__(self, hosts: Mapping[str, Host], groups: Collection[Group]) -> None:
        self._hosts, self._groups = hosts, {group.path: group for group in groups}

    def of(self, host_id: str | None, watchers: frozenset[Address]) -> frozenset[Address]:
        """Who is told of this host; None: of the probe itself, which is everybody's matter."""
        host = self._hosts.get(host_id) if host_id is not None else None
        names = None if host is None else self._names(host)
        return watchers if names is None else frozenset(Address("name", normal(name)) for name in names)

    def _names(self, host: Host) -> tuple[str, ...] | None:
        if host.notify is not None:
            return host.notify
        path = host.group
        while path:
            group = self._groups.get(path)
            if group is not None and group.notify is not None:
                return group.notify
            path = path.rpartition("/")[0]
        return None


async def watchers(engine: AsyncEngine) -> frozenset[Address]:
    """Everybody who may see the network and can sign in, administrators too. Raises SQLAlchemyError."""
    able = sa.select(users.c.id).join(permissions, permissions.c.user_id == users.c.id).distinct()
    statement = able.where(permissions.c.permission.in_(_RIGHTS), users.c.active.is_(True))
    async with engine.connect() as connection:
        return frozenset(Address("id", str(id)) for id in await connection.scalars(statement))


async def accounts(engine: AsyncEngine, logins: Iterable[str]) -> frozenset[str]:
    """Which of these login names (as `inventory.logins.normal` gives them) somebody can sign in by. Raises SQLAlchemyError."""
    asked, found = sorted(logins), set[str]()
    if not asked:
        return frozenset()
    async with engine.connect() as connection:
        for at in range(0, len(asked), _AT_ONCE):
            some = sa.select(users.c.name).where(users.c.name.in_(asked[at : at + _AT_ONCE]), users.c.active.is_(True))
            found |= set(await connection.scalars(some))
    return frozenset(found)
