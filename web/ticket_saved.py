"""Queries saved in Redmine as views of the list: their ids, what they ask, and why one is not shown here."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from adapters.redmine.tickets.saved_filters import Code, Refusal
from adapters.redmine.tickets.saved_queries import Saved
from web.i18n import N_

__all__ = ["id_of", "number_of", "reason", "url_of"]

_PREFIX = "redmine-"
_REASONS: Mapping[Code, str] = {
    "unreadable": N_("The filters of this query cannot be read."),
    "invalid": N_("Redmine itself cannot run this query: the filter “{field}” is not complete."),
    "field": N_("The filter “{field}” works in Redmine only."),
    "operator": N_("This condition of the filter “{field}” works in Redmine only."),
    "value": N_("This value of the filter “{field}” works in Redmine only."),
    "zone": N_("The query depends on your time zone in Redmine, and it cannot be read."),
    "week": N_("The query depends on the first day of your week in Redmine, and it cannot be read."),
    "subprojects": N_("The query depends on Redmine’s setting for subprojects, and it cannot be read."),
    "grouping": N_("The query is grouped by a custom field: that works in Redmine only."),
}
_FIELDS = {
    "status_id": N_("Status"),
    "project_id": N_("Project"),
    "tracker_id": N_("Tracker"),
    "priority_id": N_("Priority"),
    "author_id": N_("Author"),
    "assigned_to_id": N_("Assignee"),
    "watcher_id": N_("Watcher"),
    "category_id": N_("Category"),
    "fixed_version_id": N_("Version"),
    "member_of_group": N_("Assignee’s group"),
    "assigned_to_role": N_("Assignee’s role"),
    "updated_by": N_("Updated by"),
    "last_updated_by": N_("Last updated by"),
    "is_private": N_("Private"),
    "issue_id": N_("Ticket"),
    "parent_id": N_("Parent ticket"),
    "child_id": N_("Subtasks"),
    "subject": N_("Subject"),
    "description": N_("Description"),
    "notes": N_("Notes"),
    "created_on": N_("Created"),
    "updated_on": N_("Updated"),
    "closed_on": N_("Closed"),
    "start_date": N_("Start date"),
    "due_date": N_("Due date"),
    "estimated_hours": N_("Estimated time"),
    "spent_time": N_("Spent time"),
    "done_ratio": N_("% done"),
    "attachment": N_("File"),
    "subproject_id": N_("Subproject"),
    "project.status": N_("Project status"),
}
_CUSTOM = N_("custom field no. {n}")


def id_of(saved: Saved) -> str:
    """How the view goes in the list's address."""
    return f"{_PREFIX}{saved.id}"


def number_of(view: str) -> int | None:
    """The query's number; None when the view is none of Redmine's."""
    digits = view.removeprefix(_PREFIX)
    known = digits != view and digits.isascii() and digits.isdecimal() and len(digits) <= 10
    return int(digits) if known else None


def reason(refusal: Refusal) -> tuple[str, str | None, str]:
    """Why a query is not shown: a message with `{field}`, the message that names the field (None: as Redmine calls it), and its number.

    All to be translated by whoever tells it.
    """
    if refusal.field.startswith("cf_"):
        return _REASONS[refusal.code], _CUSTOM, refusal.field.removeprefix("cf_")
    return _REASONS[refusal.code], _FIELDS.get(refusal.field), refusal.field


def url_of(saved: Saved, redmine_url: str) -> str:
    """The query in Redmine itself."""
    home = redmine_url.rstrip("/") + (f"/projects/{saved.project[0]}" if saved.project is not None else "")
    return f"{home}/issues?{urlencode({'query_id': saved.id})}"
