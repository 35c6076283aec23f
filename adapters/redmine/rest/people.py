"""Who acts in Redmine, and what Redmine says of them: memberships and the roles' permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Me", "RedminePerson", "Role"]


@dataclass(frozen=True, slots=True)
class RedminePerson:
    """A Navigator user on the way to Redmine. `redmine_id` None: a requester, who has an e-mail address and no account."""

    login: str
    redmine_id: int | None
    email: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its permissions, as `/roles/ID.json` tells any user."""

    id: int
    name: str
    permissions: frozenset[str]
    assignable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Me:
    """The account that signs the requests."""

    id: int
    login: str
    name: str
    admin: bool
    groups: frozenset[int] = frozenset()
    roles: Mapping[int, tuple[Role, ...]] = field(default_factory=dict)
    """Project id -> the roles there, of groups included. No entry: no member of the project."""
    non_member: Role | None = None
    """The role in public projects without membership; None when it could not be read."""

    def roles_in(self, project_id: int) -> tuple[Role, ...]:
        """The roles in a project whose issue this account can read: a stranger there has the role of non-members."""
        found = self.roles.get(project_id)
        if found is not None:
            return found
        return (self.non_member,) if self.non_member else ()

    def permits(self, permission: str, project_id: int) -> bool:
        """True when the account has the permission in a project that it can see."""
        return self.admin or any(permission in role.permissions for role in self.roles_in(project_id))
