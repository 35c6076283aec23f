"""A mark of who may see what in Redmine: another one when somebody's rights may have changed.

Redmine tells of no such change: a membership that ended, a locked account, a role that lost a permission, a closed project leave no
trace in any table of events. The mark is made of counts, sums and highest ids over the tables of rights, with the roles themselves, and
takes two small statements however many issues there are. It may change where nobody's sight has; two changes that cancel each
other out in every sum between two looks are missed.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader

__all__ = ["rights_mark"]


def _sum(value: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(value), 0)


def _which(flag: sa.ColumnElement[bool], id: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    return _sum(sa.case((flag, id), else_=0))


_MARKED: tuple[tuple[sa.Table, tuple[sa.ColumnElement[int], ...]], ...] = (
    (t.users, (_sum(t.users.c.id * t.users.c.status), _which(t.users.c.admin, t.users.c.id))),
    (t.groups_users, (_sum(t.groups_users.c.group_id * t.groups_users.c.user_id),)),
    # rows of these are made and deleted, hardly ever changed: their ids rise
    (t.members, (_sum(t.members.c.id), _sum(t.members.c.user_id * t.members.c.project_id))),
    (t.member_roles, (_sum(t.member_roles.c.id), _sum(t.member_roles.c.member_id * t.member_roles.c.role_id))),
    (t.projects, (_sum(t.projects.c.id * t.projects.c.status), _which(t.projects.c.is_public, t.projects.c.id))),
    (t.enabled_modules, (_which(t.enabled_modules.c.name == "issue_tracking", t.enabled_modules.c.project_id),)),
    (t.custom_fields, (_which(t.custom_fields.c.visible, t.custom_fields.c.id),)),
)


async def rights_mark(reader: Reader) -> str:
    """The mark as it is now. Raises RedmineAway, RedmineRefused."""
    figures = [
        sa.select(figure).select_from(table).scalar_subquery().label(f"{table.name}_{place}")
        for table, parts in _MARKED
        for place, figure in enumerate((sa.func.count(), *parts))
    ]
    (counted,) = await reader.rows(sa.select(*figures))
    r = t.roles.c
    roles = await reader.rows(sa.select(r.id, r.permissions, r.issues_visibility, r.settings).order_by(r.id))
    return hashlib.sha256(repr((tuple(map(int, counted)), [tuple(role) for role in roles])).encode()).hexdigest()
