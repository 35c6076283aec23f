"""The tables around a person: profile, picture, signature, VPN renewals, audit log, reviews; sign-ins that are remembered"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT, MEDIUMBLOB
from sqlalchemy.exc import DBAPIError


revision = "0004"
down_revision = "0003_lease"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Json = sa.Text().with_variant(LONGTEXT, "mysql")
_Bytes = sa.LargeBinary().with_variant(MEDIUMBLOB, "mysql")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _Id, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "actor_id",
            sa.BigInteger(),
            nullable=True,
            comment="NULL: the system or the command line; no foreign key: the line outlives the person",
        ),
        sa.Column("actor", sa.String(length=255), nullable=False, comment="login name as it was"),
        sa.Column("action", sa.String(length=64), nullable=False, comment="permission.granted, session.ended …"),
        sa.Column("subject_id", sa.BigInteger(), nullable=True, comment="users.id of whom it was done to"),
        sa.Column("subject", sa.String(length=255), nullable=False, comment="name of whom or what it was done to"),
        sa.Column("before", _Json, nullable=True),
        sa.Column("after", _Json, nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        comment="append only: who did what, before and after, when, from where",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "avatars",
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False, comment="edge in pixels"),
        sa.Column("version", sa.String(length=16), nullable=False, comment="part of the address, changes with the picture"),
        sa.Column("content", _Bytes, nullable=False, comment="WebP, re-encoded by us"),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_avatars_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "size", name=op.f("pk_avatars")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "profiles",
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("erp_id", sa.BigInteger(), nullable=False, comment="USER_ID in the ERP"),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("office", sa.String(length=255), nullable=False),
        sa.Column("department", sa.String(length=255), nullable=False),
        sa.Column("post", sa.String(length=255), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("vpn", sa.Boolean(), nullable=False, comment="has VPN at all"),
        sa.Column("vpn_until", sa.String(length=10), nullable=True, comment="YYYY-MM-DD, the last day of VPN access as last read"),
        sa.Column("standing", sa.String(length=16), nullable=False, comment="active, blocked, none (no access), gone"),
        sa.Column("checked_at", sa.BigInteger(), nullable=False, comment="when the ERP last told these values"),
        sa.Column(
            "signed_in_at",
            sa.BigInteger(),
            nullable=True,
            comment="the last sign-in that the ERP confirmed: the local password lives from here",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_profiles_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("erp_id", name=op.f("uq_profiles_erp_id")),
        comment="what the ERP says of a person, copied at each sign-in and look",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("profiles", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_profiles_department"), ["department"], unique=False)

    op.create_table(
        "samples",
        sa.Column("id", _Id, nullable=False),
        sa.Column("made_by", _Id, nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("filter", _Json, nullable=False, comment="what it was drawn from"),
        sa.Column("issues", _Json, nullable=False, comment="ids in the order drawn"),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_samples_made_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
        comment="random samples of closed issues for review",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("samples", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_samples_made_by"), ["made_by"], unique=False)

    op.create_table(
        "signatures",
        sa.Column("user_id", _Id, autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False, comment="Markdown subset, 2000 characters at most"),
        sa.Column("on_comments", sa.Boolean(), nullable=False, comment="appended to comments in Redmine"),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_signatures_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_signatures")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "vpn_renewals",
        sa.Column("id", _Id, nullable=False),
        sa.Column("user_id", _Id, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="idempotency key of the request"),
        sa.Column("until", sa.String(length=10), nullable=False, comment="YYYY-MM-DD that was asked for"),
        sa.Column("before", sa.String(length=10), nullable=True, comment="YYYY-MM-DD that stood there"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="asked, done, unknown, refused"),
        sa.Column("code", sa.String(length=32), nullable=False, comment="why it was refused or is unknown"),
        sa.Column("message", sa.String(length=300), nullable=False, comment="the ERP's own sentence where it refused"),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_vpn_renewals_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vpn_renewals")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_vpn_renewals_user_id_key")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("vpn_renewals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_vpn_renewals_user_id"), ["user_id"], unique=False)

    op.create_table(
        "reviews",
        sa.Column("id", _Id, nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("sample_id", _Id, nullable=True),
        sa.Column("reviewer_id", _Id, nullable=True),
        sa.Column("reviewer", sa.String(length=255), nullable=False, comment="display name as it was"),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True, comment="Redmine's users.id of whose work it was"),
        sa.Column("scores", _Json, nullable=False, comment="{criterion: [points, best]}: a later change of the card changes no review"),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("replaces", sa.BigInteger(), nullable=True, comment="an earlier review by the same person; both are kept"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["reviewer_id"], ["users.id"], name=op.f("fk_reviews_reviewer_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_reviews_sample_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        comment="score cards, stored here and never in Redmine",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    with op.batch_alter_table("reviews", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reviews_assignee_id"), ["assignee_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reviews_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_reviews_issue_id"), ["issue_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reviews_reviewer_id"), ["reviewer_id"], unique=False)
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("remember", sa.Boolean(), nullable=False, server_default=sa.true(), comment="the cookie outlives the browser")
        )
        batch_op.add_column(sa.Column("view_as", _Id, comment="users.id of whom this administrator looks as, read only; NULL: themself"))
    _append_only()


def _append_only() -> None:
    """Lines of the audit log can be added and nothing else, by us as by anybody with the store's account."""
    dialect = op.get_bind().dialect.name
    for what in ("UPDATE", "DELETE"):
        name = f"audit_no_{what.lower()}"
        if dialect == "sqlite":
            op.execute(f"CREATE TRIGGER {name} BEFORE {what} ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append only'); END")
            continue
        signal = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit log is append only'"
        try:
            op.execute(f"CREATE TRIGGER {name} BEFORE {what} ON audit FOR EACH ROW {signal}")
        except DBAPIError:  # an account without the right to make triggers: then only the program keeps to it
            return


def downgrade() -> None:
    for what in ("update", "delete"):
        op.execute(f"DROP TRIGGER IF EXISTS audit_no_{what}")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_column("view_as")
        batch_op.drop_column("remember")
    op.drop_table("reviews")
    op.drop_table("vpn_renewals")
    op.drop_table("signatures")
    op.drop_table("samples")
    op.drop_table("profiles")
    op.drop_table("avatars")
    op.drop_table("audit")
