"""What statuses, priorities, trackers, categories and versions are called.

The site's own tables (`u_statuses`, `u_Priority`) come first, active rows or not; ids that they lack fall back to Redmine's own names, each
language for itself. Cached with a bounded life, and read again at once when an unknown id turns up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from adapters.redmine import tables
from adapters.redmine.engine import Reader
from adapters.redmine.tables import Schema
from hub.event import Text

__all__ = ["Catalog", "Kind", "Names", "text_of"]

Kind = Literal["status", "priority", "tracker", "category", "version"]
_LANGUAGES: tuple[Literal["ru", "en"], ...] = ("ru", "en")
_ANY = ""  # the language of a localisation table without languages


def text_of(stock: str | None, site: Mapping[str, str], id: int) -> Text:
    """The name in each language: the site's, else Redmine's, else the site's in another language, else the number."""
    other = site.get(_ANY) or next(iter(site.values()), None)
    ru, en = (site.get(language) or site.get(_ANY) or stock or other or f"#{id}" for language in _LANGUAGES)
    return Text(ru=ru, en=en)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The names at one time."""

    names: Mapping[tuple[Kind, int], Text] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    """Statuses that close an issue."""

    def name(self, kind: Kind, id: int) -> Text:
        """The name; the number when nobody has named it."""
        return self.names.get((kind, id)) or text_of(None, {}, id)


class Names:
    """Keeps a catalog at most `life_s` old."""

    def __init__(self, life_s: float = 300.0) -> None:
        self._life_s = life_s
        self._catalog = Catalog()
        self._read_at: float | None = None
        self._unknown: set[tuple[Kind, int]] = set()

    async def get(self, reader: Reader, schema: Schema, wanted: Iterable[tuple[Kind, int]], now: float) -> Catalog:
        """A catalog that has the `wanted` names, if they exist at all. `now` is monotonic.

        An id that is unknown even after reading again is not asked for until the catalog's life is over: a dangling id costs one
        reading, not one a look.
        """
        missing = {key for key in wanted if key not in self._catalog.names} - self._unknown
        if self._read_at is None or now - self._read_at >= self._life_s or missing:
            expired = self._read_at is None or now - self._read_at >= self._life_s
            self._catalog = await read_catalog(reader, schema)
            self._unknown = {key for key in missing if key not in self._catalog.names} | (set() if expired else self._unknown)
            self._read_at = now
        return self._catalog


async def read_catalog(reader: Reader, schema: Schema) -> Catalog:
    """Reads all names: seven small tables at most."""
    t = tables
    statuses = await reader.rows(sa.select(t.issue_statuses.c.id, t.issue_statuses.c.name, t.issue_statuses.c.is_closed))
    priorities = await reader.rows(sa.select(t.enumerations.c.id, t.enumerations.c.name).where(t.enumerations.c.type == "IssuePriority"))
    stock: dict[tuple[Kind, int], str] = {("status", row.id): row.name for row in statuses}
    stock.update((("priority", row.id), row.name) for row in priorities)
    plain: tuple[tuple[Kind, sa.Table], ...] = (("tracker", t.trackers), ("category", t.issue_categories), ("version", t.versions))
    for kind, table in plain:
        if schema.has(table):
            stock.update(((kind, row.id), row.name) for row in await reader.rows(sa.select(table.c.id, table.c.name)))
    site: dict[tuple[Kind, int], dict[str, str]] = {}
    localised: tuple[tuple[Kind, sa.Table], ...] = (("status", t.u_statuses), ("priority", t.u_priority))
    for kind, table in localised:
        if not schema.has(table):
            continue
        spoken = schema.has_column(table.c.language)
        for row in await reader.rows(sa.select(table.c.id, table.c.name, *([table.c.language] if spoken else []))):
            if row.name:
                language = (row.language or "").strip().lower()[:2] if spoken else _ANY
                site.setdefault((kind, row.id), {}).setdefault(language, row.name)
    return Catalog(
        {key: text_of(stock.get(key), site.get(key, {}), key[1]) for key in stock.keys() | site.keys()},
        frozenset(row.id for row in statuses if row.is_closed),
    )
