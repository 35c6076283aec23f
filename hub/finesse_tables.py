"""The tables of calls: agents who are signed in to Finesse through us, their favourites, and the calls that they missed.

They lie beside the hub's own, in the same store and under the same migrations; only `adapters.finesse` and `web.finesse` read and write
them. Whose an agent is stands in `identities` (system `finesse`), and stays there when the agent signs out.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.store import Utc, metadata

__all__ = ["finesse_agents", "finesse_favourites", "finesse_missed"]

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER autoincrements in SQLite
_Agent = sa.String(90)  # as a topic's name may end

finesse_agents = sa.Table(
    "finesse_agents",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("agent_id", _Agent, nullable=False, unique=True),
    sa.Column("extension", sa.String(64), nullable=False),
    sa.Column("secret", sa.Text, nullable=False, comment="the password, Fernet: see adapters/finesse/credentials.py"),
    sa.Column("signed_in_at", Utc, nullable=False),
    comment="who is signed in through us; a hub that starts again has their connections back",
)

finesse_favourites = sa.Table(
    "finesse_favourites",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("number", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    comment="numbers that a person calls often",
)

finesse_missed = sa.Table(
    "finesse_missed",
    metadata,
    sa.Column("agent_id", _Agent, primary_key=True),
    sa.Column("dialog", sa.String(64), primary_key=True),
    sa.Column("number", sa.String(255), nullable=False, comment="empty: hidden"),
    sa.Column("queue", sa.String(255), nullable=False),
    sa.Column("why", sa.String(16), nullable=False, comment="missed, abandoned"),
    sa.Column("at", Utc, nullable=False),
    comment="calls that rang at an agent who did not take them, the newest of each",
)
