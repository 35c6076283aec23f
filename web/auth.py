"""Who asks, and whether they may."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections.abc import Callable
from typing import Any

import structlog
from starlette.requests import HTTPConnection
from starlette.responses import Response

from hub.principal import Principal
from web.audit import Origin
from web.errors import PRINCIPAL, Forbidden, LoginRequired, WebError
from web.i18n import N_
from web.passwords import Busy, Passwords
from web.people import People, Person, normalise
from web.sessions import Sessions
from web.settings import Settings
from web.throttle import Limit, Throttle

__all__ = [
    "COOKIE",
    "SignIn",
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
_MAX_PASSWORD = 1024

_log = structlog.get_logger("web.auth")


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


def set_cookie(response: Response, token: str, settings: Settings) -> None:
    """Gives the browser its session."""
    age = round(settings.session_days * 86_400)
    response.set_cookie(COOKIE, token, max_age=age, path="/", secure=settings.secure, httponly=True, samesite="lax")


def clear_cookie(response: Response, settings: Settings) -> None:
    """Takes the session from the browser."""
    response.delete_cookie(COOKIE, path="/", secure=settings.secure, httponly=True, samesite="lax")


class SignIn:
    """Checks name and password, slowly enough for whoever guesses. `clock` gives steady seconds."""

    def __init__(
        self,
        people: People,
        passwords: Passwords,
        *,
        per_account: Limit = Limit(10, 15 * 60.0),  # noqa: B008 - frozen
        per_address: Limit = Limit(60, 15 * 60.0),  # noqa: B008 - frozen; an office shares one address
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._people = people
        self._passwords = passwords
        self._accounts = Throttle(per_account)
        self._addresses = Throttle(per_address)
        self._clock = clock

    async def check(self, name: str, password: str, address: str) -> Person:
        """The person. Raises WebError: 401 `bad_credentials`, one answer for every kind of failure; 429 `throttled`; 503 `busy`."""
        account = normalise(name)[:255]
        self._take(account, address)
        try:
            person = await self._people.find(account) if account else None
            usable = person if person and person.active else None
            right, rehashed = await self._passwords.verify(usable.password_hash if usable else None, password[:_MAX_PASSWORD])
        except Busy:
            self._accounts.give_back(account)
            self._addresses.give_back(address)
            raise WebError(503, "busy", N_("Many people are signing in. Try again in a moment."), headers={"Retry-After": "3"}) from None
        if not right or usable is None or len(password) > _MAX_PASSWORD:
            # an unknown name is not logged: people type passwords into the wrong field
            _log.info("sign_in_refused", user_id=person.id if person else None, address=address)
            raise WebError(401, "bad_credentials", N_("Wrong name or password."))
        self._accounts.forget(account)
        self._addresses.give_back(address)
        if rehashed is not None:
            await self._people.set_password(usable.id, rehashed)
        _log.info("signed_in", user_id=usable.id, address=address)
        return usable

    def _take(self, account: str, address: str) -> None:
        now = self._clock()
        wait = self._addresses.take(address, now)
        if not wait:
            wait = self._accounts.take(account, now)
            if wait:
                self._addresses.give_back(address)
        if wait:
            seconds = math.ceil(wait)
            message = N_("Too many attempts. Try again in {minutes} min.")
            raise WebError(429, "throttled", message, headers={"Retry-After": str(seconds)}, minutes=math.ceil(seconds / 60))
