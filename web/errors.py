"""What goes wrong, as an answer: JSON for programs, a page for people, both in the person's language.

WebError
  LoginRequired   nobody is signed in
  Forbidden       somebody who may not
  BadField        a value that cannot be taken
  NotBuilt        the pages' scripts are missing
  StoreAway       the Navigator's own store takes nothing now
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ExceptionHandler

from hub.principal import Principal
from web.i18n import N_

__all__ = [
    "PRINCIPAL",
    "BadField",
    "Forbidden",
    "LoginRequired",
    "NotBuilt",
    "StoreAway",
    "WebError",
    "error_response",
    "exception_handlers",
    "wants_page",
]

PRINCIPAL = "navigator.principal"
"""The scope's key under which the request's person is kept once known."""


class WebError(Exception):
    """An answer that is not what was asked for. `code` is stable, for programs; `message` is English and translated when shown."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        **fields: object,
    ) -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.headers = dict(headers or {})
        self.fields = fields

    def __str__(self) -> str:
        return f"{self.status} {self.code}"


class LoginRequired(WebError):
    """401; a page sends to the login page instead."""

    def __init__(self) -> None:
        super().__init__(401, "unauthenticated", N_("Please sign in."))


class Forbidden(WebError):
    """403."""

    def __init__(self) -> None:
        super().__init__(403, "forbidden", N_("You have no permission for this."))


class BadField(WebError):
    """422: `field` has a value that cannot be taken."""

    def __init__(self, field: str, message: str = N_("This value cannot be used."), **fields: Any) -> None:
        super().__init__(422, "bad_value", message, field=field, **fields)


class NotBuilt(WebError):
    """503: the front end is not there."""

    def __init__(self) -> None:
        super().__init__(503, "not_built", N_("The pages' scripts are not built yet: run “make build” and start again."))


class StoreAway(WebError):
    """503: nothing was done, for our own store took nothing."""

    def __init__(self) -> None:
        message = N_("Nothing was changed: our own database takes nothing at the moment. Try again shortly.")
        super().__init__(503, "store_unavailable", message, headers={"Retry-After": "5"})


_BY_STATUS: dict[int, tuple[str, str]] = {
    400: ("bad_request", N_("The request is not understood.")),
    403: ("forbidden", N_("You have no permission for this.")),
    404: ("not_found", N_("There is nothing at this address.")),
    405: ("method_not_allowed", N_("That cannot be done here.")),
    413: ("too_large", N_("That is too much at once.")),
    415: ("unsupported_media_type", N_("This kind of content is not understood here.")),
    500: ("internal", N_("Something broke on our side. It was written to the log.")),
}


def wants_page(connection: HTTPConnection[Any]) -> bool:
    """Whether a person looks at the answer: the client takes HTML and the address is not an interface for programs."""
    return "/api/" not in connection.url.path and "text/html" in connection.headers.get("accept", "")


def error_response(connection: HTTPConnection[Any], error: WebError) -> Response:
    """The answer for `error`: JSON, or the page `error.html`."""
    state = connection.state
    principal: Principal | None = connection.scope.get(PRINCIPAL)
    i18n = getattr(state, "i18n", None)
    if i18n is None:  # before or after the lifespan
        return PlainTextResponse(error.message, error.status, error.headers)
    locale = principal.locale if principal else i18n.choose(connection)
    message = i18n.text(locale, error.message, **error.fields)
    if wants_page(connection):
        if isinstance(error, LoginRequired) and connection.scope.get("method") in ("GET", "HEAD"):
            query = f"?{connection.url.query}" if connection.url.query else ""
            return RedirectResponse("/users/login?" + urlencode({"next": connection.url.path + query}), 303)
        page: Response | None = state.templates.error_page(locale, error.status, error.code, message)
        if page is not None:
            page.headers.update(error.headers)
            return page
    body: dict[str, Any] = {"code": error.code, "message": message}
    if error.field is not None:
        body["field"] = error.field
    return JSONResponse({"error": body}, error.status, error.headers)


async def _on_web_error(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, WebError)  # noqa: S101 - Starlette calls it for no other
    return error_response(request, error)


async def _on_http_exception(request: Request[Any], error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls it for no other
    code, message = _BY_STATUS.get(error.status_code, _BY_STATUS[500 if error.status_code >= 500 else 400])
    return error_response(request, WebError(error.status_code, code, message, headers=error.headers))


async def _on_anything(request: Request[Any], error: Exception) -> Response:
    # Starlette raises it again after this answer, and the server logs it with its traceback.
    return error_response(request, WebError(500, *_BY_STATUS[500]))


def exception_handlers() -> dict[Any, ExceptionHandler]:
    """For `Starlette(exception_handlers=…)`."""
    return {WebError: _on_web_error, HTTPException: _on_http_exception, Exception: _on_anything}
