"""Bytes in the store, whichever driver carries them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import MEDIUMBLOB

__all__ = ["Blob"]


class _InHex(sa.types.TypeDecorator[bytes]):
    """Bytes that go to MariaDB and MySQL in hexadecimal, and come back as they are.

    aiomysql 0.3.2 takes `escape_bytes_prefixed` from PyMySQL, which is no function any more since PyMySQL 1.2: every statement with
    bytes in it raises TypeError. Hexadecimal takes twice the room on the way, as PyMySQL's own `X'…'` does.
    """

    impl = MEDIUMBLOB  # BLOB holds 64 KiB
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: sa.Dialect) -> Any:
        """Its digits."""
        return None if value is None else value.hex()

    def bind_expression(self, bindvalue: sa.BindParameter[bytes]) -> sa.ColumnElement[bytes]:
        """Back into bytes at the server."""
        return sa.func.unhex(bindvalue)

    def bind_processor(self, dialect: sa.Dialect) -> Any:
        """Past `MEDIUMBLOB`'s own, which would make bytes of the digits again."""
        return lambda value: self.process_bind_param(value, dialect)


Blob = sa.LargeBinary().with_variant(_InHex(), "mysql")
"""Up to 16 MiB."""
