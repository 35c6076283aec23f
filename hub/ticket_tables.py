"""The tables of the tickets' pages: drafts, what was read, personal views, answers to writes that may be asked for again.

They lie beside the hub's own, in the same store and under the same migrations; only `web.tickets` and the list read and write them.
Redmine's own data is never kept here.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

from hub.blobs import Blob
from hub.store import Json, Utc, metadata

__all__ = ["idempotency_keys", "ticket_drafts", "ticket_reads", "ticket_turns", "ticket_views"]

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER autoincrements in SQLite

_Text = sa.Text().with_variant(LONGTEXT, "mysql")


def _user(**more: bool) -> sa.Column[int]:
    return sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, **more)  # type: ignore[arg-type]


ticket_drafts = sa.Table(
    "ticket_drafts",
    metadata,
    _user(primary_key=True, autoincrement=False),
    sa.Column("issue_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("text", _Text, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("base", sa.String(40), nullable=False, comment="the version that the person saw while writing"),
    sa.Column("device", sa.String(64), nullable=False, comment="which of the person's devices wrote it"),
    sa.Column("saved_at", Utc, nullable=False, index=True),
    comment="comments that are being written, kept 30 days",
)

ticket_reads = sa.Table(
    "ticket_reads",
    metadata,
    _user(primary_key=True, autoincrement=False),
    sa.Column("issue_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lock_version", sa.BigInteger, nullable=False),
    sa.Column("last_journal", sa.BigInteger, nullable=False, comment="the newest journal the person has seen; 0: none"),
    sa.Column("read_at", Utc, nullable=False),
    comment="up to where a person has read an issue; moves forward only",
)

ticket_views = sa.Table(
    "ticket_views",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    _user(index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("query", Json, nullable=False, comment="the list's own parameters"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("updated_at", Utc, nullable=False),
    comment="personal views of the list",
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    _user(primary_key=True, autoincrement=False),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256 of method, path and body, hex"),
    sa.Column("state", sa.String(16), nullable=False, comment="running, done"),
    sa.Column("status", sa.Integer, comment="HTTP status of the answer"),
    sa.Column("answer", Blob, comment="body of the answer"),
    sa.Column("begun_at", Utc, nullable=False, index=True),
    comment="answers to writes, kept 24 hours",
)

ticket_turns = sa.Table(
    "ticket_turns",
    metadata,
    sa.Column("issue_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("holder", sa.String(16), nullable=False),
    sa.Column("until", Utc, nullable=False, comment="a process that died keeps it no longer"),
    comment="who writes to an issue now",
)
