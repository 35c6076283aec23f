"""Which issues are those of a person without an account: told by e-mail, in the column that Easy Redmine has for it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader
from adapters.redmine.load import split_emails
from adapters.redmine.tables import Schema

__all__ = ["owned"]

_CHUNK = 500


async def owned(reader: Reader, schema: Schema, email: str, ids: Sequence[int]) -> set[int]:
    """Those of these issues whose `easy_email_to` names the address, whatever its case. None without the column or an address."""
    wanted, address = sorted(set(ids)), email.strip().lower()
    if "@" not in address or not schema.has_column(t.issues.c.easy_email_to):
        return set()
    found: set[int] = set()
    for start in range(0, len(wanted), _CHUNK):
        query = sa.select(t.issues.c.id, t.issues.c.easy_email_to).where(t.issues.c.id.in_(wanted[start : start + _CHUNK]))
        # compared here, not in SQL: a collation may find different addresses equal
        found |= {int(row.id) for row in await reader.rows(query) if address in split_emails(row.easy_email_to)}
    return found
