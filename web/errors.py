"""What goes wrong; `web.error_pages` makes an answer of it.

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

from web.i18n import N_

__all__ = [
    "PRINCIPAL",
    "BadField",
    "Forbidden",
    "LoginRequired",
    "NotBuilt",
    "StoreAway",
    "WebError",
    "error_of",
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


def error_of(status: int, headers: Mapping[str, str] | None = None) -> WebError:
    """The error of an HTTP status that nothing more is known of."""
    code, message = _BY_STATUS.get(status, _BY_STATUS[500 if status >= 500 else 400])
    return WebError(status, code, message, headers=headers)
