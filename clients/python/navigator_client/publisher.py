"""Publishing to a hub: CloudEvents 1.0 over HTTP, in batches, tried again with the same ids."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from navigator_client.connection import bearer
from navigator_client.errors import Fault, PublishError
from navigator_client.timing import Backoff, Timing

__all__ = ["Accepted", "OutEvent", "Policy", "Publisher", "publishing"]

BATCH = 100
"""Events in one request; the hub takes 500."""
BODY = 1 << 20
"""Bytes of one request; the hub takes no more."""
_REQUEST_S = 15.0
_AGAIN = frozenset({429, 502, 503, 504})
Policy = Literal["live_only", "live_then_push", "always_push", "digest"]


def _new_id() -> str:
    return uuid.uuid4().hex


class OutEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One CloudEvent to publish, to people (`navuser`: names or ids, comma separated) or to a topic (`navtopic`).

    `source` and `id` together are the key: the same pair published again publishes nothing. A notice for people has
    `data` with `kind` and `title` {`ru`, `en`}, and may have `body`, the same way.
    """

    specversion: str = field(default_factory=lambda: "1.0")
    type: str
    source: str
    id: str = field(default_factory=_new_id)
    time: datetime | UnsetType = UNSET
    subject: str | UnsetType = UNSET
    navuser: str | UnsetType = UNSET
    navtopic: str | UnsetType = UNSET
    navpolicy: Policy | UnsetType = UNSET
    expirytime: datetime | UnsetType = UNSET
    data: dict[str, Any] = field(default_factory=dict)


class Accepted(Struct, frozen=True):
    """What the hub has made durable. `accepted`: inboxes and topics; a repeat is told what the first one was."""

    accepted: int
    ids: list[str]


class Publisher:
    """Publishes with one token. `http` is given; `patience_s` bounds one batch with all its tries."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        url: str,
        token: str,
        *,
        patience_s: float = 60.0,
        timing: Timing | None = None,
        rand: Callable[[], float] = random.random,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a hub: it looks like https://navigator.example.org")
        self._http, self._url = http, url.rstrip("/") + "/hub/events"
        self._headers = {"Authorization": bearer(token), "Content-Type": "application/cloudevents-batch+json"}
        self._patience_s, self._timing, self._rand = patience_s, timing or Timing(), rand

    async def publish(self, *events: OutEvent) -> Accepted:
        """Publishes all, at most 100 and 1 MiB in a request, each request accepted or refused whole.

        Tries again, with the same ids, when the hub has no time (429, 503, with its Retry-After) or no answer comes.
        Raises PublishError when it refuses, or has not taken a batch in time; earlier batches stay published.
        """
        accepted, ids = 0, list[str]()
        for first, body in _bodies(events):
            try:
                part = await self._batch(body)
            except PublishError as error:
                error.accepted = accepted
                error.faults = tuple(Fault(fault.index + first, fault.attribute, fault.message) for fault in error.faults)
                raise
            accepted, ids = accepted + part.accepted, ids + part.ids
        return Accepted(accepted, ids)

    async def _batch(self, body: bytes) -> Accepted:
        loop = asyncio.get_running_loop()
        deadline, backoff = loop.time() + self._patience_s, Backoff(self._timing, self._rand)
        while True:
            status, why, wait = await self._try(body)
            if isinstance(why, Accepted):
                return why
            wait = max(wait, backoff.delay())
            if loop.time() + wait > deadline:
                raise PublishError(f"not published in {self._patience_s:g} s: {why}", status=status)
            await asyncio.sleep(wait)

    async def _try(self, body: bytes) -> tuple[int | None, Accepted | str, float]:
        """Status, what was accepted or why nothing was, and the seconds that the hub asked for."""
        try:
            answer = await self._http.post(self._url, content=body, headers=self._headers, timeout=_REQUEST_S)
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise PublishError(f"the hub cannot be asked: {error}") from error
        except httpx.TransportError as error:
            return None, f"no answer from the hub ({error or type(error).__name__})", 0.0
        if answer.status_code in (200, 202):
            try:
                return answer.status_code, msgspec.json.decode(answer.content, type=Accepted), 0.0
            except msgspec.DecodeError as error:
                raise PublishError("what answers there is no hub", status=answer.status_code) from error
        if answer.status_code in _AGAIN:
            wait = answer.headers.get("Retry-After", "")
            return answer.status_code, f"the hub answered {answer.status_code}", float(wait) if wait.isdecimal() else 0.0
        raise _refused(answer)


@asynccontextmanager
async def publishing(url: str, *, token: str, patience_s: float = 60.0) -> AsyncIterator[Publisher]:
    """A publisher with an HTTP client of its own. Raises ValueError for a `url` that is none."""
    async with httpx.AsyncClient() as http:
        yield Publisher(http, url, token, patience_s=patience_s)


class _Error(Struct):
    code: str
    message: str
    faults: list[Fault] = []


class _Refusal(Struct):
    error: _Error


def _refused(answer: httpx.Response) -> PublishError:
    try:
        error = msgspec.json.decode(answer.content, type=_Refusal).error
    except msgspec.DecodeError:
        where = answer.headers.get("Location")
        return PublishError(f"the hub answered {answer.status_code}" + (f" with {where[:200]}" if where else ""), status=answer.status_code)
    return PublishError(f"{error.code}: {error.message}", status=answer.status_code, faults=tuple(error.faults))


def _bodies(events: Sequence[OutEvent]) -> Iterator[tuple[int, bytes]]:
    """The bodies of as few requests as the bounds allow, each with the index of its first event. One too large goes alone."""
    first, parts, size = 0, list[bytes](), 2
    for index, event in enumerate(events):
        part = msgspec.json.encode(event)
        if parts and (len(parts) == BATCH or size + len(part) + 1 > BODY):
            yield first, b"[" + b",".join(parts) + b"]"
            first, parts, size = index, [], 2
        parts.append(part)
        size += len(part) + 1
    if parts:
        yield first, b"[" + b",".join(parts) + b"]"
