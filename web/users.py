"""Signing in and out, and what people may set about themselves."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.sandbox.people import PEOPLE
from hub.principal import Principal
from web.auth import COOKIE, authenticate, clear_cookie, client_address, require, set_cookie
from web.avatars import Avatars, avatar_url
from web.body import media_type, read_form, read_json
from web.boot import build_boot
from web.errors import BadField, WebError
from web.i18n import LOCALES, N_, I18n
from web.people import PREFERENCES, BadValue
from web.state import State

__all__ = ["boot_of", "safe_next", "user_routes"]

_FORM = "application/x-www-form-urlencoded"
_ROLES = {"manager": N_("support manager"), "agent": N_("support agent"), "requester": N_("requester")}
_LOGIN, _LOGOUT, _AWAY = "/users/login", "/users/logout", "/users/erp-away"


def user_routes() -> list[BaseRoute]:
    """The routes of this module; they find what they need in `web.state.State`."""
    return [
        Route(_LOGIN, _login_page, methods=["GET"]),
        Route(_LOGIN, _login, methods=["POST"]),
        Route(_AWAY, _away_page, methods=["GET"]),
        Route(_LOGOUT, _logout, methods=["GET"]),
        Route("/users/api/me", _me, methods=["GET"]),
        Route("/users/api/preferences/{name}", _set_preference, methods=["PUT"]),
    ]


def safe_next(path: str) -> str:
    """`path` if it leads to a page of this site, else `/`.

    Browsers read `//host` and `/\\host` as another site and drop tabs and line breaks from addresses (WHATWG URL, section 4.4).
    """
    plain = path.startswith("/") and path.isprintable() and not {"\\", " "} & set(path)
    if not plain or path.startswith("//") or path.partition("?")[0] in (_LOGIN, _LOGOUT, _AWAY) or len(path) > 2000:
        return "/"
    return path


async def boot_of(connection: HTTPConnection[State], principal: Principal) -> dict[str, Any]:
    """The boot object for this person."""
    state = connection.state
    wishes = await state["people"].preferences(principal.user_id)
    version = await Avatars(state["engine"]).version(principal.user_id)
    return build_boot(
        principal,
        state["settings"],
        theme=wishes.get("theme", "system"),
        vapid_public=state["vapid_public_key"],
        sound=wishes.get("sound"),
        quiet=wishes.get("quiet"),
        critical_pierces=wishes.get("critical_pierces"),
        avatar=version and avatar_url(principal.user_id, version, 64),
    )


async def _login_page(request: Request[State]) -> Response:
    target = safe_next(request.query_params.get("next", "/"))
    if await authenticate(request) is not None:
        return RedirectResponse(target, 303)
    return _page(request, target)


async def _login(request: Request[State]) -> Response:
    if media_type(request) == _FORM:
        return await _login_by_form(request)
    given = await read_json(request)
    name, password, target = (given.get(field, "") for field in ("username", "password", "next"))
    for field, value in (("username", name), ("password", password), ("next", target)):
        if not isinstance(value, str):
            raise BadField(field)
    remember = given.get("remember", False)
    if not isinstance(remember, bool):
        raise BadField("remember")
    token, principal, erp_away = await _sign_in(request, name, password, remember=remember)
    user = (await boot_of(request, principal))["user"]
    answer = {"user": user, "next": safe_next(target), "erp_away": erp_away}
    response = JSONResponse(answer, headers={"cache-control": "no-store"})
    set_cookie(response, token, request.state["settings"], remember=remember)
    return response


async def _login_by_form(request: Request[State]) -> Response:
    given = await read_form(request)
    name = given.get("username", "")
    target = safe_next(given.get("next", "") or request.query_params.get("next", "/"))
    remember = "remember" in given
    try:
        token, _, erp_away = await _sign_in(request, name, given.get("password", ""), remember=remember)
    except WebError as error:
        return _page(request, target, name=name, remember=remember, error=error)
    # that the ERP is down is said on a page of its own, so that it is said without a script, too
    locale = request.state["i18n"].choose(request)
    response = RedirectResponse(f"{_AWAY}?{urlencode({'next': target, 'lang': locale})}" if erp_away else target, 303)
    set_cookie(response, token, request.state["settings"], remember=remember)
    return response


async def _away_page(request: Request[State]) -> Response:
    """Tells who signed in while the ERP is down how long that goes on; leads on when it is back."""
    state, target = request.state, safe_next(request.query_params.get("next", "/"))
    principal = await require(request)
    until = await state["sign_in"].good_until(principal.user_id)
    if until is None or not state["sign_in"].erp_away:
        return RedirectResponse(target, 303)
    locale = principal.locale if principal.locale in LOCALES else LOCALES[0]
    local = until.astimezone(await asyncio.to_thread(ZoneInfo, principal.zone))
    return state["templates"].page("erp_away.html", locale, {"next": target, "until": f"{local:%d.%m.%Y %H:%M}", "theme": "system"})


async def _sign_in(request: Request[State], name: str, password: str, *, remember: bool) -> tuple[str, Principal, bool]:
    state = request.state
    signed_in = await state["sign_in"].check(name, password, client_address(request))
    person = signed_in.person
    made = await state["sessions"].create(
        person.id,
        agent=request.headers.get("user-agent", ""),
        address=client_address(request),
        replaces=request.cookies.get(COOKIE),
        remember=remember,
    )
    principal = Principal(
        user_id=person.id,
        name=person.name,
        display_name=person.display_name,
        locale=person.locale,
        zone=person.zone,
        permissions=person.permissions,
        session_hash=made.session_hash,
        csrf=made.csrf,
    )
    return made.token, principal, signed_in.erp_away


def _page(request: Request[State], target: str, *, name: str = "", remember: bool = False, error: WebError | None = None) -> Response:
    state = request.state
    locale = state["i18n"].choose(request)
    context = {
        "next": target,
        "username": name[:255],
        "remember": remember,
        "erp_away_days": state["sign_in"].term_days if state["sign_in"].erp_away else None,
        "error": state["i18n"].text(locale, error.message, **error.fields) if error else None,
        "code": error.code if error else None,
        "theme": "system",
        "demo_logins": _demo_logins(state["i18n"], locale) if state["settings"].demo else [],
    }
    return state["templates"].page(
        "login.html", locale, context, status=error.status if error else 200, headers=error.headers if error else None
    )


def _demo_logins(i18n: I18n, locale: str) -> list[dict[str, str]]:
    """Whom one can be in the demo, and how."""
    return [
        {"name": person.login, "password": person.password, "who": f"{person.name}, {i18n.text(locale, _ROLES[person.role])}"}
        for person in PEOPLE
        if person.demo
    ]


async def _logout(request: Request[State]) -> Response:
    # A link or a preview on another site must not sign anybody out; the cookie comes along with such a click (SameSite=Lax).
    foreign = request.headers.get("sec-fetch-site") in ("cross-site", "same-site") or "prefetch" in request.headers.get("sec-purpose", "")
    if foreign or request.method != "GET":
        return RedirectResponse("/", 303)
    principal = await authenticate(request)
    if principal is not None:
        await request.state["sessions"].end(principal.session_hash)
    response = RedirectResponse(_LOGIN, 303, {"cache-control": "no-store"})
    clear_cookie(response, request.state["settings"])
    return response


async def _me(request: Request[State]) -> Response:
    return JSONResponse(await boot_of(request, await require(request)), headers={"cache-control": "no-store"})


async def _set_preference(request: Request[State]) -> Response:
    principal = await require(request)
    name = request.path_params["name"]
    if name not in PREFERENCES:
        raise WebError(404, "not_found", N_("There is nothing at this address."))
    given = await read_json(request)
    if "value" not in given:
        raise BadField("value")
    try:
        await request.state["people"].set_preference(principal.user_id, name, given["value"])
    except BadValue:
        raise BadField("value") from None
    return Response(status_code=204)
