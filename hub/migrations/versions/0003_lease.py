"""Leases: what only one node may do at a time"""

from alembic import op
import sqlalchemy as sa


revision = "0003_lease"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False, comment="what only one node may do"),
        sa.Column("holder", sa.String(length=64), nullable=True, comment="node and process; NULL: free"),
        sa.Column("token", sa.BigInteger(), nullable=False, comment="one more with each holder: the fence"),
        sa.Column("beat", sa.BigInteger(), nullable=False, comment="one more with each renewal"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )


def downgrade() -> None:
    op.drop_table("leases")
