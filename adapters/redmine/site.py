"""The site's own tables that triggers fill, and when a row of them tells somebody something new.

Most rows repeat what the journal or the new issue tells: the trigger fires in the same transaction. A row only counts where these
are silent, so that nobody is told the same thing twice:

* `u_redmine_notifications` (an assignment, one row for each member of an assigned group): when the row's person still is, or belongs
  to, the assignee, and the journal does not account for that assignee: its last assignment names somebody else, or there is none and
  the row was not written together with the issue. So it speaks for assignments made past Redmine (mass changes, SQL).
* `u_its_update_status`, `u_its_add_notes` (for a requester by e-mail): when the address belongs to no Redmine account and is not in the
  issue's `easy_email_to`, for then neither the account's nor the requester's rule of the journal reaches it. Rows about private issues
  and private notes are passed over, and so is an `Author` that is no address.

The rules look at the state of the database, not at what was told before, so they hold after a restart too. Rows are never changed
or deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader
from adapters.redmine.load import split_emails
from adapters.redmine.recipients import Material, may_tell
from adapters.redmine.values import Issue

__all__ = ["SiteAssignment", "SiteNote", "SiteRows", "SiteStatus", "assignment_tells", "email_tells", "load_site"]


@dataclass(frozen=True, slots=True)
class SiteAssignment:
    """A row of `u_redmine_notifications`."""

    id: int
    issue_id: int
    user_id: int
    by: str
    created: datetime | None


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """A row of `u_its_update_status`; the statuses are ids or names."""

    id: int
    issue_id: int
    emails: frozenset[str]
    old: str | None
    new: str | None
    created: datetime | None


@dataclass(frozen=True, slots=True)
class SiteNote:
    """A row of `u_its_add_notes`."""

    id: int
    issue_id: int
    emails: frozenset[str]
    notes: str
    created: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRows:
    """What is new in the site's tables."""

    assignments: tuple[SiteAssignment, ...] = ()
    statuses: tuple[SiteStatus, ...] = ()
    notes: tuple[SiteNote, ...] = ()
    private_notes: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """issue -> its private notes, white space folded."""

    @property
    def issue_ids(self) -> set[int]:
        """The issues that the rows are about."""
        return {row.issue_id for rows in (self.assignments, self.statuses, self.notes) for row in rows}

    @property
    def emails(self) -> set[str]:
        """The addresses that the rows name."""
        return {email for rows in (self.statuses, self.notes) for row in rows for email in row.emails}


def assignment_tells(row: SiteAssignment, material: Material) -> Issue | None:
    """The issue, when the row's person is to be told of it."""
    issue, person = material.issues.get(row.issue_id), material.rights.person(row.user_id)
    if issue is None or person is None or person.name == row.by or not material.rights.is_or_belongs_to(row.user_id, issue.assigned_to_id):
        return None
    steps = material.steps.get(issue.id, ())
    if steps[-1].new == issue.assigned_to_id if steps else _written_together(row.created, issue.created):
        return None
    return issue if material.rights.sees_issue(row.user_id, issue) else None


def _written_together(row: datetime | None, issue: datetime | None) -> bool:
    """True when both times are of one transaction. The trigger's clock is the database's, the issue's is Redmine's:
    they may stand in different zones, which differ by whole quarters of an hour."""
    if row is None or issue is None:
        return True  # rather silent than twice
    apart = abs((row - issue).total_seconds())
    return apart <= 14 * 3600 and min(apart % 900, 900 - apart % 900) <= 10


def email_tells(
    row: SiteStatus | SiteNote, material: Material, private_notes: Mapping[int, frozenset[str]]
) -> tuple[Issue, frozenset[str]] | None:
    """The issue and the addresses to be told of it, when there are any."""
    issue = material.issues.get(row.issue_id)
    if issue is None or (isinstance(row, SiteNote) and _fold(row.notes) in private_notes.get(issue.id, ())):
        return None
    emails = frozenset(email for email in row.emails if email not in issue.requesters and may_tell(email, issue, material))
    return (issue, emails) if emails else None


def _fold(text: str | None) -> str:
    return " ".join((text or "").split())


async def load_site(reader: Reader, fresh: Mapping[str, Collection[int]]) -> SiteRows:
    """Reads the new rows: table name -> ids."""

    async def read(table: sa.Table, *columns: sa.Column[Any]) -> tuple[sa.Row[Any], ...]:
        key = next(iter(table.primary_key.columns))
        rows = await reader.rows_in(sa.select(key.label("id"), *columns), key, set(fresh.get(table.name, ())))
        return tuple(sorted(rows, key=lambda row: row.id))

    n, s, a, j = t.u_redmine_notifications.c, t.u_its_update_status.c, t.u_its_add_notes.c, t.journals.c
    assignments = await read(t.u_redmine_notifications, n.redmine_issue_id, n.user_id, n.author_name, n.created_at)
    statuses = await read(t.u_its_update_status, s.IssueID, s.Author, s.OldStatus, s.NewStatus, s.RowDateCreated)
    notes = await read(t.u_its_add_notes, a.issue_id, a.Author, a.notes, a.date_created)
    private: dict[int, set[str]] = {}
    hidden = sa.select(j.journalized_id, j.notes).where(j.journalized_type == "Issue", j.private_notes)
    for row in await reader.rows_in(hidden, j.journalized_id, {row.issue_id for row in notes}):
        private.setdefault(row.journalized_id, set()).add(_fold(row.notes))
    return SiteRows(
        assignments=tuple(
            SiteAssignment(row.id, row.redmine_issue_id, row.user_id, row.author_name or "", _when(row.created_at)) for row in assignments
        ),
        statuses=tuple(
            SiteStatus(
                row.id,
                row.IssueID,
                split_emails(row.Author),
                None if row.OldStatus is None else str(row.OldStatus),
                None if row.NewStatus is None else str(row.NewStatus),
                _when(row.RowDateCreated),
            )
            for row in statuses
        ),
        notes=tuple(SiteNote(row.id, row.issue_id, split_emails(row.Author), row.notes or "", _when(row.date_created)) for row in notes),
        private_notes={issue: frozenset(found) for issue, found in private.items()},
    )


def _when(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None
