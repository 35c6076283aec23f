"""Handlers that show: the summary, the state of all, one host, its history and uptime, as JSON and as tables for spreadsheets."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from adapters.netmonitor.history.outages import Outage
from adapters.netmonitor.history.series import Series
from adapters.netmonitor.history.sketch import ERROR
from adapters.netmonitor.history.uptime import SPANS, Uptime, mean
from adapters.netmonitor.inventory.spec import spec_of
from adapters.netmonitor.values import State
from hub.event import rfc3339
from hub.principal import Principal
from web.errors import BadField
from web.i18n import N_
from web.netmonitor.area import HEADERS, answer
from web.netmonitor.section import Section, window_json
from web.netmonitor.serving import host_of
from web.quality_csv import to_csv

__all__ = ["history", "history_csv", "host", "instant", "status", "summary", "uptime", "uptime_csv"]

_RANGES = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), **SPANS}
_LONGEST = timedelta(days=3660)


async def status(_request: Request, section: Section, _principal: Principal) -> Response:
    """How every host is: the state of topic `net`, for programs that do not listen."""
    return answer(section.shown())


async def summary(_request: Request, section: Section, _principal: Principal) -> Response:
    """Counts by state, of all and of each group with its subgroups, and the mean uptime."""
    shown = section.shown()
    counts = Counter(row["state"] for row in shown["hosts"].values())
    groups: dict[str, Counter[str]] = {}
    for row in shown["hosts"].values():
        path = row["group"]
        while path:
            groups.setdefault(path, Counter())[row["state"]] += 1
            path = path.rpartition("/")[0]
    shares = await section.history.uptime(list(shown["hosts"]))
    return answer(
        {
            "at": shown["at"],
            "probe": shown["probe"],
            "counts": {state.value: counts[state.value] for state in State},
            "groups": [{"path": path, "counts": dict(counted)} for path, counted in sorted(groups.items())],
            "uptime": {span: _percent(mean(of.get(span) for of in shares.values())) for span in SPANS},
        }
    )


async def host(request: Request, section: Section, _principal: Principal) -> Response:
    """One host: its row, how it is checked, what lies behind it, its uptime and maintenance."""
    id = host_of(request, section)
    known, rows = section.by_id()[id], section.shown()["hosts"]
    shares = (await section.history.uptime([id])).get(id, {})
    first = (await section.history.first_seen([id])).get(id)
    windows = [window for window in section.windows() if window.host in (None, id) and _covers(window.group, known.group)]
    return answer(
        {
            "host": {**spec_of(known), **rows.get(id, {}), "id": id, "origin": known.origin},
            "children": [{"id": child.id, "name": child.name} for child in section.by_id().values() if child.parent == id],
            "parent": None if known.parent is None else {"id": known.parent, "name": section.by_id()[known.parent].name},
            "uptime": {span: _percent(shares[span].percent) if span in shares else None for span in SPANS},
            "first_seen": None if first is None else rfc3339(first),
            "maintenance": [window_json(window) for window in windows],
        }
    )


def _covers(group: str | None, path: str) -> bool:
    return group is None or path == group or path.startswith(f"{group}/")


async def history(request: Request, section: Section, _principal: Principal) -> Response:
    """What was measured over a range, as columns for a chart, and when the host was not plainly up."""
    found, outages = await _history(request, section)
    points = found.points
    return answer(
        {
            "host": found.host,
            "since": rfc3339(found.since),
            "until": rfc3339(found.until),
            "step_s": found.step_s,
            "tier_s": found.tier_s,
            "points": {
                "at": points.at,
                "p50": points.p50,
                "p95": points.p95,
                "min": points.least,
                "max": points.most,
                "loss": [None if sent is None else _share(lost, sent) for lost, sent in zip(points.lost, points.sent, strict=True)],
                "count": points.rounds,
            },
            "outages": [_outage(one) for one in outages],
            "error_percent": 0.0 if found.step_s == 0 else 100 * ERROR,
        }
    )


async def history_csv(request: Request, section: Section, principal: Principal) -> Response:
    """The same points as a file for spreadsheets, in the person's language and time."""
    found, _outages = await _history(request, section)
    points = found.points
    head = (N_("Time"), N_("Rounds"), N_("Sent"), N_("Lost"), N_("Shortest, ms"), N_("Median, ms"), N_("p95, ms"), N_("Longest, ms"))
    rows: list[list[str | int | float | None]] = [[_said(request, principal, text) for text in head]]
    columns = (points.rounds, points.sent, points.lost, points.least, points.p50, points.p95, points.most)
    for at, *values in zip(points.at, *columns, strict=True):
        rows.append([rfc3339(datetime.fromtimestamp(at, UTC)), *values])
    return _csv(f"network-{found.host}-{found.since:%Y%m%d}-{found.until:%Y%m%d}.csv", rows)


async def uptime(request: Request, section: Section, _principal: Principal) -> Response:
    """The uptime of every host and group in a span, or with `span` missing in each of them."""
    shares = await _shares(request, section)
    spans = list(next(iter(shares.values()), {}))
    return answer(
        {
            "hosts": {id: {span: _percent(of[span].percent) for span in of} for id, of in shares.items()},
            "groups": {path: {span: _percent(_mean(ids, shares, span)) for span in spans} for path, ids in _groups(section).items()},
        }
    )


async def uptime_csv(request: Request, section: Section, principal: Principal) -> Response:
    """The same as a file for spreadsheets."""
    shares = await _shares(request, section)
    spans = list(next(iter(shares.values()), {}))
    head = [_said(request, principal, text) for text in (N_("Group"), N_("Host"), N_("Address"))]
    rows: list[list[str | int | float | None]] = [[*head, *(f"{span}, %" for span in spans)]]
    hosts = section.by_id()
    for path, ids in _groups(section).items():
        rows.append([path, "", "", *(_percent(_mean(ids, shares, span)) for span in spans)])
    for id, of in sorted(shares.items(), key=lambda item: (hosts[item[0]].group, hosts[item[0]].name)):
        rows.append([hosts[id].group, hosts[id].name, hosts[id].address, *(_percent(of[span].percent) for span in spans)])
    return _csv("network-uptime.csv", rows)


async def _history(request: Request, section: Section) -> tuple[Series, list[Outage]]:
    id, query, now = host_of(request, section), request.query_params, section.now()
    if "since" in query or "until" in query:
        since, until = instant(query.get("since"), "since"), instant(query.get("until"), "until") if "until" in query else now
    else:
        wanted = query.get("range", "24h")
        if wanted not in _RANGES:
            raise BadField("range", N_("One of {ranges}."), ranges=", ".join(_RANGES))
        since, until = now - _RANGES[wanted], now
    if not since < until or until - since > _LONGEST:
        raise BadField("since", N_("The beginning must lie before the end, at most ten years."))
    return await section.history.series(id, since, until), await section.history.outages(id, since, until)


def instant(text: Any, field: str) -> datetime:
    """An aware time in ISO 8601. Raises BadField."""
    try:
        at = datetime.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        raise BadField(field, N_("A time with its offset, such as 2026-01-31T09:00:00Z.")) from None
    if at.tzinfo is None:
        raise BadField(field, N_("A time with its offset, such as 2026-01-31T09:00:00Z."))
    return at.astimezone(UTC)


async def _shares(request: Request, section: Section) -> dict[str, dict[str, Uptime]]:
    span = request.query_params.get("span")
    if span is not None and span not in SPANS:
        raise BadField("span", N_("One of {ranges}."), ranges=", ".join(SPANS))
    shares = await section.history.uptime(list(section.by_id()), SPANS if span is None else {span: SPANS[span]})
    return {id: of for id, of in shares.items() if id in section.by_id()}


def _groups(section: Section) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id, known in section.by_id().items():
        path = known.group
        while path:
            found.setdefault(path, []).append(id)
            path = path.rpartition("/")[0]
    return dict(sorted(found.items()))


def _mean(ids: list[str], shares: dict[str, dict[str, Uptime]], span: str) -> float | None:
    return mean(shares.get(id, {}).get(span) for id in ids)


def _percent(value: float | None) -> float | None:
    """Rounded down to thousandths: what was down for a moment never shows as 100."""
    return None if value is None else int(value * 1000) / 1000


def _share(lost: int | None, sent: int) -> float | None:
    return None if lost is None or not sent else round(lost / sent, 4)


def _outage(one: Outage) -> dict[str, Any]:
    return {
        "began": rfc3339(one.began),
        "ended": None if one.ended is None else rfc3339(one.ended),
        "state": one.state.value,
        "maintenance": one.maintenance,
        "reason": one.reason or None,
    }


def _said(request: Request, principal: Principal, text: str) -> str:
    return str(request.state.i18n.text(principal.locale, text))


def _csv(name: str, rows: list[list[str | int | float | None]]) -> Response:
    headers = HEADERS | {"content-disposition": f'attachment; filename="{name}"'}
    return Response(to_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)
