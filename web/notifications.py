"""The inbox over HTTP, and the devices that push reaches: `/notifications/api/…`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.push.endpoint import BadSubscription, check_registration
from hub.event import rfc3339
from hub.hub import Hub
from hub.ledger import InboxRow
from web.auth import require
from web.devices import Devices, Way
from web.errors import BadField, WebError
from web.i18n import N_
from web.push import Push

__all__ = ["notification_routes"]

_KEY = re.compile(r"[A-Za-z0-9_-]{4,64}\Z")
_MAX_BODY = 8192


def notification_routes() -> list[Route]:
    """The routes; they use `hub`, `devices` and `push` of the request's state."""

    async def inbox(request: Request) -> Response:
        """One page, newest first."""
        principal = await require(request)
        hub: Hub = request.state.hub
        query = request.query_params
        limit = _number(query, "limit", 50, 1, 200)
        before = _number(query, "before", 0, 0, 2**53)
        kind = query.get("kind") or None
        page = await hub.ledger.page(
            principal.user_id, now=hub.now(), before=before or None, limit=limit, kind=kind, unread=query.get("unread") == "1"
        )
        items = [_item(row) for row in page.rows]
        return JSONResponse({"items": items, "next": page.next, "seq": page.head, "unseen": page.unseen, "unread": page.unread})

    async def list_devices(request: Request) -> Response:
        """The person's devices; `this` marks the one whose key stands in the query."""
        principal = await require(request)
        this = request.query_params.get("this")
        found = [
            {
                "key": device.key,
                "label": device.label,
                "kinds": device.kinds,
                "created_at": rfc3339(device.created_at),
                "seen_at": rfc3339(device.seen_at),
                "this": device.key == this,
            }
            for device in await _devices(request).list(principal.user_id)
        ]
        return JSONResponse({"devices": found})

    async def put_device(request: Request) -> Response:
        """Registers a way to push to this device."""
        principal = await require(request)
        key = _device_key(request)
        body = await _object(request)
        label = body.get("label", "")
        if not isinstance(label, str) or len(label) > 255:
            raise BadField("label")
        try:
            way = _way(body, request.state.push)
        except BadSubscription as bad:
            raise WebError(422, bad.code, bad.text["en"], field=bad.field) from bad
        return JSONResponse({"id": await _devices(request).put(principal.user_id, key, label, way)})

    async def delete_device(request: Request) -> Response:
        """Forgets a device: nothing is pushed to it any more."""
        principal = await require(request)
        if not await _devices(request).remove(principal.user_id, _device_key(request)):
            raise WebError(404, "not_found", N_("There is nothing at this address."))
        return Response(status_code=204)

    device = "/notifications/api/devices/{key}"
    return [
        Route("/notifications/api/inbox", inbox, methods=["GET"]),
        Route("/notifications/api/devices", list_devices, methods=["GET"]),
        Route(device, put_device, methods=["PUT"]),
        Route(device, delete_device, methods=["DELETE"]),
    ]


def _devices(request: Request) -> Devices:
    found: Devices = request.state.devices
    return found


def _item(row: InboxRow) -> dict[str, Any]:
    event = row.event
    return {
        "seq": row.seq,
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "time": rfc3339(event.time),
        "data": event.data,
        "level": row.level,
    }


def _way(body: Mapping[str, Any], push: Push) -> Way:
    kind = body.get("kind")
    if kind == "webpush":
        if push.vapid is None:
            raise WebError(409, "push_off", N_("Web Push is not set up on this server."), field="kind")
        subscription = body.get("subscription")
        if not isinstance(subscription, Mapping):
            raise BadField("subscription")
        checked = push.hosts.subscription(subscription)
        return Way(kind=kind, address=checked.endpoint, p256dh=checked.p256dh, auth=checked.auth, key_id=push.vapid.key_id)
    if kind in ("fcm_token", "fcm_fid"):
        return Way(kind=kind, address=check_registration(body.get("address")))
    raise BadField("kind")


def _device_key(request: Request) -> str:
    key: str = request.path_params["key"]
    if not _KEY.match(key):
        raise BadField("key")
    return key


def _number(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = query.get(name)
    if text is None or text == "":
        return default
    if not text.isdecimal() or len(text) > 16 or not low <= int(text) <= high:
        raise BadField(name)
    return int(text)


async def _object(request: Request) -> dict[str, Any]:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY:
            raise WebError(413, "too_large", N_("That is too much at once."))
    try:
        value = msgspec.json.decode(bytes(body))
    except msgspec.DecodeError as error:
        raise WebError(400, "bad_request", N_("The request is not understood.")) from error
    if not isinstance(value, dict):
        raise WebError(400, "bad_request", N_("The request is not understood."))
    return value
