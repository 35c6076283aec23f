"""Tells the topics of tickets which issues changed: `ticket:{id}` for each, and one event for the lists.

Events carry an issue's number, its version and who changed it; never a word of the change, for not everybody who may read the issue
may read all of it. Who wrote a private note is not told, either.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.redmine.engine import Reader
from adapters.redmine.recipients import Material
from adapters.redmine.versions import Version, parse, versions
from hub.event import Event, rfc3339
from hub.notification import TopicEvent

__all__ = ["MAX_IDS", "VIEWS", "TicketFeed", "changed_event", "fold_list", "fold_ticket", "list_events", "newest"]

VIEWS = ("all", "authored", "mine", "unassigned", "waiting", "watched")
"""The lists that are told of changes. All are told of the same ones: what is in a list for whom, only asking tells."""
MAX_IDS = 500
"""Issues in the state of a list's topic, at most: the newest."""


def newest(one: str | None, other: str | None) -> str | None:
    """The later of two versions; None knows nothing. Two nodes may tell of two changes in either order."""
    known = [text for text in (one, other) if text]
    return max(known, key=_order, default=None)


def _order(text: str) -> Version:
    try:
        return parse(text)
    except ValueError:
        return Version(-1, -1)


def fold_ticket(state: dict[str, Any], event: Event) -> None:
    """`ticket:{id}`: the newest version, and who looks at it. `clients/js` does the same."""
    data = event.data
    if event.type == "ticket.viewing":
        viewers, user_id = state.setdefault("viewers", {}), str(data["user_id"])
        if data.get("gone"):
            if viewers.get(user_id, {}).get("node") == data.get("node"):  # they may look on at another node
                viewers.pop(user_id, None)
        else:
            viewers[user_id] = {"name": data["name"], "typing": data["typing"], "node": data["node"]}
        return
    if newest(state.get("version"), data["version"]) == data["version"]:
        state.update(version=data["version"], by=data.get("by"), at=data["at"])


def fold_list(state: dict[str, Any], event: Event) -> None:
    """`tickets:{view}`: what changed lately, the latest last, and when: whoever read a list before that has to read it again."""
    ids = state.setdefault("ids", {})
    for id, version in event.data["ids"].items():
        ids[id] = newest(ids.pop(id, None), version)
    while len(ids) > MAX_IDS:
        ids.pop(next(iter(ids)))
    state["at"] = max(state.get("at", ""), rfc3339(event.time))


def changed_event(id: int, version: Version, *, by: int | None, now: datetime, source: str = "/redmine") -> TopicEvent:
    """The event of one issue. `by`: Redmine's id of who changed it, None when that is not to be told."""
    stamp = int(now.timestamp() * 1e6)
    data = {"id": id, "version": str(version), "by": by, "at": now.isoformat().replace("+00:00", "Z")}
    event = Event(source=source, id=f"ticket:{id}:{version}:{stamp}", type="ticket.changed", time=now, subject=f"ticket:{id}", data=data)
    return TopicEvent(f"ticket:{id}", event)


def list_events(changed: Mapping[int, Version], now: datetime, source: str = "/redmine") -> tuple[TopicEvent, ...]:
    """The events of the lists; none for nothing."""
    if not changed:
        return ()
    stamp = int(now.timestamp() * 1e6)
    ids = {str(id): str(version) for id, version in sorted(changed.items())[-MAX_IDS:]}
    data = {"ids": ids, "more": len(changed) > MAX_IDS}
    first = next(iter(ids))
    return tuple(
        TopicEvent(
            f"tickets:{view}", Event(source=source, id=f"tickets:{view}:{first}:{stamp}", type="tickets.changed", time=now, data=data)
        )
        for view in VIEWS
    )


class TicketFeed:
    """What the source asks while it looks: one query for a page of changes."""

    async def topics(self, reader: Reader, material: Material, now: datetime) -> tuple[TopicEvent, ...]:
        """An event for each changed issue, and those of the lists."""
        by: dict[int, int | None] = {id: issue.author_id for id in material.new_issues if (issue := material.issues.get(id)) is not None}
        for journal in material.journals:
            by[journal.issue_id] = None if journal.private else journal.actor_id
        # issues that only the site's own tables tell of are there, too: a trigger may write before the journal is visible
        for id in material.issues:
            by.setdefault(id, None)
        if not by:
            return ()
        found = await versions(reader, list(by))
        each = tuple(changed_event(id, version, by=by[id], now=now) for id, version in sorted(found.items()))
        return each + list_events(found, now)
