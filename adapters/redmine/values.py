"""What was read from Redmine, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Detail", "Field", "Issue", "Journal", "Project", "Role", "Step", "User", "id_of"]


def id_of(value: str | None) -> int | None:
    """The id that a detail holds as text; None for nothing or something else."""
    return int(value) if value and value.isascii() and value.isdigit() else None


@dataclass(frozen=True, slots=True)
class User:
    """A row of `users`: a person, a group or one of the built-in ones."""

    id: int
    kind: str
    """`User`, `Group`, `AnonymousUser`, `GroupNonMember` …"""
    login: str
    name: str
    active: bool
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `open` is true when it is active or closed (not archived) and its issue module is on."""

    id: int
    name: str
    public: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Role:
    """What a role permits."""

    id: int
    builtin: int
    """0, or 1 for Non member, 2 for Anonymous."""
    permissions: frozenset[str]
    issues_visibility: str
    """`all`, `default` or `own`."""
    view_trackers: frozenset[int] | None = None
    """The trackers whose issues the role sees; None: all."""


@dataclass(frozen=True, slots=True)
class Field:
    """A custom field. `roles` matter only when it is not `visible` to all."""

    id: int
    name: str
    format: str
    visible: bool
    roles: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A ticket as it is now."""

    id: int
    project_id: int
    tracker_id: int
    status_id: int
    priority_id: int
    author_id: int
    assigned_to_id: int | None
    private: bool
    subject: str
    description: str
    created: datetime | None
    """Naive, in Redmine's zone."""
    requesters: frozenset[str] = frozenset()
    """E-mail addresses in lower case (`easy_email_to`)."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One field change of a journal. `property` is `attr`, `cf`, `attachment` or `relation`."""

    id: int
    property: str
    key: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """One change of a ticket."""

    id: int
    issue_id: int
    actor_id: int
    notes: str
    private: bool
    created: datetime | None
    """Naive, in Redmine's zone."""
    details: tuple[Detail, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Step:
    """One journalled change of a ticket's assignee."""

    journal_id: int
    old: int | None
    new: int | None
