"""What the list and the search read of Redmine's tables, beyond what notifications need.

Columns of their own, so that a site whose account may not read one of them keeps its notifications: only tickets are refused.
"""

from __future__ import annotations

import sqlalchemy as sa

__all__ = ["issues", "journals", "priorities", "statuses", "watchers"]

issues = sa.table(
    "issues",
    *(sa.column(name, sa.BigInteger) for name in ("id", "project_id", "tracker_id", "status_id", "priority_id", "author_id")),
    *(sa.column(name, sa.BigInteger) for name in ("assigned_to_id", "lock_version", "category_id", "fixed_version_id", "parent_id")),
    *(sa.column(name, sa.Text) for name in ("subject", "description", "easy_email_to")),
    sa.column("is_private", sa.Boolean(create_constraint=False)),
    *(sa.column(name, sa.DateTime) for name in ("created_on", "updated_on", "closed_on", "start_date", "due_date")),
)
journals = sa.table(
    "journals",
    *(sa.column(name, sa.BigInteger) for name in ("id", "journalized_id", "user_id")),
    *(sa.column(name, sa.Text) for name in ("journalized_type", "notes")),
    sa.column("private_notes", sa.Boolean(create_constraint=False)),
    sa.column("created_on", sa.DateTime),
)
watchers = sa.table(
    "watchers",
    *(sa.column(name, sa.BigInteger) for name in ("watchable_id", "user_id")),
    sa.column("watchable_type", sa.Text),
)
statuses = sa.table(
    "issue_statuses",
    *(sa.column(name, sa.BigInteger) for name in ("id", "position")),
    sa.column("is_closed", sa.Boolean(create_constraint=False)),
)
priorities = sa.table(
    "enumerations",
    *(sa.column(name, sa.BigInteger) for name in ("id", "position")),
    sa.column("type", sa.Text),
    *(sa.column(name, sa.Boolean(create_constraint=False)) for name in ("is_default", "active")),
)
