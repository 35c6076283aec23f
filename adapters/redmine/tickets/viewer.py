"""One person's sight: in which projects they see which issues, as conditions of SQL.

The same rules as `adapters.redmine.visibility` (Issue#visible?, User#roles_for_project), turned round: not "does the person see
this issue" but "which issues does the person see". Projects where the same rules hold share one condition, so that its length grows
with the kinds of sight that a person has (seldom more than five), and with the number of projects only in lists of ids.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader
from adapters.redmine.load import load_rights
from adapters.redmine.values import Role
from adapters.redmine.visibility import Rights

__all__ = ["NOBODY", "Sight", "Viewer", "load_requester", "load_viewer", "viewer_of"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What one role shows of a project's issues."""

    visibility: str
    """`all`, `default` (no private ones but one's own) or `own`."""
    trackers: frozenset[int] | None
    """Only issues of these trackers; None: of all."""


_ALL = frozenset({Sight("all", None)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A person and their sight. Hashable by what it says: the same key means the same answers."""

    redmine_id: int | None
    """None: a requester, known by e-mail only."""
    groups: frozenset[int] = frozenset()
    projects: Mapping[frozenset[Sight], tuple[int, ...]] = field(default_factory=dict)
    """What is seen -> in which projects (ids, ascending)."""
    note_projects: frozenset[int] = frozenset()
    """Where the person reads everybody's private notes."""
    emails: frozenset[str] = frozenset()
    """The addresses of a requester, lower case."""
    open_projects: tuple[int, ...] = ()
    """Where a requester's issues may lie: neither archived nor without the issue module."""

    @property
    def ours(self) -> tuple[int, ...]:
        """The ids that mean this person as an assignee: their own and their groups'."""
        return () if self.redmine_id is None else (self.redmine_id, *sorted(self.groups))

    def sees(self, issue: Any) -> sa.ColumnElement[bool]:
        """The condition under which this person sees an issue; false for one who sees nothing.

        `issue` has the columns of Redmine's `issues`, or of our index of them.
        """
        if self.redmine_id is None:
            return self._as_requester(issue)
        own = sa.or_(issue.author_id == self.redmine_id, issue.assigned_to_id.in_(self.ours))
        parts = [
            sa.and_(issue.project_id.in_(projects), sa.or_(*(_shown(sight, issue, own) for sight in _best(sights))))
            for sights, projects in self.projects.items()
        ]
        return sa.or_(*parts) if parts else sa.false()

    def sees_note(self, journal: Any, issue: Any) -> sa.ColumnElement[bool]:
        """The condition under which this person reads a note of an issue that they see."""
        public: sa.ColumnElement[bool] = sa.not_(journal.private_notes)
        if self.redmine_id is None:
            return public
        shown = [public, journal.user_id == self.redmine_id]
        if self.note_projects:
            shown.append(issue.project_id.in_(sorted(self.note_projects)))
        return sa.or_(*shown)

    def _as_requester(self, issue: Any) -> sa.ColumnElement[bool]:
        """The rule of `recipients.may_tell`: not private, in an open project, and the address is one of the issue's requesters."""
        if not self.emails or not self.open_projects or not hasattr(issue, "easy_email_to"):
            return sa.false()
        # whole addresses: `a@x.ru` is neither `aa@x.ru` nor `a@x.ru.example`. As bytes: to a collation `é` may be `e`
        padded: sa.ColumnElement[str] = sa.literal(",") + sa.func.lower(issue.easy_email_to, type_=sa.Text()) + sa.literal(",")
        for separator in "<>; \t\r\n":
            padded = sa.func.replace(padded, separator, ",", type_=sa.Text())
        whole = sa.or_(*(sa.func.instr(sa.cast(padded, sa.LargeBinary), f",{email},") > 0 for email in sorted(self.emails)))
        # the plain comparison first: it is what most rows fail
        near = sa.or_(*(issue.easy_email_to.contains(email, autoescape=True) for email in sorted(self.emails)))
        return sa.and_(sa.not_(issue.is_private), issue.project_id.in_(self.open_projects), near, whole)


NOBODY = Viewer(redmine_id=None)
"""Sees nothing."""


def requester(emails: Collection[str], open_projects: Collection[int]) -> Viewer:
    """Somebody without an account in Redmine: sees the issues that name one of their addresses."""
    return Viewer(redmine_id=None, emails=frozenset(email.lower() for email in emails), open_projects=tuple(sorted(open_projects)))


def _best(sights: frozenset[Sight]) -> list[Sight]:
    """Without what another of them includes."""
    order = {"all": 2, "default": 1, "own": 0}

    def included(one: Sight, other: Sight) -> bool:
        wider = other.trackers is None or (one.trackers is not None and one.trackers <= other.trackers)
        return one != other and wider and order[one.visibility] <= order[other.visibility]

    kept = [one for one in sights if not any(included(one, other) for other in sights)]
    return sorted(kept, key=lambda sight: (sight.visibility, sorted(sight.trackers or ())))


def _shown(sight: Sight, issue: Any, own: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    shown: sa.ColumnElement[bool] = {"all": sa.true(), "default": sa.or_(sa.not_(issue.is_private), own), "own": own}[sight.visibility]
    return shown if sight.trackers is None else sa.and_(issue.tracker_id.in_(sorted(sight.trackers)), shown)


async def load_viewer(reader: Reader, redmine_id: int) -> Viewer:
    """The sight of an active person as it is now; NOBODY for everyone else. Seven queries, all on small tables."""
    every = {row[0] for row in await reader.rows(sa.select(t.projects.c.id))}
    return viewer_of(await load_rights(reader, {redmine_id}, every), redmine_id)


async def load_requester(reader: Reader, emails: Collection[str]) -> Viewer:
    """The sight of an address: nothing, when it belongs to an account in Redmine (its owner is to be linked with it)."""
    e = t.email_addresses.c
    wanted = sorted({email.lower() for email in emails})
    taken = {row[0].lower() for row in await reader.rows_in(sa.select(e.address), sa.func.lower(e.address), wanted)}
    every = {row[0] for row in await reader.rows(sa.select(t.projects.c.id))}
    rights = await load_rights(reader, (), every)
    return requester(set(wanted) - taken, [id for id, project in rights.projects.items() if project.open])


def viewer_of(rights: Rights, redmine_id: int) -> Viewer:
    """What `rights`, which know all projects, say of this person."""
    person = rights.person(redmine_id)
    if person is None:
        return NOBODY
    found: dict[frozenset[Sight], list[int]] = {}
    notes: set[int] = set()
    for id, project in sorted(rights.projects.items()):
        if not project.open:
            continue
        sights = _ALL if person.admin else frozenset(filter(None, map(_sight, rights.roles_in(redmine_id, project))))
        if sights:
            found.setdefault(sights, []).append(id)
        if rights.permits(redmine_id, "view_private_notes", id):
            notes.add(id)
    return Viewer(
        redmine_id=redmine_id,
        groups=rights.groups.get(redmine_id, frozenset()),
        projects={sights: tuple(ids) for sights, ids in found.items()},
        note_projects=frozenset(notes),
    )


def _sight(role: Role) -> Sight | None:
    if "view_issues" not in role.permissions or role.issues_visibility not in ("all", "default", "own"):
        return None
    return Sight(role.issues_visibility, role.view_trackers)
