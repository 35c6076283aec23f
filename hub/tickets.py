"""The tables of the tickets' search: what we keep of each of Redmine's issues, and how far the index has come.

The words themselves are in `ticket_words`, which each back end keeps in its own kind of full-text table (migration 0006), outside of
this metadata: SQLAlchemy knows neither FTS5 nor its shadow tables. `is_ours` tells the two apart.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.store import Json, Utc, metadata

__all__ = ["WORDS", "is_ours", "ticket_index", "ticket_positions", "ticket_requesters"]

WORDS = "ticket_words"
"""subject, body, hidden: folded words, by issue. SQLite: an FTS5 table; MariaDB: a table with FULLTEXT indexes."""

ticket_index = sa.Table(
    "ticket_index",
    metadata,
    sa.Column("issue_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="Redmine's issues.id"),
    sa.Column("project_id", sa.BigInteger, nullable=False),
    sa.Column("tracker_id", sa.BigInteger, nullable=False),
    sa.Column("author_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("assigned_to_id", sa.BigInteger, index=True),
    sa.Column("is_private", sa.Boolean, nullable=False),
    sa.Column("status_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("spoke", sa.BigInteger, nullable=False, comment="whose the newest public note is; 0: none"),
    sa.Column("spoke_hidden", sa.BigInteger, nullable=False, comment="whose the newest note of all is; 0: none"),
    sa.Column("updated", sa.BigInteger, nullable=False, comment="seconds of Redmine's wall time: for the order alone"),
    sa.Column("digest", sa.String(32), nullable=False, comment="of the words, hex: what is the same is not written again"),
    sa.Index("ix_ticket_index_updated_issue_id", "updated", "issue_id"),
    comment="what decides who finds an issue; Redmine itself is asked again before anything is shown",
)

ticket_requesters = sa.Table(
    "ticket_requesters",
    metadata,
    sa.Column("email", sa.String(254), primary_key=True, comment="lower case"),
    sa.Column("issue_id", sa.BigInteger, primary_key=True, autoincrement=False, index=True),
    comment="whose address an issue names",
)

ticket_positions = sa.Table(
    "ticket_positions",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True, comment="which job of the index"),
    sa.Column("position", Json, nullable=False),
    sa.Column("at", Utc, nullable=False),
    comment="how far the filling, the following and the sweeping of the index have come",
)


def is_ours(name: str | None, kind: str) -> bool:
    """False for the full-text tables, which the metadata does not describe: for Alembic's `include_name`."""
    return not (kind == "table" and name is not None and (name == WORDS or name.startswith(f"{WORDS}_")))
