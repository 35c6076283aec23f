"""Whose turn it is to write to an issue"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket_turns",
        sa.Column("issue_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=16), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="a process that died keeps it no longer"),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_ticket_turns")),
        comment="who writes to an issue now",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
