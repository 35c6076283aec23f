"""Who asks, and whether they may."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import Response

from hub.principal import Principal
from web.audit import Origin
from web.errors import PRINCIPAL, Forbidden, LoginRequired
from web.sessions import Sessions
from web.settings import Settings

__all__ = [
    "COOKIE",
    "authenticate",
    "authenticate_token",
    "bearer",
    "clear_cookie",
    "client_address",
    "origin_of",
    "publisher",
    "require",
    "set_cookie",
]

COOKIE = "navigator_session"
_MAX_TOKEN = 128


def bearer(connection: HTTPConnection[Any]) -> str | None:
    """The token of `Authorization: Bearer …`, or None."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def authenticate(connection: HTTPConnection[Any]) -> Principal | None:
    """Who is behind a request or a WebSocket: by bearer token if there is one, else by cookie. Looked up once a connection.

    A bearer token that is no good is not made up for by a cookie: `SecurityMiddleware` counts on that.
    """
    if PRINCIPAL not in connection.scope:
        token = bearer(connection)
        if token is None:
            token = connection.cookies.get(COOKIE, "")
        connection.scope[PRINCIPAL] = await authenticate_token(connection.state.sessions, token)
    found: Principal | None = connection.scope[PRINCIPAL]
    return found


async def authenticate_token(sessions: Sessions, token: str) -> Principal | None:
    """Who holds this session token, as in `hello.token`."""
    return await sessions.find(token) if 0 < len(token) <= _MAX_TOKEN else None


async def require(connection: HTTPConnection[Any], permission: str | None = None) -> Principal:
    """Who asks. Raises LoginRequired when nobody is signed in, Forbidden without the permission."""
    principal = await authenticate(connection)
    if principal is None:
        raise LoginRequired
    if permission is not None and not principal.may(permission):
        raise Forbidden
    return principal


def publisher(settings: Settings, token: str | None) -> str | None:
    """The name behind a publisher's token, or None. Takes the same time whichever token is right."""
    given, found = hashlib.sha256((token or "").encode("utf-8", "surrogatepass")).digest(), None
    for known in settings.publish_tokens:
        if hmac.compare_digest(given, known.token_hash):
            found = known.name
    return found


def client_address(connection: HTTPConnection[Any]) -> str:
    """Where the request came from, as the server saw it or a trusted proxy told."""
    return connection.client.host if connection.client else ""


def origin_of(connection: HTTPConnection[Any], principal: Principal) -> Origin:
    """Who acts, for the audit log: whoever sits there, not whom they look as."""
    who = principal.viewer or principal
    agent = connection.headers.get("user-agent", "")
    return Origin(user_id=who.user_id, name=who.name, address=client_address(connection), agent=agent)


def set_cookie(response: Response, token: str, settings: Settings, *, remember: bool = False) -> None:
    """Gives the browser its session; it keeps one that is not to be remembered until it is closed."""
    age = round(settings.session_days * 86_400) if remember else None
    response.set_cookie(COOKIE, token, max_age=age, path="/", secure=settings.secure, httponly=True, samesite="lax")


def clear_cookie(response: Response, settings: Settings) -> None:
    """Takes the session from the browser."""
    response.delete_cookie(COOKIE, path="/", secure=settings.secure, httponly=True, samesite="lax")
