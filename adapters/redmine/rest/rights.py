"""What a person may do with an issue, as far as roles and the workflow tell. Pure.

Redmine 5.0: Issue#attributes_editable?, #notes_addable?, #safe_attributes. REST tells neither the trackers to which a role's
permission may be narrowed nor fields that the workflow makes read-only: Redmine drops such a change without a word, which the
read-back finds.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapters.redmine.rest.issue import Issue, Status
from adapters.redmine.rest.people import Me

__all__ = ["NOTHING", "May", "edits", "may", "settable_statuses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """Acts that are allowed."""

    comment: bool = False
    private: bool = False
    """Write private notes."""
    status: bool = False
    """Set another status: there is at least one to go to."""
    priority: bool = False
    assignee: bool = False
    attach: bool = False


NOTHING = May()


def may(me: Me, issue: Issue, *, requester: bool = False, project_open: bool = True) -> May:
    """What `me` may do with an issue that they can read. `requester`: they have no account, and `me` is the service account.

    In a closed project (`project_open` False) nobody may change anything.
    """
    if not project_open:
        return NOTHING
    comment = me.permits("add_issue_notes", issue.project.id)
    if requester:
        return May(comment=comment, attach=comment)
    edit = edits(me, issue)
    return May(
        comment=comment,
        private=comment and me.permits("set_notes_private", issue.project.id),
        status=edit and any(status.id != issue.status.id for status in issue.allowed_statuses),
        priority=edit,
        assignee=edit,
        attach=comment or edit,
    )


def edits(me: Me, issue: Issue) -> bool:
    """True when `me` may change the issue's fields: by `edit_issues`, or as its author by `edit_own_issues`."""
    project = issue.project.id
    return me.permits("edit_issues", project) or (issue.author.id == me.id and me.permits("edit_own_issues", project))


def settable_statuses(me: Me, issue: Issue, *, requester: bool = False, project_open: bool = True) -> tuple[Status, ...]:
    """The statuses that the person may set, the current one included when it is among them; () without the right to edit.

    `allowed_statuses` alone would promise them to anybody.
    """
    if requester or not project_open or not edits(me, issue):
        return ()
    return issue.allowed_statuses
