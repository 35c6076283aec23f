"""Google's access token for the service account, fetched in a thread of its own and never on the event loop.

firebase-admin's async sends fetch it with `requests` on the loop: when it has run out, when it was never there, and
again after each 401. google-auth's `with_non_blocking_refresh` cures only the first of these, and only when a send
happens to fall into the last 3¾ minutes of a token's life; a hub that is quiet for an hour would stop for the length
of a grant. So the SDK is given credentials that can do nothing but apply the token they hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog
from google.auth.credentials import Credentials, TokenState
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

__all__ = ["AccessToken", "GrantFailed", "HeldCredentials"]

_log = structlog.get_logger(__name__)
_REQUEST_S = 5.0  # google-auth's own default is 120
_QUIET_S = 10.0  # after a failed grant, the next is not tried before


class GrantFailed(Exception):
    """No usable access token. `reason` is the kind of failure; no secret in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HeldCredentials(Credentials):
    """What the SDK sees: applies the token it holds, and leaves renewing to `AccessToken`."""

    def __init__(self, token: AccessToken) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # google-auth has no annotations here
        self._held = token

    def refresh(self, request: Any) -> None:
        """Does nothing: the SDK calls this on the event loop after a 401. The 401 reaches the sender, which renews."""

    def before_request(self, request: Any, method: str, url: str, headers: MutableMapping[str, str]) -> None:
        """Writes the `authorization` header."""
        headers["authorization"] = f"Bearer {self._held.value}"


class AccessToken:
    """The current token of one service account."""

    def __init__(self, account: service_account.Credentials) -> None:
        self._account = account
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="google-token")
        self._grant: asyncio.Future[None] | None = None
        self._quiet_until = 0.0
        self._down = False

    @property
    def value(self) -> str:
        """The token as it is, empty before the first grant."""
        return self._account.token or ""

    async def ready(self, refused: str | None = None) -> None:
        """Returns with a token that should be valid; raises GrantFailed otherwise.

        `refused` is a token that Google answered 401 to: if it is still the current one, it is renewed. Near the end
        of its life the token is renewed without waiting for it. Callers at the same time share one grant, which
        survives the cancellation of any of them.
        """
        state = self._account.token_state
        renew = refused is not None and refused == self.value
        if state is TokenState.FRESH and not renew:
            return
        loop = asyncio.get_running_loop()
        if self._grant is None or self._grant.done():
            if loop.time() < self._quiet_until:
                if state is TokenState.STALE and not renew:
                    return
                raise GrantFailed("recently failed")
            self._grant = loop.run_in_executor(self._thread, self._fetch)
            self._grant.add_done_callback(self._granted)
        if state is TokenState.STALE and not renew:
            return
        try:
            await asyncio.shield(self._grant)
        except (GoogleAuthError, OSError, ValueError) as error:
            raise GrantFailed(type(error).__name__) from error

    def close(self) -> None:
        """Lets the thread end; a grant on its way is not waited for."""
        if self._grant is not None:
            self._grant.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _fetch(self) -> None:
        request = Request()
        try:
            self._account.refresh(partial(request, timeout=_REQUEST_S))
        finally:
            request.session.close()

    def _granted(self, grant: asyncio.Future[None]) -> None:
        if grant.cancelled():
            return
        error = grant.exception()
        if error is not None:
            self._quiet_until = asyncio.get_running_loop().time() + _QUIET_S
            if not self._down:
                self._down = True
                _log.warning("fcm.grant_failed", error=type(error).__name__)
        elif self._down:
            self._down = False
            _log.info("fcm.grant_works")
