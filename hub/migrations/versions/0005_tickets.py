"""The tickets' pages: drafts, what was read, personal views, answers to repeated writes"""

from typing import Any

from alembic import op

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT, MEDIUMBLOB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Json = sa.Text().with_variant(LONGTEXT, "mysql")
_Text = sa.Text().with_variant(LONGTEXT, "mysql")
_Bytes = sa.LargeBinary().with_variant(MEDIUMBLOB, "mysql")
_MYSQL: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin"}

def upgrade() -> None:
    op.create_table(
        "ticket_drafts",
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("issue_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", _Text, nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("base", sa.String(length=40), nullable=False, comment="the version that the person saw while writing"),
        sa.Column("device", sa.String(length=64), nullable=False, comment="which of the person's devices wrote it"),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ticket_drafts_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "issue_id", name=op.f("pk_ticket_drafts")),
        comment="comments that are being written, kept 30 days",
        **_MYSQL,
    )
    with op.batch_alter_table("ticket_drafts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_drafts_saved_at"), ["saved_at"], unique=False)

    op.create_table(
        "ticket_reads",
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("issue_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lock_version", sa.BigInteger(), nullable=False),
        sa.Column("last_journal", sa.BigInteger(), nullable=False, comment="the newest journal the person has seen; 0: none"),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ticket_reads_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "issue_id", name=op.f("pk_ticket_reads")),
        comment="up to where a person has read an issue; moves forward only",
        **_MYSQL,
    )
    op.create_table(
        "ticket_views",
        sa.Column("id", _Id, nullable=False),
        sa.Column("user_id", _Id, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("query", _Json, nullable=False, comment="the list's own parameters"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_ticket_views_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_views")),
        comment="personal views of the list",
        **_MYSQL,
    )
    with op.batch_alter_table("ticket_views", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_views_user_id"), ["user_id"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of method, path and body, hex"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="running, done"),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status of the answer"),
        sa.Column("answer", _Bytes, nullable=True, comment="body of the answer"),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
        comment="answers to writes, kept 24 hours",
        **_MYSQL,
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_begun_at"), ["begun_at"], unique=False)

def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_table("ticket_views")
    op.drop_table("ticket_reads")
    op.drop_table("ticket_drafts")
