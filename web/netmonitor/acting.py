"""Handlers that do something: acknowledge, announce maintenance, ping and trace now."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from adapters.netmonitor.standing import BadWindow
from adapters.netmonitor.values import Ack, Window
from hub.principal import Principal
from hub.tasks import end
from web.body import read_json
from web.errors import BadField, WebError
from web.i18n import N_
from web.netmonitor.area import answer, round_json
from web.netmonitor.reading import instant
from web.netmonitor.section import Section, window_json
from web.netmonitor.serving import host_of

__all__ = ["acknowledge", "clear", "end_maintenance", "maintenance", "ping", "plan_maintenance", "trace"]

_MOST_WHY = 1000
_TRACE_S = 25.0
_NAMES_S = 2.0
_BUSY = N_("Too many measurements are asked for at once. Try again shortly.")


async def acknowledge(request: Request, section: Section, principal: Principal) -> Response:
    """Takes a host's trouble on: who, why, and until when; until it recovers without a time."""
    id, body = host_of(request, section), await read_json(request)
    row = section.shown()["hosts"].get(id, {})
    if row.get("state") in (None, "up"):
        raise WebError(409, "nothing_to_acknowledge", N_("The host is well: there is nothing to take on."))
    until = _optional_instant(body, "until")
    if until is not None and until <= section.now():
        raise BadField("until", N_("A time that is still to come."))
    ack = Ack(host=id, by=principal.display_name, why=_text(body, "why"), at=section.now(), until=until)
    await section.standing.acknowledge(ack)
    await section.watch.refresh()
    return answer({}, 201)


async def clear(request: Request, section: Section, _principal: Principal) -> Response:
    """Takes an acknowledgement back."""
    await section.standing.clear_ack(host_of(request, section))
    await section.watch.refresh()
    return Response(status_code=204)


async def maintenance(_request: Request, section: Section, _principal: Principal) -> Response:
    """All windows that go on or come, and those that are over for less than a month."""
    return answer({"maintenance": [window_json(window) for window in section.windows()]})


async def plan_maintenance(request: Request, section: Section, principal: Principal) -> Response:
    """Announces maintenance of a host, or of a group with its subgroups, once or every week."""
    body = await read_json(request)
    host, group = body.get("host"), body.get("group")
    if host is None and group is None:
        raise BadField("host", N_("A host or a group."))
    if host is not None and host not in section.by_id():
        raise BadField("host", N_("There is no such host."))
    if group is not None and not any(known.group == group or known.group.startswith(f"{group}/") for known in section.by_id().values()):
        raise BadField("group", N_("There is no such group."))
    weekly = body.get("weekly") or []
    if not isinstance(weekly, list) or not all(type(day) is int and 0 <= day <= 6 for day in weekly):
        raise BadField("weekly", N_("Days of the week, 0 for Monday to 6."))
    window = Window(
        id=0,
        host=host,
        group=group,
        starts=instant(body.get("starts"), "starts"),
        ends=instant(body.get("ends"), "ends"),
        weekly=tuple(weekly),
        until=_optional_instant(body, "until"),
        zone=await _zone(body.get("zone") or principal.zone),
        why=_text(body, "why"),
        by=principal.display_name,
    )
    try:
        kept = await section.standing.add_window(window)
    except BadWindow as error:
        raise BadField(error.field, _WINDOW_ERRORS.get(error.code, N_("This value cannot be used."))) from None
    await section.watch.refresh()
    return answer(window_json(kept), 201)


async def end_maintenance(request: Request, section: Section, _principal: Principal) -> Response:
    """Ends maintenance before its time, one that comes every week for good."""
    if await section.standing.end_window(request.path_params["window_id"]) is None:
        raise WebError(404, "not_found", N_("There is no such maintenance."))
    await section.watch.refresh()
    return Response(status_code=204)


async def ping(request: Request, section: Section, _principal: Principal) -> Response:
    """Measures the host now; the round counts for nothing."""
    host = section.by_id()[host_of(request, section)]
    if section.testing.locked():
        raise WebError(429, "busy", _BUSY, headers={"Retry-After": "2"})
    async with section.testing:
        return answer({"round": round_json(await section.probe.measure(host))})


async def trace(request: Request, section: Section, _principal: Principal) -> Response:
    """The way to the host, hop by hop."""
    host = section.by_id()[host_of(request, section)]
    if section.testing.locked():
        raise WebError(429, "busy", _BUSY, headers={"Retry-After": "2"})
    hops: list[dict[str, Any]] = []
    reached = whole = False
    async with section.testing:
        try:
            async with asyncio.timeout(_TRACE_S), aclosing(section.probe.traceroute(host)) as found:
                async for hop in found:
                    hops.append({"ttl": hop.ttl, "address": hop.address, "rtts": list(hop.rtts)})
                    reached = reached or hop.reached
            whole = True
        except TimeoutError:
            pass  # what was found until then is told
        except OSError as error:
            raise WebError(503, "trace_failed", N_("The way cannot be traced: {why}"), why=str(error)) from None
    names = await _names({hop["address"] for hop in hops if hop["address"] is not None})
    return answer({"hops": [{**hop, "name": names.get(hop["address"])} for hop in hops], "reached": reached, "whole": whole})


async def _names(addresses: Collection[str]) -> dict[str, str]:
    """What the addresses are called, as far as the resolver says so in time."""
    loop = asyncio.get_running_loop()
    asked = {address: asyncio.create_task(_name(loop, address), name=f"netmonitor_name_{address}") for address in addresses}
    if not asked:
        return {}
    done, late = await asyncio.wait(asked.values(), timeout=_NAMES_S)
    await end(late)
    return {address: name for address, task in asked.items() if task in done and (name := task.result()) is not None}


async def _name(loop: asyncio.AbstractEventLoop, address: str) -> str | None:
    try:
        name, _port = await loop.getnameinfo((address, 0), socket.NI_NAMEREQD)
    except OSError:
        return None
    return name


_WINDOW_ERRORS: Mapping[str, str] = {
    "host_or_group": N_("A host or a group, not both."),
    "too_long": N_("That is too long."),
    "no_zone": N_("A time with its offset, such as 2026-01-31T09:00:00Z."),
    "before_start": N_("The end must lie after the beginning."),
    "longer_than_a_week": N_("Less than seven days at a time."),
    "no_weekday": N_("Days of the week, 0 for Monday to 6."),
    "not_weekly": N_("Only what comes every week has a last day."),
    "unknown_zone": N_("An IANA time zone, such as Europe/Moscow."),
}


def _text(body: Mapping[str, Any], field: str) -> str:
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise BadField(field, N_("A word or two why: others read it."))
    if len(value) > _MOST_WHY:
        raise BadField(field, N_("At most {most} characters."), most=_MOST_WHY)
    return value.strip()


def _optional_instant(body: Mapping[str, Any], field: str) -> datetime | None:
    return None if body.get(field) is None else instant(body[field], field)


async def _zone(name: Any) -> str:
    try:
        await asyncio.to_thread(ZoneInfo, name)
    except (ValueError, TypeError, OSError):
        raise BadField("zone", N_("An IANA time zone, such as Europe/Moscow.")) from None
    return str(name)
