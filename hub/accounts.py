"""The tables around a person: what the ERP says of them, their picture, what was done in their name, and reviews of work.

They lie beside the hub's own, in the same store and under the same migrations; only the areas in `web` read and write them.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.blobs import Blob
from hub.store import Json, Utc, metadata

__all__ = ["audit", "avatars", "profiles", "reviews", "samples", "signatures", "vpn_renewals"]

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER autoincrements in SQLite
_Name = sa.String(255)


profiles = sa.Table(
    "profiles",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("erp_id", sa.BigInteger, nullable=False, unique=True, comment="USER_ID in the ERP"),
    sa.Column("email", _Name, nullable=False, default=""),
    sa.Column("office", _Name, nullable=False, default=""),
    sa.Column("department", _Name, nullable=False, default="", index=True),
    sa.Column("post", _Name, nullable=False, default=""),
    sa.Column("phone", sa.String(64), nullable=False, default=""),
    sa.Column("vpn", sa.Boolean, nullable=False, default=False, comment="has VPN at all"),
    sa.Column("vpn_until", sa.String(10), comment="YYYY-MM-DD, the last day of VPN access as last read"),
    sa.Column("standing", sa.String(16), nullable=False, comment="active, blocked, none (no access), gone"),
    sa.Column("checked_at", Utc, nullable=False, comment="when the ERP last told these values"),
    sa.Column("signed_in_at", Utc, comment="the last sign-in that the ERP confirmed: the local password lives from here"),
    comment="what the ERP says of a person, copied at each sign-in and look",
)

signatures = sa.Table(
    "signatures",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text, nullable=False, comment="Markdown subset, 2000 characters at most"),
    sa.Column("on_comments", sa.Boolean, nullable=False, comment="appended to comments in Redmine"),
    sa.Column("updated_at", Utc, nullable=False),
)

avatars = sa.Table(
    "avatars",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("size", sa.Integer, primary_key=True, autoincrement=False, comment="edge in pixels"),
    sa.Column("version", sa.String(16), nullable=False, comment="part of the address, changes with the picture"),
    sa.Column("content", Blob, nullable=False, comment="WebP, re-encoded by us"),
    sa.Column("updated_at", Utc, nullable=False),
)

vpn_renewals = sa.Table(
    "vpn_renewals",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("key", sa.String(64), nullable=False, comment="idempotency key of the request"),
    sa.Column("until", sa.String(10), nullable=False, comment="YYYY-MM-DD that was asked for"),
    sa.Column("before", sa.String(10), comment="YYYY-MM-DD that stood there"),
    sa.Column("state", sa.String(16), nullable=False, comment="asked, done, unknown, refused"),
    sa.Column("code", sa.String(32), nullable=False, default="", comment="why it was refused or is unknown"),
    sa.Column("message", sa.String(300), nullable=False, default="", comment="the ERP's own sentence where it refused"),
    sa.Column("asked_at", Utc, nullable=False),
    sa.Column("settled_at", Utc),
    sa.UniqueConstraint("user_id", "key"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("at", Utc, nullable=False, index=True),
    sa.Column("actor_id", sa.BigInteger, comment="NULL: the system or the command line; no foreign key: the line outlives the person"),
    sa.Column("actor", _Name, nullable=False, comment="login name as it was"),
    sa.Column("action", sa.String(64), nullable=False, index=True, comment="permission.granted, session.ended …"),
    sa.Column("subject_id", sa.BigInteger, index=True, comment="users.id of whom it was done to"),
    sa.Column("subject", _Name, nullable=False, default="", comment="name of whom or what it was done to"),
    sa.Column("before", Json),
    sa.Column("after", Json),
    sa.Column("address", sa.String(64), nullable=False, default=""),
    sa.Column("agent", _Name, nullable=False, default=""),
    comment="append only: who did what, before and after, when, from where",
)

samples = sa.Table(
    "samples",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("made_by", _Id, sa.ForeignKey("users.id", ondelete="SET NULL"), index=True),
    sa.Column("made_at", Utc, nullable=False),
    sa.Column("filter", Json, nullable=False, comment="what it was drawn from"),
    sa.Column("issues", Json, nullable=False, comment="ids in the order drawn"),
    comment="random samples of closed issues for review",
)

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("issue_id", sa.BigInteger, nullable=False, index=True),
    sa.Column("sample_id", _Id, sa.ForeignKey("samples.id", ondelete="SET NULL")),
    sa.Column("reviewer_id", _Id, sa.ForeignKey("users.id", ondelete="SET NULL"), index=True),
    sa.Column("reviewer", _Name, nullable=False, comment="display name as it was"),
    sa.Column("assignee_id", sa.BigInteger, index=True, comment="Redmine's users.id of whose work it was"),
    sa.Column("scores", Json, nullable=False, comment="{criterion: [points, best]}: a later change of the card changes no review"),
    sa.Column("comment", sa.Text, nullable=False),
    sa.Column("replaces", sa.BigInteger, comment="an earlier review by the same person; both are kept"),
    sa.Column("created_at", Utc, nullable=False, index=True),
    comment="score cards, stored here and never in Redmine",
)
