"""The API of the admin area about people: looking for them, what they may, letting them in and shutting them out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.accounts import profiles
from hub.store import users
from web.audit import Origin, record
from web.auth import origin_of, require
from web.body import read_json
from web.errors import BadField, WebError
from web.i18n import N_
from web.own_sessions import NO_STORE, device_number, missing, session_id
from web.passwords import MIN_LENGTH, Busy
from web.people import PERMISSIONS, BadValue, Duplicate
from web.people_search import wanted
from web.permissions import LastAdmin, NoSuchUser

__all__ = ["admin_people_routes"]

_PERSON = "/admin/api/people/{user_id:int}"
_MAX_PASSWORD = 1024


def admin_people_routes() -> list[BaseRoute]:
    """The routes of this module; they use `people_search`, `people`, `permissions`, `passwords`, `sessions`, `session_list` and
    `devices` of the request's state.
    """
    return [
        Route("/admin/api/people", _search, methods=["GET"]),
        Route("/admin/api/people", _add, methods=["POST"]),
        Route(_PERSON, _one, methods=["GET"]),
        Route(_PERSON + "/permissions/{permission}", _permission, methods=["PUT", "DELETE"]),
        Route(_PERSON + "/active", _active, methods=["PUT"]),
        Route(_PERSON + "/password", _password, methods=["PUT"]),
        Route(_PERSON + "/sessions", _end_all, methods=["DELETE"]),
        Route(_PERSON + "/sessions/{id}", _end, methods=["DELETE"]),
        Route(_PERSON + "/devices/{id}", _forget, methods=["DELETE"]),
    ]


async def _search(request: Request) -> Response:
    await require(request, "admin")
    return JSONResponse(await request.state.people_search.find(wanted(request.query_params)), headers=NO_STORE)


async def _one(request: Request) -> Response:
    principal = await require(request, "admin")
    user_id, state = request.path_params["user_id"], request.state
    found = await state.people_search.one(user_id) if user_id < 2**63 else None
    if found is None:
        raise _nobody()
    found["sessions"] = await state.session_list.of(user_id, this=principal.session_hash, now=state.hub.now())
    found["devices"] = [device.line() for device in await state.devices.list(user_id)]
    return JSONResponse(found, headers=NO_STORE)


async def _permission(request: Request) -> Response:
    principal = await require(request, "admin")
    permission = request.path_params["permission"]
    if permission not in PERMISSIONS:
        raise missing()
    rights = request.state.permissions
    change = rights.grant if request.method == "PUT" else rights.revoke
    with _refusals():
        await change(request.path_params["user_id"], permission, origin_of(request, principal))
    return Response(status_code=204)


async def _active(request: Request) -> Response:
    principal = await require(request, "admin")
    value = (await read_json(request)).get("value")
    if not isinstance(value, bool):
        raise BadField("value")
    with _refusals():
        await request.state.permissions.set_active(request.path_params["user_id"], value, origin_of(request, principal))
    return Response(status_code=204)


async def _add(request: Request) -> Response:
    """A local account, for whoever is not in the ERP."""
    principal = await require(request, "admin")
    given, state = await read_json(request), request.state
    name, display, rights = given.get("name"), given.get("display_name", ""), given.get("permissions", [])
    if not isinstance(name, str):
        raise BadField("name")
    if not isinstance(display, str):
        raise BadField("display_name")
    if not isinstance(rights, list) or not all(right in PERMISSIONS for right in rights):
        raise BadField("permissions")
    hashed = await _hashed(request, given.get("password"))
    origin = origin_of(request, principal)
    try:
        user_id = await state.people.add(
            name, display_name=display, password_hash=hashed, permissions=rights, granted_by=principal.name, origin=origin
        )
    except BadValue as error:
        raise BadField(error.field) from None
    except Duplicate:
        raise WebError(409, "duplicate", N_("This name is already taken."), field="name") from None
    return JSONResponse({"id": user_id}, 201, headers=NO_STORE)


async def _password(request: Request) -> Response:
    """A new password for a local account, which signs it out everywhere: whoever knew the old one is out."""
    principal = await require(request, "admin")
    user_id, state = request.path_params["user_id"], request.state
    hashed = await _hashed(request, (await read_json(request)).get("password"))
    origin = origin_of(request, principal)
    async with state.engine.begin() as connection:
        query = sa.select(users.c.name, profiles.c.erp_id).select_from(users.outerjoin(profiles)).where(users.c.id == user_id)
        found = (await connection.execute(query)).one_or_none()
        if found is None:
            raise _nobody()
        if found.erp_id is not None:
            raise WebError(409, "not_local", N_("This person signs in with the password of the ERP: it can be changed only there."))
        await connection.execute(sa.update(users).where(users.c.id == user_id).values(password_hash=hashed))
        await record(connection, origin, "password.set", at=datetime.now(UTC), subject_id=user_id, subject=found.name)
    await state.sessions.end_all(user_id, keep=principal.session_hash, reason="ended_by_administrator", origin=origin)
    return Response(status_code=204)


async def _end_all(request: Request) -> Response:
    principal = await require(request, "admin")
    user_id = request.path_params["user_id"]
    ended = await request.state.sessions.end_all(
        user_id, keep=principal.session_hash, reason="ended_by_administrator", origin=origin_of(request, principal)
    )
    return JSONResponse({"ended": ended}, headers=NO_STORE)


async def _end(request: Request) -> Response:
    principal = await require(request, "admin")
    user_id, origin = request.path_params["user_id"], origin_of(request, principal)
    if not await request.state.sessions.end(session_id(request), user_id=user_id, reason="ended_by_administrator", origin=origin):
        raise missing()
    return Response(status_code=204)


async def _forget(request: Request) -> Response:
    principal = await require(request, "admin")
    origin: Origin = origin_of(request, principal)
    if not await request.state.devices.remove_id(request.path_params["user_id"], device_number(request), origin):
        raise missing()
    return Response(status_code=204)


async def _hashed(request: Request, password: Any) -> str:
    if not isinstance(password, str) or not MIN_LENGTH <= len(password) <= _MAX_PASSWORD:
        raise BadField("password", N_("A password needs at least 8 characters."))
    try:
        hashed: str = await request.state.passwords.hash(password)
    except Busy:
        raise WebError(503, "busy", N_("Many people are signing in. Try again in a moment."), headers={"Retry-After": "3"}) from None
    return hashed


def _nobody() -> WebError:
    return WebError(404, "not_found", N_("There is no such person."))


class _refusals:
    """Turns a change that is refused into its answer."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        match error:
            case LastAdmin():
                raise WebError(409, "last_admin", N_("This is the last administrator: make somebody else one first.")) from None
            case NoSuchUser():
                raise _nobody() from None
