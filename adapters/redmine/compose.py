"""From what was read to notifications. Pure, except for a log line about a change that could not be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from adapters.redmine.names import Catalog, Kind
from adapters.redmine.recipients import Audience, Material, audiences_of_issue, audiences_of_journal
from adapters.redmine.site import SiteRows, assignment_tells, email_tells
from adapters.redmine.values import Issue, Journal, id_of
from adapters.redmine.words import NAMED, Words, group_of
from hub.event import Event, Notice
from hub.notification import Address, Notification

__all__ = ["SOURCE", "Composer", "wanted_names"]

SOURCE = "/redmine"
_log = structlog.get_logger("navigator.redmine")


def wanted_names(material: Material, rows: SiteRows) -> set[tuple[Kind, int]]:
    """The names that the words of these changes need."""
    wanted: set[tuple[Kind, int]] = set()
    for journal in material.journals:
        for detail in journal.details:
            if detail.property == "attr" and detail.key in NAMED:
                wanted |= {(NAMED[detail.key], number) for value in (detail.old, detail.new) if (number := id_of(value)) is not None}
    wanted |= {("status", number) for row in rows.statuses for value in (row.old, row.new) if (number := id_of(value)) is not None}
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Makes the notifications of one page of changes."""

    material: Material
    rows: SiteRows
    catalog: Catalog
    zone: ZoneInfo
    now: datetime
    """Stands in where a row has no time; aware."""
    reused: Mapping[str, frozenset[int]]
    """table -> ids that may have been told before a backup was restored: their events need other names."""
    words: Words = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", Words(self.material, self.catalog))

    def notifications(self) -> tuple[Notification, ...]:
        """All of them in the order of the changes.

        A change that trips over a bug of ours is logged and left out: it must not hold up all others for ever.
        """
        made: list[tuple[datetime, int, Notification]] = []
        for kind, row_id, issue_id, make in self._changes():
            try:
                made += [(note.event.time, len(made) + n, note) for n, note in enumerate(make())]
            except Exception:
                _log.exception("change_not_told", table=kind, row=row_id, issue=issue_id)
        return tuple(note for _, _, note in sorted(made, key=lambda item: item[:2]))

    def _changes(self) -> Iterator[tuple[str, int, int, Callable[[], list[Notification]]]]:
        for new in self.material.new_issues:
            issue = self.material.issues[new]
            yield "issues", new, new, partial(self._issue, issue)
        for journal in self.material.journals:
            if journal.issue_id in self.material.issues:
                yield "journals", journal.id, journal.issue_id, partial(self._journal, journal)
        if self.rows.issue_ids:
            yield "site", 0, 0, self._site

    def _issue(self, issue: Issue) -> list[Notification]:
        made: list[Notification] = []
        for audience in audiences_of_issue(issue, self.material):
            what = "created" if audience.assigned is None else "assigned"
            made.append(self._made(("issues", issue.id, issue.created), what, issue, self.words.of_issue(issue, audience), audience))
        return made

    def _journal(self, journal: Journal) -> list[Notification]:
        issue = self.material.issues[journal.issue_id]
        made: list[Notification] = []
        for audience in audiences_of_journal(journal, issue, self.material):
            notice = self.words.of_journal(journal, issue, audience)
            made.append(self._made(("journals", journal.id, journal.created), _what(journal, audience), issue, notice, audience))
        return made

    def _site(self) -> list[Notification]:
        made: list[Notification] = []
        for row in self.rows.assignments:
            issue = assignment_tells(row, self.material)
            if issue is not None and issue.assigned_to_id is not None:
                notice = self.words.of_assignment(issue, issue.assigned_to_id, row.by)
                origin = ("u_redmine_notifications", row.id, row.created)
                made.append(self._made(origin, "assigned", issue, notice, Audience(users=frozenset({row.user_id}))))
        for status in self.rows.statuses:
            if (found := email_tells(status, self.material, self.rows.private_notes)) is not None:
                notice = self.words.of_status(found[0], status.old, status.new)
                origin = ("u_its_update_status", status.id, status.created)
                made.append(self._made(origin, "changed", found[0], notice, Audience(emails=found[1])))
        for note in self.rows.notes:
            if (found := email_tells(note, self.material, self.rows.private_notes)) is not None:
                notice = self.words.of_note(found[0], note.notes)
                origin = ("u_its_add_notes", note.id, note.created)
                made.append(self._made(origin, "commented", found[0], notice, Audience(emails=found[1])))
        return made

    def _made(self, origin: tuple[str, int, datetime | None], what: str, issue: Issue, notice: Notice, audience: Audience) -> Notification:
        table, row_id, created = origin
        again = f"@{created:%Y%m%dT%H%M%S}" if created is not None and row_id in self.reused.get(table, ()) else ""
        event = Event(
            source=SOURCE,
            id=f"{_PREFIX[table]}:{row_id}{again}{audience.suffix}"[:255],
            type=f"redmine.issue.{what}",
            time=created.replace(tzinfo=self.zone).astimezone(UTC) if created is not None else self.now,
            subject=group_of(issue.id),
            data=dict(notice),
        )
        users = {Address("redmine", str(user)) for user in audience.users}
        return Notification(event=event, to=frozenset(users | {Address("email", email) for email in audience.emails}))


_PREFIX = {
    "issues": "issue",
    "journals": "journal",
    "u_redmine_notifications": "u_notification",
    "u_its_update_status": "u_status",
    "u_its_add_notes": "u_note",
}


def _what(journal: Journal, audience: Audience) -> str:
    if audience.assigned is not None:
        return "assigned"
    if journal.notes:
        return "commented"
    return "assigned" if any(d.property == "attr" and d.key == "assigned_to_id" for d in audience.details) else "changed"
