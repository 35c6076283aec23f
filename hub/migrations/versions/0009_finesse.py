"""Calls: agents signed in to Finesse, favourites, missed calls"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MYSQL: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin"}


def upgrade() -> None:
    op.create_table(
        "finesse_agents",
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("agent_id", sa.String(length=90), nullable=False),
        sa.Column("extension", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False, comment="the password, Fernet: see adapters/finesse/credentials.py"),
        sa.Column("signed_in_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_finesse_agents_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_finesse_agents")),
        sa.UniqueConstraint("agent_id", name=op.f("uq_finesse_agents_agent_id")),
        comment="who is signed in through us; a hub that starts again has their connections back",
        **_MYSQL,
    )
    op.create_table(
        "finesse_favourites",
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_finesse_favourites_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "number", name=op.f("pk_finesse_favourites")),
        comment="numbers that a person calls often",
        **_MYSQL,
    )
    op.create_table(
        "finesse_missed",
        sa.Column("agent_id", sa.String(length=90), nullable=False),
        sa.Column("dialog", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=255), nullable=False, comment="empty: hidden"),
        sa.Column("queue", sa.String(length=255), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False, comment="missed, abandoned"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agent_id", "dialog", name=op.f("pk_finesse_missed")),
        comment="calls that rang at an agent who did not take them, the newest of each",
        **_MYSQL,
    )


def downgrade() -> None:
    for name in ("finesse_missed", "finesse_favourites", "finesse_agents"):
        op.drop_table(name)
