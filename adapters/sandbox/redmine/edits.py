"""What a PUT or POST to Redmine comes to, as pure functions: the request's members in, columns and journal details out.

Redmine drops silently what the sender may not change or what makes no sense, and answers as if all was well; this does the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from adapters.sandbox.redmine.rules import IssueFacts, Site, User

__all__ = ["Detail", "Edit", "facts", "plan_create", "plan_update"]

_JOURNALIZED = (
    "subject",
    "description",
    "due_date",
    "status_id",
    "assigned_to_id",
    "priority_id",
    "start_date",
    "done_ratio",
    "estimated_hours",
    "is_private",
)
"""Columns whose change Redmine writes down, in the order of the table."""

_MESSAGES = {
    "assigned_to_id": {"ru": "Назначена имеет неверное значение", "en": "Assignee is invalid"},
    "priority_id": {"ru": "Приоритет не может быть пустым", "en": "Priority cannot be blank"},
    "project_id": {"ru": "Проект не может быть пустым", "en": "Project cannot be blank"},
    "subject": {"ru": "Тема не может быть пустым", "en": "Subject cannot be blank"},
    "subject_long": {
        "ru": "Тема слишком большой длины (не может быть больше чем 255 символов)",
        "en": "Subject is too long (maximum is 255 characters)",
    },
    "due_date": {"ru": "Срок завершения is not a valid date", "en": "Due date is not a valid date"},
    "start_date": {"ru": "Начата is not a valid date", "en": "Start date is not a valid date"},
    "done_ratio": {"ru": "Готовность не включено в список", "en": "% Done is not included in the list"},
    "estimated_hours": {"ru": "Оценка временных затрат имеет неверное значение", "en": "Estimated time is invalid"},
}


@dataclass(frozen=True, slots=True)
class Detail:
    """One row of `journal_details`."""

    prop_key: str
    old_value: str | None
    value: str | None
    property: str = "attr"


@dataclass(slots=True)
class Edit:
    """The outcome of planning: what to write, or why not."""

    values: dict[str, Any] = field(default_factory=dict)
    """Columns of `issues` that change."""
    details: list[Detail] = field(default_factory=list)
    notes: str = ""
    private_notes: bool = False
    watchers: list[int] = field(default_factory=list)
    stale: bool = False
    """The sender's `lock_version` is not the present one: 422 without words."""
    errors: list[str] = field(default_factory=list)
    """Sentences for a 422, in the sender's language."""


def facts(row: Mapping[str, Any], *, held_open: bool = False) -> IssueFacts:
    """The part of an `issues` row that rules look at."""
    return IssueFacts(
        project_id=row["project_id"],
        tracker_id=row["tracker_id"],
        status_id=row["status_id"],
        author_id=row["author_id"],
        assigned_to_id=row["assigned_to_id"],
        is_private=bool(row["is_private"]),
        held_open=held_open,
    )


def plan_update(site: Site, user: User, row: Mapping[str, Any], params: Mapping[str, Any], *, held_open: bool, now: datetime) -> Edit:
    """What a PUT with `params` does to the issue in `row`. `now` is Redmine's wall time."""
    issue = facts(row, held_open=held_open)
    edit = Edit()
    if site.edits(user, issue):
        if "lock_version" in params and str(params["lock_version"]) != str(row["lock_version"]):
            edit.stale = True
            return edit
        _fields(site, user, issue, row, params, edit)
    if site.annotates(user, issue) and params.get("notes") is not None:
        edit.notes = str(params["notes"])
    if edit.notes.strip() and site.may(user, "set_notes_private", issue.project_id):
        edit.private_notes = _flag(params.get("private_notes"))
    _privacy(site, user, issue, row, params, edit)
    edit.values = {name: value for name, value in edit.values.items() if value != row[name]}
    edit.details = [Detail(name, _written(row[name]), _written(edit.values[name])) for name in _JOURNALIZED if name in edit.values]
    _closing(site, row["status_id"], edit, now)
    return edit


def plan_create(site: Site, user: User, project_id: int | None, params: Mapping[str, Any], now: datetime) -> Edit:
    """The columns of a new issue. The caller has checked that the project exists and that the user may add issues to it."""
    edit = Edit()
    tracker = site.tracker.get(_number(params.get("tracker_id")) or 0) or site.trackers[0]
    row: dict[str, Any] = {
        "tracker_id": tracker.id,
        "project_id": project_id,
        "subject": "",
        "description": None,
        "due_date": None,
        "status_id": tracker.default_status_id,
        "assigned_to_id": None,
        "priority_id": next((one.id for one in site.priorities if one.default), site.priorities[0].id),
        "author_id": user.id,
        "start_date": now.date() if site.setting("default_issue_start_date_to_creation_date") else None,
        "done_ratio": 0,
        "estimated_hours": None,
        "is_private": False,
        "easy_email_to": None,
    }
    if project_id is None:
        edit.errors.append(_say("project_id", user))
        return edit
    issue = facts(row)
    _fields(site, user, issue, row, {"subject": "", **params}, edit)
    _privacy(site, user, issue, row, params, edit)
    if site.may(user, "add_issue_watchers", project_id) and isinstance(params.get("watcher_user_ids"), list):
        wanted = {_number(value) for value in params["watcher_user_ids"]}
        edit.watchers = sorted(one for one in wanted if one is not None and one in site.users)
    edit.values = {**row, **edit.values}
    _closing(site, tracker.default_status_id, edit, now)
    return edit


def _fields(site: Site, user: User, issue: IssueFacts, row: Mapping[str, Any], params: Mapping[str, Any], edit: Edit) -> None:
    sent = {name: value for name, value in params.items() if not site.is_readonly(user, issue, name)}
    values = edit.values
    status = _number(sent.get("status_id"))
    if status is not None and status in {one.id for one in site.allowed_statuses(user, issue)}:
        values["status_id"] = status
    if "priority_id" in sent:
        priority = site.priority.get(_number(sent["priority_id"]) or 0)
        if priority is None or (not priority.active and priority.id != row["priority_id"]):
            edit.errors.append(_say("priority_id", user))
        else:
            values["priority_id"] = priority.id
    if sent.get("assigned_to_id") is not None:  # null is ignored, "" clears: FACTS 0.5
        _assignee(site, user, issue, row, sent["assigned_to_id"], edit)
    if "subject" in sent:
        subject = str(sent["subject"] or "").strip()
        if not subject or len(subject) > 255:
            edit.errors.insert(0, _say("subject_long" if subject else "subject", user))
        values["subject"] = subject
    if sent.get("description") is not None:
        values["description"] = "\r\n".join(str(sent["description"]).splitlines())
    for name in ("start_date", "due_date"):
        if name in sent:
            try:
                values[name] = date.fromisoformat(str(sent[name])) if sent[name] else None
            except ValueError:
                edit.errors.append(_say(name, user))
    if "done_ratio" in sent:
        ratio = _number(sent["done_ratio"])
        if ratio is None or ratio not in range(101):
            edit.errors.append(_say("done_ratio", user))
        else:
            values["done_ratio"] = ratio
    if "estimated_hours" in sent:
        try:
            values["estimated_hours"] = float(sent["estimated_hours"]) if sent["estimated_hours"] not in (None, "") else None
        except (TypeError, ValueError):
            edit.errors.append(_say("estimated_hours", user))
    if "easy_email_to" in sent:
        values["easy_email_to"] = str(sent["easy_email_to"]).strip().lower() if sent["easy_email_to"] else None


def _assignee(site: Site, user: User, issue: IssueFacts, row: Mapping[str, Any], sent: Any, edit: Edit) -> None:
    if sent == "":
        edit.values["assigned_to_id"] = None
        return
    chosen = user.id if sent == "me" else _number(sent)
    if chosen != row["assigned_to_id"] and chosen not in site.assignable(issue):
        edit.errors.append(_say("assigned_to_id", user))
    else:
        edit.values["assigned_to_id"] = chosen


def _privacy(site: Site, user: User, issue: IssueFacts, row: Mapping[str, Any], params: Mapping[str, Any], edit: Edit) -> None:
    own = issue.author_id == user.id and site.may(user, "set_own_issues_private", issue.project_id)
    if params.get("is_private") is not None and (own or site.may(user, "set_issues_private", issue.project_id)):
        edit.values["is_private"] = _flag(params["is_private"])


def _closing(site: Site, before: int, edit: Edit, now: datetime) -> None:
    after = edit.values.get("status_id", before)
    if site.status[after].closed and not site.status[before].closed:
        edit.values["closed_on"] = now


def _say(what: str, user: User) -> str:
    return _MESSAGES[what]["ru" if user.language == "ru" else "en"]


def _number(value: Any) -> int | None:
    """Rails' `to_i` as far as ids go: numbers and strings of digits; anything else is nobody's id."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else None


def _flag(value: Any) -> bool:
    return value in (True, 1, "1", "true")


def _written(value: Any) -> str | None:
    """A value as `journal_details` keeps it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)
