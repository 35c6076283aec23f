"""Who is told of a change. Pure.

Told: the assignee (each member of an assigned group), the previous assignee, the author, watchers (groups expanded), people
mentioned, and the requester by e-mail. Never the one who made the change, nobody locked, and nobody who may not see
the issue *now*; of a private note only those who may see it; of a change without a note only those who see one of its details.
Redmine's `mail_notification` preferences do not count: they are about e-mail, and the Navigator has rules of its own.

The assignee is the one of the time of the change, found by walking the journalled assignments back from today's; watchers and
rights are those of today.

A requester is somebody known by e-mail only. They are told of public notes and of details that everybody may see, never of a private issue
or a relation (the other ticket may not be theirs). An address that belongs to a Redmine account stands for that account, with the
account's rights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters.redmine.mentions import mentioned
from adapters.redmine.values import Detail, Field, Issue, Journal, Step, User, id_of
from adapters.redmine.visibility import Rights

__all__ = ["Audience", "Material", "assignee_after", "audiences_of_issue", "audiences_of_journal", "first_assignee", "may_tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that was read for one page of changes."""

    journals: tuple[Journal, ...] = ()
    new_issues: tuple[int, ...] = ()
    issues: Mapping[int, Issue] = field(default_factory=dict)
    rights: Rights = field(default_factory=Rights)
    watchers: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """issue -> users and groups."""
    group_members: Mapping[int, frozenset[int]] = field(default_factory=dict)
    steps: Mapping[int, tuple[Step, ...]] = field(default_factory=dict)
    """issue -> its journalled assignments, oldest first."""
    fields: Mapping[int, Field] = field(default_factory=dict)
    logins: Mapping[str, int] = field(default_factory=dict)
    """login in lower case -> user."""
    accounts: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """e-mail in lower case -> the accounts that it belongs to, locked ones too."""

    def principal(self, principal_id: int | None) -> User | None:
        """The user or group with this id."""
        return None if principal_id is None else self.rights.users.get(principal_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """People who are told the same thing in the same words."""

    users: frozenset[int] = frozenset()
    emails: frozenset[str] = frozenset()
    details: tuple[Detail, ...] = ()
    """The details that all of them may see."""
    assigned: int | None = None
    """The ticket was assigned to them: the principal (themselves or their group)."""
    suffix: str = ""
    """Tells this audience's event from those of the same change for others; empty for most people."""


def assignee_after(steps: Sequence[Step], journal_id: int, now: int | None) -> int | None:
    """The assignee just after a journal, from the later assignments and today's assignee."""
    return next((step.old for step in steps if step.journal_id > journal_id), now)


def first_assignee(steps: Sequence[Step], now: int | None) -> int | None:
    """The assignee at the creation of the issue."""
    return steps[0].old if steps else now


def audiences_of_journal(journal: Journal, issue: Issue, material: Material) -> tuple[Audience, ...]:
    """Everybody who is told of `journal`, each person exactly once; empty when nobody is."""
    if not journal.notes and not journal.details:
        return ()
    step = next((detail for detail in journal.details if detail.property == "attr" and detail.key == "assigned_to_id"), None)
    assignee = assignee_after(material.steps.get(issue.id, ()), journal.id, issue.assigned_to_id)
    principals = {issue.author_id, assignee, id_of(step.old) if step else None, *material.watchers.get(issue.id, ())}
    users = _people(principals, material) | _mentioned(journal.notes, material)
    for detail in journal.details:
        if detail.property == "attr" and detail.key == "description":
            users |= _mentioned(detail.new, material) - _mentioned(detail.old, material)
    users, emails = _with_requesters(users, issue, material)
    if journal.private:
        users = {user for user in users if material.rights.permits(user, "view_private_notes", issue.project_id)}
        emails = frozenset()
    return _audiences(users - {journal.actor_id}, emails, journal, issue, material, id_of(step.new) if step else None)


def audiences_of_issue(issue: Issue, material: Material) -> tuple[Audience, ...]:
    """Everybody who is told of a new issue, each person exactly once; empty when nobody is."""
    assignee = first_assignee(material.steps.get(issue.id, ()), issue.assigned_to_id)
    principals = {assignee, *material.watchers.get(issue.id, ())}
    users, emails = _with_requesters(_people(principals, material) | _mentioned(issue.description, material), issue, material)
    return _audiences(users - {issue.author_id}, emails, None, issue, material, assignee)


def may_tell(email: str, issue: Issue, material: Material) -> bool:
    """True when an address without an account may be told of the issue."""
    project = material.rights.projects.get(issue.project_id)
    return not issue.private and project is not None and project.open and email not in material.accounts


def _people(principals: set[int | None], material: Material) -> set[int]:
    people: set[int] = set()
    for principal in principals:
        if principal is not None:
            people |= material.group_members.get(principal, frozenset()) | {principal}
    return people


def _mentioned(text: str | None, material: Material) -> set[int]:
    logins, ids = mentioned(text)
    return {material.logins[login] for login in logins if login in material.logins} | ids


def _with_requesters(users: set[int], issue: Issue, material: Material) -> tuple[set[int], frozenset[str]]:
    for email in issue.requesters:
        users = users | material.accounts.get(email, frozenset())
    return users, frozenset(email for email in issue.requesters if may_tell(email, issue, material))


def _audiences(
    users: set[int], emails: frozenset[str], journal: Journal | None, issue: Issue, material: Material, assigned: int | None
) -> tuple[Audience, ...]:
    rights = material.rights
    details = journal.details if journal else ()
    public = tuple(detail for detail in details if _is_public(detail, material))
    bare = journal is not None and not journal.notes  # without a note there must be a detail to see
    together: dict[tuple[bool, tuple[Detail, ...]], set[int]] = {}
    for user in users:
        if not rights.sees_issue(user, issue):
            continue
        seen = tuple(detail for detail in details if rights.sees_detail(user, detail, issue, material.fields, material.issues))
        if seen or not bare:
            together.setdefault((rights.is_or_belongs_to(user, assigned), seen), set()).add(user)
    if emails and (public or not bare):
        together.setdefault((False, public), set())
    else:
        emails = frozenset()
    return tuple(
        Audience(
            users=frozenset(people),
            emails=emails if not mine and seen == public else frozenset(),
            details=seen,
            assigned=assigned if mine else None,
            suffix=(":assigned" if mine else "") + _view(seen, public),
        )
        for (mine, seen), people in sorted(together.items(), key=lambda item: (item[0][0], [detail.id for detail in item[0][1]]))
    )


def _is_public(detail: Detail, material: Material) -> bool:
    """True when whoever sees the issue sees the detail."""
    if detail.property == "cf":
        custom = material.fields.get(id_of(detail.key) or 0)
        return custom is not None and custom.visible
    return detail.property != "relation"


def _view(seen: tuple[Detail, ...], public: tuple[Detail, ...]) -> str:
    """Names a view with restricted details by their ids."""
    more = [str(detail.id) for detail in seen if detail not in public]
    return ":" + ".".join(more) if more else ""
