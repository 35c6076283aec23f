"""An issue as REST gave it, with what the database adds, as the task that the interface answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from adapters.redmine.markup import Context, Formatting, render
from adapters.redmine.rest import issue as rest
from adapters.redmine.rest import rights
from adapters.redmine.task_facts import Priority, TaskFacts
from adapters.redmine.values import Detail
from adapters.redmine.versions import Version
from adapters.redmine.words import relation_of
from hub.event import Text
from web.tickets.shapes import (
    Brief,
    ChangeLine,
    CustomField,
    Description,
    File,
    Journal,
    Link,
    May,
    Person,
    PriorityRef,
    Ref,
    Requester,
    StatusRef,
    Task,
)

__all__ = ["INLINE", "Surroundings", "changes_of", "compose", "download_url", "person", "status_ref", "whole"]

INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Pictures that a browser may show in a page of ours: they can hold no script."""
_INVERSE = {
    "blocks": "blocked",
    "duplicates": "duplicated",
    "precedes": "follows",
    "copied_to": "copied_from",
}
_INVERSE |= {other: one for one, other in _INVERSE.items()}
_FIELDS = {"assigned_to": "assignee"}
Locale = Literal["ru", "en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """For whom the task is composed, and with what."""

    locale: Locale
    me: int | None
    """Redmine's id of the person; None: a requester."""
    facts: TaskFacts
    priorities: tuple[Priority, ...]
    may: rights.May
    formatting: Formatting
    redmine_url: str
    as_of: datetime
    avatars: Mapping[int, str] = field(default_factory=dict)
    """Redmine's id -> address of the picture."""
    names: Mapping[str, str] = field(default_factory=dict)
    """E-mail address -> name of whom we know by it."""

    def say(self, text: Text) -> str:
        """The line in the person's language."""
        return text[self.locale]


def download_url(issue_id: int, attachment_id: int) -> str:
    """Where the file is to be had."""
    return f"/tasks/api/task/{issue_id}/attachment/{attachment_id}/download"


def whole(at: datetime) -> datetime:
    """The same instant in UTC."""
    return at.astimezone(UTC)


def person(ref: rest.Ref | None, around: Surroundings) -> Person:
    """Somebody by the name that Redmine gives them; a journal whose author was deleted has nobody."""
    if ref is None:
        return Person(id=0, name="—")
    known = around.facts.people.get(ref.id)
    return Person(
        id=ref.id,
        name=ref.name or (known.name if known else "") or f"#{ref.id}",
        group=known is not None and known.kind.startswith("Group"),
        me=ref.id == around.me,
        avatar=around.avatars.get(ref.id),
    )


def status_ref(id: int, around: Surroundings, closed: bool | None = None) -> StatusRef:
    """A status by the site's own name for it."""
    catalog = around.facts.words.catalog
    return StatusRef(id=id, name=around.say(catalog.name("status", id)), closed=id in catalog.closed if closed is None else closed)


def compose(issue: rest.Issue, version: Version, around: Surroundings) -> Task:
    """The whole task. Renders every text: for a long history off the event loop."""
    catalog = around.facts.words.catalog
    files = {file.filename: download_url(issue.id, file.id) for file in issue.attachments}
    context = Context(attachments=files, redmine_url=around.redmine_url)
    requester = min(around.facts.requesters, default=None)
    return Task(
        id=issue.id,
        version=str(version),
        subject=issue.subject,
        description=Description(source=issue.description, html=render(issue.description, around.formatting, context)),
        project=_ref(issue.project),
        tracker=Ref(id=issue.tracker.id, name=around.say(catalog.name("tracker", issue.tracker.id))),
        status=status_ref(issue.status.id, around, issue.status.closed),
        priority=_priority(issue.priority.id, around),
        author=person(issue.author, around),
        assignee=person(issue.assigned_to, around) if issue.assigned_to else None,
        requester=Requester(email=requester, name=around.names.get(requester) or requester) if requester else None,
        category=_ref(issue.category) if issue.category else None,
        private=issue.private,
        done_ratio=issue.done_ratio,
        estimated_hours=issue.estimated_hours,
        start_date=issue.start_date,
        due_date=issue.due_date,
        created_at=whole(issue.created_on),
        updated_at=whole(issue.updated_on),
        closed_at=whole(issue.closed_on) if issue.closed_on else None,
        fields=[CustomField(id=one.id, name=one.name, value=one.value) for one in issue.custom_fields],
        journals=_journals(issue, around, context),
        attachments=[_file(issue.id, file, around) for file in issue.attachments],
        watchers=[person(watcher, around) for watcher in issue.watchers],
        relations=[link for relation in issue.relations if (link := _link(issue.id, relation, around)) is not None],
        children=[_brief(child.id, around) for child in issue.children],
        parent=_brief(issue.parent, around) if issue.parent else None,
        may=_may(around.may),
        as_of=whole(around.as_of),
        stale=False,
        url=f"{around.redmine_url.rstrip('/')}/issues/{issue.id}",
    )


def _ref(ref: rest.Ref) -> Ref:
    return Ref(id=ref.id, name=ref.name)


def _may(may: rights.May) -> May:
    return May(
        comment=may.comment,
        private=may.private,
        status=may.status,
        priority=may.priority,
        assignee=may.assignee,
        attach=may.attach,
    )


def _priority(id: int, around: Surroundings) -> PriorityRef:
    known = next((one for one in around.priorities if one.id == id), None)
    name = around.say(around.facts.words.catalog.name("priority", id))
    return PriorityRef(id=id, name=name, rank=known.rank if known else 0, high=known is not None and known.high)


def _journals(issue: rest.Issue, around: Surroundings, context: Context) -> list[Journal]:
    return [
        Journal(
            id=journal.id,
            number=number,
            author=person(journal.user, around),
            at=whole(journal.created_on),
            source=journal.notes,
            html=render(journal.notes, around.formatting, context),
            private=journal.private,
            changes=changes_of(journal.details, around),
        )
        for number, journal in enumerate(issue.journals, 1)
    ]


def changes_of(details: Iterable[rest.Detail], around: Surroundings) -> list[ChangeLine]:
    """Changed fields in words."""
    return [_line(detail, around) for detail in details]


def _line(detail: rest.Detail, around: Surroundings) -> ChangeLine:
    change = around.facts.words.change(Detail(0, detail.property, detail.name, detail.old, detail.new))
    label = around.say(change["label"])
    old, new = (None if value is None else around.say(value) for value in (change["old"], change["new"]))
    if old is not None and new is not None:
        text = f"{label}: {old} → {new}"
    elif new is not None:
        text = f"{label}: {new}"
    else:
        text = f"{label}: {old} → —"
    field = _FIELDS.get(change["field"], change["field"])
    return ChangeLine(field=field, label=label, old=old, new=new, text=text)


def _file(issue_id: int, file: rest.Attachment, around: Surroundings) -> File:
    kind = file.content_type.partition(";")[0].strip().lower()
    return File(
        id=file.id,
        name=file.filename,
        size=file.size,
        content_type=file.content_type,
        author=person(file.author, around) if file.author else None,
        at=whole(file.created_on),
        description=file.description,
        image=kind in INLINE,
        url=download_url(issue_id, file.id),
    )


def _brief(id: int, around: Surroundings) -> Brief:
    known = around.facts.statuses.get(id)
    return Brief(id=id) if known is None else Brief(id=id, subject=known[0], status=status_ref(known[1], around))


def _link(issue_id: int, relation: rest.Relation, around: Surroundings) -> Link | None:
    """None for a relation to an issue that the person may not see: Redmine's own page leaves it out, too."""
    outgoing = relation.issue_id == issue_id
    other = relation.issue_to_id if outgoing else relation.issue_id
    kind = relation.type if outgoing else _INVERSE.get(relation.type, relation.type)
    brief = _brief(other, around)
    return None if brief.status is None else Link(id=relation.id, type=kind, label=around.say(relation_of(kind)), issue=brief)
