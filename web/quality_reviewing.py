"""Handlers of the quality section for what people do there: draw samples of closed issues, and review them by the score card."""

from __future__ import annotations

import random
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hub.principal import Principal
from web.auth import origin_of
from web.body import read_json
from web.errors import BadField, WebError
from web.i18n import N_
from web.quality_area import Quality, answer, reader_of, rows_of, span_json
from web.quality_card import BadScore, read_scores
from web.quality_json import review_json, reviews_figures, sample_json
from web.quality_query import read_span, whole
from web.quality_store import AlreadyReplaced, NoSuchReview, QualityError

__all__ = ["draw", "review", "review_figures", "reviews", "sample", "samples"]

_COMMENT = 10_000
_NOT_FOUND = N_("There is nothing at this address.")


async def samples(_request: Request, quality: Quality, _principal: Principal) -> Response:
    """The last samples, and how much of each is reviewed."""
    found = await quality.store.samples()
    reviewed = await quality.store.reviewed({id for one in found for id in one.issues})
    return answer({"samples": [sample_json(one, reviewed) for one in found]})


async def draw(request: Request, quality: Quality, principal: Principal) -> Response:
    """Draws from the issues that were closed in a period and are closed now. The same seed draws the same from the same issues."""
    reader, given = reader_of(quality), await read_json(request)
    size, seed = given.get("size"), given.get("seed")
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= quality.settings.quality_sample_max:
        raise BadField("size", N_("Choose a number of issues within the bound."))
    if seed is None:
        seed = secrets.randbelow(2**31)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**31:
        raise BadField("seed")
    query = {name: str(given[name]) for name in ("from", "to", "zone", "project", "tracker", "assignee") if given.get(name) is not None}
    span = await read_span(query, zone=principal.zone, now=quality.hub.now())
    chosen = {name: whole(query, name) for name in ("project", "tracker", "assignee")}
    found = await reader.facts(span.period, project_id=chosen["project"], tracker_id=chosen["tracker"])
    among = sorted(
        fact.issue_id for fact in found.facts if span.period.holds(fact.closed) and chosen["assignee"] in (None, fact.assignee_id)
    )
    if not among:
        raise WebError(409, "nothing_closed", N_("No issue was closed in this period."))
    drawn = random.Random(seed).sample(among, min(size, len(among)))  # noqa: S311  # to be repeated, not to be secret
    kept = span_json(span) | {"seed": seed, "among": len(among)} | {name: value for name, value in chosen.items() if value is not None}
    id = await quality.store.add_sample(origin_of(request, principal), kept, drawn)
    return answer({"id": id, "issues": drawn, "filter": kept}, 201)


async def sample(request: Request, quality: Quality, _principal: Principal) -> Response:
    """A sample with its issues, in the order drawn; `gone` are those that are no more to be seen."""
    drawn = await quality.store.sample(request.path_params["id"])
    if drawn is None:
        raise WebError(404, "not_found", _NOT_FOUND)
    page = await reader_of(quality).issues(drawn.issues)
    there = {row.fact.issue_id for row in page.rows}
    reviewed = await quality.store.reviewed(drawn.issues)
    gone = [id for id in drawn.issues if id not in there]
    return answer(sample_json(drawn, reviewed) | {"rows": await rows_of(quality, page), "gone": gone})


async def reviews(request: Request, quality: Quality, principal: Principal) -> Response:
    """The history of an issue's reviews, newest first."""
    issue = whole(request.query_params, "issue")
    if issue is None:
        raise BadField("issue")
    return answer({"reviews": [review_json(one, principal.user_id) for one in await quality.store.history(issue)]})


async def review(request: Request, quality: Quality, principal: Principal) -> Response:
    """Keeps a filled card. `replaces` is one's own last review of the issue: the new one stands in its place, both stay."""
    given = await read_json(request, 64 * 1024)
    issue_id, sample_id, replaces = (_optional_id(given, field) for field in ("issue_id", "sample_id", "replaces"))
    comment = given.get("comment", "")
    if issue_id is None:
        raise BadField("issue_id")
    if not isinstance(comment, str) or len(comment) > _COMMENT:
        raise BadField("comment", N_("A comment has at most 10,000 characters."))
    try:
        scores = read_scores(given.get("scores"), quality.settings.quality_criteria)
    except BadScore as bad:
        raise BadField(f"scores.{bad.key}", N_("Give points for every criterion, within its bounds.")) from None
    if sample_id is not None:
        drawn = await quality.store.sample(sample_id)
        if drawn is None or issue_id not in drawn.issues:
            raise BadField("sample_id")
    page = await reader_of(quality).issues([issue_id])
    if not page.rows:
        raise WebError(404, "no_such_issue", N_("There is no such issue in the quality section."), field="issue_id")
    try:
        id = await quality.store.add_review(
            origin_of(request, principal),
            reviewer=principal.display_name or principal.name,
            issue_id=issue_id,
            assignee_id=page.rows[0].fact.assignee_id,
            sample_id=sample_id,
            scores=scores,
            comment=comment.strip(),
            replaces=replaces,
        )
    except AlreadyReplaced:
        message = N_("This review was replaced in another window already.")
        raise WebError(409, "already_replaced", message, field="replaces") from None
    except NoSuchReview:
        raise BadField("replaces") from None
    except QualityError:
        raise WebError(403, "not_yours", N_("Only one's own review can be replaced."), field="replaces") from None
    history = await quality.store.history(issue_id)
    return answer({"id": id, "reviews": [review_json(one, principal.user_id) for one in history]}, 201)


def _optional_id(given: dict[str, Any], field: str) -> int | None:
    value = given.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**53:
        raise BadField(field)
    return value


async def review_figures(request: Request, quality: Quality, principal: Principal) -> Response:
    """By whose work was reviewed: the reviews written in the period that stand."""
    span = await read_span(request.query_params, zone=principal.zone, now=quality.hub.now())
    found = await quality.store.between(span.period.begin, span.period.end)
    people = await reader_of(quality).people({one.assignee_id for one in found if one.assignee_id is not None})
    return answer({"period": span_json(span), "rows": reviews_figures(found, people)})
