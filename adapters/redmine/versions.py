"""The version of an issue that a person has seen: Redmine's own `lock_version`, which REST never shows, and the last journal.

Read it BEFORE the issue itself: then a change between the two makes the version look old, never new. A note edited in place
changes neither number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.redmine.engine import Reader

__all__ = ["Version", "parse", "versions"]

_CHUNK = 500
_issues = sa.table("issues", sa.column("id"), sa.column("lock_version"))
_journals = sa.table("journals", sa.column("id"), sa.column("journalized_id"), sa.column("journalized_type"))


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """Its text is "`lock_version`-`last_journal`". Greater means newer, but for notes that were removed."""

    lock_version: int
    last_journal: int
    """0: no journal yet. Private ones count."""

    def __str__(self) -> str:
        return f"{self.lock_version}-{self.last_journal}"


def parse(text: str) -> Version:
    """The version in a text. Raises ValueError for another form."""
    left, dash, right = text.partition("-")
    if not dash or not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (left, right)):
        raise ValueError("a version looks like 7-29")
    return Version(int(left), int(right))


async def versions(reader: Reader, ids: Sequence[int]) -> dict[int, Version]:
    """The versions of these issues as they stand now; one that does not exist is missing. A query for each 500."""
    wanted = sorted(set(ids))
    found: dict[int, Version] = {}
    for start in range(0, len(wanted), _CHUNK):
        last = (
            sa.select(sa.func.max(_journals.c.id))
            .where(_journals.c.journalized_id == _issues.c.id, _journals.c.journalized_type == "Issue")
            .scalar_subquery()
            .label("last_journal")
        )
        query = sa.select(_issues.c.id, _issues.c.lock_version, last).where(_issues.c.id.in_(wanted[start : start + _CHUNK]))
        for row in await reader.rows(query):
            found[int(row.id)] = Version(int(row.lock_version or 0), int(row.last_journal or 0))
    return found
