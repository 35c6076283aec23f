"""The tables of the network monitor: hosts, maintenance, acknowledgements, how each host was and what was measured.

They lie beside the hub's own, in the same store and under the same migrations; only `adapters.netmonitor` reads and writes them.

Rounds lie by their minute first, then by host. A primary key that began with the host would have each of a thousand hosts write to a page
of its own every ten seconds; by the minute they share some fifty, and a host's hour still lies together in sixty places.
"""

from __future__ import annotations

import sqlalchemy as sa

from hub.blobs import Blob
from hub.store import Json, Utc, metadata

__all__ = ["net_acks", "net_blocks", "net_hosts", "net_maintenance", "net_outages", "net_rounds", "net_seen"]

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # only INTEGER autoincrements in SQLite
_Host = sa.String(64)

net_hosts = sa.Table(
    "net_hosts",
    metadata,
    sa.Column("id", _Host, primary_key=True),
    sa.Column("spec", Json, nullable=False, comment="as in the file, without the id"),
    sa.Column("updated_at", Utc, nullable=False),
    sa.Column("updated_by", sa.String(255), nullable=False),
    comment="hosts of the admin page; those of the file are in the file",
)

net_maintenance = sa.Table(
    "net_maintenance",
    metadata,
    sa.Column("id", _Id, primary_key=True),
    sa.Column("host", _Host),
    sa.Column("group_path", sa.String(255), comment="with its subgroups; this and host NULL: everything"),
    sa.Column("starts", Utc, nullable=False),
    sa.Column("ends", Utc, nullable=False, comment="of the first time"),
    sa.Column("weekly", Json, nullable=False, comment="weekdays, 0 Monday; []: once"),
    sa.Column("until", Utc, comment="a weekly one begins no more after this"),
    sa.Column("zone", sa.String(64), nullable=False),
    sa.Column("why", sa.String(1000), nullable=False),
    sa.Column("by_name", sa.String(255), nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    comment="when announcements are held",
)

net_acks = sa.Table(
    "net_acks",
    metadata,
    sa.Column("host", _Host, primary_key=True),
    sa.Column("by_name", sa.String(255), nullable=False),
    sa.Column("why", sa.String(1000), nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("until", Utc, comment="NULL: until it recovers"),
    comment="whose trouble somebody has taken on",
)

net_seen = sa.Table(
    "net_seen",
    metadata,
    sa.Column("host", _Host, primary_key=True),
    sa.Column("first_at", Utc, nullable=False, comment="its first round: uptime counts from here"),
    comment="hosts that were ever measured",
)

net_rounds = sa.Table(
    "net_rounds",
    metadata,
    sa.Column("minute", sa.Integer, primary_key=True, autoincrement=False, comment="minutes since 1970 UTC, of `at`"),
    sa.Column("host", _Host, primary_key=True),
    sa.Column("at", Utc, primary_key=True, comment="to the millisecond"),
    sa.Column("packed", sa.String(255), nullable=False, comment="see adapters/netmonitor/history/kept.py"),
    comment="rounds of the open hour, until they are moved into net_blocks",
    sqlite_with_rowid=False,
)

net_blocks = sa.Table(
    "net_blocks",
    metadata,
    sa.Column("host", _Host, primary_key=True),
    sa.Column("tier", sa.Integer, primary_key=True, autoincrement=False, comment="seconds of a point; 0: single rounds"),
    sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False, comment="seconds since 1970 UTC"),
    sa.Column("count", sa.BigInteger, nullable=False, comment="rounds in it; grows with each change"),
    sa.Column("packed", Blob, nullable=False, comment="see adapters/netmonitor/history/blocks.py"),
    comment="the history of closed hours",
)

net_outages = sa.Table(
    "net_outages",
    metadata,
    sa.Column("host", _Host, primary_key=True),
    sa.Column("began", Utc, primary_key=True),
    sa.Column("ended", Utc, index=True, comment="NULL: goes on"),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("maintenance", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(64), nullable=False, comment="a stable code, or nothing"),
    comment="when a host was not plainly up, kept two years; intervals of a host do not overlap",
)
