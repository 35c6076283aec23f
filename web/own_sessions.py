"""Where one is signed in, and the devices that get one's notifications: to look at, and to end."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.hub import Hub
from web.auth import origin_of, require
from web.devices import Devices
from web.errors import WebError
from web.i18n import N_
from web.session_list import SessionList

__all__ = ["NO_STORE", "device_number", "missing", "own_session_routes", "session_id"]

NO_STORE = {"cache-control": "no-store"}
_HASH = re.compile(r"[0-9a-f]{64}")


def own_session_routes() -> list[BaseRoute]:
    """The routes of this module; they use `hub`, `sessions`, `session_list` and `devices` of the request's state."""
    return [
        Route("/users/api/sessions", _list, methods=["GET"]),
        Route("/users/api/sessions", _end_others, methods=["DELETE"]),
        Route("/users/api/sessions/{id}", _end, methods=["DELETE"]),
        Route("/users/api/devices", _devices, methods=["GET"]),
        Route("/users/api/devices/{id}", _forget, methods=["DELETE"]),
    ]


def session_id(request: Request) -> str:
    """The session of the address; 404 for what cannot be one."""
    given = str(request.path_params["id"])
    if not _HASH.fullmatch(given):
        raise missing()
    return given


def device_number(request: Request) -> int:
    """The device of the address; 404 for what cannot be one."""
    given = str(request.path_params["id"])
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise missing()
    return int(given)


def missing() -> WebError:
    """404."""
    return WebError(404, "not_found", N_("There is nothing at this address."))


async def _list(request: Request) -> Response:
    principal = await require(request)
    hub: Hub = request.state.hub
    listed: SessionList = request.state.session_list
    lines = await listed.of(principal.user_id, this=principal.session_hash, now=hub.now())
    return JSONResponse({"sessions": lines}, headers=NO_STORE)


async def _end(request: Request) -> Response:
    principal = await require(request)
    ended = await request.state.sessions.end(
        session_id(request), user_id=principal.user_id, reason="ended_by_you", origin=origin_of(request, principal)
    )
    if not ended:
        raise missing()
    return Response(status_code=204)


async def _end_others(request: Request) -> Response:
    principal = await require(request)
    ended = await request.state.sessions.end_all(
        principal.user_id, keep=principal.session_hash, reason="ended_by_you", origin=origin_of(request, principal)
    )
    return JSONResponse({"ended": ended}, headers=NO_STORE)


async def _devices(request: Request) -> Response:
    principal = await require(request)
    devices: Devices = request.state.devices
    lines = [device.line() for device in await devices.list(principal.user_id)]
    return JSONResponse({"devices": lines}, headers=NO_STORE)


async def _forget(request: Request) -> Response:
    principal = await require(request)
    devices: Devices = request.state.devices
    if not await devices.remove_id(principal.user_id, device_number(request), origin_of(request, principal)):
        raise missing()
    return Response(status_code=204)
