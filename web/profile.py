"""What people see and set about themselves: who they are by the ERP, VPN access, picture, signature, preferences."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.hub import utc_now
from web.auth import require
from web.avatars import avatar_json, avatar_routes
from web.body import read_json
from web.errors import BadField, WebError
from web.i18n import N_
from web.origin import origin_of
from web.pages import shell_page
from web.profiles import Profile, Profiles
from web.signatures import MAX_CHARACTERS, Signature, to_html
from web.vpn import Renewal

__all__ = ["profile_routes"]

_NO_STORE = {"cache-control": "no-store"}
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
_REFUSED = {
    "erp_rule": (422, N_("The ERP refused: {sentence}")),
    "erp_busy": (503, N_("The ERP is busy. Nothing was changed, try again in a moment.")),
    "not_taken": (409, N_("The ERP did not take the date. Look at the one that is there now and try again.")),
}


def profile_routes() -> list[BaseRoute]:
    """The routes of this module and of the pictures; `request.state` needs `profiles`."""
    return [
        Route("/profile/", shell_page("profile.html", "profile"), methods=["GET"]),
        Route("/users/api/profile", _get, methods=["GET"]),
        Route("/users/api/profile/vpn", _renew, methods=["PUT"]),
        Route("/users/api/signature", _put_signature, methods=["PUT"]),
        Route("/users/api/signature/preview", _preview, methods=["POST"]),
        *avatar_routes(),
    ]


def _renewal_json(renewal: Renewal) -> dict[str, Any]:
    """As in `vpn.last`. `open`: the last word is still to come."""
    return {
        "until": renewal.until.isoformat(),
        "key": renewal.key,
        "state": renewal.state,
        "code": renewal.code or None,
        "message": renewal.message or None,
        "open": renewal.open,
        "at": renewal.at.isoformat(),
    }


async def _get(request: Request[Any]) -> Response:
    """The profile as last known; with `?fresh=1` the ERP is asked first, and 503 says that it did not answer."""
    principal = await require(request)
    found: Profiles = request.state["profiles"]
    profile = await (found.look if request.query_params.get("fresh") else found.find)(principal.user_id)
    signature = await found.signatures.get(principal.user_id)
    body = {
        "erp": None
        if profile is None
        else {"full_name": principal.display_name, **profile.shown, "checked_at": profile.checked_at.isoformat()},
        "vpn": None if profile is None else await _vpn_json(found, principal.user_id, profile),
        "avatar": avatar_json(principal.user_id, await found.avatars.version(principal.user_id)),
        "signature": _signature_json(signature),
        "preferences": await found.people.preferences(principal.user_id),
    }
    return JSONResponse(body, headers=_NO_STORE)


async def _vpn_json(found: Profiles, user_id: int, profile: Profile) -> dict[str, Any]:
    today = found.directory.today() if found.directory else utc_now().date()
    offer = found.rules.offer(profile.access, today)
    last = await found.renewals.last(user_id) if found.renewals else None
    why: str | None = offer.why
    if why is None and found.renewals is None:
        why = "no_erp"
    elif why is None and last is not None and last.open:
        why = "unsettled"
    return {
        "has": profile.access.vpn,
        "until": _iso(profile.access.until),
        "days_left": offer.days_left,
        "may_renew": why is None,
        "min_until": _iso(offer.min_until),
        "max_until": _iso(offer.max_until),
        "from_day": _iso(offer.from_day),
        "why": why,
        "rules": {"ahead_days": found.rules.ahead_days, "early_days": found.rules.early_days},
        "today": today.isoformat(),
        "last": last and _renewal_json(last),
    }


async def _renew(request: Request[Any]) -> Response:
    principal = await require(request)
    given = await read_json(request)
    key, wished = given.get("key"), given.get("until")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise BadField("key", N_("Give a key of 8 to 64 letters, digits, - and _, a new one for each wish."))
    try:
        until = date.fromisoformat(wished if isinstance(wished, str) else "")
    except ValueError:
        raise BadField("until", N_("Give a date such as 2026-12-31.")) from None
    found: Profiles = request.state["profiles"]
    renewal = await found.renew(principal.user_id, until, key, origin_of(request, principal))
    if renewal.state == "refused":
        status, message = _REFUSED.get(
            renewal.code, (503, N_("The ERP could not take the date, and nothing was changed. Tell the administrators."))
        )
        raise WebError(status, renewal.code, message, field="until", sentence=renewal.message)
    profile = await found.find(principal.user_id)
    body = {"vpn": None if profile is None else await _vpn_json(found, principal.user_id, profile)}
    return JSONResponse(body, 202 if renewal.open else 200, headers=_NO_STORE)


async def _put_signature(request: Request[Any]) -> Response:
    principal = await require(request)
    given = await read_json(request)
    wanted = given.get("on_comments")
    if not isinstance(wanted, bool):
        raise BadField("on_comments", N_("Give true or false."))
    signature = Signature(text=_text(given), on_comments=wanted)
    await request.state["profiles"].signatures.put(principal.user_id, signature, origin_of(request, principal), utc_now())
    return JSONResponse({"signature": _signature_json(signature)}, headers=_NO_STORE)


async def _preview(request: Request[Any]) -> Response:
    await require(request)
    return JSONResponse({"html": to_html(_text(await read_json(request)))}, headers=_NO_STORE)


def _text(given: dict[str, Any]) -> str:
    text = given.get("text")
    if not isinstance(text, str) or "\x00" in text:
        raise BadField("text", N_("Give the text of the signature."))
    text = text.replace("\r\n", "\n").strip()
    if len(text) > MAX_CHARACTERS:
        raise BadField("text", N_("The signature is too long: {most} characters at most."), most=MAX_CHARACTERS)
    return text


def _signature_json(signature: Signature) -> dict[str, Any]:
    return {"text": signature.text, "html": to_html(signature.text), "on_comments": signature.on_comments}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
