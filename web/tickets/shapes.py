"""What the interface answers, as values: the OpenAPI document is made of these, and so is every answer.

Times are aware and in UTC. Names are in the person's language.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import msgspec

__all__ = [
    "Assignee",
    "Assignees",
    "Brief",
    "BulkFailure",
    "BulkJob",
    "BulkStarted",
    "ChangeLine",
    "Clash",
    "Conflict",
    "ConflictAnswer",
    "CustomField",
    "Description",
    "Draft",
    "DraftAnswer",
    "ErrorAnswer",
    "ErrorBody",
    "File",
    "Html",
    "Journal",
    "Link",
    "May",
    "Ok",
    "Person",
    "Priorities",
    "PriorityChoice",
    "PriorityRef",
    "Ref",
    "Requester",
    "StatusChoice",
    "StatusRef",
    "Statuses",
    "Task",
    "TaskAnswer",
    "UnclearAnswer",
    "Untaken",
    "Uploaded",
    "Written",
]


class Ref(msgspec.Struct, frozen=True, kw_only=True):
    """An id with its name."""

    id: int
    name: str


class StatusRef(msgspec.Struct, frozen=True, kw_only=True):
    """A status."""

    id: int
    name: str
    closed: bool


class PriorityRef(msgspec.Struct, frozen=True, kw_only=True):
    """A priority; `rank` counts from 0, the lowest; `high`: above the default one."""

    id: int
    name: str
    rank: int
    high: bool


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or a group, in Redmine; `me`: whoever asks. `avatar` is an address of ours."""

    id: int
    name: str
    group: bool = False
    me: bool = False
    avatar: str | None = None


class Requester(msgspec.Struct, frozen=True, kw_only=True):
    """For whom the issue was made, when they have no account."""

    email: str
    name: str


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """`source` as it was written, `html` safe to show."""

    source: str
    html: str


class CustomField(msgspec.Struct, frozen=True, kw_only=True):
    """A custom field that the person may see; `value` is text, a list of texts, or null."""

    id: int
    name: str
    value: Any = None


class ChangeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One changed field, in words: `text` says it in one line; `old` and `new` are null where there was or is nothing to name."""

    field: str
    label: str
    old: str | None
    new: str | None
    text: str


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the history; `number` counts from 1 in what this person sees."""

    id: int
    number: int
    author: Person
    at: datetime
    source: str
    html: str
    private: bool
    changes: list[ChangeLine]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment; `url` is the download here. `image`: may be shown in the page with `?inline=1`."""

    id: int
    name: str
    size: int
    content_type: str
    author: Person | None
    at: datetime
    description: str
    image: bool
    url: str


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """Another issue; nulls when the person may not see it."""

    id: int
    subject: str | None = None
    status: StatusRef | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A relation to another issue; `label` says how, seen from this one."""

    id: int
    type: str
    label: str
    issue: Brief


class May(msgspec.Struct, frozen=True, kw_only=True):
    """What the person may do with the issue."""

    comment: bool
    private: bool
    status: bool
    priority: bool
    assignee: bool
    attach: bool


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """An issue as one person sees it. `version` goes with every write; `stale`: a newer answer is being fetched."""

    id: int
    version: str
    subject: str
    description: Description
    project: Ref
    tracker: Ref
    status: StatusRef
    priority: PriorityRef
    author: Person
    assignee: Person | None
    requester: Requester | None
    category: Ref | None
    private: bool
    done_ratio: int
    estimated_hours: float | None
    start_date: date | None
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    fields: list[CustomField]
    journals: list[Journal]
    attachments: list[File]
    watchers: list[Person]
    relations: list[Link]
    children: list[Brief]
    parent: Brief | None
    may: May
    as_of: datetime
    stale: bool
    url: str


class StatusChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A status that the person may set."""

    id: int
    name: str
    closed: bool
    current: bool


class Statuses(msgspec.Struct, frozen=True, kw_only=True):
    """The statuses that the person may set; none when they may not."""

    statuses: list[StatusChoice]


class PriorityChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A priority that the person may set."""

    id: int
    name: str
    rank: int
    current: bool


class Priorities(msgspec.Struct, frozen=True, kw_only=True):
    """The priorities that the person may set, lowest first; none when they may not."""

    priorities: list[PriorityChoice]


class Assignee(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may be given the issue. `login` is what a text mentions them by, null for groups."""

    id: int
    name: str
    login: str | None
    group: bool
    me: bool
    avatar: str | None
    current: bool


class Assignees(msgspec.Struct, frozen=True, kw_only=True):
    """Those whose names fit; `more`: there are others, look by name."""

    assignees: list[Assignee]
    more: bool


class Untaken(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a change that Redmine dropped without a word; values in words."""

    field: str
    label: str
    wanted: str | None
    is_now: str | None = msgspec.field(name="is")


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a write: the whole task as it is now, and what was not taken."""

    task: Task
    journal: int | None
    untaken: list[Untaken]


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`code` is stable, for programs; `field` names what cannot be taken; `reasons` are Redmine's own sentences."""

    code: str
    message: str
    field: str | None = None
    reasons: list[str] = msgspec.field(default_factory=list)


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Every answer that is not what was asked for."""

    error: ErrorBody


class UnclearAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody knows whether the write was done; `task` as it is now, null when that cannot be read either."""

    error: ErrorBody
    task: Task | None


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """A field that others changed since the person looked. `mine` is null where the person did not mean to change it."""

    field: str
    label: str
    seen: str | None
    mine: str | None
    theirs: str | None
    who: str
    at: datetime


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """What happened since the version that the person saw."""

    version: str
    fields: list[Clash]
    comments: list[Journal]
    task: Task


class ConflictAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """409 `conflict`: nothing was written. `conflict` is missing in other 409 answers (`in_progress`)."""

    error: ErrorBody
    conflict: Conflict | msgspec.UnsetType = msgspec.UNSET


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits for the comment it belongs to."""

    token: str
    name: str
    size: int


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A comment that is being written; `base`: the version seen meanwhile; `device`: which of the person's devices saved it."""

    text: str
    private: bool
    base: str
    saved_at: datetime
    device: str


class DraftAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The draft, or null."""

    draft: Draft | None


class Html(msgspec.Struct, frozen=True, kw_only=True):
    """Safe HTML."""

    html: str


class Ok(msgspec.Struct, frozen=True, kw_only=True):
    """Done."""

    ok: Literal[True] = True


class BulkStarted(msgspec.Struct, frozen=True, kw_only=True):
    """`job` names the topic `bulk:{job}`."""

    job: str


class BulkFailure(msgspec.Struct, frozen=True, kw_only=True):
    """An issue that was not changed, and why."""

    id: int
    code: str
    message: str


class BulkJob(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is. `done` counts failures, too. `undoable`: `POST …/undo` would bring back what was there before."""

    job: str
    state: Literal["running", "done", "stopped"]
    done: int
    total: int
    failed: list[BulkFailure]
    undoable: bool
    undo_of: str | None = None
    undo_job: str | None = None


class TaskAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Not used by itself: names the task in the document."""

    task: Task
