"""What goes wrong, as an answer: JSON for programs, a page for people, both in the person's language.

The page says in words what is the matter and what one can do next. Whoever is signed in gets it in the frame, with the navigation.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ExceptionHandler

from hub.principal import Principal
from web.auth import authenticate
from web.errors import PRINCIPAL, LoginRequired, WebError, error_of
from web.i18n import LOCALES, N_, I18n
from web.rendering import script_json
from web.users import boot_of

__all__ = ["error_response", "exception_handlers", "wants_page"]

_FRAME_S = 2.0
"""What the frame needs of the store may take so long; then the page comes without it."""
_HINTS = {
    403: N_("An administrator gives the permission. Ask for it if you need this page for your work."),
    404: N_("There may be a mistake in the address, or the page is gone."),
    500: N_("It was written to the log. Load the page again; if that does not help, tell an administrator."),
    503: N_("This usually passes by itself. Try again shortly."),
}
_log = structlog.get_logger("web.error_pages")


@dataclass(frozen=True, slots=True)
class _Area:
    """What is said where nothing is found below `path`, and where its list is."""

    path: str
    title: str
    hint: str
    href: str
    way: str


_AREAS = (
    _Area(
        "/netmonitor/hosts/",
        N_("There is no such host."),
        N_("It may have been removed from the monitor, or there is a mistake in the address."),
        "/netmonitor/",
        N_("To all hosts"),
    ),
    _Area(
        "/tasks/",
        N_("There is no such ticket."),
        N_("It may have been deleted, or there is a mistake in its number."),
        "/tasks/",
        N_("To the list of tickets"),
    ),
)


def wants_page(connection: HTTPConnection[Any]) -> bool:
    """Whether a person looks at the answer: the client takes HTML and the address is not an interface for programs."""
    return "/api/" not in connection.url.path and "text/html" in connection.headers.get("accept", "")


async def error_response(connection: HTTPConnection[Any], error: WebError, *, framed: bool = True) -> Response:
    """The answer for `error`: JSON, or the page `error.html`, in the frame unless `framed` is false or nobody is signed in."""
    i18n: I18n | None = getattr(connection.state, "i18n", None)
    if i18n is None:  # before or after the lifespan
        return PlainTextResponse(error.message, error.status, error.headers)
    if wants_page(connection):
        if isinstance(error, LoginRequired) and connection.scope.get("method") in ("GET", "HEAD"):
            query = f"?{connection.url.query}" if connection.url.query else ""
            return RedirectResponse("/users/login?" + urlencode({"next": connection.url.path + query}), 303)
        return await _page(connection, i18n, error, framed=framed)
    body: dict[str, Any] = {"code": error.code, "message": i18n.text(_locale(connection, i18n), error.message, **error.fields)}
    if error.field is not None:
        body["field"] = error.field
    return JSONResponse({"error": body}, error.status, error.headers)


def _locale(connection: HTTPConnection[Any], i18n: I18n) -> str:
    principal: Principal | None = connection.scope.get(PRINCIPAL)
    return principal.locale if principal else i18n.choose(connection)


async def _page(connection: HTTPConnection[Any], i18n: I18n, error: WebError, *, framed: bool) -> Response:
    boot = await _boot(connection) if framed else None
    locale, method = _locale(connection, i18n), connection.scope.get("method")
    area = next((area for area in _AREAS if error.code == "not_found" and connection.url.path.startswith(area.path)), None)
    again = error.status >= 500 and method in ("GET", "HEAD")
    href = area.href if area else connection.url.path + (f"?{connection.url.query}" if connection.url.query else "") if again else "/"
    # in each language: the frame's can be changed without loading anything
    words = {name: _words(i18n, name, error, area, again=again) for name in LOCALES}
    page: Response = connection.state.templates.error_page(
        locale if locale in words else LOCALES[0],
        error.status,
        {
            "status": error.status,
            "href": href,
            "boot": boot and script_json(boot),
            "words": words[locale if locale in words else LOCALES[0]],
            "every_word": script_json(words),
            "theme": boot["theme"] if boot else "system",
        },
    )
    page.headers.update(error.headers)
    return page


def _words(i18n: I18n, locale: str, error: WebError, area: _Area | None, *, again: bool) -> dict[str, str]:
    """What the page says in one language. Its title is the error's own message, but for those that say no more than their status does."""
    title = error.message
    if area:
        title = area.title
    elif error.status == 500:
        title = N_("Something broke on our side.")
    elif error.code == "forbidden":
        title = N_("This page is closed to you.")
    elif error.code == "not_found":
        title = N_("There is no such page.")
    hint = area.hint if area else None if error.status == 403 and error.code != "forbidden" else _HINTS.get(error.status)
    return {
        "title": i18n.text(locale, title, **error.fields).rstrip("."),
        "hint": i18n.text(locale, hint) if hint else "",
        "way": i18n.text(locale, area.way if area else N_("Reload") if again else N_("To the start page")),
        "back": i18n.text(locale, N_("Back")),
        "find": i18n.text(locale, N_("Search")),
        "code": i18n.text(locale, N_("Error {status}"), status=error.status),
    }


async def _boot(connection: HTTPConnection[Any]) -> dict[str, Any] | None:
    """What the frame is told, or None where there can be none."""
    try:
        async with asyncio.timeout(_FRAME_S):
            principal = await authenticate(connection)
            return await boot_of(connection, principal) if principal else None
    except Exception:  # what broke the page may break the frame, too; it is then told without
        _log.warning("error_page_without_frame", exc_info=True)
        return None


async def _on_web_error(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, WebError)  # noqa: S101 - Starlette calls it for no other
    return await error_response(request, error)


async def _on_http_exception(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for no other
    return await error_response(request, error_of(error.status_code, error.headers))


async def _on_anything(request: Request[Any], error: Exception) -> Response:
    # Starlette raises it again after this answer, and the server logs it with its traceback.
    return await error_response(request, error_of(500))


def exception_handlers() -> dict[Any, ExceptionHandler]:
    """For `Starlette(exception_handlers=…)`."""
    return {WebError: _on_web_error, HTTPException: _on_http_exception, Exception: _on_anything}
