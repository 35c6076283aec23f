"""Who is told of a host: whom it names, else whom its groups name, the nearest first, else everybody who may see the network."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.netmonitor.values import Group, Host
from hub.notification import Address
from hub.store import permissions, users

__all__ = ["Audience", "watchers"]

_RIGHT = "netmonitor"


class Audience:
    """The addresses for each host. Pure; made anew when the inventory changes."""

    def __init__(self, hosts: Mapping[str, Host], groups: Collection[Group]) -> None:
        self._hosts, self._groups = hosts, {group.path: group for group in groups}

    def of(self, host_id: str | None, watchers: frozenset[Address]) -> frozenset[Address]:
        """Who is told of this host; None: of the probe itself, which is everybody's matter."""
        host = self._hosts.get(host_id) if host_id is not None else None
        names = None if host is None else self._names(host)
        return watchers if names is None else frozenset(Address("name", name.lower()) for name in names)

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
    """Everybody with the permission `netmonitor` who can sign in. Raises SQLAlchemyError."""
    able = sa.select(users.c.id).join(permissions, permissions.c.user_id == users.c.id)
    statement = able.where(permissions.c.permission == _RIGHT, users.c.active.is_(True))
    async with engine.connect() as connection:
        return frozenset(Address("id", str(id)) for id in await connection.scalars(statement))
