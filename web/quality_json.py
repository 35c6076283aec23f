"""What the quality section answers, as JSON objects. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.redmine.quality import Listed, Who
from adapters.redmine.quality_figures import By, Figures, Row, Times
from adapters.redmine.quality_reader import Context
from hub.event import rfc3339
from web.quality_store import Review, Sample

__all__ = ["figures_json", "issue_json", "name_of", "review_json", "reviews_figures", "sample_json", "who_json"]


def _at(value: datetime | None) -> str | None:
    return None if value is None else rfc3339(value)


def who_json(id: int | None, people: Mapping[int, Who]) -> dict[str, Any] | None:
    """A principal; `name` is null for one who was deleted in Redmine, and its number is what remains. None for nobody."""
    if id is None:
        return None
    who = people.get(id)
    return {"id": id, "name": who.name if who else None, "group": bool(who and who.group)}


def name_of(id: int | None, people: Mapping[int, Who], *, nobody: str, deleted: str) -> str:
    """The name in words; `deleted` has `{n}` for the number."""
    if id is None:
        return nobody
    who = people.get(id)
    return who.name if who else deleted.replace("{n}", str(id))


def _times(times: Times) -> dict[str, Any]:
    return {"count": times.count, "median_s": times.median_s, "p90_s": times.p90_s}


def _row(row: Row) -> dict[str, Any]:
    return {
        "created": row.created,
        "answer": _times(row.answer),
        "close": _times(row.close),
        "closed_once": row.closed_ever,
        "reopened": row.reopened,
    }


def figures_json(figures: Figures, by: By, people: Mapping[int, Who]) -> dict[str, Any]:
    """The whole and its rows; `key` is a week, or null beside `who`."""
    rows = [
        _row(row) | ({"week": row.key} if by == "week" else {"who": who_json(row.key if isinstance(row.key, int) else None, people)})
        for row in figures.rows
    ]
    return {"by": by, "total": _row(figures.total), "rows": rows}


def issue_json(listed: Listed, context: Context, people: Mapping[int, Who], reviews: Sequence[Review], *, redmine: str) -> dict[str, Any]:
    """One issue with its times; no description and no notes: for those there is the link."""
    fact, catalog = listed.fact, context.catalog
    return {
        "id": fact.issue_id,
        "subject": listed.subject,
        "url": f"{redmine}/issues/{fact.issue_id}" if redmine else None,
        "project": {"id": fact.project_id, "name": context.scope.projects.get(fact.project_id, "")},
        "tracker": {"id": fact.tracker_id, "name": catalog.name("tracker", fact.tracker_id)},
        "status": {"id": listed.status_id, "name": catalog.name("status", listed.status_id), "closed": fact.closed_now},
        "priority": {"id": listed.priority_id, "name": catalog.name("priority", listed.priority_id)},
        "author": who_json(fact.author_id, people),
        "assignee": who_json(fact.assignee_id, people),
        "created_at": _at(fact.created),
        "updated_at": _at(listed.updated),
        "answered_at": _at(fact.answered),
        "answer_s": None if fact.answered is None else round((fact.answered - fact.created).total_seconds()),
        "closed_at": _at(fact.closed),
        "close_s": None if fact.closed is None else round((fact.closed - fact.created).total_seconds()),
        "reopenings": fact.reopenings,
        "reviews": [{"id": review.id, "reviewer": review.reviewer, "percent": review.percent} for review in reviews],
    }


def review_json(review: Review, user_id: int) -> dict[str, Any]:
    """A review; `mine` may be replaced by who asks."""
    return {
        "id": review.id,
        "issue_id": review.issue_id,
        "sample_id": review.sample_id,
        "reviewer": review.reviewer,
        "mine": review.reviewer_id == user_id,
        "scores": {key: {"points": points, "best": best} for key, (points, best) in review.scores.items()},
        "percent": review.percent,
        "comment": review.comment,
        "replaces": review.replaces,
        "replaced": review.replaced,
        "created_at": rfc3339(review.created_at),
    }


def sample_json(sample: Sample, reviewed: set[int]) -> dict[str, Any]:
    """A sample without its issues' contents."""
    return {
        "id": sample.id,
        "made_by": sample.made_by,
        "made_at": rfc3339(sample.made_at),
        "filter": dict(sample.filter),
        "issues": list(sample.issues),
        "reviewed": sum(id in reviewed for id in sample.issues),
    }


def reviews_figures(reviews: Sequence[Review], people: Mapping[int, Who]) -> list[dict[str, Any]]:
    """The reviews that stand, by whose work it was: number, mean percent, and of each criterion the mean share of its best in percent."""
    sorted_reviews: dict[int | None, list[Review]] = {}
    for review in reviews:
        sorted_reviews.setdefault(review.assignee_id, []).append(review)
    rows = []
    for id, some in sorted_reviews.items():
        shares: dict[str, list[float]] = {}
        for review in some:
            for key, (points, best) in review.scores.items():
                shares.setdefault(key, []).append(100 * points / best)
        rows.append(
            {
                "who": who_json(id, people),
                "count": len(some),
                "percent": round(sum(review.percent for review in some) / len(some), 1),
                "criteria": {key: round(sum(values) / len(values), 1) for key, values in sorted(shares.items())},
            }
        )
    return sorted(rows, key=lambda row: (-row["count"], -row["percent"]))
