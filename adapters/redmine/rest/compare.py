"""What became of a change, told by the issue before and after it. Pure.

A colleague's change may follow ours before we read: what our own new journal says counts, even when the field has moved on.
Journal ids become visible out of order, so "new" means "not there before", never "greater".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from adapters.redmine.rest.change import UNCHANGED, Change, Untaken
from adapters.redmine.rest.issue import Issue, Journal

__all__ = ["effective", "findings", "shows"]

_FIELDS = ("status_id", "priority_id", "assigned_to_id", "done_ratio", "start_date", "due_date")


def effective(change: Change, issue: Issue) -> bool:
    """True when the change would alter something of the issue as it is."""
    now = _values(issue)
    return bool(change.notes or change.uploads) or any(now[name] != value for name, value in _wanted(change).items())


def findings(change: Change, before: Issue, after: Issue, me: int) -> tuple[int | None, tuple[Untaken, ...]]:
    """The id of the journal that the change by account `me` made, and what Redmine dropped."""
    own = _own_new(before, after, me)
    now = _values(after)
    untaken = [
        Untaken(name, value, now[name])
        for name, value in _wanted(change).items()
        if now[name] != value and not any(_tells(journal, name, value) for journal in own)
    ]
    note = _with_note(change, own)
    if change.notes:
        if note is None:
            untaken.append(Untaken("notes", change.notes, None))
        elif change.private_notes and not note.private:
            untaken.append(Untaken("private_notes", True, False))
    untaken += _lost_files(change, after)
    made = note or (max(own, key=lambda journal: journal.id) if own else None)
    return made.id if made else None, tuple(untaken)


def shows(change: Change, before: Issue, after: Issue, me: int) -> bool:
    """True when the issue proves that a change whose answer was lost has been made: a note by an own new journal with its text."""
    own = _own_new(before, after, me)
    if change.notes:
        return _with_note(change, own) is not None
    if change.uploads and _lost_files(change, after):
        return False
    wanted = _wanted(change)
    if not wanted:
        return bool(change.uploads)
    was = _values(before)
    moved = {name: value for name, value in wanted.items() if was[name] != value}
    return bool(moved) and any(any(_tells(journal, name, value) for journal in own) for name, value in moved.items())


def _own_new(before: Issue, after: Issue, me: int) -> list[Journal]:
    known = {journal.id for journal in before.journals}
    return [journal for journal in after.journals if journal.id not in known and journal.user is not None and journal.user.id == me]


def _with_note(change: Change, own: list[Journal]) -> Journal | None:
    if not change.notes:
        return None
    text = _plain(change.notes)
    return max((journal for journal in own if _plain(journal.notes) == text), key=lambda journal: journal.id, default=None)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _tells(journal: Journal, name: str, value: Any) -> bool:
    said = None if value is None else str(value)
    return any(d.property == "attr" and d.name == name and (d.new or None) == said for d in journal.details)


def _lost_files(change: Change, after: Issue) -> list[Untaken]:
    there = {str(file.id) for file in after.attachments}
    # the part of a token before the dot is the attachment's id; the name may have been cleaned by Redmine
    lost = tuple(upload.filename for upload in change.uploads if upload.token.partition(".")[0] not in there)
    return [Untaken("uploads", lost, None)] if lost else []


def _wanted(change: Change) -> dict[str, Any]:
    named = {name: getattr(change, name) for name in _FIELDS}
    return {name: None if value == "" else _text(value) for name, value in named.items() if value is not UNCHANGED}


def _values(issue: Issue) -> Mapping[str, Any]:
    return {
        "status_id": issue.status.id,
        "priority_id": issue.priority.id,
        "assigned_to_id": issue.assigned_to.id if issue.assigned_to else None,
        "done_ratio": issue.done_ratio,
        "start_date": _text(issue.start_date),
        "due_date": _text(issue.due_date),
    }


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
