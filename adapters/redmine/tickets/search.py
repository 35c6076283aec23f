"""From what a person typed to the tickets that it is found in.

The index names candidates; each is read again in Redmine's database under the person's sight, and is a hit only when every word stands in
what they may read there now. So an index that is a moment old, or knows more than the person, shows nothing that it should not: neither
an issue nor, by being found, that a word stands in somebody's private note.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from adapters.redmine.engine import Reader
from adapters.redmine.tickets.index import Part, TicketIndex
from adapters.redmine.tickets.tables import issues, journals
from adapters.redmine.tickets.viewer import Viewer
from adapters.redmine.tickets.words import Piece, Query, missing, snippet

__all__ = ["Hit", "Hits", "Where", "search"]

Where = Literal["subject", "description", "note", "id"]
_LONG = 50_000  # letters of a text that are looked at, as in the index
_NOTES = 2000  # notes looked at in one round, the newest of all candidates
_ROUNDS = 3
"""Times that more candidates are asked for when those before were no hits."""
_i, _j = issues.c, journals.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One ticket."""

    id: int
    subject: str
    status_id: int
    project_id: int
    where: Where
    journal: int | None
    """The note that was found, by its number in `journals`."""
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found, best first: by number, in the subject, elsewhere; newest first in each."""

    hits: list[Hit]
    more: bool
    """There were candidates that were not looked at."""


async def search(reader: Reader, index: TicketIndex, viewer: Viewer, query: Query, *, limit: int, requesters: bool) -> Hits:
    """At most `limit` hits. Raises RedmineError, SQLAlchemyError, TimeoutError."""
    if viewer.redmine_id is None and not requesters:
        return Hits([], more=False)
    first: dict[int, Hit] = {}
    if query.number is not None:
        first = await _check(reader, viewer, [query.number], query, by_number=True)
    parts: tuple[Part, ...] = ("body", "hidden") if viewer.note_projects else ("body",)
    # All parts at once, on connections of their own: what has enough in the subjects has enough in the rest as soon, and is asked little.
    ahead = await _find_all(index, viewer, query, ("subject", *parts), limit + 1)
    more = await _collect(reader, index, viewer, query, "subject", first, limit, {}, ahead["subject"])
    rest: dict[int, Hit] = {}
    if len(first) < limit:
        for part in parts:
            found: dict[int, Hit] = {}
            more |= await _collect(reader, index, viewer, query, part, found, limit - len(first), first, ahead[part])
            rest |= found
    hits = [*first.values(), *sorted(rest.values(), key=lambda hit: hit.id, reverse=True)]
    return Hits(hits[:limit], more=more or len(hits) > limit)


async def _find_all(index: TicketIndex, viewer: Viewer, query: Query, parts: Sequence[Part], wanted: int) -> dict[Part, list[int]]:
    """The first candidates of each part."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = {
                part: group.create_task(index.find(query.words, viewer, part=part, limit=wanted), name=f"ticket_search_{part}")
                for part in parts
            }
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return {part: task.result() for part, task in tasks.items()}


async def _collect(
    reader: Reader,
    index: TicketIndex,
    viewer: Viewer,
    query: Query,
    part: Part,
    into: dict[int, Hit],
    limit: int,
    known: Mapping[int, Hit],
    candidates: Sequence[int],
) -> bool:
    """Adds hits until there are `limit`; whether there are candidates that were not looked at. What is `known` does not count.

    `candidates`: the first of the part, as many as are wanted in each round.
    """
    wanted = limit + len(known) + 1
    below: int | None = None
    for _ in range(_ROUNDS):
        if len(into) >= limit:
            return True
        if below is not None:
            candidates = await index.find(query.words, viewer, part=part, below=below, limit=wanted)
        into |= await _check(reader, viewer, [id for id in candidates if id not in into and id not in known], query, by_number=False)
        if len(candidates) < wanted:
            return False
        below = candidates[-1]
    return True


async def _check(reader: Reader, viewer: Viewer, ids: Sequence[int], query: Query, *, by_number: bool) -> dict[int, Hit]:
    """The hits among these, in this order."""
    if not ids:
        return {}
    columns = (_i.id, _i.subject, _i.status_id, _i.project_id, sa.func.substr(_i.description, 1, _LONG).label("description"))
    rows = {row.id: row for row in await reader.rows(sa.select(*columns).where(_i.id.in_(ids), viewer.sees(_i)))}
    if by_number:
        return {id: _hit(row, "id", snippet(row.subject or "", ())) for id, row in rows.items()}
    left = [id for id, row in rows.items() if missing(f"{row.subject or ''}\n{row.description or ''}", query.words)]
    notes: dict[int, list[sa.Row[Any]]] = {}
    if left:
        told = (
            sa.select(_j.id, _j.journalized_id, sa.func.substr(_j.notes, 1, _LONG).label("notes"))
            .select_from(issues.join(journals, _j.journalized_id == _i.id))
            .where(_i.id.in_(left), _j.journalized_type == "Issue", _j.notes != "", viewer.sees_note(_j, _i))
            .order_by(_j.id.desc())
            .limit(_NOTES)
        )
        for note in await reader.rows(told):
            notes.setdefault(note.journalized_id, []).append(note)
    judged = await asyncio.to_thread(lambda: [_judge(rows[id], notes.get(id, ()), query) for id in ids if id in rows])
    return {hit.id: hit for hit in judged if hit is not None}


def _judge(row: sa.Row[Any], notes: Sequence[sa.Row[Any]], query: Query) -> Hit | None:
    """The hit with the text that tells most of why; None when a word stands nowhere that may be read."""
    subject, description = row.subject or "", row.description or ""
    left = missing(subject, query.words)
    if not left:
        return _hit(row, "subject", snippet(subject, query.words))
    texts: list[tuple[Where, int | None, str]] = [("description", None, description)]
    texts += [("note", note.id, note.notes) for note in notes]
    lacking, best, fewest = set(left), texts[0], len(left)
    for text in texts:
        absent = missing(text[2], left)
        lacking &= set(absent)
        if len(absent) < fewest:
            best, fewest = text, len(absent)
    if lacking:
        return None
    where, journal, words = best
    return _hit(row, where, snippet(words, query.words), journal)


def _hit(row: sa.Row[Any], where: Where, pieces: tuple[Piece, ...], journal: int | None = None) -> Hit:
    return Hit(
        id=row.id,
        subject=row.subject or "",
        status_id=row.status_id,
        project_id=row.project_id,
        where=where,
        journal=journal,
        pieces=pieces,
    )
