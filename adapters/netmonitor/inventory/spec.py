"""One host as somebody writes it (a table of TOML, an object of JSON), to the value that the monitor knows, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal

from pydantic import ValidationError

from adapters.netmonitor.inventory.faults import Fault, InventoryErrors
from adapters.netmonitor.inventory.related import related
from adapters.netmonitor.inventory.schema import GroupSpec, HostSpec
from adapters.netmonitor.inventory.wording import faults_of
from adapters.netmonitor.values import Check, Group, Host, Http, Limits, Ping, Tcp

__all__ = ["Origin", "group_of", "group_spec_of", "host_faults", "host_of", "named", "spec_of"]

Origin = Literal["file", "page"]


def host_of(spec: Mapping[str, Any], *, origin: Origin = "file") -> Host:
    """The host that is meant. Raises InventoryErrors with everything that is wrong with it by itself; of other hosts nothing is known here.

    Without `ping`, `tcp` or `http` it is pinged. `notify`, `parent`, `contains`, `days_left`, `p95_…` may be `false`: none.
    """
    found = host_faults(spec, origin=origin)
    if isinstance(found, list):
        raise InventoryErrors(found)
    return found


def host_faults(spec: Mapping[str, Any], *, origin: Origin = "file") -> Host | list[Fault]:
    """The same, with the faults as its answer."""
    known = named(spec)
    try:
        made = HostSpec.model_validate(dict(spec))
    except ValidationError as error:
        found = faults_of(error, HostSpec, host=known)
        return [*found, *related(spec, {str(one.field) for one in found}, known)]
    if found := list(related(spec, (), known)):
        return found
    return _host(made, origin)


def named(spec: Mapping[str, Any]) -> str | None:
    """The id of what may be wrong otherwise; None: it has none that could be shown."""
    value = spec.get("id")
    return value[:64] if isinstance(value, str) and value else None


def _host(spec: HostSpec, origin: Origin) -> Host:
    if spec.http is not None:
        given = dict(spec.http) | {"status": tuple(dict.fromkeys(spec.http.status))}
        how: Check = Http(**given)
    elif spec.tcp is not None:
        how = Tcp(**dict(spec.tcp))
    else:
        how = Ping(**dict(spec.ping)) if spec.ping is not None else Ping()
    return Host(
        id=spec.id,
        name=spec.name,
        address=spec.address,
        group=spec.group,
        check=how,
        interval_s=spec.interval_s,
        family=spec.family,
        parent=spec.parent,
        limits=Limits(**dict(spec.limits)),
        critical=spec.critical,
        notify=_names(spec.notify),
        paused=spec.paused,
        origin=origin,
    )


def _names(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(dict.fromkeys(given))


def group_of(spec: GroupSpec) -> Group:
    """The group that is meant."""
    return Group(path=spec.path, rule=spec.rule, up=spec.up, notify=_names(spec.notify))


def spec_of(host: Host, *, brief: bool = False, null: object = None) -> dict[str, Any]:
    """The host as it is written: `host_of` makes it again, but for its origin.

    `brief`: without what is default anyway. `null` stands for none, where that is not the default: TOML needs `False`.
    """
    made: dict[str, Any] = {"id": host.id, "name": host.name, "address": host.address}
    for name in ("group", "parent", "interval_s", "family", "critical", "notify", "paused"):
        value = getattr(host, name)
        if not brief or value != _HOST_DEFAULTS[name]:
            made[name] = _plain(value, null)
    made[host.check.kind] = _table(host.check, brief, null)
    if host.check == _PLAIN and brief:
        del made[host.check.kind]
    if limits := _table(host.limits, brief, null):
        made["limits"] = limits
    return made


_PLAIN = Ping()
_HOST_DEFAULTS = {one.name: one.default for one in fields(Host)}


def _table(value: Check | Limits, brief: bool, null: object) -> dict[str, Any]:
    members = ((one, getattr(value, one.name)) for one in fields(value) if one.name != "kind")
    return {one.name: _plain(held, null) for one, held in members if not brief or held != one.default}


def _plain(value: Any, null: object) -> Any:
    return null if value is None else list(value) if isinstance(value, tuple) else value


def group_spec_of(group: Group) -> dict[str, Any]:
    """The group as it is written, without what is default anyway."""
    members = {"path": group.path, "rule": group.rule, "up": group.up, "notify": group.notify}
    return {name: _plain(value, None) for name, value in members.items() if value is not None and (name, value) != ("rule", "worst")}
