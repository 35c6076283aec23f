"""Who may look into the node: a bearer of METRICS_TOKEN, an administrator, and for its health this very machine."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from hub.principal import Principal
from web.auth import COOKIE, authenticate, bearer, client_address
from web.security import Origins
from web.settings import Settings
from web.settings_checks import is_loopback

__all__ = ["has_metrics_token", "is_local", "watcher"]

_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
_STORE_S = 1.0


def has_metrics_token(connection: HTTPConnection[Any], settings: Settings) -> bool:
    """Whether the request carries METRICS_TOKEN. Takes the same time whatever was sent; needs no store."""
    if settings.metrics_token is None:
        return False
    given = hashlib.sha256((bearer(connection) or "").encode("utf-8", "surrogatepass")).digest()
    return hmac.compare_digest(given, hashlib.sha256(settings.metrics_token.get_secret_value().encode()).digest())


async def watcher(connection: HTTPConnection[Any]) -> Principal | None:
    """Who is signed in; nobody while the store, which knows, gives no answer in a second."""
    if bearer(connection) is None and COOKIE not in connection.cookies:
        return None
    try:
        async with asyncio.timeout(_STORE_S):
            return await authenticate(connection)
    except (TimeoutError, SQLAlchemyError, OSError):
        return None


def is_local(connection: HTTPConnection[Any], settings: Settings) -> bool:
    """Whether a program of this machine asks by itself: not through a proxy, not by a foreign name that points here."""
    if any(name in connection.headers for name in _FORWARDED):
        return False
    return is_loopback(client_address(connection)) and Origins(settings).host_ok(connection)
