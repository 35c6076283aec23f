"""What `navigator doctor` tries of Finesse: each node's REST and notifications, its certificate, and how people sign in there.

Nobody signs in: SystemInfo is told to strangers, and a notification service is there when it takes a WebSocket, or TLS.
"""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from adapters.finesse.errors import FinesseError, WrongPassword
from adapters.finesse.rest.client import open_finesse
from adapters.finesse.tls import NotPinned, tls_context
from adapters.finesse.values import SystemInfo
from web.doctor import Finding, Verdict
from web.settings import Settings

__all__ = ["check_finesse"]

_TIMEOUT_S = 4.0
_NAME = "finesse"
_SSO = "people sign in by single sign-on there, which the Navigator cannot do: it needs the contact centre's own users (NON_SSO or HYBRID)"


async def check_finesse(settings: Settings) -> list[Finding]:
    """One line for each node's REST, one for its notifications."""
    tls = await asyncio.to_thread(tls_context, settings.finesse_ca_file, settings.finesse_pins, settings.finesse_verify)
    sites = settings.finesse_sites
    found: list[Finding] = []
    async with open_finesse([site for site, _ in sites], tls=tls, timeout_s=_TIMEOUT_S) as finesse:
        for site, notify in sites:
            domain = ""
            try:
                info = await finesse.system(site)
            except WrongPassword:
                found.append(Finding(_NAME, Verdict.OK, f"{site} answers; how it is it tells to its agents alone"))
            except FinesseError as error:
                found.append(Finding(_NAME, Verdict.FAILED, f"{site}: {_said(error)}"))
            else:
                domain = info.domain
                found += _judged(site, info)
            found.append(await _notifications(notify, tls, domain))
    return found


def _judged(site: str, info: SystemInfo) -> list[Finding]:
    about = f"{site}: {info.status or 'no status'}, {info.platform or 'platform unknown'}, XMPP domain {info.domain or 'unknown'}"
    found = [Finding(_NAME, Verdict.OK if info.in_service else Verdict.FAILED, about)]
    if info.auth == "SSO":
        found.append(Finding(_NAME, Verdict.FAILED, f"{site}: {_SSO}"))
    elif info.auth == "HYBRID":
        found.append(Finding(_NAME, Verdict.WARNING, f"{site}: HYBRID: whoever signs in by single sign-on there cannot do so here"))
    if not info.domain or not info.pubsub:
        found.append(Finding(_NAME, Verdict.FAILED, f"{site}: tells no XMPP domain: is it Finesse?"))
    return found


async def _notifications(url: str, tls: ssl.SSLContext, domain: str) -> Finding:
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            if parts.scheme == "tls":
                # the certificate of XMPP over TCP is the domain's (RFC 6120, section 13.7)
                name = domain or parts.hostname
                _, writer = await asyncio.open_connection(parts.hostname, parts.port or 5223, ssl=tls, server_hostname=name)
                writer.close()
            else:
                own = tls if parts.scheme == "wss" else None
                async with connect(url, ssl=own, subprotocols=["xmpp"], proxy=None, open_timeout=None, close_timeout=1) as socket:  # type: ignore[list-item]  # NewType
                    if socket.subprotocol != "xmpp":
                        return Finding(_NAME, Verdict.FAILED, f"{url} takes a WebSocket, and speaks no XMPP there: check the path")
    except (OSError, TimeoutError, WebSocketException) as error:
        return Finding(_NAME, Verdict.FAILED, f"{url}: {_said(error)}")
    return Finding(_NAME, Verdict.OK, f"{url} connects")


def _said(error: BaseException) -> str:
    """In words, with the mend where it is the certificate: errors of the network hold no secrets."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, NotPinned):
            return f"{cause.seen or 'no certificate'} is none of FINESSE_PINS: compare it with the server's own, then add it"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not believed ({cause.verify_message}): set FINESSE_CA_FILE or FINESSE_PINS"
        cause = cause.__cause__ or cause.__context__
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
