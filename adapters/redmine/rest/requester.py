"""What a requester without an account gets of what the service account reads, and how their comments are signed. Pure.

The service account sees everything; a requester sees their own issue without private notes, hidden or other custom fields,
watchers, and without issues of others.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from adapters.redmine.rest.issue import Detail, Issue, Journal
from adapters.redmine.rest.people import RedminePerson

__all__ = ["narrowed", "neighbours", "signed_note"]

_LONGEST_NAME = 120
_NAMING_ISSUES = ("parent_id", "child_id")


def neighbours(issue: Issue) -> set[int]:
    """The issues that this one names: subtasks, parent and relations."""
    named = {child.id for child in issue.children} | {other for r in issue.relations for other in (r.issue_id, r.issue_to_id)}
    return (named | ({issue.parent} if issue.parent else set())) - {issue.id}


def narrowed(issue: Issue, own: Collection[int]) -> Issue:
    """The issue as its requester may see it; `own`: which of its `neighbours` are theirs too."""
    known = {issue.id, *own}
    journals = tuple(_public(journal, known) for journal in issue.journals if not journal.private)
    return replace(
        issue,
        journals=tuple(journal for journal in journals if journal.notes or journal.details),
        custom_fields=(),
        watchers=(),
        allowed_statuses=(),
        children=tuple(replace(child, children=()) for child in issue.children if child.id in known),
        relations=tuple(r for r in issue.relations if r.issue_id in known and r.issue_to_id in known),
        parent_link=issue.parent_link if issue.parent in known else None,
    )


def _public(journal: Journal, known: Collection[int]) -> Journal:
    details = tuple(detail for detail in journal.details if _shown(detail, known))
    return replace(journal, details=details)


def _shown(detail: Detail, known: Collection[int]) -> bool:
    match detail.property:
        case "attachment":
            return True
        case "attr":
            return detail.name not in _NAMING_ISSUES
        case "relation":
            return (detail.new or detail.old) in {str(id) for id in known}
        case _:
            return False


def signed_note(person: RedminePerson, text: str) -> str:
    """The note as it is posted through the service account: first who speaks, on a line that the text cannot forge before it."""
    name = " ".join("".join(c if c.isprintable() else " " for c in person.display_name).split())[:_LONGEST_NAME]
    return f"{name or person.email} ({person.email}):\n\n{text}" if name else f"{person.email}:\n\n{text}"
