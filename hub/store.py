"""The store: engine, tables and migrations, on SQLite or MariaDB by URL.

In MariaDB every text compares byte by byte and counts its trailing spaces (`utf8mb4_nopad_bin`), as SQLite's do: a source's
ids `Aa` and `aa` are two events. Isolation there is the server's own REPEATABLE READ for reads, so that the reads of one
transaction see one moment; what writes the ledger asks for READ COMMITTED (`hub.lane`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

__all__ = [
    "Json",
    "Utc",
    "addresses",
    "create_engine",
    "devices",
    "events",
    "heads",
    "identities",
    "inbox",
    "leases",
    "metadata",
    "microseconds",
    "migrate",
    "permissions",
    "preferences",
    "publications",
    "push_attempts",
    "sessions",
    "sqlite_pragmas",
    "users",
    "watermarks",
]

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(sa.TypeDecorator[datetime]):
    """An instant, kept as whole microseconds since 1970 UTC: compares, sorts and survives every back end alike."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:
        """Aware datetime -> microseconds; naive raises ValueError."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> datetime | None:
        """Microseconds -> aware datetime in UTC."""
        return None if value is None else datetime.fromtimestamp(value // 1_000_000, UTC).replace(microsecond=value % 1_000_000)


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970 UTC, as the store keeps an instant; a naive datetime raises ValueError."""
    if at.tzinfo is None:
        raise ValueError("the store keeps instants: a naive datetime is not one")
    delta = at - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


class Json(sa.TypeDecorator[Any]):
    """A JSON value as text, encoded by msgspec."""

    impl = sa.Text().with_variant(LONGTEXT, "mysql")  # TEXT holds 64 KiB there
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Value -> text; None stays NULL."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        """Text -> value."""
        return None if value is None else msgspec.json.decode(value)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER autoincrements in SQLite
_Name = sa.String(255)

# -- people ------------------------------------------------------------------------------------------

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("name", _Name, nullable=False, unique=True, comment="login name, lower case"),
    sa.Column("display_name", _Name, nullable=False),
    sa.Column("password_hash", _Name, comment="Argon2id; NULL: no local password"),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
    sa.Column("locale", sa.String(8), nullable=False, default="ru"),
    sa.Column("zone", sa.String(64), nullable=False, default="Europe/Moscow"),
    sa.Column("created_at", Utc, nullable=False),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("system", sa.String(32), primary_key=True, comment="redmine, email, erp"),
    sa.Column("key", _Name, primary_key=True),
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
)

permissions = sa.Table(
    "permissions",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("permission", sa.String(32), primary_key=True, comment="admin, quality, netmonitor, finesse, reports"),
    sa.Column("granted_by", _Name, nullable=False),
    sa.Column("granted_at", Utc, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True, comment="SHA-256 of the cookie, hex"),
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("seen_at", Utc, nullable=False),
    sa.Column("expires_at", Utc, nullable=False, index=True, comment="absolute end"),
    sa.Column("agent", _Name, nullable=False, default=""),
    sa.Column("address", sa.String(64), nullable=False, default=""),
    sa.Column("remember", sa.Boolean, nullable=False, default=True, server_default=sa.true(), comment="the cookie outlives the browser"),
    sa.Column("view_as", _Id, comment="users.id of whom this administrator looks as, read only; NULL: themself"),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True, comment="theme, quiet, rules, sound …"),
    sa.Column("value", Json, nullable=False),
)

# -- events and the ledger ---------------------------------------------------------------------------

events = sa.Table(
    "events",
    metadata,
    sa.Column("pk", _Id, primary_key=True, autoincrement=False, comment="made by the ledger, increasing with time"),
    sa.Column("source", _Name, nullable=False),
    sa.Column("event_id", _Name, nullable=False, index=True),  # unique with its source: `publications` sees to it
    sa.Column("type", _Name, nullable=False),
    sa.Column("time", Utc, nullable=False),
    sa.Column("subject", _Name),
    sa.Column("kind", sa.String(32), comment="data.kind, for the inbox's filter"),
    sa.Column("data", Json, nullable=False),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", _Id, primary_key=True, autoincrement=False, comment="1, 2, 3 … without a hole, per user"),
    sa.Column("event_pk", _Id, sa.ForeignKey("events.pk"), nullable=False),
    sa.Column("policy", sa.String(16), nullable=False),
    sa.Column(
        "state", sa.String(16), nullable=False, comment="pending, pushing, or terminal: received, pushed, read_elsewhere, expired, failed"
    ),
    sa.Column("cause", sa.String(64), comment="why it ended so"),
    sa.Column("deadline_at", Utc, comment="next look; NULL once terminal"),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("held", sa.Boolean, nullable=False, default=False, comment="waits for the end of quiet hours or a digest"),
    sa.Column("ended_at", Utc),
    sa.Column("received_at", Utc),
    sa.Column("seen_at", Utc),
    sa.Column("read_at", Utc),
    sa.Column("done_at", Utc),
    sa.Column("snoozed_until", Utc),
    sa.Index("uq_inbox_event_pk_user_id", "event_pk", "user_id", unique=True),
    sa.Index("ix_inbox_deadline", "deadline_at", "user_id", sqlite_where=sa.text("deadline_at IS NOT NULL")),
    sa.Index(
        "ix_inbox_unseen",
        "user_id",
        "done_at",
        "seen_at",
        "snoozed_until",
        sqlite_where=sa.text("done_at IS NULL AND seen_at IS NULL"),
    ),
    sqlite_with_rowid=False,
)

heads = sa.Table(
    "heads",
    metadata,
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", _Id, nullable=False, comment="newest seq given out"),
    comment="the newest inbox position of each user",
)

publications = sa.Table(
    "publications",
    metadata,
    sa.Column("source", _Name, primary_key=True),
    sa.Column("event_id", _Name, primary_key=True),
    sa.Column("accepted", sa.Integer, nullable=False, comment="addressed users, or 1 for a topic"),
    sa.Column("created_at", Utc, nullable=False, index=True),
    comment="the idempotency keys of what was accepted, for topics as well",
    sqlite_with_rowid=False,
)

watermarks = sa.Table(
    "watermarks",
    metadata,
    sa.Column("source", sa.String(64), primary_key=True),
    sa.Column("value", Json, nullable=False),
    sa.Column("updated_at", Utc, nullable=False),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True, comment="what only one node may do"),
    sa.Column("holder", sa.String(64), comment="node and process; NULL: free"),
    sa.Column("token", sa.BigInteger, nullable=False, comment="one more with each holder: the fence"),
    sa.Column("beat", sa.BigInteger, nullable=False, comment="one more with each renewal"),
)

# -- push --------------------------------------------------------------------------------------------

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("user_id", _Id, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("key", sa.String(64), nullable=False, comment="stable id that the browser keeps"),
    sa.Column("label", _Name, nullable=False, default=""),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("seen_at", Utc, nullable=False),
    sa.UniqueConstraint("user_id", "key"),
)

addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("device_id", _Id, sa.ForeignKey("devices.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False, comment="webpush, fcm_token, fcm_fid"),
    sa.Column("address", sa.Text, nullable=False, comment="endpoint URL, or the token"),
    sa.Column("address_hash", sa.String(64), nullable=False, unique=True, comment="SHA-256 of kind and address"),
    sa.Column("p256dh", _Name),
    sa.Column("auth", sa.String(64)),
    sa.Column("key_id", sa.String(16), comment="which VAPID key the subscription was made with"),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("succeeded_at", Utc),
    sa.Column("failed_at", Utc),
    sa.Column("error", sa.String(64)),
)

push_attempts = sa.Table(
    "push_attempts",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("user_id", _Id, nullable=False),
    sa.Column("seq", _Id, nullable=False),
    sa.Column("device_id", _Id, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False, comment="accepted, gone, retry, rejected"),
    sa.Column("detail", _Name, nullable=False, default=""),
    sa.Index("ix_push_attempts_user_id_seq", "user_id", "seq"),
)


def create_engine(url: str) -> AsyncEngine:
    """An engine for `url` (`sqlite+aiosqlite:///…` or `mysql+aiomysql://…`).

    SQLite runs in WAL mode with full durability at each commit's checkpoint boundary (`synchronous=NORMAL` loses no
    committed transaction to a process crash, SQLite docs "PRAGMA synchronous") and waits up to 5 s for a lock. MariaDB is given 5 s
    to take a connection; a connection that it dropped is replaced before it is used. No error tells the values that a statement was given:
    they are hashes of passwords and sessions, and what people wrote.
    """
    target = sa.make_url(url)
    if target.get_backend_name() != "sqlite":
        return create_async_engine(target, pool_pre_ping=True, pool_recycle=1800, hide_parameters=True, connect_args={"connect_timeout": 5})
    engine = create_async_engine(target, hide_parameters=True)
    sa.event.listen(engine.sync_engine, "connect", sqlite_pragmas)
    sa.event.listen(engine.sync_engine, "connect", _sqlite_lower)
    return engine


def _sqlite_lower(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """SQLite's own `lower` knows ASCII only: nobody would find Иванов as иванов (lang_corefunc.html)."""
    connection.create_function("lower", 1, lambda text: text.lower() if isinstance(text, str) else text, deterministic=True)


def sqlite_pragmas(connection: Any, _entry: ConnectionPoolEntry | None = None) -> None:
    """What every SQLite connection of ours is told first."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


_MIGRATE_S = 60
"""How long a node waits for another one that is migrating the same store."""


async def migrate(engine: AsyncEngine, version: str = "head") -> None:
    """Brings the store's tables to this version, creating them where there are none. Safe to call at each start.

    Of several nodes that start at once one does the work and the others wait for it, at most a minute.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))

    def upgrade(connection: sa.Connection) -> None:
        config.attributes["connection"] = connection
        with _alone(connection):
            command.upgrade(config, version)

    async with engine.connect() as connection:
        await connection.run_sync(upgrade)


@contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """While the block runs no other node migrates; what it did commits at its end."""
    if connection.dialect.name == "sqlite":
        # tables are rebuilt: with foreign keys on, dropping the old one would take its children along (lang_altertable.html, 7)
        for pragma in ("foreign_keys=OFF", f"busy_timeout={_MIGRATE_S * 1000}"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            connection.commit()
        finally:
            connection.rollback()
            for pragma in ("foreign_keys=ON", "busy_timeout=5000"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
            connection.rollback()
        return
    name = sa.func.concat("tez-navigator migrate ", sa.func.database())
    if connection.scalar(sa.select(sa.func.get_lock(name, _MIGRATE_S))) != 1:
        raise TimeoutError(f"another node has been migrating the store for {_MIGRATE_S} s")
    try:
        yield
        connection.commit()
    finally:
        connection.rollback()
        connection.scalar(sa.select(sa.func.release_lock(name)))
        connection.rollback()
