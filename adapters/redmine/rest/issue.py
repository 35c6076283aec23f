"""An issue as REST gives it to one person: frozen values, times aware (UTC), texts never None.

What the person may not see is not in it: private notes, hidden custom fields, watchers, relations to hidden issues.
Field names on the wire: Redmine's wiki "Rest Issues" and redmine/FACTS.md section 2.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec.structs import force_setattr

__all__ = ["Attachment", "Child", "CustomField", "Detail", "Issue", "Journal", "Ref", "Relation", "Status", "decode_issue"]

if TYPE_CHECKING:
    Words: TypeAlias = str
else:
    Words = str | None  # Redmine says null, "" or nothing for the same absence; `_Worded` makes all of them ""


class _Worded(msgspec.Struct, frozen=True, kw_only=True):
    """A value whose texts may come as null, and are kept as ""."""

    def __post_init__(self) -> None:
        for name in self._texts:
            if getattr(self, name) is None:
                force_setattr(self, name, "")

    @property
    def _texts(self) -> tuple[str, ...]:
        return ()


class Ref(msgspec.Struct, frozen=True, kw_only=True):
    """An id with Redmine's own name for it (never the site's: `u_statuses` and `u_Priority` name it otherwise)."""

    id: int
    name: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """A status; `closed` is None on servers before 5.0, which do not tell it."""

    id: int
    name: str = ""
    closed: bool | None = msgspec.field(default=None, name="is_closed")


class CustomField(msgspec.Struct, frozen=True, kw_only=True):
    """A custom field with its value: a string, a list of strings, or None."""

    id: int
    name: str = ""
    value: Any = None


class Attachment(_Worded, frozen=True, kw_only=True):
    """A file. `content_type` and `filename` are the uploader's claims. `size` in bytes."""

    id: int
    filename: str
    size: int = msgspec.field(name="filesize")
    content_type: Words = ""
    description: Words = ""
    author: Ref | None = None
    created_on: datetime

    @property
    def _texts(self) -> tuple[str, ...]:
        return "content_type", "description"


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """One changed field: `property` is attr, cf, attachment or relation; `name` the field's or the thing's id; values as strings."""

    property: str
    name: str
    old: str | None = msgspec.field(default=None, name="old_value")
    new: str | None = msgspec.field(default=None, name="new_value")


class Journal(_Worded, frozen=True, kw_only=True):
    """One step of an issue's history. A private note with a field change is two: the public one with the details, then the note."""

    id: int
    user: Ref | None = None
    notes: Words = ""
    created_on: datetime
    private: bool = msgspec.field(default=False, name="private_notes")
    details: tuple[Detail, ...] = ()

    @property
    def _texts(self) -> tuple[str, ...]:
        return ("notes",)


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """A relation of two issues, one of them this one. `type`: relates, duplicates, blocks, precedes, …; `delay` in days."""

    id: int
    issue_id: int
    issue_to_id: int
    type: str = msgspec.field(name="relation_type")
    delay: int | None = None


class Child(msgspec.Struct, frozen=True, kw_only=True):
    """A subtask, with its own subtasks."""

    id: int
    subject: str = ""
    tracker: Ref | None = None
    children: tuple[Child, ...] = ()


class _Parent(msgspec.Struct, frozen=True, kw_only=True):
    id: int


class Issue(_Worded, frozen=True, kw_only=True):
    """An issue with everything included. `description` has \\r\\n line ends. `assigned_to` may be a group, which looks the same.

    `allowed_statuses` are the workflow's targets, the current one included, and no permission: see rights.py.
    """

    id: int
    project: Ref
    tracker: Ref
    status: Status
    priority: Ref
    author: Ref
    assigned_to: Ref | None = None
    category: Ref | None = None
    fixed_version: Ref | None = None
    subject: Words = ""
    description: Words = ""
    private: bool = msgspec.field(default=False, name="is_private")
    done_ratio: int = 0
    estimated_hours: float | None = None
    start_date: date | None = None
    due_date: date | None = None
    created_on: datetime
    updated_on: datetime
    closed_on: datetime | None = None
    custom_fields: tuple[CustomField, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    journals: tuple[Journal, ...] = ()
    watchers: tuple[Ref, ...] = ()
    relations: tuple[Relation, ...] = ()
    children: tuple[Child, ...] = ()
    parent_link: _Parent | None = msgspec.field(default=None, name="parent")
    allowed_statuses: tuple[Status, ...] = ()

    @property
    def _texts(self) -> tuple[str, ...]:
        return "subject", "description"

    @property
    def parent(self) -> int | None:
        """The id of the issue that this one is a subtask of. The person may not be allowed to see it."""
        return self.parent_link.id if self.parent_link else None


class _Envelope(msgspec.Struct, frozen=True):
    issue: Issue


_decoder = msgspec.json.Decoder(_Envelope)


def decode_issue(body: bytes) -> Issue:
    """The issue in an answer of `/issues/ID.json`. Raises ValueError (msgspec's) for anything else."""
    return _decoder.decode(body).issue
