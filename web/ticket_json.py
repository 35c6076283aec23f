"""The list, the views and the hits as JSON: shapes of `web.tickets.shapes`, names in the person's language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from adapters.redmine.names import Kind
from adapters.redmine.quality import Who
from adapters.redmine.tickets.listing import Listed
from adapters.redmine.tickets.reader import Context
from adapters.redmine.tickets.search import Hit, Where
from web.tickets.actors import Known
from web.tickets.shapes import Person, PriorityRef, Ref, Requester, StatusRef

__all__ = [
    "Counts",
    "Facets",
    "HitShape",
    "Names",
    "PieceShape",
    "PriorityFacet",
    "Row",
    "SearchAnswer",
    "TasksAnswer",
    "ViewShape",
    "ViewsAnswer",
    "row_of",
]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list. `comments`: notes that the person may read. `version` is what writes take."""

    id: int
    subject: str
    project: Ref
    tracker: Ref
    status: StatusRef
    priority: PriorityRef
    assignee: Person | None
    author: Person
    requester: Requester | None
    updated_at: datetime | None
    created_at: datetime | None
    private: bool
    comments: int
    unread: bool
    version: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Of what the person sees, whatever the list is narrowed to: open ones, theirs of these, those that wait for them."""

    open: int
    mine: int
    waiting: int


class PriorityFacet(PriorityRef, frozen=True, kw_only=True):
    """A priority to narrow the list to. One that is not `active` stands on old tickets, and Redmine gives it to none any more."""

    active: bool


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """What the list can be narrowed to."""

    projects: list[Ref]
    statuses: list[StatusRef]
    priorities: list[PriorityFacet]
    trackers: list[Ref]


class TasksAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the list. `partial`: words were asked for that stand in more tickets than are looked at, or the index is being filled."""

    total: int
    rows: list[Row]
    counts: Counts
    facets: Facets
    partial: bool


class ViewShape(msgspec.Struct, frozen=True, kw_only=True):
    """A view. `unread` counts at most 200 of the last thirty days; `count` is null where counting takes too long.

    `source`: `redmine` for a query that somebody has saved there, which is changed there only. It may ask more than `query` says
    (`beyond`); with a `reason` it cannot be shown here, but at `url` in Redmine.
    """

    id: str
    name: str
    query: dict[str, str]
    builtin: bool
    count: int | None
    unread: int
    source: Literal["navigator", "redmine"] = "navigator"
    beyond: bool = False
    reason: str | None = None
    url: str | None = None


class ViewsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The builtin views, then the personal ones, then the queries saved in Redmine."""

    views: list[ViewShape]


class PutView(msgspec.Struct, frozen=True, kw_only=True):
    """A personal view as it is sent: the list's own keys with their texts."""

    name: str
    query: dict[str, str]


class PieceShape(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a snippet: plain text, never HTML."""

    text: str
    hit: bool


class HitShape(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that was found; `journal` is the note's id."""

    id: int
    subject: str
    status: StatusRef
    project: Ref
    where: Where
    journal: int | None
    snippet: list[PieceShape]


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, best first. `partial`: there is more, or the index is being filled."""

    hits: list[HitShape]
    took_ms: int
    partial: bool


class Names:
    """Says what ids are called, to one person."""

    def __init__(self, context: Context, locale: str, *, deleted: str) -> None:
        """`deleted` says that somebody is no more, with `{n}` for their number."""
        self._context, self._english, self._deleted = context, locale == "en", deleted
        self._ranks = {id: rank for rank, id in enumerate(context.priorities)}

    def _name(self, kind: Kind, id: int) -> str:
        text = self._context.catalog.name(kind, id)
        return text["en"] if self._english else text["ru"]

    def project(self, id: int) -> Ref:
        """A project."""
        return Ref(id=id, name=self._context.projects.get(id, f"#{id}"))

    def tracker(self, id: int) -> Ref:
        """A tracker."""
        return Ref(id=id, name=self._name("tracker", id))

    def status(self, id: int) -> StatusRef:
        """A status."""
        return StatusRef(id=id, name=self._name("status", id), closed=id in self._context.catalog.closed)

    def priority(self, id: int) -> PriorityRef:
        """A priority; one that is gone has the default's rank."""
        rank = self._ranks.get(id, self._context.default_rank)
        return PriorityRef(id=id, name=self._name("priority", id), rank=rank, high=rank > self._context.default_rank)

    def person(self, id: int, people: Mapping[int, Who], known: Known, me: int | None) -> Person:
        """Somebody, or a group."""
        who = people.get(id)
        if who is None:
            return Person(id=id, name=self._deleted.format(n=id))
        return Person(id=id, name=who.name, group=who.group, me=id == me, avatar=known.avatars.get(id))

    def facets(self, projects: Collection[int]) -> Facets:
        """Everything that can be chosen; of projects those that the person sees, by name."""
        context = self._context
        trackers = sorted(id for kind, id in context.catalog.names if kind == "tracker")
        return Facets(
            projects=sorted(map(self.project, projects), key=lambda ref: ref.name.casefold()),
            statuses=[self.status(id) for id in context.statuses],
            priorities=[self._facet(id) for id in context.priorities],
            trackers=[self.tracker(id) for id in trackers],
        )

    def _facet(self, id: int) -> PriorityFacet:
        ref = self.priority(id)
        return PriorityFacet(id=id, name=ref.name, rank=ref.rank, high=ref.high, active=id not in self._context.retired)

    def hit(self, hit: Hit) -> HitShape:
        """A hit."""
        return HitShape(
            id=hit.id,
            subject=hit.subject,
            status=self.status(hit.status_id),
            project=self.project(hit.project_id),
            where=hit.where,
            journal=hit.journal,
            snippet=[PieceShape(text=piece.text, hit=piece.hit) for piece in hit.pieces],
        )


def row_of(row: Listed, names: Names, people: Mapping[int, Who], known: Known, *, me: int | None, unread: bool) -> Row:
    """A line of the list."""
    email = next(iter(row.requesters), None)
    return Row(
        id=row.id,
        subject=row.subject,
        project=names.project(row.project_id),
        tracker=names.tracker(row.tracker_id),
        status=names.status(row.status_id),
        priority=names.priority(row.priority_id),
        assignee=None if row.assigned_to_id is None else names.person(row.assigned_to_id, people, known, me),
        author=names.person(row.author_id, people, known, me),
        requester=None if email is None else Requester(email=email, name=known.names.get(email, email)),
        updated_at=row.updated,
        created_at=row.created,
        private=row.private,
        comments=row.comments,
        unread=unread,
        version=row.version,
    )
