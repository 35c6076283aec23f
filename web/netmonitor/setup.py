"""The hosts of the admin page, for administrators: to list, add, change, remove, try, bring in and take out.

Hosts of the file are shown and cannot be changed here. Every change stands in the audit log, with what was before and after.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.netmonitor.inventory.build import MOST_HOSTS
from adapters.netmonitor.inventory.csv_file import decode_csv, write_csv
from adapters.netmonitor.inventory.faults import Fault, InventoryErrors, fault
from adapters.netmonitor.inventory.logins import login_faults, logins_of
from adapters.netmonitor.inventory.spec import group_spec_of, host_of, spec_of
from adapters.netmonitor.inventory.store import Change, Page
from adapters.netmonitor.inventory.toml_file import decode_toml, write_toml
from adapters.netmonitor.inventory.whole import misfits
from adapters.netmonitor.people import accounts
from adapters.netmonitor.values import Host, Inventory, Ping
from hub.event import rfc3339
from hub.principal import Principal
from hub.writer import StoreUnavailable
from web.auth import origin_of, require
from web.body import media_type, read_bytes, read_json
from web.errors import BadField, StoreAway, WebError
from web.i18n import N_
from web.netmonitor.area import HEADERS, Network, answer, faults_json, mistaken, network_of, round_json
from web.netmonitor.host_audit import audit_host, audit_import
from web.netmonitor.importing import Form, Plan, parsed, plan_of

__all__ = ["setup_routes"]

_API = "/netmonitor/api/setup"
_MOST_BYTES = 8 << 20
"""Of an import: about sixty thousand hosts."""
_SPEC_BYTES = 64 * 1024
_SLACK_S = 5.0
"""A trial may take so much longer than its round: for the name, and for others before it."""
_SHOWN = ("origin", "updated_at", "updated_by")
"""What the list says of a host beside its members: passed over where it is sent back."""

_Handler = Callable[[Request, Network, Principal], Awaitable[Response]]


def setup_routes() -> list[Route]:
    """The routes of this module; they use `network`, `engine` and `i18n` of the request's state."""
    return [
        Route(f"{_API}/hosts", _guarded(_list), methods=["GET"]),
        Route(f"{_API}/hosts/{{id}}", _guarded(_put), methods=["PUT"]),
        Route(f"{_API}/hosts/{{id}}", _guarded(_delete), methods=["DELETE"]),
        Route(f"{_API}/test", _guarded(_test), methods=["POST"]),
        Route(f"{_API}/import", _guarded(_import), methods=["POST"]),
        Route(f"{_API}/export.toml", _guarded(_export_toml), methods=["GET"]),
        Route(f"{_API}/export.csv", _guarded(_export_csv), methods=["GET"]),
    ]


def _guarded(handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    """Asks for the permission before anything else; hosts that cannot be taken become their answer, and so does a store that is away."""

    async def guarded(request: Request) -> Response:
        principal = await require(request, "admin")
        network = network_of(request)
        try:
            return await handler(request, network, principal)
        except InventoryErrors as errors:
            return mistaken(request, principal, errors.faults, status=409 if errors.faults[0].code == "in_file" else 422)
        except StoreUnavailable:
            raise StoreAway from None

    return guarded


# -- looking


async def _list(request: Request, network: Network, principal: Principal) -> Response:
    """All hosts as they are written, the file's first, with where they come from; the file, and everything that is wrong."""
    inventory = await network.loader.poll()
    strange = await _strange_logins(request, inventory)
    page, file, faults = network.loader.page, network.loader.file, (*network.loader.faults, *strange)

    def encoded() -> bytes:
        about = None
        if file is not None:
            read_at = None if file.read_at is None else rfc3339(file.read_at)
            about = {"path": str(file.path), "read_at": read_at, "broken": bool(file.faults)}
        return msgspec.json.encode(
            {
                "hosts": [_listed(host, page) for host in inventory.hosts],
                "groups": [group_spec_of(group) for group in inventory.groups],
                "anchors": inventory.anchors,
                "file": about,
                "problems": faults_json(faults, principal.locale),
                "icmp": network.prober.explain(),
            }
        )

    # thousands of hosts: not on the loop
    return Response(await asyncio.to_thread(encoded), media_type="application/json", headers=HEADERS)


async def _strange_logins(request: Request, inventory: Inventory) -> list[Fault]:
    """Whom `notify` names and nobody is. Nothing while the store is away: what is written can be looked at all the same."""
    logins = logins_of(inventory)
    try:
        async with asyncio.timeout(_SLACK_S):
            return login_faults(inventory, await accounts(request.state.engine, logins)) if logins else []
    except (SQLAlchemyError, TimeoutError, OSError):
        return []


def _listed(host: Host, page: Page) -> dict[str, Any]:
    made = {**spec_of(host), "origin": host.origin}
    kept = page.kept.get(host.id) if host.origin == "page" else None
    return made if kept is None else made | {"updated_at": rfc3339(kept.updated_at), "updated_by": kept.updated_by}


async def _export_toml(request: Request, network: Network, _principal: Principal) -> Response:
    """A hosts file: everything that is watched, or with `?origin=page` what was added here."""
    inventory = await _exported(request, network)
    text = await asyncio.to_thread(write_toml, inventory)
    return _file(text, "application/toml; charset=utf-8", "hosts.toml")


async def _export_csv(request: Request, network: Network, _principal: Principal) -> Response:
    """The same as a table, of as much as a table holds."""
    inventory = await _exported(request, network)
    return _file(await asyncio.to_thread(write_csv, inventory), "text/csv; charset=utf-8", "hosts.csv")


async def _exported(request: Request, network: Network) -> Inventory:
    inventory = await network.loader.poll()
    origin = request.query_params.get("origin")
    if origin is None:
        return inventory
    if origin not in ("file", "page"):
        raise BadField("origin")
    return Inventory(hosts=tuple(host for host in inventory.hosts if host.origin == origin))


def _file(text: str, kind: str, name: str) -> Response:
    return Response(text.encode(), media_type=kind, headers=HEADERS | {"content-disposition": f'attachment; filename="{name}"'})


# -- one host


async def _put(request: Request, network: Network, principal: Principal) -> Response:
    """Adds the host, or writes it anew."""
    id = request.path_params["id"]
    spec = _bare(await read_json(request, _SPEC_BYTES))
    if spec.setdefault("id", id) != id:
        raise BadField("id", N_("An id cannot be changed: add a new host, and remove this one."))
    host = host_of(spec, origin="page")
    filed = {one.id: one.parent for one in (await _file_of(network)).hosts}
    origin = origin_of(request, principal)

    async def write(change: Change) -> bool:
        parents = {**{one.id: one.parent for one in change.page.hosts}, **filed}
        if host.id in filed:
            raise InventoryErrors([fault("in_file", field="id", host=host.id, id=host.id)])
        if faults := misfits(host, {**parents, host.id: None}):
            raise InventoryErrors(faults)
        if len(parents) >= MOST_HOSTS and host.id not in parents:
            raise InventoryErrors([fault("too_large", part="file", most=MOST_HOSTS)])
        known = change.page.kept.get(host.id)
        if known is None or known.host != host:
            await change.put([host], origin.name)
            await audit_host(change, origin, known.host if known else None, host)
        return known is None

    added = await network.hosts.change(write)
    await network.loader.poll()
    problems = faults_json(await _strange_logins(request, Inventory(hosts=(host,))), principal.locale)
    return answer({"host": spec_of(host) | {"origin": "page"}, "problems": problems}, 201 if added else 200)


async def _delete(request: Request, network: Network, principal: Principal) -> Response:
    """Takes the host away. Its history stays, and is there again if the host is."""
    id = request.path_params["id"]
    filed = {one.id: one.parent for one in (await _file_of(network)).hosts}
    origin = origin_of(request, principal)

    async def write(change: Change) -> None:
        known = change.page.kept.get(id)
        broken = known is None and any(one.host == id for one in change.page.faults)
        if known is None and not broken:
            if id in filed:
                raise InventoryErrors([fault("in_file", field="id", host=id, id=id)])
            raise WebError(404, "not_found", N_("There is no such host."))
        behind = sorted(one.id for one in change.page.hosts if one.parent == id) if id not in filed else []
        if behind:
            message = N_("Behind this host lie others: {hosts}. Give them another parent first.")
            raise WebError(409, "has_children", message, hosts=", ".join(behind[:10]) + (", …" if len(behind) > 10 else ""))
        await change.remove([id])
        await audit_host(change, origin, known.host if known else None, None, id=id)

    await network.hosts.change(write)
    await network.loader.poll()
    return Response(status_code=204)


async def _test(request: Request, network: Network, principal: Principal) -> Response:
    """Measures a host as it is written here, before it is kept: one round."""
    spec = _bare(await read_json(request, _SPEC_BYTES))
    host = host_of({"id": "trial", "name": spec.get("address") or "trial", **{key: value for key, value in spec.items() if value != ""}})
    if network.testing.locked():
        raise WebError(503, "busy", N_("Many measurements are under way. Try again in a moment."), headers={"Retry-After": "3"})
    check = host.check
    takes = check.timeout_s + ((check.echoes - 1) * check.spacing_s if isinstance(check, Ping) else 0)
    async with network.testing:
        try:
            async with asyncio.timeout(takes + _SLACK_S):
                found = await network.prober.measure(host)
        except TimeoutError:
            raise WebError(504, "no_answer", N_("The measurement was not finished in time. Try again.")) from None
    why = network.prober.explain() if isinstance(check, Ping) and found.error == "no_permission" else None
    return answer({"round": round_json(found), "why": why})


def _bare(spec: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name not in _SHOWN}


async def _file_of(network: Network) -> Inventory:
    """The hosts of the file, as it is now."""
    await network.loader.poll()
    return network.loader.file.inventory if network.loader.file is not None else Inventory()


# -- many hosts


async def _import(request: Request, network: Network, principal: Principal) -> Response:
    """Adds and changes hosts as a file says: all of it or, when anything is wrong, nothing.

    `?dry=true` only tells what would change; `?replace=true` removes the page's hosts that the file does not name.
    """
    dry, replace = _flag(request, "dry"), _flag(request, "replace")
    text, form = await _given(request)
    file = await _file_of(network)
    page = await network.hosts.page()
    origin = origin_of(request, principal)
    try:
        given = await asyncio.to_thread(parsed, text, form, file, page)
        plan = await asyncio.to_thread(plan_of, given, file, page, replace=replace)
        if dry or not (plan.added or plan.changed or plan.removed):
            return await _told(request, principal, plan, dry=dry)

        async def write(change: Change) -> Plan:
            made = plan
            if change.page != page:  # somebody was quicker
                made = await asyncio.to_thread(plan_of, given, file, change.page, replace=replace)
            await change.remove(host.id for host in made.removed)
            await change.put([*made.added, *(new for _, new in made.changed)], origin.name)
            await audit_import(change, origin, added=made.added, changed=made.changed, removed=made.removed, same=made.same)
            return made

        plan = await network.hosts.change(write)
    except InventoryErrors as errors:
        return mistaken(request, principal, errors.faults, many=True)
    await network.loader.poll()
    return await _told(request, principal, plan, dry=False)


async def _told(request: Request, principal: Principal, plan: Plan, *, dry: bool) -> Response:
    notes = [request.state.i18n.text(principal.locale, note) for note in plan.notes]
    content = await asyncio.to_thread(lambda: msgspec.json.encode(plan.json() | {"notes": notes, "dry": dry}))
    return Response(content, media_type="application/json", headers=HEADERS)


def _flag(request: Request, name: str) -> bool:
    value = request.query_params.get(name, "false")
    if value not in ("true", "false"):
        raise BadField(name)
    return value == "true"


async def _given(request: Request) -> tuple[str, Form]:
    """(text, `toml` or `csv`): as JSON `{"text", "format"}`, or the file itself under its own type."""
    kind = media_type(request)
    if kind == "application/json":
        given = await read_json(request, _MOST_BYTES)
        text, form = given.get("text"), given.get("format")
        if not isinstance(text, str):
            raise BadField("text")
        if form not in ("toml", "csv"):
            raise BadField("format")
        return text, "toml" if form == "toml" else "csv"
    if kind not in ("application/toml", "text/csv"):
        raise WebError(415, "unsupported_media_type", N_("This kind of content is not understood here."))
    content = await read_bytes(request, _MOST_BYTES)
    return (decode_csv(content), "csv") if kind == "text/csv" else (decode_toml(content), "toml")
