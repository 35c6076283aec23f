"""The quality section: the page `/quality/`, its interface `/quality/api/…` and its topic, for whoever has the permission `quality`."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.redmine.engine import create_engine
from adapters.redmine.errors import RedmineAway, RedmineError
from adapters.redmine.quality import TooMany
from adapters.redmine.quality_feed import QUALITY, QualityFeed, fold_changed
from adapters.redmine.quality_figures import Figures, make_figures
from adapters.redmine.quality_reader import Facts, QualityReader, open_reader
from adapters.redmine.quality_scope import Wanted
from hub.event import Event, rfc3339
from hub.hub import Hub
from hub.principal import Principal
from hub.topic import Topic
from web.auth import origin_of, require
from web.body import read_json
from web.errors import BadField, WebError
from web.i18n import N_
from web.pages import shell_page
from web.quality_card import BadScore, read_scores
from web.quality_csv import to_csv
from web.quality_json import figures_json, issue_json, name_of, review_json, reviews_figures, sample_json
from web.quality_query import Span, read_by, read_filter, read_paging, read_span, whole
from web.quality_store import AlreadyReplaced, NoSuchReview, QualityError, QualityStore
from web.settings import Settings

__all__ = ["Quality", "open_quality", "quality_feed", "quality_routes"]

_COMMENT = 10_000
_HEADERS = {"cache-control": "no-store"}
_NOT_FOUND = N_("There is nothing at this address.")


@dataclass(frozen=True, slots=True)
class Quality:
    """What the handlers need."""

    reader: QualityReader | None
    """None: Redmine is not set up."""
    store: QualityStore
    settings: Settings
    hub: Hub


def _wanted(settings: Settings) -> Wanted:
    return Wanted(projects=settings.quality_projects, trackers=settings.quality_trackers, private=settings.quality_private_issues)


def quality_feed(settings: Settings) -> QualityFeed:
    """For the Redmine source: tells the topic of changes."""
    return QualityFeed(_wanted(settings))


@asynccontextmanager
async def open_quality(settings: Settings, hub: Hub, engine: Any) -> AsyncIterator[Quality]:
    """Registers the topic, and reads Redmine while the block runs; to be entered before the hub runs. `engine` is the store's."""
    async with AsyncExitStack() as stack:
        reader: QualityReader | None = None
        if settings.areas()["redmine"].on and settings.redmine_db_url is not None:
            redmine = create_engine(settings.redmine_db_url.get_secret_value(), deadline_s=10.0)
            stack.push_async_callback(redmine.dispose)
            zone = await asyncio.to_thread(ZoneInfo, settings.redmine_time_zone)
            reader = await stack.enter_async_context(open_reader(redmine, wanted=_wanted(settings), zone=zone))
        hub.topics.add(_topic(reader))
        yield Quality(reader, QualityStore(engine, now=hub.now), settings, hub)


def _topic(reader: QualityReader | None) -> Topic:
    def fold(state: dict[str, Any], event: Event) -> None:
        # each node folds what comes over the bus: so each node's answers are as fresh as the hub's own events
        if reader is not None:
            reader.invalidate()
        fold_changed(state, event)

    async def controllers(principal: Principal, _name: str) -> bool:
        return principal.may("quality")

    return Topic(name=QUALITY, fold=fold, initial=lambda: {"ids": []}, may_read=controllers)


def quality_routes() -> list[Route]:
    """The routes; they use `quality` of the request's state."""
    api = "/quality/api"
    return [
        Route("/quality/", shell_page("quality.html", "quality", permission="quality"), methods=["GET"], name="quality"),
        Route(f"{api}/options", _guarded(_options), methods=["GET"]),
        Route(f"{api}/figures", _guarded(_figures), methods=["GET"]),
        Route(f"{api}/figures.csv", _guarded(_figures_csv), methods=["GET"]),
        Route(f"{api}/issues", _guarded(_issues), methods=["GET"]),
        Route(f"{api}/samples", _guarded(_samples), methods=["GET"]),
        Route(f"{api}/samples", _guarded(_draw), methods=["POST"]),
        Route(f"{api}/samples/{{id:int}}", _guarded(_sample), methods=["GET"]),
        Route(f"{api}/reviews", _guarded(_reviews), methods=["GET"]),
        Route(f"{api}/reviews", _guarded(_review), methods=["POST"]),
        Route(f"{api}/reviews/figures", _guarded(_review_figures), methods=["GET"]),
    ]


_Handler = Callable[[Request, Quality, Principal], Awaitable[Response]]


def _guarded(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    """Asks for the permission before anything else, and turns what Redmine's database could not answer into 503."""

    async def guarded(request: Request) -> Response:
        principal = await require(request, "quality")
        with _redmine_errors():
            return await handler(request, request.state.quality, principal)

    return guarded


@contextmanager
def _redmine_errors() -> Iterator[None]:
    try:
        yield
    except RedmineAway:
        message = N_("Redmine does not answer. Try again in a moment.")
        raise WebError(503, "redmine_away", message, headers={"Retry-After": "5"}) from None
    except RedmineError as error:
        raise WebError(503, "redmine_refused", N_("Redmine's database refuses: {reason}"), reason=str(error)) from None
    except TooMany:
        raise WebError(422, "too_many_issues", N_("Too many issues. Choose a shorter period or one project."), field="from") from None


def _reader(quality: Quality) -> QualityReader:
    if quality.reader is None:
        raise WebError(503, "redmine_off", N_("Redmine is not set up on this server."))
    return quality.reader


def _answer(content: Any, status: int = 200) -> Response:
    return JSONResponse(content, status, _HEADERS)


async def _options(_request: Request, quality: Quality, principal: Principal) -> Response:
    """What can be chosen, and the score card."""
    context = await _reader(quality).context()
    scope, settings = context.scope, quality.settings
    return _answer(
        {
            "projects": [{"id": id, "name": name} for id, name in sorted(scope.projects.items(), key=lambda item: item[1])],
            "trackers": [{"id": id, "name": context.catalog.name("tracker", id)} for id in sorted(scope.trackers)],
            "unknown": list(scope.unknown),
            "criteria": [
                {"key": line.key, "label": {"ru": line.ru, "en": line.en}, "points": line.points} for line in settings.quality_criteria
            ],
            "sample_max": settings.quality_sample_max,
            "zone": principal.zone,
        }
    )


async def _made(request: Request, quality: Quality, principal: Principal) -> tuple[Span, Figures, Facts]:
    query = request.query_params
    span = await read_span(query, zone=principal.zone, now=quality.hub.now())
    by = read_by(query)
    found = await _reader(quality).facts(span.period, project_id=whole(query, "project"), tracker_id=whole(query, "tracker"))
    # 20,000 issues of a year take 0.15 s by person and 0.32 s by week: not on the loop
    made = await asyncio.to_thread(make_figures, found.facts, period=span.period, by=by, zone=span.zone, groups=found.groups)
    return span, made, found


def _span_json(span: Span) -> dict[str, str]:
    return {"from": span.first.isoformat(), "to": span.last.isoformat(), "zone": span.zone.key}


async def _figures(request: Request, quality: Quality, principal: Principal) -> Response:
    span, made, found = await _made(request, quality, principal)
    content = figures_json(made, read_by(request.query_params), found.people)
    return _answer({"period": _span_json(span), "as_of": rfc3339(found.as_of)} | content)


async def _figures_csv(request: Request, quality: Quality, principal: Principal) -> Response:
    span, made, found = await _made(request, quality, principal)
    by = read_by(request.query_params)

    def say(text: str) -> str:
        return str(request.state.i18n.text(principal.locale, text))

    first = {"person": N_("Assignee"), "group": N_("Group"), "week": N_("Week")}[by]
    head = (
        *(first, N_("Created"), N_("Answered"), N_("First answer, median, h"), N_("First answer, p90, h"), N_("Closed")),
        *(N_("To close, median, h"), N_("To close, p90, h"), N_("Closed at least once"), N_("Reopened"), N_("Reopened, %")),
    )
    nobody = say(N_("Unassigned") if by == "person" else N_("No group"))
    rows: list[list[str | int | float | None]] = [[say(text) for text in head]]
    for row, total in [*((row, False) for row in made.rows), (made.total, True)]:
        key = row.key
        name = key if isinstance(key, str) else name_of(key, found.people, nobody=nobody, deleted=say(N_("Deleted (no. {n})")))
        answer, close = row.answer, row.close
        share = round(100 * row.reopened / row.closed_ever, 1) if row.closed_ever else None
        times = (answer.count, _hours(answer.median_s), _hours(answer.p90_s), close.count, _hours(close.median_s), _hours(close.p90_s))
        rows.append([say(N_("All")) if total else name, row.created, *times, row.closed_ever, row.reopened, share])
    file = f"quality-{by}-{span.first}-{span.last}.csv"
    headers = _HEADERS | {"content-disposition": f'attachment; filename="{file}"'}
    return Response(to_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 2)


async def _issues(request: Request, quality: Quality, principal: Principal) -> Response:
    """A page of issues, or with `ids` (comma separated) these alone: how a page brings its rows up to date."""
    reader, query = _reader(quality), request.query_params
    if "ids" in query:
        page = await reader.issues(_ids(query["ids"]))
    else:
        paging = read_paging(query)
        wanted = await read_filter(query, zone=principal.zone, now=quality.hub.now())
        page = await reader.page(wanted, sort=paging.sort, descending=paging.descending, offset=paging.offset, limit=paging.limit)
    return _answer({"total": page.total, "rows": await _rows(quality, page)})


async def _rows(quality: Quality, page: Any) -> list[dict[str, Any]]:
    context = await _reader(quality).context()
    reviews = await quality.store.current([row.fact.issue_id for row in page.rows])
    redmine = (quality.settings.redmine_url or "").rstrip("/")
    return [issue_json(row, context, page.people, reviews.get(row.fact.issue_id, ()), redmine=redmine) for row in page.rows]


def _ids(text: str) -> list[int]:
    parts = text.split(",") if text else []
    if len(parts) > 200 or not all(part.isascii() and part.isdecimal() and len(part) <= 10 for part in parts):
        raise BadField("ids")
    return list(dict.fromkeys(map(int, parts)))


async def _samples(_request: Request, quality: Quality, _principal: Principal) -> Response:
    samples = await quality.store.samples()
    reviewed = await quality.store.reviewed({id for sample in samples for id in sample.issues})
    return _answer({"samples": [sample_json(sample, reviewed) for sample in samples]})


async def _draw(request: Request, quality: Quality, principal: Principal) -> Response:
    """Draws from the issues that were closed in a period and are closed now. The same seed draws the same from the same issues."""
    reader, given = _reader(quality), await read_json(request)
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
    kept = _span_json(span) | {"seed": seed, "among": len(among)} | {name: value for name, value in chosen.items() if value is not None}
    id = await quality.store.add_sample(origin_of(request, principal), kept, drawn)
    return _answer({"id": id, "issues": drawn, "filter": kept}, 201)


async def _sample(request: Request, quality: Quality, _principal: Principal) -> Response:
    """A sample with its issues, in the order drawn; `gone` are those that are no more to be seen."""
    sample = await quality.store.sample(request.path_params["id"])
    if sample is None:
        raise WebError(404, "not_found", _NOT_FOUND)
    page = await _reader(quality).issues(sample.issues)
    there = {row.fact.issue_id for row in page.rows}
    reviewed = await quality.store.reviewed(sample.issues)
    gone = [id for id in sample.issues if id not in there]
    return _answer(sample_json(sample, reviewed) | {"rows": await _rows(quality, page), "gone": gone})


async def _reviews(request: Request, quality: Quality, principal: Principal) -> Response:
    """The history of an issue's reviews, newest first."""
    issue = whole(request.query_params, "issue")
    if issue is None:
        raise BadField("issue")
    return _answer({"reviews": [review_json(review, principal.user_id) for review in await quality.store.history(issue)]})


async def _review(request: Request, quality: Quality, principal: Principal) -> Response:
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
        sample = await quality.store.sample(sample_id)
        if sample is None or issue_id not in sample.issues:
            raise BadField("sample_id")
    page = await _reader(quality).issues([issue_id])
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
    return _answer({"id": id, "reviews": [review_json(review, principal.user_id) for review in history]}, 201)


def _optional_id(given: dict[str, Any], field: str) -> int | None:
    value = given.get(field)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**53:
        raise BadField(field)
    return value


async def _review_figures(request: Request, quality: Quality, principal: Principal) -> Response:
    """By whose work was reviewed: the reviews written in the period that stand."""
    span = await read_span(request.query_params, zone=principal.zone, now=quality.hub.now())
    reviews = await quality.store.between(span.period.begin, span.period.end)
    people = await _reader(quality).people({review.assignee_id for review in reviews if review.assignee_id is not None})
    return _answer({"period": _span_json(span), "rows": reviews_figures(reviews, people)})
