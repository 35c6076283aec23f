"""From announcements to notifications: the words, the people, and which open notice each of them closes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from adapters.netmonitor.board import SOURCE
from adapters.netmonitor.judge.network import Announcement
from adapters.netmonitor.people import Audience
from adapters.netmonitor.values import Host, Inventory
from adapters.netmonitor.wording import REASONS, behind, lasting
from hub.event import Event, Notice, Text
from hub.notification import Address, Notification

__all__ = ["Notices"]

_PROBE = "net:probe"
_NAMES = 12
"""Hosts named in the body of a notice."""


class Notices:
    """`watchers` gives everybody who may see the network; it is asked once for each batch."""

    def __init__(self, watchers: Callable[[], Awaitable[frozenset[Address]]]) -> None:
        self._watchers = watchers
        self._hosts: dict[str, Host] = {}
        self._audience = Audience({}, ())

    def replace(self, inventory: Inventory) -> None:
        """These are the hosts from now on. One that has gone is still known by its name: its notice has to be closed."""
        self._hosts |= {host.id: host for host in inventory.hosts}
        self._audience = Audience(self._hosts, inventory.groups)

    async def of(self, announcements: Sequence[Announcement]) -> tuple[Notification, ...]:
        """One for each announcement that somebody is told of. Raises SQLAlchemyError."""
        if not announcements:
            return ()
        watchers = await self._watchers()
        found = []
        for one in announcements:
            to = self._audience.of(one.host_id, watchers)
            if to:
                found.append(Notification(event=self._event(one), to=to))
        return tuple(found)

    def _event(self, one: Announcement) -> Event:
        host = self._hosts.get(one.host_id) if one.host_id is not None else None
        name = host.name if host is not None else (one.host_id or "")
        group = f"host:{one.host_id}" if one.host_id is not None else _PROBE
        notice: Notice = {
            "kind": "network",
            "title": _title(one, name),
            "group": group,
            "url": "/netmonitor/" if one.host_id is None else f"/netmonitor/hosts/{one.host_id}",
        }
        body = self._body(one, host)
        if body:
            notice["body"] = body
        if one.kind in _CLOSES:
            notice["closes"] = group
        if one.kind == "blind" or (one.kind == "down" and host is not None and host.critical):
            notice["critical"] = True
        id = f"{one.host_id or 'probe'}:{one.number}:{one.kind}"
        return Event(source=SOURCE, id=id, type=f"net.{one.kind}", time=one.at, subject=group, data={**notice})

    def _body(self, one: Announcement, host: Host | None) -> str:
        lines = []
        if host is not None:
            lines.append(" · ".join(part for part in (host.address, host.group) if part))
        if one.kind == "down" and one.children:
            names = [self._hosts[id].name if id in self._hosts else id for id in one.children[:_NAMES]]
            more = len(one.children) - len(names)
            lines.append(", ".join(names) + (f" … +{more}" if more > 0 else ""))
        return "\n".join(lines)


_CLOSES = {"up", "recovered", "calm", "sighted"}


def _title(one: Announcement, name: str) -> Text:
    spent = lasting(one.at - one.since) if isinstance(one.since, datetime) else None
    reason = REASONS.get(one.reason or "")
    match one.kind:
        case "down":
            why = reason or REASONS["silent"]
            more = behind(len(one.children)) if one.children else None
            return {
                "ru": f"«{name}» {why['ru']}" + (f", {more['ru']} за ним" if more else ""),
                "en": f"“{name}” {why['en']}" + (f", {more['en']} behind it" if more else ""),
            }
        case "up" if one.reason in ("removed", "paused"):
            return {"ru": f"«{name}» больше не наблюдается", "en": f"“{name}” is not watched any more"}
        case "up":
            return _again("снова отвечает", "answers again", name, spent)
        case "degraded":
            why = reason or REASONS["loss"]
            return {"ru": f"«{name}» {why['ru']}", "en": f"“{name}” {why['en']}"}
        case "recovered":
            return _again("снова в порядке", "is well again", name, spent)
        case "flapping":
            return {"ru": f"«{name}» то отвечает, то нет", "en": f"“{name}” comes and goes"}
        case "calm":
            return {"ru": f"«{name}» успокоился", "en": f"“{name}” is steady again"}
        case "blind":
            return {"ru": "Сеть не видна: измерения не идут", "en": "The network cannot be seen: nothing is measured"}
        case _:
            after = f" ({spent['ru']})" if spent else ""
            after_en = f" ({spent['en']})" if spent else ""
            return {"ru": f"Сеть снова видна{after}", "en": f"The network can be seen again{after_en}"}


def _again(ru: str, en: str, name: str, spent: Text | None) -> Text:
    if spent is None:
        return {"ru": f"«{name}» {ru}", "en": f"“{name}” {en}"}
    return {"ru": f"«{name}» {ru} (через {spent['ru']})", "en": f"“{name}” {en} (after {spent['en']})"}
