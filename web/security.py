"""What every answer carries and every request must show: headers, the permitted Host, the same origin, the CSRF token.

Pure ASGI, so that a WebSocket or a streamed answer passes through untouched.
"""

from __future__ import annotations

import hmac
import re
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.principal import Principal
from web.auth import COOKIE, authenticate, bearer
from web.error_pages import error_response
from web.errors import WebError, error_of
from web.i18n import N_
from web.settings import Settings
from web.settings_checks import is_loopback

__all__ = ["Origins", "SecurityMiddleware", "content_security_policy"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ANY_NAME = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Load balancers and Prometheus ask by address. Nothing there is told to a page of a foreign name: it has no cookie of ours, no token."""
_PUBLISH = "/hub/events"  # its tokens are programs': no person is behind them
_END_VIEW = "/users/api/view-as"
_LOGIN = "/users/login"  # nobody has a CSRF token before; the origin check stands
_AUTHORITY = re.compile(r"[A-Za-z0-9.-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
_ANY = ("0.0.0.0", "::")  # noqa: S104 - looked for, not listened on


class Origins:
    """Which Host and which Origin are ours."""

    def __init__(self, settings: Settings) -> None:
        self._own = settings.public_url
        self._named = frozenset(settings.allowed_origins) | ({self._own} if self._own else frozenset())
        name = urlsplit(self._own).hostname if self._own else settings.host
        self._host = name or ""
        self._any_host = self._own is None and settings.host in _ANY

    def host_ok(self, connection: HTTPConnection[Any]) -> bool:
        """Whether the request's Host is one that we go by.

        A foreign name that was made to point here (DNS rebinding) is refused. Loopback names are always ours: health
        checks use them, and only this machine's own pages can have them in a browser.
        """
        given = connection.headers.get("host", "")
        if not _AUTHORITY.fullmatch(given):
            return False
        name = urlsplit(f"//{given}").hostname or ""
        return self._any_host or name == self._host or is_loopback(name)

    def origin_ok(self, connection: HTTPConnection[Any], origin: str) -> bool:
        """Whether a page of this `Origin` may speak to us: PUBLIC_URL, ALLOWED_ORIGINS, or the very address it was asked at
        when no PUBLIC_URL is set or that address is loopback. `null` never is. For the WebSocket, too.
        """
        if origin in self._named:
            return True
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.netloc != connection.headers.get("host"):
            return False
        return self.host_ok(connection) and (self._own is None or is_loopback(parts.hostname or ""))

    def same_site(self, connection: HTTPConnection[Any]) -> bool:
        """Whether an unsafe request comes from our own pages, or from no page at all.

        Browsers tell by `Sec-Fetch-Site`, older ones by `Origin`; neither can be set by a page. Programs send none.
        """
        origin = connection.headers.get("origin")
        site = connection.headers.get("sec-fetch-site")
        if site in ("same-origin", "none"):
            return True
        if origin is not None:
            return self.origin_ok(connection, origin)
        return site is None


def content_security_policy(settings: Settings, host: str) -> str:
    """The policy for a page asked for at `host` (checked before). Nothing inline, nothing from elsewhere."""
    # 'self' does not cover ws: in older Safari, hence the socket's origin by name
    socket = ("wss://" if settings.secure else "ws://") + (urlsplit(settings.public_url).netloc if settings.public_url else host)
    return "; ".join(
        (
            "default-src 'self'",
            f"connect-src 'self' {socket}",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            f"frame-ancestors {' '.join(settings.frame_ancestors)}",
        )
    )


class SecurityMiddleware:
    """Wraps the whole application: `SecurityMiddleware(app, settings)`, or as Starlette's outermost middleware."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._origins = Origins(settings)
        self._headers = {
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "cross-origin-opener-policy": "same-origin",
        }
        if settings.secure:
            self._headers["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        host = connection.headers.get("host", "")

        started = False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("content-security-policy", content_security_policy(self._settings, host))
            await send(message)

        try:
            refused = await self._refuse(connection)
            if refused is None:
                await self._app(scope, receive, with_headers)
                return
            answer = await error_response(connection, refused, framed=False)
            await answer(scope, receive, with_headers)
        except Exception:
            if not started:  # Starlette's own answer would come from outside of this middleware, without a policy
                answer = await error_response(connection, error_of(500))
                await answer(scope, receive, with_headers)
            raise  # the server logs it with its traceback

    async def _refuse(self, connection: HTTPConnection[Any]) -> WebError | None:
        if not self._origins.host_ok(connection) and connection.scope["path"] not in _ANY_NAME:
            return WebError(421, "wrong_host", N_("This server does not go by that name. Check PUBLIC_URL and the proxy's Host header."))
        if connection.scope["method"] in _SAFE:
            return None
        if bearer(connection) is not None:
            # no CSRF: a page cannot add a bearer token to a request of another site without our consent, which nobody gets
            return None if connection.scope["path"] == _PUBLISH else _read_only(connection, await authenticate(connection))
        if not self._origins.same_site(connection):
            return WebError(403, "foreign_origin", N_("This request came from another site."))
        if connection.scope["path"] == _LOGIN or COOKIE not in connection.cookies:
            return None
        principal = await authenticate(connection)
        if principal is None:
            return None  # the route says that nobody is signed in
        given = connection.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(given.encode(), principal.csrf.encode()):
            return WebError(403, "bad_csrf", N_("The page is out of date. Reload it and try again."))
        return _read_only(connection, principal)


def _read_only(connection: HTTPConnection[Any], principal: Principal | None) -> WebError | None:
    """The one place that keeps an administrator who looks as somebody from doing anything as them. Signing in anew is their own doing."""
    if principal is None or principal.viewer is None:
        return None
    if connection.scope["path"] == _LOGIN or (connection.scope["method"], connection.scope["path"]) == ("DELETE", _END_VIEW):
        return None
    return WebError(403, "read_only", N_("You are looking as somebody else: nothing can be changed."))
