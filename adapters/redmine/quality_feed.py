"""Tells topic `quality` which issues of its projects changed: one small event for each look of the source."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from adapters.redmine.engine import Reader
from adapters.redmine.errors import RedmineRefused
from adapters.redmine.quality_scope import Scope, Wanted, resolve
from adapters.redmine.recipients import Material
from adapters.redmine.values import id_of
from hub.event import Event
from hub.notification import TopicEvent

__all__ = ["MAX_IDS", "QUALITY", "QualityFeed", "changed_in", "fold_changed"]

QUALITY = "quality"
MAX_IDS = 200
"""Ids in an event and in the topic's state, at most; `more` says that there were others."""
_LIFE_S = 300.0

_log = structlog.get_logger("navigator.redmine")


def fold_changed(state: dict[str, Any], event: Event) -> None:
    """The newest ids last, each once; `clients/js/src/quality/live.ts` needs no more than the events themselves."""
    fresh = list(event.data["ids"])
    known = [id for id in state.get("ids", ()) if id not in set(fresh)]
    state["ids"] = (known + fresh)[-MAX_IDS:]


def changed_in(scope: Scope, material: Material) -> list[int]:
    """The issues of these changes that are in the scope, or were before they were moved; in order."""
    found = set(material.new_issues)
    moved_from: dict[int, set[int]] = {}
    for journal in material.journals:
        found.add(journal.issue_id)
        for detail in journal.details:
            if detail.property == "attr" and detail.key == "project_id" and (old := id_of(detail.old)) is not None:
                moved_from.setdefault(journal.issue_id, set()).add(old)
    return sorted(
        id
        for id in found
        if (issue := material.issues.get(id)) is not None
        and any(scope.holds(project, issue.tracker_id, private=issue.private) for project in {issue.project_id, *moved_from.get(id, ())})
    )


class QualityFeed:
    """What the source asks while it looks. Costs two small queries every five minutes, and none for a change."""

    def __init__(self, wanted: Wanted, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._wanted, self._clock = wanted, clock
        self._scope: Scope | None = None
        self._read_at: float | None = None

    async def topics(self, reader: Reader, material: Material, now: datetime) -> tuple[TopicEvent, ...]:
        """At most one event."""
        if self._read_at is None or self._clock() - self._read_at > _LIFE_S:
            self._read_at = self._clock()
            try:
                self._scope = await resolve(reader, self._wanted)
            except RedmineRefused as error:  # a right that only this section needs: notifications go on
                _log.warning("quality_scope_refused", reason=str(error))
        if self._scope is None:
            return ()
        ids = changed_in(self._scope, material)
        if not ids:
            return ()
        # a name of its own for each look: two looks may find the same issues changed
        last = max((journal.id for journal in material.journals), default=0)
        event = Event(
            source="/redmine",
            id=f"quality:{last}:{ids[-1]}:{int(now.timestamp() * 1000)}",
            type="quality.changed",
            time=now,
            data={"ids": ids[-MAX_IDS:], "more": len(ids) > MAX_IDS},
        )
        return (TopicEvent(QUALITY, event),)
