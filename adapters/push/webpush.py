"""Web Push: straight to the browsers' own push services, RFC 8030, 8291 and 8292, by pywebpush on one aiohttp session."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver
from aiohttp.connector import NEEDS_CLEANUP_CLOSED
from pywebpush import WebPushException, webpush_async

from adapters.push.endpoint import BadSubscription, Origin, PushHosts, check_keys
from adapters.push.resolver import PublicResolver
from adapters.push.vapid import VapidKey
from adapters.push.wire import encode, fit, place_of, retry_after_s, scrub, short, topic, ttl_s
from hub.push import Outcome, PushAddress, PushMessage, PushResult, payload

__all__ = ["WebPushLimits", "WebPushSender", "judge", "open_webpush"]

_log = structlog.get_logger(__name__)
_WNS = ".notify.windows.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPushLimits:
    """How much at once and for how long."""

    send_s: float = 14.0
    """For a whole `send`, waiting for a slot included; the seam allows 15."""
    request_s: float = 10.0
    """For one request, connecting included."""
    at_once: int = 100
    """Requests at the same time, over all push services."""
    at_once_per_host: int = 20
    """And to one: a slow service cannot use up what the others need."""
    quiet_s: float = 60.0
    """How long a service is left alone that says "slow down" without saying how long."""
    hosts: int = 512
    """Push services remembered; the longest unused is forgotten first."""
    answer_bytes: int = 1024
    """Read of an answer's body; the rest is left."""


@dataclass(slots=True)
class _Service:
    """What is remembered of one push service."""

    slots: asyncio.Semaphore
    closed_until: float = 0.0
    """Loop time before which it must not be asked: it said 429."""
    down: bool = False
    """Whether its failing has been logged."""
    users: int = 0


@dataclass(frozen=True, slots=True)
class _Answer:
    """The part of an HTTP answer that pywebpush reads."""

    status: int
    reason: str | None
    headers: Any
    body: bytes

    async def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True)
class _NoRedirect:
    """What pywebpush takes for a session: posts without following redirects, and reads only the beginning of an answer.

    pywebpush would follow a 307 and carry the POST wherever it points, past the endpoint guard.
    """

    session: aiohttp.ClientSession
    answer_bytes: int

    async def post(self, url: str, *, data: bytes, headers: dict[str, str], timeout: Any = None) -> _Answer:
        # The session has its own ClientTimeout; pywebpush's bare number is deprecated in aiohttp.
        async with self.session.post(url, data=data, headers=headers, allow_redirects=False) as response:
            body = await response.content.read(self.answer_bytes)
            return _Answer(response.status, response.reason, response.headers, body)


@dataclass(slots=True)
class WebPushSender:
    """Implements `hub.push.PushSender` for `webpush` addresses. Made by `open_webpush`."""

    vapid: VapidKey
    hosts: PushHosts
    site: str
    limits: WebPushLimits
    http: _NoRedirect
    kinds: frozenset[str] = frozenset({"webpush"})
    _slots: asyncio.Semaphore = field(init=False)
    _services: dict[Origin, _Service] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.limits.at_once)

    async def send(self, message: PushMessage, to: Sequence[PushAddress], now: datetime) -> list[PushResult]:
        """One result for each address, in order. Never raises for a service's trouble; cancellation passes through."""
        if ttl_s(message, now) == 0:
            return [PushResult(address=each, outcome=Outcome.REJECTED, detail="expired") for each in to]
        deadline = asyncio.get_running_loop().time() + self.limits.send_s
        fitting = fit(message, lambda candidate: len(self._encode(candidate)))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._one(fitting, each, now, deadline), name=f"webpush-{each.id}") for each in to]
        return [task.result() for task in tasks]

    def _encode(self, message: PushMessage) -> bytes:
        return encode(payload(message, at=self.site))

    async def _one(self, message: PushMessage, address: PushAddress, now: datetime, deadline: float) -> PushResult:
        try:
            origin = self.hosts.check(address.address)
        except BadSubscription as bad:
            # Not GONE: the operator may have taken a host off the list by mistake, and may put it back.
            return PushResult(address=address, outcome=Outcome.REJECTED, detail=bad.code)
        try:
            check_keys(address.p256dh, address.auth)
        except BadSubscription as bad:
            return PushResult(address=address, outcome=Outcome.GONE, detail=bad.code)
        service = self._service(origin)
        service.users += 1
        try:
            # The service's own slots first: who waits for a slow one must not hold a common slot meanwhile.
            async with asyncio.timeout_at(deadline), service.slots, self._slots:
                closed_s = service.closed_until - asyncio.get_running_loop().time()
                if closed_s > 0:
                    return PushResult(address=address, outcome=Outcome.RETRY, detail="slow_down", retry_after_s=closed_s)
                result = await self._post(message, address, origin, service, now)
                if result.detail.startswith("413"):
                    result = await self._post(short(message), address, origin, service, now)
        except TimeoutError:
            result = PushResult(address=address, outcome=Outcome.RETRY, detail="timeout")
        except (aiohttp.ClientError, OSError) as error:
            result = PushResult(address=address, outcome=Outcome.RETRY, detail=f"no_connection {type(error).__name__}")
        except Exception as error:  # the edge to two libraries: what they raise unforeseen must not end the others' sends
            _log.error("webpush.unforeseen", error=type(error).__name__, at=place_of(error), service=str(origin))
            result = PushResult(
                address=address, outcome=Outcome.RETRY, detail=f"error {type(error).__name__}", retry_after_s=self.limits.quiet_s
            )
        finally:
            service.users -= 1
        self._tell(origin, service, result)
        return result

    async def _post(self, message: PushMessage, address: PushAddress, origin: Origin, service: _Service, now: datetime) -> PushResult:
        headers: dict[str, str | int | float] = {"Urgency": "high" if message.urgent else "normal", "Topic": topic(message.tag)}
        if origin.host.endswith(_WNS):
            headers["X-WNS-Cache-Policy"] = "cache"  # WNS answers 400 to a TTL without it (pywebpush#162)
        try:
            answer = await webpush_async(  # a response, as `curl` is off
                {"endpoint": address.address, "keys": {"p256dh": address.p256dh, "auth": address.auth}},
                self._encode(message).decode(),
                vapid_private_key=self.vapid.signer,
                vapid_claims=self.vapid.claims(str(origin), now),
                ttl=ttl_s(message, now),
                headers=headers,
                aiohttp_session=cast("aiohttp.ClientSession", self.http),  # of which it uses post() only
            )
            status, retry_after, words = cast("_Answer", answer).status, None, ""
        except WebPushException as refused:
            if refused.status_code is None:
                raise
            status, retry_after, words = refused.status_code, refused.retry_after, await refused.response.text()
        outcome, detail = judge(status, origin)
        wait_s = 0.0
        if detail.endswith("slow_down"):
            wait_s = retry_after_s(retry_after, now, self.limits.quiet_s)
            service.closed_until = max(service.closed_until, asyncio.get_running_loop().time() + wait_s)
        elif outcome is Outcome.RETRY and retry_after:
            wait_s = retry_after_s(retry_after, now, self.limits.quiet_s)
        elif outcome is Outcome.REJECTED:
            _log.warning("webpush.refused", service=str(origin), detail=detail, words=scrub(words))
        return PushResult(address=address, outcome=outcome, detail=detail, retry_after_s=wait_s)

    def _service(self, origin: Origin) -> _Service:
        service = self._services.pop(origin, None)
        if service is None:
            idle = [key for key, each in self._services.items() if not each.users]
            for key in idle[: len(self._services) - self.limits.hosts + 1]:
                del self._services[key]
            service = _Service(asyncio.Semaphore(self.limits.at_once_per_host))
        self._services[origin] = service  # at the end: the order of the dict is the order of last use
        return service

    def _tell(self, origin: Origin, service: _Service, result: PushResult) -> None:
        """Logs once when a service stops taking messages and once when it takes them again."""
        if result.outcome is Outcome.RETRY and not service.down:
            service.down = True
            _log.warning("webpush.service_down", service=str(origin), detail=result.detail, retry_after_s=round(result.retry_after_s))
        elif result.outcome is Outcome.ACCEPTED and service.down:
            service.down = False
            _log.info("webpush.service_up", service=str(origin))


def judge(status: int, origin: Origin) -> tuple[Outcome, str]:
    """What an HTTP status of a push service means, by the status alone: words in bodies change (novuhq/novu#12532)."""
    if 200 <= status < 300:
        return Outcome.ACCEPTED, str(status)
    if status in (404, 410):
        return Outcome.GONE, f"{status} gone"
    if status == 429 or (status == 406 and origin.host.endswith(_WNS)):  # WNS throttles by 406 (microsoft/WindowsAppSDK#3501)
        return Outcome.RETRY, f"{status} slow_down"
    if status >= 500 or status in (408, 425):
        return Outcome.RETRY, f"{status} service_trouble"
    if status in (401, 403):
        return Outcome.REJECTED, f"{status} vapid_refused"
    if status == 413:
        return Outcome.REJECTED, "413 too_big"
    return Outcome.REJECTED, f"{status} redirect_refused" if 300 <= status < 400 else f"{status} refused"


@asynccontextmanager
async def open_webpush(
    *,
    vapid: VapidKey,
    hosts: PushHosts,
    site: str,
    resolver: AbstractResolver | None = None,
    tls: ssl.SSLContext | None = None,
    limits: WebPushLimits | None = None,
) -> AsyncIterator[WebPushSender]:
    """A sender with its one session, closed on leaving.

    `site` is this site's origin, for the absolute link in each message. `resolver` and `tls` are for networks with
    their own names or certificate authority, and for tests; by default only public addresses are connected to, under
    the system's certificates. Proxy variables of the environment are not followed: a proxy would resolve the name
    itself, past the guard.
    """
    limits = limits or WebPushLimits()
    if tls is None:
        tls = await asyncio.to_thread(ssl.create_default_context)  # reads the certificate store from disk
    connector = aiohttp.TCPConnector(
        resolver=resolver or PublicResolver(hosts.origins),
        ssl=tls,
        limit=limits.at_once,
        limit_per_host=limits.at_once_per_host,
        use_dns_cache=False,
        # asyncio's TLS before 3.12.8 keeps a connection for ever that was given up while its peer was silent
        # (python/cpython#118960); newer Pythons warn about the option.
        enable_cleanup_closed=NEEDS_CLEANUP_CLOSED,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=limits.request_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "tez-navigator"},
        trust_env=False,
    ) as session:
        yield WebPushSender(vapid, hosts, site, limits, _NoRedirect(session, limits.answer_bytes))
