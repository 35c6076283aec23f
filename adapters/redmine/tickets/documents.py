"""What the index keeps of an issue: who may find it, and its words. Reads them out of Redmine's database, a page of issues at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from adapters.redmine.engine import Reader
from adapters.redmine.load import split_emails
from adapters.redmine.tickets.tables import issues, journals
from adapters.redmine.tickets.words import words_of

__all__ = ["Document", "read_documents"]

_LONG = 50_000
"""Letters of a description or a note that are looked at. What is longer is a log that somebody pasted."""
_NOTES = 1000
"""Notes of one issue that are looked at, the newest. An issue with more is a robot's."""
_i, _j = issues.c, journals.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One issue as the index keeps it."""

    id: int
    project_id: int
    tracker_id: int
    author_id: int
    assigned_to_id: int | None
    status_id: int
    updated: int
    """Seconds of Redmine's wall time since 1970: says only which of two was changed later."""
    spoke: int
    """Whose the newest public note is; 0: there is none."""
    spoke_hidden: int
    """Whose the newest note of all is; 0: there is none."""
    private: bool
    emails: tuple[str, ...]
    """The requesters' addresses, lower case, ascending."""
    subject: str
    """The words of the subject."""
    body: str
    """The words of subject, description and public notes."""
    hidden: str
    """The words of `body` and of the private notes; empty when there is none."""

    @property
    def digest(self) -> str:
        """The same for the same words and requesters."""
        made = blake2b(repr(self.emails).encode(), digest_size=16)
        for words in (self.subject, self.body, self.hidden):
            made.update(b"\0")
            made.update(words.encode())
        return made.hexdigest()


async def read_documents(reader: Reader, ids: Sequence[int], *, requesters: bool) -> list[Document]:
    """The documents of these issues, those that are gone left out. Two queries; the folding is done beside the event loop."""
    if not ids:
        return []
    columns: list[Any] = [_i.id, _i.project_id, _i.tracker_id, _i.author_id, _i.assigned_to_id, _i.is_private, _i.subject]
    columns += [_i.status_id, _i.updated_on]
    columns.append(sa.func.substr(_i.description, 1, _LONG).label("description"))
    if requesters:
        columns.append(_i.easy_email_to)
    rows = await reader.rows(sa.select(*columns).where(_i.id.in_(ids)))
    told = (
        sa.select(_j.journalized_id, sa.func.substr(_j.notes, 1, _LONG).label("notes"), _j.private_notes, _j.user_id)
        .where(_j.journalized_type == "Issue", _j.journalized_id.in_(ids), _j.notes != "")
        .order_by(_j.id.desc())
        .limit(_NOTES * 10)
    )
    notes: dict[int, list[sa.Row[Any]]] = {}
    for note in await reader.rows(told):
        found = notes.setdefault(note.journalized_id, [])
        if len(found) < _NOTES:
            found.append(note)
    return await asyncio.to_thread(lambda: [_document(row, notes.get(row.id, ()), requesters=requesters) for row in rows])


def _document(row: sa.Row[Any], notes: Sequence[sa.Row[Any]], *, requesters: bool) -> Document:
    public = [note.notes or "" for note in notes if not note.private_notes]
    private = [note.notes or "" for note in notes if note.private_notes]
    texts = (row.subject or "", row.description or "", *public)
    return Document(
        id=row.id,
        project_id=row.project_id,
        tracker_id=row.tracker_id,
        author_id=row.author_id,
        assigned_to_id=row.assigned_to_id,
        status_id=row.status_id,
        updated=int(row.updated_on.replace(tzinfo=UTC).timestamp()) if isinstance(row.updated_on, datetime) else 0,
        spoke=next((note.user_id for note in notes if not note.private_notes), 0),
        spoke_hidden=next((note.user_id for note in notes), 0),
        private=bool(row.is_private),
        emails=tuple(sorted(split_emails(row.easy_email_to))) if requesters else (),
        subject=words_of(row.subject or ""),
        body=words_of(*texts),
        hidden=words_of(*texts, *private) if private else "",
    )
