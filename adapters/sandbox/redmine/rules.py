"""Who may see and do what in the sandbox's Redmine: permissions, visibility and workflow, as pure functions over one `Site`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

__all__ = ["IssueFacts", "Priority", "Project", "Role", "Site", "Status", "Tracker", "Transition", "User"]

ACTIVE, CLOSED = 1, 5  # users.status and projects.status; 5 is a project that is read only


@dataclass(frozen=True, slots=True)
class User:
    """A row of `users`: a person, or a group."""

    id: int
    login: str
    firstname: str
    lastname: str
    mail: str
    admin: bool
    active: bool
    language: str
    group: bool

    @property
    def name(self) -> str:
        """As Redmine shows it; groups keep their name in `lastname`."""
        return self.lastname if self.group else f"{self.firstname} {self.lastname}"


@dataclass(frozen=True, slots=True)
class Role:
    """A row of `roles`."""

    id: int
    name: str
    builtin: int
    assignable: bool
    issues_visibility: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """A row of `projects` with its issue module."""

    id: int
    name: str
    identifier: str
    public: bool
    status: int
    tracking: bool


@dataclass(frozen=True, slots=True)
class Status:
    """A row of `issue_statuses`."""

    id: int
    name: str
    closed: bool


@dataclass(frozen=True, slots=True)
class Priority:
    """A row of `enumerations` of type IssuePriority."""

    id: int
    name: str
    default: bool
    active: bool


@dataclass(frozen=True, slots=True)
class Tracker:
    """A row of `trackers`."""

    id: int
    name: str
    default_status_id: int


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of `workflows` of type WorkflowTransition."""

    role_id: int
    tracker_id: int
    old: int
    new: int
    author: bool
    assignee: bool


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """What the rules need to know of an issue."""

    project_id: int
    tracker_id: int
    status_id: int
    author_id: int
    assigned_to_id: int | None
    is_private: bool
    held_open: bool = False
    """It has open subtasks or is blocked by an open issue, so nobody can close it."""


@dataclass(frozen=True)
class Site:
    """Everything in the database that is not about issues, as it stood at one moment."""

    users: Mapping[int, User]
    groups: Mapping[int, frozenset[int]]
    """User id -> ids of the groups that person is in."""
    roles: Mapping[int, Role]
    projects: Mapping[int, Project]
    memberships: Mapping[tuple[int, int], frozenset[int]]
    """(user or group id, project id) -> role ids."""
    statuses: tuple[Status, ...]
    """In Redmine's order (`position`)."""
    priorities: tuple[Priority, ...]
    trackers: tuple[Tracker, ...]
    transitions: frozenset[Transition]
    readonly: frozenset[tuple[int, int, int, str]]
    """WorkflowPermission rows with rule `readonly`: (role, tracker, status, field)."""
    settings: Mapping[str, str]

    @cached_property
    def status(self) -> Mapping[int, Status]:
        """Statuses by id."""
        return {one.id: one for one in self.statuses}

    @cached_property
    def priority(self) -> Mapping[int, Priority]:
        """Priorities by id."""
        return {one.id: one for one in self.priorities}

    @cached_property
    def tracker(self) -> Mapping[int, Tracker]:
        """Trackers by id."""
        return {one.id: one for one in self.trackers}

    def setting(self, name: str) -> bool:
        """Whether a switch of Redmine's settings is on."""
        return self.settings.get(name) == "1"

    def own(self, user: User) -> frozenset[int]:
        """The ids under which something can be assigned to this person: their own and their groups'."""
        return self.groups.get(user.id, frozenset()) | {user.id}

    def roles_in(self, user: User, project_id: int) -> list[Role]:
        """The person's roles in a project; in a public one without membership, the builtin Non member."""
        ids = self.memberships.get((user.id, project_id))
        if ids:
            return [self.roles[one] for one in sorted(ids)]
        project = self.projects.get(project_id)
        return [role for role in self.roles.values() if role.builtin == 1] if project and project.public else []

    def may(self, user: User, permission: str, project_id: int) -> bool:
        """Whether a permission holds in a project. A closed project allows reading only."""
        project = self.projects.get(project_id)
        if project is None or not project.tracking or project.status not in (ACTIVE, CLOSED):
            return False
        if project.status == CLOSED and not permission.startswith("view_"):
            return False
        return user.admin or any(permission in role.permissions for role in self.roles_in(user, project_id))

    def sees(self, user: User, issue: IssueFacts) -> bool:
        """Redmine's `Issue#visible?`: best of the person's roles. Watching gives no right to see."""
        if not self.may(user, "view_issues", issue.project_id):
            return False
        if user.admin:
            return True
        mine = issue.author_id == user.id or issue.assigned_to_id in self.own(user)
        for role in self.roles_in(user, issue.project_id):
            if "view_issues" not in role.permissions:
                continue
            if mine or role.issues_visibility == "all" or (role.issues_visibility == "default" and not issue.is_private):
                return True
        return False

    def sees_private_notes(self, user: User, project_id: int) -> bool:
        """Whether other people's private notes are shown."""
        return self.may(user, "view_private_notes", project_id)

    def edits(self, user: User, issue: IssueFacts) -> bool:
        """Whether fields may be changed at all: by `edit_issues`, or `edit_own_issues` as the author."""
        return self.may(user, "edit_issues", issue.project_id) or (
            issue.author_id == user.id and self.may(user, "edit_own_issues", issue.project_id)
        )

    def annotates(self, user: User, issue: IssueFacts) -> bool:
        """Whether notes may be added."""
        return self.may(user, "add_issue_notes", issue.project_id)

    def _working_roles(self, user: User, project_id: int) -> list[Role]:
        """The roles whose workflow counts: those that may add or edit issues; an administrator has every role's."""
        roles = list(self.roles.values()) if user.admin else self.roles_in(user, project_id)
        return [role for role in roles if "add_issues" in role.permissions or "edit_issues" in role.permissions]

    def allowed_statuses(self, user: User, issue: IssueFacts) -> list[Status]:
        """Targets of the workflow with the current status; empty when there is no transition at all.

        This is what `include=allowed_statuses` shows, and it is not permission: see `edits`.
        """
        roles = {role.id for role in self._working_roles(user, issue.project_id)}
        author, assignee = issue.author_id == user.id, issue.assigned_to_id in self.own(user)
        targets = {
            one.new
            for one in self.transitions
            if one.role_id in roles
            and one.tracker_id == issue.tracker_id
            and one.old == issue.status_id
            and ((not one.author and not one.assignee) or (one.author and author) or (one.assignee and assignee))
        }
        if not targets:
            return []
        targets.add(issue.status_id)
        return [one for one in self.statuses if one.id in targets and not (issue.held_open and one.closed)]

    def is_readonly(self, user: User, issue: IssueFacts, field: str) -> bool:
        """Whether the workflow freezes a field in this status, for every role the person has there."""
        roles = self._working_roles(user, issue.project_id)
        return bool(roles) and all((role.id, issue.tracker_id, issue.status_id, field) in self.readonly for role in roles)

    def assignable(self, issue: IssueFacts) -> frozenset[int]:
        """Ids of the people and groups an issue can be given to.

        Active members with an assignable role, the author, the present assignee, and groups where the setting allows them.
        """
        found = {issue.author_id} | ({issue.assigned_to_id} if issue.assigned_to_id else set())
        found &= self.users.keys()
        for (principal, project), roles in self.memberships.items():
            if project == issue.project_id and principal in self.users and any(self.roles[one].assignable for one in roles):
                found.add(principal)
        groups = self.setting("issue_group_assignment")
        return frozenset(one for one in found if self.users[one].active and (groups or not self.users[one].group))
