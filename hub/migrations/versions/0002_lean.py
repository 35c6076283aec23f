"""Fewer indexes to pay for on each write; texts that compare byte by byte in MariaDB"""

from alembic import op
import sqlalchemy as sa


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    "addresses",
    "devices",
    "events",
    "heads",
    "identities",
    "inbox",
    "permissions",
    "preferences",
    "publications",
    "push_attempts",
    "sessions",
    "users",
    "watermarks",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _lean_sqlite()
    else:
        _lean_mariadb()


def _lean_sqlite() -> None:
    """Rebuilds the tables: constraints and WITHOUT ROWID cannot be altered."""
    with op.batch_alter_table("events", recreate="always") as batch:
        batch.drop_constraint("uq_events_source_event_id", type_="unique")
        batch.drop_index("ix_events_expires_at")
    op.execute(
        """CREATE TABLE publications_new (
            source VARCHAR(255) NOT NULL,
            event_id VARCHAR(255) NOT NULL,
            accepted INTEGER NOT NULL,
            created_at BIGINT NOT NULL,
            CONSTRAINT pk_publications PRIMARY KEY (source, event_id)
        ) WITHOUT ROWID"""
    )
    op.execute("INSERT INTO publications_new SELECT source, event_id, accepted, created_at FROM publications")
    op.execute("DROP TABLE publications")
    op.execute("ALTER TABLE publications_new RENAME TO publications")
    op.execute("CREATE INDEX ix_publications_created_at ON publications (created_at)")
    op.execute(
        """CREATE TABLE inbox_new (
            user_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            event_pk INTEGER NOT NULL,
            policy VARCHAR(16) NOT NULL,
            state VARCHAR(16) NOT NULL,
            cause VARCHAR(64),
            deadline_at BIGINT,
            attempts INTEGER NOT NULL,
            held BOOLEAN NOT NULL,
            ended_at BIGINT,
            received_at BIGINT,
            seen_at BIGINT,
            read_at BIGINT,
            done_at BIGINT,
            snoozed_until BIGINT,
            CONSTRAINT pk_inbox PRIMARY KEY (user_id, seq),
            CONSTRAINT fk_inbox_event_pk FOREIGN KEY(event_pk) REFERENCES events (pk),
            CONSTRAINT fk_inbox_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
        ) WITHOUT ROWID"""
    )
    op.execute(
        """INSERT INTO inbox_new SELECT user_id, seq, event_pk, policy, state, cause, deadline_at, attempts, held,
            ended_at, received_at, seen_at, read_at, done_at, snoozed_until FROM inbox"""
    )
    op.execute("DROP TABLE inbox")
    op.execute("ALTER TABLE inbox_new RENAME TO inbox")
    op.execute("CREATE UNIQUE INDEX uq_inbox_event_pk_user_id ON inbox (event_pk, user_id)")
    op.execute("CREATE INDEX ix_inbox_deadline ON inbox (deadline_at, user_id) WHERE deadline_at IS NOT NULL")
    op.execute(
        """CREATE INDEX ix_inbox_unseen ON inbox (user_id, done_at, seen_at, snoozed_until)
            WHERE done_at IS NULL AND seen_at IS NULL"""
    )


def _lean_mariadb() -> None:
    for table in _TABLES:
        op.execute(f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
    for table, column in (("events", "data"), ("preferences", "value"), ("watermarks", "value")):
        op.execute(f"ALTER TABLE {table} MODIFY {column} LONGTEXT NOT NULL")
    op.alter_column(  # a conversion from one byte a character makes room for four: MEDIUMTEXT
        "addresses", "address", existing_type=sa.Text(), type_=sa.Text(), existing_nullable=False, existing_comment="endpoint URL, or the token"
    )
    op.execute("ALTER TABLE events DROP INDEX uq_events_source_event_id, DROP INDEX ix_events_expires_at")
    # one statement: each foreign key has an index to stand on at every moment
    op.execute(
        """ALTER TABLE inbox
            ADD UNIQUE INDEX uq_inbox_event_pk_user_id (event_pk, user_id),
            DROP INDEX uq_inbox_user_id_event_pk,
            DROP INDEX ix_inbox_event_pk,
            DROP INDEX ix_inbox_deadline,
            ADD INDEX ix_inbox_deadline (deadline_at, user_id),
            DROP INDEX ix_inbox_unseen,
            ADD INDEX ix_inbox_unseen (user_id, done_at, seen_at, snoozed_until)"""
    )


def downgrade() -> None:
    raise NotImplementedError("a store of this version is not read by an older one: restore a backup")
