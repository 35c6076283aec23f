"""Handlers of the quality section that show what Redmine has: choices, figures, issues."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from adapters.redmine.quality_figures import Figures, make_figures
from adapters.redmine.quality_reader import Facts
from hub.event import rfc3339
from hub.principal import Principal
from web.errors import BadField
from web.i18n import N_
from web.quality_area import HEADERS, Quality, answer, reader_of, rows_of, span_json
from web.quality_csv import to_csv
from web.quality_json import figures_json, name_of
from web.quality_query import Span, read_by, read_filter, read_paging, read_span, whole

__all__ = ["figures", "figures_csv", "issues", "options"]


async def options(_request: Request, quality: Quality, principal: Principal) -> Response:
    """What can be chosen, and the score card."""
    context = await reader_of(quality).context()
    scope, settings = context.scope, quality.settings
    return answer(
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
    found = await reader_of(quality).facts(span.period, project_id=whole(query, "project"), tracker_id=whole(query, "tracker"))
    # 20,000 issues of a year take 0.15 s by person and 0.32 s by week: not on the loop
    made = await asyncio.to_thread(make_figures, found.facts, period=span.period, by=by, zone=span.zone, groups=found.groups)
    return span, made, found


async def figures(request: Request, quality: Quality, principal: Principal) -> Response:
    """Times and counts of a period by person, group or week."""
    span, made, found = await _made(request, quality, principal)
    content = figures_json(made, read_by(request.query_params), found.people)
    return answer({"period": span_json(span), "as_of": rfc3339(found.as_of)} | content)


async def figures_csv(request: Request, quality: Quality, principal: Principal) -> Response:
    """The same as a file for spreadsheets, in the person's language."""
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
    headers = HEADERS | {"content-disposition": f'attachment; filename="{file}"'}
    return Response(to_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


def _hours(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 2)


async def issues(request: Request, quality: Quality, principal: Principal) -> Response:
    """A page of issues, or with `ids` (comma separated) these alone: how a page brings its rows up to date."""
    reader, query = reader_of(quality), request.query_params
    if "ids" in query:
        page = await reader.issues(_ids(query["ids"]))
    else:
        paging = read_paging(query)
        wanted = await read_filter(query, zone=principal.zone, now=quality.hub.now())
        page = await reader.page(wanted, sort=paging.sort, descending=paging.descending, offset=paging.offset, limit=paging.limit)
    return answer({"total": page.total, "rows": await rows_of(quality, page)})


def _ids(text: str) -> list[int]:
    parts = text.split(",") if text else []
    if len(parts) > 200 or not all(part.isascii() and part.isdecimal() and len(part) <= 10 for part in parts):
        raise BadField("ids")
    return list(dict.fromkeys(map(int, parts)))
