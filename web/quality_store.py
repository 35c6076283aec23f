"""Samples and reviews in the Navigator's own store; nothing of them goes to Redmine. Both are only ever added to, and audited.

QualityError
  NoSuchReview      no review has this number
  NotYours          a review that somebody else wrote, or that is of another issue
  AlreadyReplaced   a review that a newer one has replaced
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.accounts import reviews, samples
from hub.store import users
from web import audit
from web.quality_card import percent

__all__ = ["AlreadyReplaced", "NoSuchReview", "NotYours", "QualityError", "QualityStore", "Review", "Sample"]

_HISTORY = 100
"""Reviews of one issue that are told, the newest."""
_SAMPLES = 50
"""Samples that are told, the newest."""


class QualityError(Exception):
    """A review that cannot be written."""


class NoSuchReview(QualityError):
    """`replaces` names nothing."""


class NotYours(QualityError):
    """`replaces` names somebody else's review, or one of another issue."""


class AlreadyReplaced(QualityError):
    """`replaces` names a review that has been replaced: another tab was quicker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A random sample."""

    id: int
    made_by: str
    made_at: datetime
    filter: Mapping[str, Any]
    issues: Sequence[int]
    """In the order drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A filled score card."""

    id: int
    issue_id: int
    sample_id: int | None
    reviewer_id: int | None
    reviewer: str
    assignee_id: int | None
    scores: Mapping[str, Sequence[int]]
    """criterion -> points, best."""
    comment: str
    replaces: int | None
    replaced: bool
    """A newer one of the same person stands in its place."""
    created_at: datetime

    @property
    def percent(self) -> int:
        """Of all points that could be had."""
        return percent(self.scores)


def _key(done: sa.CursorResult[Any]) -> int:
    key = done.inserted_primary_key
    assert key is not None  # noqa: S101  # the tables have one
    return int(key[0])


class QualityStore:
    """Reads and writes; `now` gives the moment of a writing."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    async def add_sample(self, origin: audit.Origin, chosen: Mapping[str, Any], issues: Sequence[int]) -> int:
        """Keeps a sample, with what it was drawn from; its id."""
        async with self._engine.begin() as connection:
            at = self._now()
            values = {"made_by": origin.user_id, "made_at": at, "filter": dict(chosen), "issues": list(issues)}
            id = _key(await connection.execute(sa.insert(samples).values(values)))
            after = {"size": len(issues), **chosen}
            await audit.record(connection, origin, "quality.sample_drawn", at=at, subject=f"sample {id}", after=after)
            return id

    async def samples(self) -> list[Sample]:
        """The newest, newest first."""
        return await self._samples()

    async def sample(self, id: int) -> Sample | None:
        """The sample with this number."""
        return next(iter(await self._samples(samples.c.id == id)), None)

    async def _samples(self, *where: sa.ColumnElement[bool]) -> list[Sample]:
        statement = (
            sa.select(samples, users.c.display_name)
            .select_from(samples.outerjoin(users, users.c.id == samples.c.made_by))
            .where(*where)
            .order_by(samples.c.id.desc())
            .limit(_SAMPLES)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            Sample(id=row.id, made_by=row.display_name or "", made_at=row.made_at, filter=row.filter, issues=tuple(row.issues))
            for row in rows
        ]

    async def add_review(
        self,
        origin: audit.Origin,
        *,
        reviewer: str,
        issue_id: int,
        assignee_id: int | None,
        sample_id: int | None,
        scores: Mapping[str, Sequence[int]],
        comment: str,
        replaces: int | None,
    ) -> int:
        """Keeps a review, its id. `replaces`: the writer's own last one of this issue; both stay. Raises QualityError."""
        async with self._engine.begin() as connection:
            before = None
            if replaces is not None:
                before = await self._replaceable(connection, replaces, issue_id, origin.user_id)
            at = self._now()
            values = {
                "issue_id": issue_id,
                "sample_id": sample_id,
                "reviewer_id": origin.user_id,
                "reviewer": reviewer[:255],
                "assignee_id": assignee_id,
                "scores": {key: list(pair) for key, pair in scores.items()},
                "comment": comment,
                "replaces": replaces,
                "created_at": at,
            }
            id = _key(await connection.execute(sa.insert(reviews).values(values)))
            action = "quality.reviewed" if replaces is None else "quality.review_replaced"
            after = {"review": id, "percent": percent(scores)}
            await audit.record(connection, origin, action, at=at, subject=f"issue {issue_id}", before=before, after=after)
            return id

    async def _replaceable(self, connection: AsyncConnection, id: int, issue_id: int, user_id: int | None) -> dict[str, Any]:
        old = (await connection.execute(sa.select(reviews).where(reviews.c.id == id).with_for_update())).first()
        if old is None:
            raise NoSuchReview
        if old.issue_id != issue_id or old.reviewer_id != user_id:
            raise NotYours
        if await connection.scalar(sa.select(reviews.c.id).where(reviews.c.replaces == id, reviews.c.issue_id == issue_id)):
            raise AlreadyReplaced
        return {"review": id, "percent": percent(old.scores)}

    async def history(self, issue_id: int) -> list[Review]:
        """The newest reviews of an issue, newest first, replaced ones too."""
        return await self._reviews(reviews.c.issue_id == issue_id, limit=_HISTORY)

    async def current(self, issue_ids: Collection[int]) -> dict[int, list[Review]]:
        """The reviews of each of these issues that stand, newest first."""
        found: dict[int, list[Review]] = {}
        if issue_ids:
            for review in await self._reviews(reviews.c.issue_id.in_(sorted(issue_ids))):
                if not review.replaced:
                    found.setdefault(review.issue_id, []).append(review)
        return found

    async def reviewed(self, issue_ids: Collection[int]) -> set[int]:
        """Which of these issues anybody has reviewed."""
        async with self._engine.connect() as connection:
            found: set[int] = set()
            ids = sorted(issue_ids)
            for at in range(0, len(ids), 1000):
                statement = sa.select(reviews.c.issue_id).where(reviews.c.issue_id.in_(ids[at : at + 1000])).distinct()
                found |= set((await connection.execute(statement)).scalars())
            return found

    async def between(self, begin: datetime, end: datetime) -> list[Review]:
        """The reviews written in that time that stand, for figures: 20,000 at most, the newest."""
        written = await self._reviews(reviews.c.created_at >= begin, reviews.c.created_at < end, limit=20_000)
        return [review for review in written if not review.replaced]

    async def _reviews(self, *where: sa.ColumnElement[bool], limit: int = 5000) -> list[Review]:
        newer = reviews.alias("newer")
        replaced = sa.exists().where(newer.c.issue_id == reviews.c.issue_id, newer.c.replaces == reviews.c.id).label("replaced")
        statement = sa.select(reviews, replaced).where(*where).order_by(reviews.c.id.desc()).limit(limit)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            Review(
                id=row.id,
                issue_id=row.issue_id,
                sample_id=row.sample_id,
                reviewer_id=row.reviewer_id,
                reviewer=row.reviewer,
                assignee_id=row.assignee_id,
                scores=row.scores,
                comment=row.comment,
                replaces=row.replaces,
                replaced=bool(row.replaced),
                created_at=row.created_at,
            )
            for row in rows
        ]
