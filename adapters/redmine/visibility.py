"""Who may see what, by Redmine 5.0's rules (Issue#visible?, User#roles_for_project, Role, IssueCustomField). Pure.

Watching an issue gives no right to see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.redmine import rubyyaml
from adapters.redmine.values import Detail, Field, Issue, Project, Role, User, id_of

__all__ = ["NON_MEMBER", "Rights", "make_role"]

NON_MEMBER = 1
"""`roles.builtin` of the role that people have in public projects they are no members of."""
_NOBODY = User(0, "", "", "", active=False)


def make_role(id: int, builtin: int, permissions: str | None, issues_visibility: str, settings: str | None) -> Role:
    """A row of `roles`. An unreadable list of permissions permits nothing; an unreadable tracker list shows no tracker."""
    trackers: frozenset[int] | None = None
    narrowed = rubyyaml.load(settings)
    if isinstance(narrowed, dict) and str(_dig(narrowed, "permissions_all_trackers", "view_issues")) == "0":
        ids = _dig(narrowed, "permissions_tracker_ids", "view_issues")
        trackers = frozenset(number for item in ids if (number := id_of(str(item)))) if isinstance(ids, list) else frozenset()
    return Role(id, builtin, rubyyaml.symbols(permissions), issues_visibility, trackers)


def _dig(value: dict[str, Any], *keys: str) -> Any:
    found: Any = value
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What is known about a few people and projects: enough to answer for them, silent (no) about all others."""

    users: Mapping[int, User] = field(default_factory=dict)
    projects: Mapping[int, Project] = field(default_factory=dict)
    roles: Mapping[int, Role] = field(default_factory=dict)
    members: Mapping[tuple[int, int], frozenset[int]] = field(default_factory=dict)
    """(user, project) -> role ids. Members of a group have rows of their own."""
    groups: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """user -> ids of the groups they belong to."""
    non_member_group: int | None = None
    """The built-in group whose membership replaces the role Non member in a project."""

    def person(self, user_id: int) -> User | None:
        """The active person with this id; None for groups, locked and built-in users."""
        user = self.users.get(user_id, _NOBODY)
        return user if user.active and user.kind == "User" else None

    def is_or_belongs_to(self, user_id: int, principal_id: int | None) -> bool:
        """True when the principal is this user or a group of theirs."""
        return principal_id is not None and (principal_id == user_id or principal_id in self.groups.get(user_id, ()))

    def roles_in(self, user_id: int, project: Project) -> tuple[Role, ...]:
        """The roles that a person has in a project."""
        ids = self.members.get((user_id, project.id))
        if ids is None and project.public:
            if self.non_member_group is not None:
                ids = self.members.get((self.non_member_group, project.id))
            if ids is None:
                return tuple(role for role in self.roles.values() if role.builtin == NON_MEMBER)
        return tuple(self.roles[role] for role in ids or () if role in self.roles and (project.public or not self.roles[role].builtin))

    def permits(self, user_id: int, permission: str, project_id: int) -> bool:
        """True when the person has the permission (one that only reads) in the project."""
        user, project = self.person(user_id), self.projects.get(project_id)
        if user is None or project is None or not project.open:
            return False
        return user.admin or any(permission in role.permissions for role in self.roles_in(user_id, project))

    def sees_issue(self, user_id: int, issue: Issue) -> bool:
        """True when the person may see the issue as it is now."""
        user, project = self.person(user_id), self.projects.get(issue.project_id)
        if user is None or project is None or not project.open:
            return False
        if user.admin:
            return True
        own = issue.author_id == user_id or self.is_or_belongs_to(user_id, issue.assigned_to_id)
        return any(
            "view_issues" in role.permissions
            and _covers(role, issue, own=own)
            and (role.view_trackers is None or issue.tracker_id in role.view_trackers)
            for role in self.roles_in(user_id, project)
        )

    def sees_field(self, user_id: int, custom: Field, project_id: int) -> bool:
        """True when the person may see the values of a custom field in the project."""
        user, project = self.person(user_id), self.projects.get(project_id)
        if user is None or project is None:
            return False
        return custom.visible or user.admin or any(role.id in custom.roles for role in self.roles_in(user_id, project))

    def sees_detail(self, user_id: int, detail: Detail, issue: Issue, fields: Mapping[int, Field], issues: Mapping[int, Issue]) -> bool:
        """True when the person may see one field change of an issue that they see."""
        if detail.property == "cf":
            custom = fields.get(id_of(detail.key) or 0)
            return custom is not None and self.sees_field(user_id, custom, issue.project_id)
        if detail.property == "relation":
            other = issues.get(id_of(detail.new or detail.old) or 0)
            return other is not None and self.sees_issue(user_id, other)
        return True


def _covers(role: Role, issue: Issue, *, own: bool) -> bool:
    match role.issues_visibility:
        case "all":
            return True
        case "default":
            return own or not issue.private
        case "own":
            return own
        case _:
            return False
