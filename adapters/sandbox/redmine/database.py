"""The sandbox's Redmine database: one SQLite file, one writer at a time, and what is read from it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import yaml
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sandbox.redmine import rules, schema

__all__ = ["ZONE", "Database", "local_now", "to_utc"]

ZONE = ZoneInfo("Europe/Moscow")
"""Redmine's own zone, on purpose not UTC: every time in the database is its wall time."""


def local_now() -> datetime:
    """Redmine's wall clock, naive."""
    return datetime.now(ZONE).replace(tzinfo=None)


def to_utc(value: datetime | None) -> str | None:
    """A time of the database as REST shows it: UTC, whole seconds."""
    return None if value is None else value.replace(tzinfo=ZONE).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=64)  # parsing YAML costs more than all the queries of a request together
def _permissions(text: str) -> tuple[str, ...]:
    return tuple(str(one).removeprefix(":") for one in yaml.safe_load(text) or ())


class Database:
    """Reads run side by side; writes wait for each other, so that ids become visible in order and no write meets a lock."""

    def __init__(self, engine: AsyncEngine, watch: AsyncConnection, files: Path, clock: Callable[[], datetime] = local_now) -> None:
        """`watch` is a connection for this object alone, on which it notices that anybody has written. `files`: where attachments lie."""
        self.files = files
        self._engine = engine
        self._watch = watch
        self._watching = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._site: tuple[int, rules.Site] | None = None
        self.now = clock

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        async with self._writing, self._engine.begin() as connection:
            yield connection

    async def site(self) -> rules.Site:
        """Everything that rules need besides the issue, as of now: read anew whenever anybody, a test too, has written."""
        async with self._watching:
            # changes when another connection has committed: sqlite.org/pragma.html#pragma_data_version
            version = int((await self._watch.execute(sa.text("PRAGMA data_version"))).scalar_one())
            if self._site is None or self._site[0] != version:
                self._site = version, await self._read_site(self._watch)
            return self._site[1]

    async def _read_site(self, connection: AsyncConnection) -> rules.Site:
        async def rows(*columns: sa.ColumnElement[Any], where: sa.ColumnElement[bool] | None = None) -> list[dict[str, Any]]:
            query = sa.select(*columns)
            found = await connection.execute(query if where is None else query.where(where))
            return [dict(row) for row in found.mappings()]

        users, mails, groups = schema.users.c, schema.email_addresses.c, schema.groups_users.c
        addresses = {row["user_id"]: row["address"] for row in await rows(mails.user_id, mails.address, where=mails.is_default)}
        grouped: dict[int, set[int]] = defaultdict(set)
        for row in await rows(groups.group_id, groups.user_id):
            grouped[row["user_id"]].add(row["group_id"])
        modules = schema.enabled_modules.c
        tracking = {row["project_id"] for row in await rows(modules.project_id, where=modules.name == "issue_tracking")}
        memberships: dict[tuple[int, int], set[int]] = defaultdict(set)
        member, given = schema.members.c, schema.member_roles.c
        for row in await rows(member.user_id, member.project_id, given.role_id, where=given.member_id == member.id):
            memberships[row["user_id"], row["project_id"]].add(row["role_id"])
        steps = list(await rows(*schema.workflows.c))
        return rules.Site(
            users={
                row["id"]: rules.User(
                    row["id"],
                    row["login"],
                    row["firstname"],
                    row["lastname"],
                    addresses.get(row["id"], ""),
                    bool(row["admin"]),
                    row["status"] == rules.ACTIVE,
                    row["language"] or "ru",
                    row["type"] == "Group",
                )
                for row in await rows(*users, where=users.type.in_(["User", "Group"]))
            },
            groups={user: frozenset(ids) for user, ids in grouped.items()},
            roles={
                row["id"]: rules.Role(
                    row["id"],
                    row["name"],
                    row["builtin"],
                    bool(row["assignable"]),
                    row["issues_visibility"],
                    _permissions(row["permissions"] or ""),
                )
                for row in await rows(*schema.roles.c)
            },
            projects={
                row["id"]: rules.Project(
                    row["id"], row["name"], row["identifier"], bool(row["is_public"]), row["status"], row["id"] in tracking
                )
                for row in await rows(*schema.projects.c)
            },
            memberships={key: frozenset(ids) for key, ids in memberships.items()},
            statuses=tuple(
                rules.Status(row["id"], row["name"], bool(row["is_closed"]))
                for row in sorted(await rows(*schema.issue_statuses.c), key=lambda row: row["position"])
            ),
            priorities=tuple(
                rules.Priority(row["id"], row["name"], bool(row["is_default"]), bool(row["active"]))
                for row in sorted(
                    await rows(*schema.enumerations.c, where=schema.enumerations.c.type == "IssuePriority"), key=lambda row: row["position"]
                )
            ),
            trackers=tuple(
                rules.Tracker(row["id"], row["name"], row["default_status_id"])
                for row in sorted(await rows(*schema.trackers.c), key=lambda row: row["position"])
            ),
            transitions=frozenset(
                rules.Transition(
                    row["role_id"],
                    row["tracker_id"],
                    row["old_status_id"],
                    row["new_status_id"],
                    bool(row["author"]),
                    bool(row["assignee"]),
                )
                for row in steps
                if row["type"] == "WorkflowTransition"
            ),
            readonly=frozenset(
                (row["role_id"], row["tracker_id"], row["old_status_id"], row["field_name"])
                for row in steps
                if row["type"] == "WorkflowPermission" and row["rule"] == "readonly"
            ),
            settings={row["name"]: row["value"] or "" for row in await rows(schema.settings.c.name, schema.settings.c.value)},
        )
