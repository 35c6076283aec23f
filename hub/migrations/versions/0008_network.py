"""The network monitor: hosts, maintenance, acknowledgements, states, rounds and their history"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import LONGTEXT, MEDIUMBLOB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Json = sa.Text().with_variant(LONGTEXT, "mysql")
_Bytes = sa.LargeBinary().with_variant(MEDIUMBLOB, "mysql")
_MYSQL: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin"}


def upgrade() -> None:
    op.create_table(
        "net_hosts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("spec", _Json, nullable=False, comment="as in the file, without the id"),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_net_hosts")),
        comment="hosts of the admin page; those of the file are in the file",
        **_MYSQL,
    )
    op.create_table(
        "net_maintenance",
        sa.Column("id", _Id, nullable=False),
        sa.Column("host", sa.String(length=64), nullable=True),
        sa.Column("group_path", sa.String(length=255), nullable=True, comment="with its subgroups; this and host NULL: everything"),
        sa.Column("starts", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False, comment="of the first time"),
        sa.Column("weekly", _Json, nullable=False, comment="weekdays, 0 Monday; []: once"),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="a weekly one begins no more after this"),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("by_name", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_net_maintenance")),
        comment="when announcements are held",
        **_MYSQL,
    )
    op.create_table(
        "net_acks",
        sa.Column("host", sa.String(length=64), nullable=False),
        sa.Column("by_name", sa.String(length=255), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="NULL: until it recovers"),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_net_acks")),
        comment="whose trouble somebody has taken on",
        **_MYSQL,
    )
    op.create_table(
        "net_seen",
        sa.Column("host", sa.String(length=64), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False, comment="its first round: uptime counts from here"),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_net_seen")),
        comment="hosts that were ever measured",
        **_MYSQL,
    )
    op.create_table(
        "net_rounds",
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False, comment="minutes since 1970 UTC, of `at`"),
        sa.Column("host", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, autoincrement=False, comment="to the millisecond"),
        sa.Column("packed", sa.String(length=255), nullable=False, comment="see adapters/netmonitor/history/kept.py"),
        sa.PrimaryKeyConstraint("minute", "host", "at", name=op.f("pk_net_rounds")),
        comment="rounds of the open hour, until they are moved into net_blocks",
        sqlite_with_rowid=False,
        **_MYSQL,
    )
    op.create_table(
        "net_blocks",
        sa.Column("host", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.Integer(), autoincrement=False, nullable=False, comment="seconds of a point; 0: single rounds"),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="rounds in it; grows with each change"),
        sa.Column("packed", _Bytes, nullable=False, comment="see adapters/netmonitor/history/blocks.py"),
        sa.PrimaryKeyConstraint("host", "tier", "start", name=op.f("pk_net_blocks")),
        comment="the history of closed hours",
        **_MYSQL,
    )
    op.create_table(
        "net_outages",
        sa.Column("host", sa.String(length=64), nullable=False),
        sa.Column("began", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True, comment="NULL: goes on"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("maintenance", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="a stable code, or nothing"),
        sa.PrimaryKeyConstraint("host", "began", name=op.f("pk_net_outages")),
        comment="when a host was not plainly up, kept two years; intervals of a host do not overlap",
        **_MYSQL,
    )
    with op.batch_alter_table("net_outages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_net_outages_ended"), ["ended"], unique=False)


def downgrade() -> None:
    for name in ("net_outages", "net_blocks", "net_rounds", "net_seen", "net_acks", "net_maintenance", "net_hosts"):
        op.drop_table(name)
