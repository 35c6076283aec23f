"""Badges of a host for other pages of the company: its state, its uptime, its response time (UX B15)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from adapters.netmonitor.history import SPANS
from adapters.netmonitor.values import State
from hub.principal import Principal
from web.errors import BadField
from web.i18n import N_
from web.netmonitor.badges import Tone, badge
from web.netmonitor.section import Section
from web.netmonitor.serving import host_of

__all__ = ["response_badge", "state_badge", "uptime_badge"]

_WORDS: dict[str, str] = {
    State.UP: N_("Up"),
    State.DEGRADED: N_("Degraded"),
    State.DOWN: N_("Down"),
    State.UNREACHABLE: N_("Unreachable"),
    State.UNKNOWN: N_("Unknown"),
    State.MAINTENANCE: N_("Maintenance"),
    State.PAUSED: N_("Paused"),
}
_GOOD, _FAIR = 99.9, 99.0
"""Percent of uptime from which a badge is green, and yellow."""
_SPAN = "30d"
# of this very moment: whoever embeds it asks each time
_HEADERS = {"cache-control": "no-cache", "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}


async def state_badge(request: Request, section: Section, principal: Principal) -> Response:
    """The host's name, and how it is."""
    id = host_of(request, section)
    state = _row(section, id)
    return _picture(request, principal, section.by_id()[id].name, _WORDS[state], _tone(state))


async def uptime_badge(request: Request, section: Section, principal: Principal) -> Response:
    """How much of the last `span` (30 days without it) it was up."""
    id, span = host_of(request, section), request.query_params.get("span", _SPAN)
    if span not in SPANS:
        raise BadField("span", N_("One of {ranges}."), ranges=", ".join(SPANS))
    found = (await section.history.uptime([id], {span: SPANS[span]})).get(id, {}).get(span)
    percent = None if found is None else found.percent
    if percent is None:
        return _picture(request, principal, f"{section.by_id()[id].name}, {span}", "—", "plain")
    tone: Tone = "up" if percent >= _GOOD else "degraded" if percent >= _FAIR else "down"
    shown = int(percent * 100) / 100  # never rounded up to 100
    return _picture(request, principal, f"{section.by_id()[id].name}, {span}", f"{shown:g} %", tone, decimal=True)


async def response_badge(request: Request, section: Section, principal: Principal) -> Response:
    """The median of its last round."""
    id = host_of(request, section)
    p50 = section.shown()["hosts"].get(id, {}).get("p50")
    if p50 is None:
        return _picture(request, principal, section.by_id()[id].name, "—", _tone(_row(section, id)))
    value = f"{p50:.0f}" if p50 >= 10 else f"{p50:.2g}"
    unit = str(request.state.i18n.text(principal.locale, N_("ms")))
    return _picture(request, principal, section.by_id()[id].name, f"{value} {unit}", "plain", decimal=True)


def _row(section: Section, id: str) -> str:
    return str(section.shown()["hosts"].get(id, {}).get("state", State.UNKNOWN.value))


def _tone(state: str) -> Tone:
    return state  # type: ignore[return-value]  # each state has its tone


def _picture(request: Request, principal: Principal, label: str, value: str, tone: Tone, *, decimal: bool = False) -> Response:
    text = value if decimal else str(request.state.i18n.text(principal.locale, value))
    if decimal and principal.locale == "ru":
        text = text.replace(".", ",")
    return Response(badge(label, text, tone, principal.locale), media_type="image/svg+xml", headers=_HEADERS)
