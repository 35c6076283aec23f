"""Which issues the quality section is about: the settings' words, resolved to ids of Redmine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader

__all__ = ["Scope", "Wanted", "resolve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """As it stands in the settings: ids or names; nothing means all."""

    projects: tuple[str, ...] = ()
    """Ids or identifiers."""
    trackers: tuple[str, ...] = ()
    """Ids or names."""
    private: bool = False
    """Whether private issues belong to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Resolved. What the settings name and Redmine does not have is left out, so a typing error never widens the scope."""

    projects: dict[int, str]
    """id -> name; every project that is in it."""
    trackers: dict[int, str]
    private: bool = False
    unknown: tuple[str, ...] = ()
    """Words of the settings that name nothing."""

    def holds(self, project_id: int | None, tracker_id: int | None, *, private: bool) -> bool:
        """Whether such an issue is in it."""
        return project_id in self.projects and tracker_id in self.trackers and (self.private or not private)


_PROJECTS = sa.table("projects", *(sa.column(name) for name in ("id", "identifier", "name", "status")))
"""`identifier` is needed here only, so that the source does without the right to read it."""
_LIVE = (1, 5)  # active, closed; neither archived nor waiting for deletion


async def resolve(reader: Reader, wanted: Wanted) -> Scope:
    """Asks for projects and trackers: two small tables, whatever the number of issues."""
    p = _PROJECTS.c
    live = sa.select(p.id, p.identifier, p.name).where(p.status.in_(_LIVE))
    projects = [(row.id, row.identifier or "", row.name or "") for row in await reader.rows(live)]
    trackers = [(row.id, row.name or "", row.name or "") for row in await reader.rows(sa.select(t.trackers.c.id, t.trackers.c.name))]
    chosen, missing = _choose(projects, wanted.projects)
    kinds, missing_kinds = _choose(trackers, wanted.trackers)
    return Scope(projects=chosen, trackers=kinds, private=wanted.private, unknown=(*missing, *missing_kinds))


def _choose(rows: Sequence[tuple[int, str, str]], words: Sequence[str]) -> tuple[dict[int, str], tuple[str, ...]]:
    """(id, key, name) by id or by key, compared without regard to case in Python: collations differ between servers."""
    if not words:
        return {id: name for id, _, name in rows}, ()
    found: dict[int, str] = {}
    missing = []
    for word in words:
        same = [(id, name) for id, key, name in rows if word.casefold() in (str(id), key.casefold())]
        found.update(same)
        if not same:
            missing.append(word)
    return found, tuple(missing)
