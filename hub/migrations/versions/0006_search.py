"""The index of the tickets' search"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_BYTES = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_nopad_bin"}


def upgrade() -> None:
    op.create_table(
        "ticket_index",
        sa.Column("issue_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Redmine's issues.id"),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("tracker_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("assigned_to_id", sa.BigInteger(), nullable=True),
        sa.Column("is_private", sa.Boolean(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("spoke", sa.BigInteger(), nullable=False, comment="whose the newest public note is; 0: none"),
        sa.Column("spoke_hidden", sa.BigInteger(), nullable=False, comment="whose the newest note of all is; 0: none"),
        sa.Column("updated", sa.BigInteger(), nullable=False, comment="seconds of Redmine's wall time: for the order alone"),
        sa.Column(
            "digest",
            sa.String(length=32),
            nullable=False,
            comment="of the words, hex: what is the same is not written again",
        ),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_ticket_index")),
        comment="what decides who finds an issue; Redmine itself is asked again before anything is shown",
        **_BYTES,
    )
    with op.batch_alter_table("ticket_index", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_index_assigned_to_id"), ["assigned_to_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_index_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_index_status_id"), ["status_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_index_updated_issue_id"), ["updated", "issue_id"], unique=False)
    op.create_table(
        "ticket_requesters",
        sa.Column("email", sa.String(length=254), nullable=False, comment="lower case"),
        sa.Column("issue_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("email", "issue_id", name=op.f("pk_ticket_requesters")),
        comment="whose address an issue names",
        **_BYTES,
    )
    with op.batch_alter_table("ticket_requesters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_requesters_issue_id"), ["issue_id"], unique=False)
    op.create_table(
        "ticket_positions",
        sa.Column("name", sa.String(length=32), nullable=False, comment="which job of the index"),
        sa.Column("position", sa.Text().with_variant(LONGTEXT, "mysql"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ticket_positions")),
        comment="how far the filling, the following and the sweeping of the index have come",
        **_BYTES,
    )
    if op.get_bind().dialect.name == "sqlite":
        # no positions and no sizes: beginnings of words and a column are all that is asked for, ranked by the number
        op.execute(
            "CREATE VIRTUAL TABLE ticket_words USING fts5(subject, body, hidden, detail='column', columnsize=0,"
            " tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")"
        )
    else:
        op.execute(
            "CREATE TABLE ticket_words (issue_id BIGINT NOT NULL PRIMARY KEY, subject TEXT NOT NULL, body MEDIUMTEXT NOT NULL,"
            " hidden MEDIUMTEXT NOT NULL, FULLTEXT INDEX ft_ticket_words_subject (subject), FULLTEXT INDEX ft_ticket_words_body (body),"
            " FULLTEXT INDEX ft_ticket_words_hidden (hidden)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"
        )


def downgrade() -> None:
    for table in ("ticket_words", "ticket_positions", "ticket_requesters", "ticket_index"):
        op.drop_table(table)
