"""Issues of the sandbox's Redmine: read as REST shows them, written as Redmine writes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sandbox.redmine import schema
from adapters.sandbox.redmine.database import to_utc
from adapters.sandbox.redmine.edits import Detail, Edit, facts
from adapters.sandbox.redmine.rules import Site, User

__all__ = ["Row", "create", "find", "held_open", "insert", "render", "render_full", "update"]

Row = Mapping[str, Any]


async def find(connection: AsyncConnection, number: int) -> Row | None:
    """The row of `issues`, or None."""
    row = (await connection.execute(sa.select(schema.issues).where(schema.issues.c.id == number))).mappings().one_or_none()
    return None if row is None else dict(row)


async def insert(connection: AsyncConnection, table: sa.Table, values: Row) -> int:
    """Inserts one row and returns its new id."""
    key = (await connection.execute(sa.insert(table).values(values))).inserted_primary_key
    if key is None:
        raise RuntimeError(f"{table.name} gave no id")
    return int(key[0])


async def held_open(connection: AsyncConnection, site: Site, number: int) -> bool:
    """Whether open subtasks or an open issue that blocks this one keep it from being closed."""
    open_ids = [one.id for one in site.statuses if not one.closed]
    issue, link = schema.issues.c, schema.issue_relations.c
    blockers = sa.select(link.issue_from_id).where(link.issue_to_id == number, link.relation_type == "blocks")
    query = sa.select(issue.id).where(sa.or_(issue.parent_id == number, issue.id.in_(blockers)), issue.status_id.in_(open_ids))
    return (await connection.execute(query.limit(1))).first() is not None


async def create(connection: AsyncConnection, edit: Edit, now: datetime) -> int:
    """Writes a new issue and its watchers; a new issue has no journal. Returns its id."""
    number = await insert(connection, schema.issues, {**edit.values, "lock_version": 0, "created_on": now, "updated_on": now})
    await connection.execute(sa.update(schema.issues).where(schema.issues.c.id == number).values(root_id=number, lft=1, rgt=2))
    for user in edit.watchers:
        await connection.execute(sa.insert(schema.watchers).values(watchable_type="Issue", watchable_id=number, user_id=user))
    return number


async def update(connection: AsyncConnection, row: Row, user: User, edit: Edit, now: datetime) -> bool:
    """Writes an edit with its journals, in the caller's transaction. False: somebody was faster, roll back.

    Rails' optimistic lock: the row must still have the `lock_version` that the edit was planned on. Even an edit with nothing
    in it moves `updated_on` and `lock_version`.
    """
    issue = schema.issues
    done = await connection.execute(
        sa.update(issue)
        .where(issue.c.id == row["id"], issue.c.lock_version == row["lock_version"])
        .values(**edit.values, updated_on=now, lock_version=row["lock_version"] + 1)
    )
    if done.rowcount != 1:
        return False
    if edit.private_notes and edit.details:  # split, the public half first: FACTS 0.12
        await _journal(connection, row["id"], user, None, False, edit.details, now)
        await _journal(connection, row["id"], user, edit.notes, True, (), now)
    elif edit.notes.strip() or edit.details:
        await _journal(connection, row["id"], user, edit.notes, edit.private_notes, edit.details, now)
    return True


async def _journal(
    connection: AsyncConnection, number: int, user: User, notes: str | None, private: bool, details: Sequence[Detail], now: datetime
) -> None:
    values = {
        "journalized_id": number,
        "journalized_type": "Issue",
        "user_id": user.id,
        "notes": notes,
        "created_on": now,
        "private_notes": private,
    }
    journal = await insert(connection, schema.journals, values)
    for one in details:
        await connection.execute(
            sa.insert(schema.journal_details).values(
                journal_id=journal, property=one.property, prop_key=one.prop_key, old_value=one.old_value, value=one.value
            )
        )


def render(site: Site, row: Row, custom: Mapping[int, list[dict[str, Any]]]) -> dict[str, Any]:
    """An issue as lists show it. What is absent differs by field, as in Redmine: a missing key, or null for dates."""

    def named(number: int | None) -> dict[str, Any]:
        user = site.users.get(number or 0)
        return {"id": number, "name": user.name if user else ""}

    status = site.status[row["status_id"]]
    shown: dict[str, Any] = {
        "id": row["id"],
        "project": {"id": row["project_id"], "name": site.projects[row["project_id"]].name},
        "tracker": {"id": row["tracker_id"], "name": site.tracker[row["tracker_id"]].name},
        "status": {"id": status.id, "name": status.name, "is_closed": status.closed},
        "priority": {"id": row["priority_id"], "name": site.priority[row["priority_id"]].name},
        "author": named(row["author_id"]),
    }
    if row["assigned_to_id"] is not None:
        shown["assigned_to"] = named(row["assigned_to_id"])
    if row["parent_id"] is not None:
        shown["parent"] = {"id": row["parent_id"]}
    shown |= {
        "subject": row["subject"],
        "description": row["description"],
        "start_date": row["start_date"] and row["start_date"].isoformat(),
        "due_date": row["due_date"] and row["due_date"].isoformat(),
        "done_ratio": row["done_ratio"],
        "is_private": bool(row["is_private"]),
        "estimated_hours": row["estimated_hours"],
        "custom_fields": custom.get(row["id"], []),
        "created_on": to_utc(row["created_on"]),
        "updated_on": to_utc(row["updated_on"]),
        "closed_on": to_utc(row["closed_on"]),
    }
    if row["easy_email_to"]:
        shown["easy_email_to"] = row["easy_email_to"]
    return shown


async def custom_values(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Custom fields of some issues, by issue id: every field that is for all, in order, with its value or an empty one."""
    fields = (
        (
            await connection.execute(
                sa.select(schema.custom_fields).where(schema.custom_fields.c.visible).order_by(schema.custom_fields.c.position)
            )
        )
        .mappings()
        .all()
    )
    value = schema.custom_values.c
    query = sa.select(value.customized_id, value.custom_field_id, value.value)
    stored = {
        (row.customized_id, row.custom_field_id): row.value
        for row in await connection.execute(query.where(value.customized_type == "Issue", value.customized_id.in_(numbers)))
    }
    return {
        number: [{"id": field["id"], "name": field["name"], "value": stored.get((number, field["id"])) or ""} for field in fields]
        for number in numbers
    }


async def render_full(
    connection: AsyncConnection, site: Site, user: User, row: Row, include: Collection[str], base_url: str
) -> dict[str, Any]:
    """One issue with what `include` asks for and the user may see."""
    number, project = row["id"], row["project_id"]
    shown = render(site, row, await custom_values(connection, [number]))
    if "attachments" in include:
        shown["attachments"] = (await attached(connection, site, [number], base_url)).get(number, [])
    if "relations" in include:
        shown["relations"] = (await related(connection, [number])).get(number, [])
    if "changesets" in include:
        shown["changesets"] = []
    if "children" in include:
        children = await connection.execute(
            sa.select(schema.issues).where(schema.issues.c.parent_id == number).order_by(schema.issues.c.id)
        )
        below = [
            {"id": one["id"], "tracker": {"id": one["tracker_id"], "name": site.tracker[one["tracker_id"]].name}, "subject": one["subject"]}
            for one in map(dict, children.mappings())
            if site.sees(user, facts(one))
        ]
        if below:
            shown["children"] = below
    if "journals" in include:
        shown["journals"] = await _journals(connection, site, user, row)
    if "watchers" in include and site.may(user, "view_issue_watchers", project):
        watcher = schema.watchers.c
        query = (
            sa.select(watcher.user_id).where(watcher.watchable_type == "Issue", watcher.watchable_id == number).order_by(watcher.user_id)
        )
        shown["watchers"] = [
            {"id": one, "name": site.users[one].name} for one in (await connection.execute(query)).scalars() if one in site.users
        ]
    if "allowed_statuses" in include:
        issue = facts(row, held_open=await held_open(connection, site, number))
        shown["allowed_statuses"] = [
            {"id": one.id, "name": one.name, "is_closed": one.closed} for one in site.allowed_statuses(user, issue)
        ]
    return shown


async def _journals(connection: AsyncConnection, site: Site, user: User, row: Row) -> list[dict[str, Any]]:
    journal, detail = schema.journals, schema.journal_details
    entries = (
        await connection.execute(
            sa.select(journal).where(journal.c.journalized_type == "Issue", journal.c.journalized_id == row["id"]).order_by(journal.c.id)
        )
    ).mappings()
    hidden = not site.sees_private_notes(user, row["project_id"])
    kept = [one for one in entries if not (one["private_notes"] and hidden and one["user_id"] != user.id)]
    details: dict[int, list[dict[str, Any]]] = {}
    query = sa.select(detail).where(detail.c.journal_id.in_([one["id"] for one in kept])).order_by(detail.c.id)
    for one in (await connection.execute(query)).mappings():
        details.setdefault(one["journal_id"], []).append(
            {"property": one["property"], "name": one["prop_key"], "old_value": one["old_value"], "new_value": one["value"]}
        )
    return [
        {
            "id": one["id"],
            "user": {"id": one["user_id"], "name": site.users[one["user_id"]].name if one["user_id"] in site.users else ""},
            "notes": one["notes"],
            "created_on": to_utc(one["created_on"]),
            "private_notes": bool(one["private_notes"]),
            "details": details.get(one["id"], []),
        }
        for one in kept
    ]


async def attached(connection: AsyncConnection, site: Site, numbers: Collection[int], base_url: str) -> dict[int, list[dict[str, Any]]]:
    """Attachments' metadata by issue id."""
    file = schema.attachments
    query = sa.select(file).where(file.c.container_type == "Issue", file.c.container_id.in_(numbers)).order_by(file.c.id)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in (await connection.execute(query)).mappings():
        found.setdefault(row["container_id"], []).append(
            {
                "id": row["id"],
                "filename": row["filename"],
                "filesize": row["filesize"],
                "content_type": row["content_type"],
                "description": row["description"] or "",
                "content_url": f"{base_url}attachments/download/{row['id']}/{row['filename']}",
                "author": {"id": row["author_id"], "name": site.users[row["author_id"]].name if row["author_id"] in site.users else ""},
                "created_on": to_utc(row["created_on"]),
            }
        )
    return found


async def related(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Relations by issue id, from either side."""
    link = schema.issue_relations
    query = sa.select(link).where(sa.or_(link.c.issue_from_id.in_(numbers), link.c.issue_to_id.in_(numbers))).order_by(link.c.id)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in (await connection.execute(query)).mappings():
        shown = {
            "id": row["id"],
            "issue_id": row["issue_from_id"],
            "issue_to_id": row["issue_to_id"],
            "relation_type": row["relation_type"],
            "delay": row["delay"],
        }
        for number in {row["issue_from_id"], row["issue_to_id"]} & set(numbers):
            found.setdefault(number, []).append(shown)
    return found
