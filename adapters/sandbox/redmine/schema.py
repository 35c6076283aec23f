"""Redmine 5.0's own tables, as its migrations make them on SQLite.

Column names, order and defaults follow a fresh Redmine 5.0.4; the types are SQLite's (Redmine supports SQLite officially).
Times are Redmine's wall time without a zone, with microseconds, as Rails writes them there. Beyond stock Redmine:
`issues.easy_email_to` (Easy Redmine: the requester's e-mail) and the site tables `u_statuses` and `u_Priority`.
There are no foreign keys, as in Redmine.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

__all__ = [
    "attachments",
    "custom_fields",
    "custom_values",
    "email_addresses",
    "enabled_modules",
    "enumerations",
    "groups_users",
    "issue_relations",
    "issue_statuses",
    "issues",
    "journal_details",
    "journals",
    "member_roles",
    "members",
    "metadata",
    "projects",
    "queries",
    "queries_roles",
    "roles",
    "settings",
    "tokens",
    "trackers",
    "u_priority",
    "u_statuses",
    "user_preferences",
    "users",
    "watchers",
    "workflows",
]

metadata = sa.MetaData()


def _table(name: str, *parts: sa.Column[Any] | sa.Index) -> sa.Table:
    # sqlite_autoincrement: an id is never given out twice, as Rails' AUTOINCREMENT promises
    return sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *parts, sqlite_autoincrement=True)


def _integer(name: str, default: int | None = None, *, required: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=default is None and not required, server_default=None if default is None else str(default))


def _string(name: str, size: int = 255, default: str | None = None, *, required: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(size), nullable=not required, server_default=default)


def _flag(name: str, default: bool | None = None, *, required: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=not required, server_default=None if default is None else str(int(default)))


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text)


def _moment(name: str, *, required: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime, nullable=not required)


issues = _table(
    "issues",
    _integer("tracker_id", required=True),
    _integer("project_id", required=True),
    _string("subject", default="", required=True),
    _text("description"),
    sa.Column("due_date", sa.Date),
    _integer("category_id"),
    _integer("status_id", required=True),
    _integer("assigned_to_id"),
    _integer("priority_id", required=True),
    _integer("fixed_version_id"),
    _integer("author_id", required=True),
    _integer("lock_version", 0),
    _moment("created_on"),
    _moment("updated_on"),
    sa.Column("start_date", sa.Date),
    _integer("done_ratio", 0),
    sa.Column("estimated_hours", sa.Float),
    _integer("parent_id"),
    _integer("root_id"),
    _integer("lft"),
    _integer("rgt"),
    _flag("is_private", False),
    _moment("closed_on"),
    _string("easy_email_to"),
    sa.Index("issues_project_id", "project_id"),
    sa.Index("index_issues_on_status_id", "status_id"),
    sa.Index("index_issues_on_assigned_to_id", "assigned_to_id"),
    sa.Index("index_issues_on_priority_id", "priority_id"),
    sa.Index("index_issues_on_author_id", "author_id"),
    sa.Index("index_issues_on_created_on", "created_on"),
    sa.Index("index_issues_on_parent_id", "parent_id"),
)

journals = _table(
    "journals",
    _integer("journalized_id", 0),
    _string("journalized_type", 30, "", required=True),
    _integer("user_id", 0),
    _text("notes"),
    _moment("created_on", required=True),
    _flag("private_notes", False),
    sa.Index("journals_journalized_id", "journalized_id", "journalized_type"),
    sa.Index("index_journals_on_user_id", "user_id"),
    sa.Index("index_journals_on_created_on", "created_on"),
)

journal_details = _table(
    "journal_details",
    _integer("journal_id", 0),
    _string("property", 30, "", required=True),
    _string("prop_key", 30, "", required=True),
    _text("old_value"),
    _text("value"),
    sa.Index("journal_details_journal_id", "journal_id"),
)

attachments = _table(
    "attachments",
    _integer("container_id"),
    _string("container_type", 30),
    _string("filename", default="", required=True),
    _string("disk_filename", default="", required=True),
    _integer("filesize", 0),
    _string("content_type", default=""),
    _string("digest", 64, "", required=True),
    _integer("downloads", 0),
    _integer("author_id", 0),
    _moment("created_on"),
    _string("description"),
    _string("disk_directory"),
    sa.Index("index_attachments_on_created_on", "created_on"),
    sa.Index("index_attachments_on_container_id_and_container_type", "container_id", "container_type"),
)

users = _table(
    "users",
    _string("login", default="", required=True),
    _string("hashed_password", 40, "", required=True),
    _string("firstname", 30, "", required=True),
    _string("lastname", default="", required=True),
    _flag("admin", False),
    _integer("status", 1),
    _moment("last_login_on"),
    _string("language", 5, ""),
    _integer("auth_source_id"),
    _moment("created_on"),
    _moment("updated_on"),
    _string("type"),
    _string("mail_notification", default="", required=True),
    _string("salt", 64),
    _flag("must_change_passwd", False),
    _moment("passwd_changed_on"),
    _string("twofa_scheme"),
    _string("twofa_totp_key"),
    _integer("twofa_totp_last_used_at"),
    _flag("twofa_required", False, required=False),
    sa.Index("index_users_on_id_and_type", "id", "type"),
    sa.Index("index_users_on_type", "type"),
)

groups_users = sa.Table(
    "groups_users",
    metadata,
    _integer("group_id", required=True),
    _integer("user_id", required=True),
    sa.Index("groups_users_ids", "group_id", "user_id", unique=True),
)

email_addresses = _table(
    "email_addresses",
    _integer("user_id", required=True),
    _string("address", required=True),
    _flag("is_default", False),
    _flag("notify", True),
    _moment("created_on", required=True),
    _moment("updated_on", required=True),
    sa.Index("index_email_addresses_on_user_id", "user_id"),
)

user_preferences = _table(
    "user_preferences",
    _integer("user_id", 0),
    _text("others"),
    _flag("hide_mail", True, required=False),
    _string("time_zone"),
    sa.Index("index_user_preferences_on_user_id", "user_id"),
)

watchers = _table(
    "watchers",
    _string("watchable_type", default="", required=True),
    _integer("watchable_id", 0),
    _integer("user_id"),
    sa.Index("watchers_user_id_type", "user_id", "watchable_type"),
    sa.Index("index_watchers_on_watchable_id_and_watchable_type", "watchable_id", "watchable_type"),
)

members = _table(
    "members",
    _integer("user_id", 0),
    _integer("project_id", 0),
    _moment("created_on"),
    _flag("mail_notification", False),
    sa.Index("index_members_on_user_id_and_project_id", "user_id", "project_id", unique=True),
    sa.Index("index_members_on_project_id", "project_id"),
)

member_roles = _table(
    "member_roles",
    _integer("member_id", required=True),
    _integer("role_id", required=True),
    _integer("inherited_from"),
    sa.Index("index_member_roles_on_member_id", "member_id"),
)

roles = _table(
    "roles",
    _string("name", default="", required=True),
    _integer("position"),
    _flag("assignable", True, required=False),
    _integer("builtin", 0),
    _text("permissions"),
    _string("issues_visibility", 30, "default", required=True),
    _string("users_visibility", 30, "all", required=True),
    _string("time_entries_visibility", 30, "all", required=True),
    _flag("all_roles_managed", True),
    _text("settings"),
)

projects = _table(
    "projects",
    _string("name", default="", required=True),
    _text("description"),
    _string("homepage", default=""),
    _flag("is_public", True),
    _integer("parent_id"),
    _moment("created_on"),
    _moment("updated_on"),
    _string("identifier"),
    _integer("status", 1),
    _integer("lft"),
    _integer("rgt"),
    _flag("inherit_members", False),
    _integer("default_version_id"),
    _integer("default_assigned_to_id"),
    _integer("default_issue_query_id"),
)

queries = _table(
    "queries",
    _integer("project_id"),
    _string("name", default="", required=True),
    _text("filters"),
    _integer("user_id", 0),
    _text("column_names"),
    _text("sort_criteria"),
    _string("group_by"),
    _string("type"),
    _integer("visibility", 0),
    _text("options"),
)

queries_roles = sa.Table(
    "queries_roles",
    metadata,
    sa.Column("query_id", sa.Integer, nullable=False),
    sa.Column("role_id", sa.Integer, nullable=False),
    sa.UniqueConstraint("query_id", "role_id"),
)

enabled_modules = _table(
    "enabled_modules", _integer("project_id"), _string("name", required=True), sa.Index("enabled_modules_project_id", "project_id")
)

enumerations = _table(
    "enumerations",
    _string("name", 30, "", required=True),
    _integer("position"),
    _flag("is_default", False),
    _string("type"),
    _flag("active", True),
    _integer("project_id"),
    _integer("parent_id"),
    _string("position_name", 30),
    sa.Index("index_enumerations_on_id_and_type", "id", "type"),
)

issue_statuses = _table(
    "issue_statuses",
    _string("name", 30, "", required=True),
    _flag("is_closed", False),
    _integer("position"),
    _integer("default_done_ratio"),
)

trackers = _table(
    "trackers",
    _string("name", 30, "", required=True),
    _string("description"),
    _integer("position"),
    _flag("is_in_roadmap", True),
    _integer("fields_bits", 0),
    _integer("default_status_id"),
)

workflows = _table(
    "workflows",
    _integer("tracker_id", 0),
    _integer("old_status_id", 0),
    _integer("new_status_id", 0),
    _integer("role_id", 0),
    _flag("assignee", False),
    _flag("author", False),
    _string("type", 30),
    _string("field_name", 30),
    _string("rule", 30),
    sa.Index("wkfs_role_tracker_old_status", "role_id", "tracker_id", "old_status_id"),
)

custom_fields = _table(
    "custom_fields",
    _string("type", 30, "", required=True),
    _string("name", 30, "", required=True),
    _string("field_format", 30, "", required=True),
    _text("possible_values"),
    _string("regexp", default=""),
    _integer("min_length"),
    _integer("max_length"),
    _flag("is_required", False),
    _flag("is_for_all", False),
    _flag("is_filter", False),
    _integer("position"),
    _flag("searchable", False, required=False),
    _text("default_value"),
    _flag("editable", True, required=False),
    _flag("visible", True),
    _flag("multiple", False, required=False),
    _text("format_store"),
    _text("description"),
)

custom_values = _table(
    "custom_values",
    _string("customized_type", 30, "", required=True),
    _integer("customized_id", 0),
    _integer("custom_field_id", 0),
    _text("value"),
    sa.Index("custom_values_customized", "customized_type", "customized_id"),
)

issue_relations = _table(
    "issue_relations",
    _integer("issue_from_id", required=True),
    _integer("issue_to_id", required=True),
    _string("relation_type", default="", required=True),
    _integer("delay"),
    sa.Index("index_issue_relations_on_issue_from_id_and_issue_to_id", "issue_from_id", "issue_to_id", unique=True),
)

settings = _table(
    "settings",
    _string("name", default="", required=True),
    _text("value"),
    _moment("updated_on"),
    sa.Index("index_settings_on_name", "name"),
)

tokens = _table(
    "tokens",
    _integer("user_id", 0),
    _string("action", 30, "", required=True),
    _string("value", 40, "", required=True),
    _moment("created_on", required=True),
    _moment("updated_on"),
    sa.Index("tokens_value", "value", unique=True),
    sa.Index("index_tokens_on_user_id", "user_id"),
)


def _localisation(name: str) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("language", sa.CHAR(2), primary_key=True, server_default="ru"),
        _string("name", required=True),
        _flag("active", True),
        _integer("position"),
    )


u_statuses = _localisation("u_statuses")
u_priority = _localisation("u_Priority")
