"""`POST /hub/events`: CloudEvents 1.0 over HTTP from outside publishers.

Structured, binary and batched modes (CloudEvents HTTP protocol binding 1.0.2, section 3). A request is accepted whole or
refused whole, with every fault named.
"""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.bucket import Buckets
from hub.event import Event
from hub.hub import Hub
from hub.notification import Address, Notification, TopicEvent
from hub.policy import Policy
from hub.topic import Topics
from hub.writer import StoreUnavailable
from web.auth import bearer, publisher

__all__ = ["BadEvent", "Fault", "event_routes", "read_event"]

MAX_BODY = 1 << 20
MAX_BATCH = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake: which member of the batch (from 0), which attribute, what to do."""

    index: int
    attribute: str
    message: str


class BadEvent(Exception):
    """The request holds mistakes; all that were found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(f"[{fault.index}] {fault.attribute}: {fault.message}" for fault in self.faults)


def event_routes() -> list[Route]:
    """The publishing endpoint; it uses `hub`, `settings` and `publish_quota` of the request's state."""

    async def publish(request: Request) -> Response:
        hub: Hub = request.state.hub
        quota: Buckets[str] = request.state.publish_quota
        refused = hub.metrics.refused
        name = publisher(request.state.settings, bearer(request) or "")
        if name is None:
            refused("publish_token")
            return _error(401, "unauthenticated", "a publisher's bearer token is needed", headers={"WWW-Authenticate": "Bearer"})
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > MAX_BODY:
            refused("publish_oversize")
            return _error(413, "too_large", f"at most {MAX_BODY} bytes")
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                refused("publish_oversize")
                return _error(413, "too_large", f"at most {MAX_BODY} bytes")
        try:
            found = read_request(request.headers, bytes(body), hub.topics, hub.now())
        except BadEvent as bad:
            refused("publish_invalid")
            faults = [{"index": f.index, "attribute": f.attribute, "message": f.message} for f in bad.faults]
            return _error(400, "bad_event", "the events were not accepted", faults=faults)
        wait = quota.take(name, time.monotonic(), len(found))
        if wait:
            refused("publish_quota")
            headers = {"Retry-After": str(max(1, math.ceil(wait)))}
            return _error(429, "too_many_events", "nothing was accepted: this publisher is over its quota", headers=headers)
        notifications = [item for item in found if isinstance(item, Notification)]
        topics = [item for item in found if isinstance(item, TopicEvent)]
        try:
            with hub.tracer.span("POST /hub/events", request.headers, publisher=name, events=len(found)):
                receipt = await hub.publish(*notifications, topics=topics)
        except StoreUnavailable:
            quota.give_back(name, len(found))
            refused("store_unavailable")
            return _error(503, "store_unavailable", "nothing was accepted, try again", headers={"Retry-After": "1"})
        fresh = any(not outcome.duplicate for outcome in receipt.outcomes)
        accepted = sum(outcome.accepted for outcome in receipt.outcomes)
        ids = [outcome.event.id for outcome in receipt.outcomes]
        return JSONResponse({"accepted": accepted, "ids": ids}, 202 if fresh or not receipt.outcomes else 200)

    return [Route("/hub/events", publish, methods=["POST"], name="hub_events")]


def read_request(headers: Mapping[str, str], body: bytes, topics: Topics, now: datetime) -> list[Notification | TopicEvent]:
    """The events of one request, in any of the three modes. Raises BadEvent."""
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    members: Any
    if media == "application/cloudevents-batch+json":
        members = _json(body)
        if not isinstance(members, list) or len(members) > MAX_BATCH:
            raise BadEvent([Fault(0, "", f"a batch is a JSON array of at most {MAX_BATCH} events")])
    elif media == "application/cloudevents+json":
        members = [_json(body)]
    elif media.startswith("application/cloudevents"):
        raise BadEvent([Fault(0, "content-type", f"{media!r} is not served; use application/cloudevents+json or -batch+json")])
    else:
        members = [_binary(headers, body, media)]
    found: list[Notification | TopicEvent] = []
    faults: list[Fault] = []
    for index, member in enumerate(members):
        try:
            found.append(read_event(member, topics, now))
        except BadEvent as bad:
            faults += [Fault(index, fault.attribute, fault.message) for fault in bad.faults]
    if faults:
        raise BadEvent(faults)
    return found


def read_event(member: Any, topics: Topics, now: datetime) -> Notification | TopicEvent:
    """One event in the JSON event format, with our addressing extensions. Raises BadEvent with all its faults."""
    if not isinstance(member, dict):
        raise BadEvent([Fault(0, "", "an event is a JSON object")])
    faults: list[Fault] = []

    def text(name: str, *, required: bool = False) -> str | None:
        value = member.get(name)
        if value is None:
            if required:
                faults.append(Fault(0, name, "is required"))
            return None
        if not isinstance(value, str) or not 1 <= len(value) <= 255 or "\0" in value:
            faults.append(Fault(0, name, "must be a string of 1 to 255 characters, none of them NUL"))
            return None
        return value

    def moment(name: str) -> datetime | None:
        value = text(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
        except (ValueError, OverflowError):  # the first and the last day may lie outside of the calendar in UTC
            pass
        faults.append(Fault(0, name, "must be an RFC 3339 time with its offset"))
        return None

    if member.get("specversion") != "1.0":
        faults.append(Fault(0, "specversion", 'must be "1.0"'))
    source, event_id, kind = (text(name, required=True) for name in ("source", "id", "type"))
    time, expires, subject = moment("time"), moment("expirytime"), text("subject")
    data = member.get("data", {})
    if "data_base64" in member or not isinstance(data, dict):
        faults.append(Fault(0, "data", "must be a JSON object"))
    if time is not None and time > now + timedelta(days=1):
        faults.append(Fault(0, "time", "lies more than a day ahead"))
    to = _addressing(member, faults)
    topic = text("navtopic")
    policy = _policy(member, faults)
    if (topic is None) == (to is None):
        faults.append(Fault(0, "navuser", "exactly one of navuser and navtopic is needed"))
    elif topic is not None:
        known = topics.find(topic)
        if known is None or not known.publishable:
            faults.append(Fault(0, "navtopic", f"{topic!r} is no topic that can be published to"))
    if faults:
        raise BadEvent(faults)
    event = Event(
        source=source or "",
        id=event_id or "",
        type=kind or "",
        time=time or now,
        data=data,
        subject=subject,
        expires=expires,
    )
    return TopicEvent(topic, event) if topic is not None else Notification(event=event, to=to or frozenset(), policy=policy)


def _addressing(member: Mapping[str, Any], faults: list[Fault]) -> frozenset[Address] | None:
    value = member.get("navuser")
    if value is None:
        return None
    names = [part.strip().lower() for part in value.split(",")] if isinstance(value, str) else []
    names = [name for name in names if name]
    if not 1 <= len(names) <= 10_000:
        faults.append(Fault(0, "navuser", "must name 1 to 10,000 users, comma separated"))
        return None
    return frozenset(Address("id" if name.isdecimal() else "name", name) for name in names)


def _policy(member: Mapping[str, Any], faults: list[Fault]) -> Policy:
    value = member.get("navpolicy", Policy.LIVE_THEN_PUSH)
    try:
        return Policy(value)
    except ValueError:
        faults.append(Fault(0, "navpolicy", f"must be one of {', '.join(Policy)}"))
        return Policy.LIVE_THEN_PUSH


def _binary(headers: Mapping[str, str], body: bytes, media: str) -> dict[str, Any]:
    """Binary mode: attributes in `ce-` headers (percent-encoded, binding section 3.1.3.2), data as the body."""
    member: dict[str, Any] = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
    if body:
        member["data"] = _json(body) if media in ("application/json", "") or media.endswith("+json") else base64.b64encode(body).decode()
    return member


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadEvent([Fault(0, "", f"not JSON: {error}"[:200])]) from error


def _error(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, **more}}, status, headers=dict(headers or {}))
