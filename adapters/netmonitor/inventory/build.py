"""Tables as they were written (of TOML or CSV) to an inventory, or to all the faults in them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from adapters.netmonitor.inventory.faults import Fault, InventoryErrors, fault
from adapters.netmonitor.inventory.schema import KINDS, TABLES, Address, GroupSpec, HostSpec
from adapters.netmonitor.inventory.spec import group_of, host_faults, named
from adapters.netmonitor.inventory.whole import circle_fault, circles, duplicates, lost_parents
from adapters.netmonitor.inventory.wording import faults_of
from adapters.netmonitor.values import Group, Host, Inventory

__all__ = ["MOST_GROUPS", "MOST_HOSTS", "Locate", "build"]

MOST_HOSTS = 20_000
MOST_GROUPS = 5_000
_MOST_ANCHORS = 100
_LAST = 1 << 30
_OWN = ("id", "name", "address")
_addresses = TypeAdapter(list[Address])

Locate = Callable[[str, int, str | None], int | None]
"""(`hosts`, `groups`, `defaults` or `anchors`; position; field) -> line of the file."""


def build(given: Mapping[str, Any], locate: Locate, *, known: Sequence[str] = (), origin: Any = "file") -> Inventory:
    """The inventory that is meant by `hosts`, `groups`, `anchors` and `defaults`. Raises InventoryErrors with all that is wrong, in order.

    `known` are ids of hosts that stand elsewhere and may be parents.
    """
    found: list[Fault] = []
    found += [_top(key, locate) for key in given if key not in ("hosts", "groups", "anchors", "defaults")]
    defaults = _defaults(given.get("defaults", {}), found, locate)
    hosts = _hosts(_tables(given, "hosts", MOST_HOSTS, found), defaults, found, locate, known, origin)
    groups = _groups(_tables(given, "groups", MOST_GROUPS, found), found, locate)
    anchors = _anchors(given.get("anchors"), found, locate)
    if found:
        raise InventoryErrors(sorted(found, key=lambda one: one.line or _LAST))
    return Inventory(hosts=hosts, groups=groups, anchors=anchors)


def _top(key: str, locate: Locate) -> Fault:
    names = ("hosts", "groups", "anchors", "defaults")
    return fault("unknown_key", field=key, part="file", line=locate(key, 0, None), known=", ".join(names))


def _tables(given: Mapping[str, Any], key: str, most: int, found: list[Fault]) -> list[Any]:
    tables = given.get(key, [])
    if not isinstance(tables, list):
        found.append(fault("not_list", field=key, part="file"))
        return []
    if len(tables) > most:
        found.append(fault("too_large", field=key, part="file", most=most))
        return []
    return tables


def _defaults(given: Any, found: list[Fault], locate: Locate) -> dict[str, Any]:
    """What of `[defaults]` is right: its faults are told once, not again for each host."""
    if not isinstance(given, dict):
        found.append(fault("not_table", part="defaults", line=locate("defaults", 0, None)))
        return {}
    faults = [fault("not_a_default", field=name, part="defaults") for name in _OWN if name in given]
    probe = {"id": "defaults", "name": "defaults", "address": "localhost"} | {key: value for key, value in given.items() if key not in _OWN}
    try:
        HostSpec.model_validate(probe)
    except ValidationError as error:
        # what each check needs may stand with the hosts
        faults += [one for one in faults_of(error, HostSpec, host=None, part="defaults") if one.code != "missing"]
    found += [one.at(locate("defaults", 0, one.field)) for one in faults]
    good: dict[str, Any] = {}
    bad = {str(one.field) for one in faults}
    bad |= {path.rpartition(".")[0] for path in bad if path.rpartition(".")[2].isdigit()}  # a member spoils its list
    for key, value in given.items():
        if key in bad:
            continue
        good[key] = {name: inner for name, inner in value.items() if f"{key}.{name}" not in bad} if isinstance(value, dict) else value
    return good


def _filled(spec: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The host with the defaults under it. Which check it is, is its own to say; ping, if it says nothing."""
    if not defaults:
        return spec
    kinds = [kind for kind in KINDS if kind in spec] or ["ping"]
    made = {key: value for key, value in defaults.items() if key not in TABLES} | spec
    for table in (*kinds, "limits"):
        inner = spec.get(table, {})
        if table in defaults and isinstance(inner, dict):
            made[table] = {**defaults[table], **inner}
    return made


def _hosts(
    tables: list[Any], defaults: Mapping[str, Any], found: list[Fault], locate: Locate, known: Sequence[str], origin: Any
) -> tuple[Host, ...]:
    good: list[Host] = []
    positions: list[int] = []
    ids = set(known)
    for position, table in enumerate(tables):
        if not isinstance(table, dict):
            found.append(fault("not_table", field="hosts", part="file", line=locate("hosts", position, None)))
            continue
        host = host_faults(_filled(table, defaults), origin=origin)
        if isinstance(host, list):
            found += [one.at(locate("hosts", position, one.field)) for one in host]
            ids.add(named(table) or "")  # it is there, if faulty: it is not also told as somebody's missing parent
            continue
        good.append(host)
        positions.append(position)

    among = [*duplicates(good, lambda at: locate("hosts", positions[at], None)), *lost_parents(good, ids)]
    found += [one.at(locate("hosts", positions[at], one.field)) for at, one in among]
    first = {host.id: at for at, host in reversed(list(enumerate(good)))}
    for ring in circles({host.id: host.parent for host in reversed(good)}):
        found.append(circle_fault(ring).at(locate("hosts", positions[first[ring[0]]], "parent")))
    return tuple(good)


def _groups(tables: list[Any], found: list[Fault], locate: Locate) -> tuple[Group, ...]:
    good: dict[str, Group] = {}
    for position, table in enumerate(tables):
        faults: list[Fault] = []
        path = table.get("path") if isinstance(table, dict) else None
        name = path[:255] if isinstance(path, str) else None
        try:
            spec = GroupSpec.model_validate(table)
        except ValidationError as error:
            faults = faults_of(error, GroupSpec, host=name, part="group")
        else:
            if spec.rule == "at_least" and spec.up is None:
                faults.append(fault("rule_needs_up", field="up", host=name, part="group"))
            if spec.rule == "worst" and spec.up is not None:
                faults.append(fault("up_needs_rule", field="up", host=name, part="group"))
            if spec.path in good:
                faults.append(fault("duplicate_group", field="path", host=name, part="group"))
            good.setdefault(spec.path, group_of(spec))
        found += [one.at(locate("groups", position, one.field)) for one in faults]
    return tuple(good.values())


def _anchors(given: Any, found: list[Fault], locate: Locate) -> tuple[str, ...] | None:
    if given is None or given is False:
        return None
    line = locate("anchors", 0, None)
    if not isinstance(given, list):
        found.append(fault("not_list", field="anchors", part="file", line=line))
        return None
    if len(given) > _MOST_ANCHORS:
        found.append(fault("too_large", field="anchors", part="file", line=line, most=_MOST_ANCHORS))
        return None
    try:
        return tuple(dict.fromkeys(_addresses.validate_python(given, strict=True)))
    except ValidationError as error:
        for one in error.errors(include_url=False):
            code = "not_text" if one["type"] == "string_type" else "bad_address"
            found.append(fault(code, field=".".join(map(str, ("anchors", *one["loc"]))), part="file", line=line))
        return None
