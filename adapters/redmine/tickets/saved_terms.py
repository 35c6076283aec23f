"""What a saved query of Redmine asks beyond the list's own filters: small values, each a condition on Redmine's rows.

They mean what `Query#sql_for_field` and `IssueQuery` of Redmine 5.0 mean, oddities included: `!` finds rows without a value, `!~` does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.tickets.tables import issues, journals, watchers
from adapters.redmine.tickets.viewer import Viewer

__all__ = [
    "Among",
    "Changed",
    "Filled",
    "Grouped",
    "Noted",
    "Place",
    "Term",
    "Touched",
    "Watched",
    "Within",
    "Words",
]

Place = Literal["any", "begin", "end"]
_MOMENT = timedelta(microseconds=1)
_i, _j, _w = issues.c, journals.c, watchers.c


@dataclass(frozen=True, slots=True)
class Among:
    """The column is one of these numbers; negated: it is none of them, or empty."""

    column: str
    ids: frozenset[int]
    negated: bool = False

    def condition(self, _viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`."""
        column: sa.ColumnElement[Any] = _i[self.column]
        among = column.in_(sorted(self.ids))
        return sa.or_(column.is_(None), sa.not_(among)) if self.negated else among


@dataclass(frozen=True, slots=True)
class Filled:
    """The column has a value; negated: it has none. An empty text counts as none only where Redmine says so: when it is negated."""

    column: str
    negated: bool = False
    text: bool = False

    def condition(self, _viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`."""
        column: sa.ColumnElement[Any] = _i[self.column]
        if not self.negated:
            return column.is_not(None)
        return sa.or_(column.is_(None), column == "") if self.text else column.is_(None)


@dataclass(frozen=True, slots=True)
class Within:
    """The time in the column lies within: from `begin`, before `end`; wall time of Redmine's zone. None is open."""

    column: str
    begin: datetime | None
    end: datetime | None

    def condition(self, _viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`."""
        column: sa.ColumnElement[Any] = _i[self.column]
        parts: list[sa.ColumnElement[bool]] = [column.is_not(None)]
        # a microsecond before, as Redmine itself: that also fits a column that is a date, and one that SQLite keeps as a text
        if self.begin is not None:
            parts.append(column > self.begin - _MOMENT)
        if self.end is not None:
            parts.append(column <= self.end - _MOMENT)
        return sa.and_(*parts)


@dataclass(frozen=True, slots=True)
class Touched:
    """The issue was changed since it was made; negated: it was not."""

    negated: bool = False

    def condition(self, _viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`."""
        return _i.updated_on == _i.created_on if self.negated else _i.updated_on > _i.created_on


@dataclass(frozen=True, slots=True)
class Words:
    """All these stand in the text; negated: none of them stands in it (and there is a text)."""

    column: str
    words: tuple[str, ...]
    place: Place = "any"
    negated: bool = False

    def condition(self, _viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`."""
        return self.of(_i[self.column])

    def of(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """On any text."""
        match self.place:
            case "any":
                found = [column.contains(word, autoescape=True) for word in self.words]
            case "begin":
                found = [column.startswith(word, autoescape=True) for word in self.words]
            case "end":
                found = [column.endswith(word, autoescape=True) for word in self.words]
        return sa.and_(*(sa.not_(one) for one in found)) if self.negated else sa.and_(*found)


@dataclass(frozen=True, slots=True)
class Noted:
    """There is a journal that the person may read whose note has the words (None: any journal); negated: there is none."""

    words: Words | None
    negated: bool = False

    def condition(self, viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`, by their journals."""
        told = _j.notes.is_not(None) if self.words is None else self.words.of(_j.notes)
        found = sa.exists().where(_of_issue(viewer), told)
        return sa.not_(found) if self.negated else found


@dataclass(frozen=True, slots=True)
class Changed:
    """One of these people has changed the issue in a journal that the person may read, or (`last`) was the last who did."""

    users: frozenset[int]
    last: bool = False
    negated: bool = False

    def condition(self, viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`, by their journals."""
        found: sa.ColumnElement[bool]
        if self.last:
            who = sa.select(_j.user_id).where(_of_issue(viewer)).order_by(_j.id.desc()).limit(1).scalar_subquery()
            found = sa.func.coalesce(who.in_(sorted(self.users)), sa.false())
        else:
            found = sa.exists().where(_of_issue(viewer), _j.user_id.in_(sorted(self.users)))
        return sa.not_(found) if self.negated else found


@dataclass(frozen=True, slots=True)
class Watched:
    """`me` watches the issue, or one of the others does where the person may see watchers; negated: neither."""

    me: int | None
    others: frozenset[int]
    projects: frozenset[int]
    """Where the person may see who watches."""
    negated: bool = False

    def condition(self, _viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`, by their watchers."""
        own = sa.select(_w.watchable_id).where(_w.watchable_type == "Issue", _w.user_id == self.me)
        parts: list[sa.ColumnElement[bool]] = [_i.id.in_(own)] if self.me is not None else []
        if self.others and self.projects:
            watching = sa.select(_w.watchable_id).where(_w.watchable_type == "Issue", _w.user_id.in_(sorted(self.others)))
            parts.append(sa.and_(_i.project_id.in_(sorted(self.projects)), _i.id.in_(watching)))
        found = sa.or_(*parts) if parts else sa.false()
        return sa.not_(found) if self.negated else found


@dataclass(frozen=True, slots=True)
class Grouped:
    """The assignee is one of these groups or belongs to one; negated: not so, or there is nobody."""

    groups: frozenset[int]
    negated: bool = False

    def condition(self, _viewer: Viewer) -> sa.ColumnElement[bool]:
        """On `issues`, by the groups as they are now."""
        u, g = t.users.c, t.groups_users.c
        groups = sa.select(u.id).where(u.id.in_(sorted(self.groups)), u.type.like("Group%"))
        among = sa.or_(_i.assigned_to_id.in_(groups), _i.assigned_to_id.in_(sa.select(g.user_id).where(g.group_id.in_(groups))))
        return sa.or_(_i.assigned_to_id.is_(None), sa.not_(among)) if self.negated else among


Term = Among | Filled | Within | Touched | Words | Noted | Changed | Watched | Grouped


def _of_issue(viewer: Viewer) -> sa.ColumnElement[bool]:
    return sa.and_(_j.journalized_id == _i.id, _j.journalized_type == "Issue", viewer.sees_note(_j, _i))
