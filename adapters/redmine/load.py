"""Reads what is needed to tell people of some changes: a fixed number of queries, however many changes and people."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader
from adapters.redmine.mentions import mentioned
from adapters.redmine.recipients import Material
from adapters.redmine.tables import Schema
from adapters.redmine.values import Detail, Field, Issue, Journal, Project, Role, Step, User, id_of
from adapters.redmine.visibility import Rights, make_role

__all__ = ["load_material", "load_rights", "read_fields", "read_projects", "split_emails"]

_ACTIVE = 1
_OPEN_PROJECT = (1, 5)  # active, closed; neither archived nor waiting for deletion
_SEPARATORS = re.compile(r"[\s,;<>]+")


def split_emails(text: str | None) -> frozenset[str]:
    """The addresses in a field such as `Olga <o@example.org>, b@example.org`, in lower case."""
    return frozenset(part.lower() for part in _SEPARATORS.split(text or "") if 3 <= len(part) <= 254 and 0 < part.find("@") < len(part) - 1)


async def load_material(
    reader: Reader,
    schema: Schema,
    *,
    journal_ids: Collection[int] = (),
    new_issues: Collection[int] = (),
    more_issues: Collection[int] = (),
    more_emails: Collection[str] = (),
    more_users: Collection[int] = (),
) -> Material:
    """Everything about these journals and issues that decides who is told what; the `more_…` come from the site tables."""
    journals = await _journals(reader, set(journal_ids))
    about = {journal.issue_id for journal in journals} | set(new_issues) | set(more_issues)
    details = [(journal, detail) for journal in journals for detail in journal.details]
    related = {number for _, d in details if d.property == "relation" and (number := id_of(d.new or d.old))}
    issues = await _issues(reader, schema, about | related)
    steps = await _steps(reader, about)
    watchers = await _watchers(reader, about)

    principals = set(more_users) | {journal.actor_id for journal in journals}
    for issue in issues.values():
        principals |= {issue.author_id, issue.assigned_to_id or 0, *watchers.get(issue.id, ())}
    for journey in steps.values():
        principals |= {number or 0 for step in journey for number in (step.old, step.new)}
    principals |= {number for _, d in details if _is_user(d) for number in (id_of(d.old), id_of(d.new)) if number}
    texts = [journal.notes for journal in journals] + [d.new for _, d in details if d.key == "description"]
    texts += [issues[new].description for new in new_issues if new in issues]
    logins: set[str] = set()
    for text in texts:
        names, ids = mentioned(text)
        logins |= names
        principals |= ids
    fields = await read_fields(reader, schema, {number for _, d in details if d.property == "cf" and (number := id_of(d.key))})
    emails = {email for issue in issues.values() for email in issue.requesters} | set(more_emails)
    accounts = await _accounts(reader, emails)
    principals |= {account for found in accounts.values() for account in found}
    moved = {number for _, d in details if d.key == "project_id" for number in (id_of(d.old), id_of(d.new)) if number}
    group_members = await _group_members(reader, principals)
    principals |= {member for people in group_members.values() for member in people}
    rights = await load_rights(reader, principals, {issue.project_id for issue in issues.values()} | moved, logins=logins)
    return Material(
        journals=journals,
        new_issues=tuple(sorted(new for new in new_issues if new in issues)),
        issues=issues,
        rights=rights,
        watchers=watchers,
        group_members=group_members,
        steps=steps,
        fields=fields,
        logins={user.login.lower(): user.id for user in rights.users.values() if user.login.lower() in logins},
        accounts=accounts,
    )


async def load_rights(reader: Reader, principals: Iterable[int], project_ids: set[int], *, logins: Collection[str] = ()) -> Rights:
    """What decides about the sight of these people (and those with these logins) in these projects."""
    u = t.users.c
    known = sa.or_(u.id.in_(sorted(set(principals))), u.type == "GroupNonMember")
    if logins:
        known = sa.or_(known, sa.func.lower(u.login).in_(sorted(logins)))
    users = {
        row.id: User(
            row.id,
            row.type or "",
            row.login or "",
            f"{row.firstname or ''} {row.lastname or ''}".strip(),
            row.status == _ACTIVE,
            bool(row.admin),
        )
        for row in await reader.rows(sa.select(u.id, u.type, u.login, u.firstname, u.lastname, u.status, u.admin).where(known))
    }
    groups: dict[int, set[int]] = {}
    g = t.groups_users.c
    for row in await reader.rows_in(sa.select(g.group_id, g.user_id), g.user_id, set(users)):
        groups.setdefault(row.user_id, set()).add(row.group_id)
    m, mr = t.members.c, t.member_roles.c
    members: dict[tuple[int, int], set[int]] = {}
    joined = sa.select(m.user_id, m.project_id, mr.role_id).select_from(t.members.outerjoin(t.member_roles, mr.member_id == m.id))
    for row in await reader.rows_in(joined.where(m.project_id.in_(sorted(project_ids))), m.user_id, set(users)):
        roles = members.setdefault((row.user_id, row.project_id), set())
        if row.role_id is not None:
            roles.add(row.role_id)
    return Rights(
        users=users,
        projects=await read_projects(reader, project_ids),
        roles=await _roles(reader),
        members={key: frozenset(found) for key, found in members.items()},
        groups={key: frozenset(found) for key, found in groups.items()},
        non_member_group=next((user.id for user in users.values() if user.kind == "GroupNonMember"), None),
    )


def _is_user(detail: Detail) -> bool:
    # a custom field may hold a user; asking for a number that is none costs nothing
    return (detail.property == "attr" and detail.key == "assigned_to_id") or (
        detail.property == "cf" and id_of(detail.new or detail.old) is not None
    )


def _naive(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else None


async def _journals(reader: Reader, ids: set[int]) -> tuple[Journal, ...]:
    j, d = t.journals.c, t.journal_details.c
    found = await reader.rows_in(
        sa.select(j.id, j.journalized_id, j.user_id, j.notes, j.created_on, j.private_notes).where(j.journalized_type == "Issue"), j.id, ids
    )
    details: dict[int, list[Detail]] = {}
    for row in await reader.rows_in(
        sa.select(d.id, d.journal_id, d.property, d.prop_key, d.old_value, d.value).order_by(d.id), d.journal_id, {row.id for row in found}
    ):
        details.setdefault(row.journal_id, []).append(Detail(row.id, row.property, row.prop_key, row.old_value, row.value))
    return tuple(
        Journal(
            id=row.id,
            issue_id=row.journalized_id,
            actor_id=row.user_id,
            notes=row.notes if row.notes and row.notes.strip() else "",
            private=bool(row.private_notes),
            created=_naive(row.created_on),
            details=tuple(details.get(row.id, ())),
        )
        for row in sorted(found, key=lambda row: row.id)
    )


async def _issues(reader: Reader, schema: Schema, ids: set[int]) -> dict[int, Issue]:
    i = t.issues.c
    columns: list[sa.Column[Any]] = [
        *(i.id, i.project_id, i.tracker_id, i.status_id, i.priority_id, i.author_id, i.assigned_to_id, i.is_private),
        *(i.subject, i.description, i.created_on),
    ]
    requesters = schema.has_column(i.easy_email_to)
    found = await reader.rows_in(sa.select(*columns, *([i.easy_email_to] if requesters else [])), i.id, ids)
    return {
        row.id: Issue(
            id=row.id,
            project_id=row.project_id,
            tracker_id=row.tracker_id,
            status_id=row.status_id,
            priority_id=row.priority_id,
            author_id=row.author_id,
            assigned_to_id=row.assigned_to_id,
            private=bool(row.is_private),
            subject=row.subject or "",
            description=row.description or "",
            created=_naive(row.created_on),
            requesters=split_emails(row.easy_email_to) if requesters else frozenset(),
        )
        for row in found
    }


async def _steps(reader: Reader, issue_ids: set[int]) -> dict[int, tuple[Step, ...]]:
    j, d = t.journals.c, t.journal_details.c
    steps: dict[int, list[Step]] = {}
    statement = (
        sa.select(j.id, j.journalized_id, d.old_value, d.value)
        .select_from(t.journals.join(t.journal_details, d.journal_id == j.id))
        .where(j.journalized_type == "Issue", d.property == "attr", d.prop_key == "assigned_to_id")
        .order_by(j.id)
    )
    for row in await reader.rows_in(statement, j.journalized_id, issue_ids):
        steps.setdefault(row.journalized_id, []).append(Step(row.id, id_of(row.old_value), id_of(row.value)))
    return {issue: tuple(found) for issue, found in steps.items()}


async def _watchers(reader: Reader, issue_ids: set[int]) -> dict[int, frozenset[int]]:
    w = t.watchers.c
    watching: dict[int, set[int]] = {}
    for row in await reader.rows_in(sa.select(w.watchable_id, w.user_id).where(w.watchable_type == "Issue"), w.watchable_id, issue_ids):
        if row.user_id is not None:
            watching.setdefault(row.watchable_id, set()).add(row.user_id)
    return {issue: frozenset(found) for issue, found in watching.items()}


async def _group_members(reader: Reader, principals: set[int]) -> dict[int, frozenset[int]]:
    g = t.groups_users.c
    people: dict[int, set[int]] = {}
    for row in await reader.rows_in(sa.select(g.group_id, g.user_id), g.group_id, principals):
        people.setdefault(row.group_id, set()).add(row.user_id)
    return {group: frozenset(found) for group, found in people.items()}


async def _accounts(reader: Reader, emails: set[str]) -> dict[str, frozenset[int]]:
    e = t.email_addresses.c
    accounts: dict[str, set[int]] = {}
    for row in await reader.rows_in(sa.select(e.user_id, e.address), sa.func.lower(e.address), emails):
        accounts.setdefault(row.address.lower(), set()).add(row.user_id)
    return {email: frozenset(found) for email, found in accounts.items()}


async def read_fields(reader: Reader, schema: Schema, ids: set[int]) -> Mapping[int, Field]:
    """These custom fields, with the roles that see the hidden ones."""
    c, cr = t.custom_fields.c, t.custom_fields_roles.c
    roles: dict[int, set[int]] = {}
    restricted = ids if schema.has(t.custom_fields_roles) else set()
    for row in await reader.rows_in(sa.select(cr.custom_field_id, cr.role_id), cr.custom_field_id, restricted):
        roles.setdefault(row.custom_field_id, set()).add(row.role_id)
    return {
        row.id: Field(row.id, row.name or "", row.field_format or "", bool(row.visible), frozenset(roles.get(row.id, ())))
        for row in await reader.rows_in(sa.select(c.id, c.name, c.field_format, c.visible), c.id, ids)
    }


async def read_projects(reader: Reader, ids: set[int]) -> dict[int, Project]:
    """These projects."""
    p, m = t.projects.c, t.enabled_modules.c
    tracking = {
        row.project_id for row in await reader.rows_in(sa.select(m.project_id).where(m.name == "issue_tracking"), m.project_id, ids)
    }
    return {
        row.id: Project(row.id, row.name or "", bool(row.is_public), row.status in _OPEN_PROJECT and row.id in tracking)
        for row in await reader.rows_in(sa.select(p.id, p.name, p.is_public, p.status), p.id, ids)
    }


async def _roles(reader: Reader) -> dict[int, Role]:
    r = t.roles.c
    return {
        row.id: make_role(row.id, row.builtin, row.permissions, row.issues_visibility, row.settings)
        for row in await reader.rows(sa.select(r.id, r.builtin, r.permissions, r.issues_visibility, r.settings))
    }
