"""Redmine's tables, only the columns that we need, and what of the site's own tables exists.

Columns are always selected by name, so newer versions with more of them are fine (Redmine 3 to 6). Table names
are case-sensitive on Linux: `u_Priority` has a capital P.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from adapters.redmine.engine import Reader

__all__ = [
    "REQUIRED",
    "SITE_FEEDS",
    "Schema",
    "columns_of",
    "custom_fields",
    "custom_fields_roles",
    "discover",
    "email_addresses",
    "enabled_modules",
    "enumerations",
    "groups_users",
    "issue_categories",
    "issue_statuses",
    "issues",
    "journal_details",
    "journals",
    "member_roles",
    "members",
    "projects",
    "roles",
    "trackers",
    "u_its_add_notes",
    "u_its_update_status",
    "u_priority",
    "u_redmine_notifications",
    "u_statuses",
    "users",
    "versions",
    "watchers",
]

_metadata = sa.MetaData()


def _table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    return sa.Table(name, _metadata, *columns)


def _id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True)


def _int(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(create_constraint=False))


def _when(name: str) -> sa.Column[Any]:
    """Redmine-local wall time, TIMESTAMP or DATETIME: read as it stands, the zone is attached by us."""
    return sa.Column(name, sa.DateTime)


issues = _table(
    "issues",
    _id(),
    *map(_int, ("project_id", "tracker_id", "status_id", "priority_id", "author_id", "assigned_to_id")),
    *map(_text, ("subject", "description")),
    _flag("is_private"),
    _when("created_on"),
    _text("easy_email_to"),  # Easy Redmine only: e-mail of the requester
)
journals = _table(
    "journals",
    _id(),
    _int("journalized_id"),
    _text("journalized_type"),
    _int("user_id"),
    _text("notes"),
    _when("created_on"),
    _flag("private_notes"),
)
journal_details = _table("journal_details", _id(), _int("journal_id"), *map(_text, ("property", "prop_key", "old_value", "value")))
watchers = _table("watchers", _id(), _text("watchable_type"), _int("watchable_id"), _int("user_id"))
users = _table("users", _id(), *map(_text, ("login", "firstname", "lastname", "type")), _int("status"), _flag("admin"))
email_addresses = _table("email_addresses", sa.Column("user_id", sa.BigInteger, primary_key=True), _text("address"))
groups_users = _table("groups_users", _int("group_id"), _int("user_id"))
projects = _table("projects", _id(), _text("name"), _flag("is_public"), _int("status"))
enabled_modules = _table("enabled_modules", _int("project_id"), _text("name"))
members = _table("members", _id(), _int("user_id"), _int("project_id"))
member_roles = _table("member_roles", _id(), _int("member_id"), _int("role_id"))
roles = _table("roles", _id(), _int("builtin"), *map(_text, ("permissions", "issues_visibility", "settings")))
custom_fields = _table("custom_fields", _id(), _text("name"), _text("field_format"), _flag("visible"))
custom_fields_roles = _table("custom_fields_roles", _int("custom_field_id"), _int("role_id"))
issue_statuses = _table("issue_statuses", _id(), _text("name"), _flag("is_closed"))
enumerations = _table("enumerations", _id(), _text("name"), _text("type"))
trackers = _table("trackers", _id(), _text("name"))
issue_categories = _table("issue_categories", _id(), _text("name"))
versions = _table("versions", _id(), _text("name"))

u_statuses = _table("u_statuses", _id(), _text("language"), _text("name"))
u_priority = _table("u_Priority", _id(), _text("language"), _text("name"))
u_redmine_notifications = _table(
    "u_redmine_notifications", _id(), _int("user_id"), _int("redmine_issue_id"), _text("author_name"), _when("created_at")
)
u_its_update_status = _table(
    "u_its_update_status", _id("ID"), _int("IssueID"), *map(_text, ("OldStatus", "NewStatus", "Author")), _when("RowDateCreated")
)
u_its_add_notes = _table("u_its_add_notes", _id("ID"), _int("issue_id"), *map(_text, ("Author", "notes")), _when("date_created"))

SITE_FEEDS: Mapping[str, sa.Table] = {table.name: table for table in (u_redmine_notifications, u_its_update_status, u_its_add_notes)}
"""Tables that triggers fill in some installations; each is a feed of its own when it is there."""

_OPTIONAL_COLUMNS = {("issues", "easy_email_to"), ("u_statuses", "language"), ("u_Priority", "language")}
_SITE = {*SITE_FEEDS, "u_statuses", "u_Priority"}
_HELPFUL = {"custom_fields_roles", "issue_categories", "versions"}  # without them a hidden field stays hidden and a name is a number
_SPELLING = {(table.name, c.name.lower()): c.name for table in _metadata.sorted_tables for c in table.columns}
REQUIRED: Mapping[str, frozenset[str]] = {
    table.name: frozenset(c.name for c in table.columns if (table.name, c.name) not in _OPTIONAL_COLUMNS)
    for table in _metadata.sorted_tables
}
"""Every table that we know with the columns that we need of it."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What this installation has and this account may read: table -> columns."""

    columns: Mapping[str, frozenset[str]]

    def has(self, table: sa.Table) -> bool:
        """True when the table exists with every column that we need."""
        return REQUIRED[table.name] <= self.columns.get(table.name, frozenset())

    def has_column(self, column: sa.Column[Any]) -> bool:
        """True when an optional column exists."""
        return column.name in self.columns.get(column.table.name, frozenset())

    def missing(self) -> tuple[str, ...]:
        """The tables and columns without which nothing works, missing or not granted, as `table` or `table.column`, sorted."""
        return self._lost(REQUIRED.keys() - _SITE - _HELPFUL)

    def wanting(self) -> tuple[str, ...]:
        """The stock tables and columns without which some names and hidden fields are not told, missing or not granted."""
        return self._lost(_HELPFUL)

    def _lost(self, tables: Set[str]) -> tuple[str, ...]:
        lost: list[str] = []
        for name in tables:
            there = self.columns.get(name, frozenset())
            lost += [f"{name}.{column}" for column in REQUIRED[name] - there] if there else [name]
        return tuple(sorted(lost))


async def discover(reader: Reader) -> Schema:
    """Looks up which of our tables and columns exist and are granted to this account."""
    found: dict[str, frozenset[str]] = {}
    for table, columns in (await columns_of(reader, REQUIRED)).items():
        # column names are case-insensitive in both systems: take our spelling
        found[table] = frozenset(_SPELLING.get((table, column.lower()), column) for column in columns)
    return Schema(found)


async def columns_of(reader: Reader, names: Iterable[str]) -> dict[str, set[str]]:
    """The columns of these tables that exist and that this account may read, as they are spelt there."""
    # MySQL lists only columns on which the account has some right, so a missing grant shows as a missing column
    statement = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN :names"
        if reader.dialect == "mysql"
        else "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.name IN :names"
    )
    columns: dict[str, set[str]] = {}
    for row in await reader.rows(sa.text(statement).bindparams(sa.bindparam("names", list(names), expanding=True))):
        table, column = tuple(row)
        columns.setdefault(table, set()).add(column)
    return columns
