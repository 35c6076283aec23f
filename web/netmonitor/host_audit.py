"""Changes of hosts as lines of the audit log: what was before, what is after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.netmonitor.inventory.spec import spec_of
from adapters.netmonitor.inventory.store import Change
from adapters.netmonitor.values import Host
from web.audit import Origin, record

__all__ = ["audit_host", "audit_import", "differences"]

_EACH = 200
"""An import of no more changes has a line for each host, a larger one only its summary."""


def differences(old: Host, new: Host) -> tuple[dict[str, Any], dict[str, Any]]:
    """The members that differ, before and after, by path."""
    before, after = _flat(spec_of(old)), _flat(spec_of(new))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def _flat(spec: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in spec.items():
        if isinstance(value, dict):
            made |= {f"{name}.{inner}": held for inner, held in value.items()}
        else:
            made[name] = value
    return made


async def audit_host(change: Change, origin: Origin, old: Host | None, new: Host | None, *, id: str = "") -> None:
    """One line, within the change: added without `old`, removed without `new`; `id` where there is neither."""
    subject = f"host {new.id if new else old.id if old else id}"
    before = spec_of(old, brief=True) if old else None
    after = spec_of(new, brief=True) if new else None
    action = "network.host_added" if old is None and new else "network.host_removed" if new is None else "network.host_changed"
    if old and new:
        before, after = differences(old, new)
    await record(change.connection, origin, action, at=change.at, subject=subject, before=before, after=after)


async def audit_import(
    change: Change, origin: Origin, *, added: Sequence[Host], changed: Sequence[tuple[Host, Host]], removed: Sequence[Host], same: int
) -> None:
    """The line of an import, and those of its hosts."""
    pairs: Sequence[tuple[Host | None, Host | None]] = [
        *((None, host) for host in added),
        *changed,
        *((host, None) for host in removed),
    ]
    counts = {"added": len(added), "changed": len(changed), "removed": len(removed), "same": same}
    await record(change.connection, origin, "network.hosts_imported", at=change.at, subject="hosts", after=counts)
    if len(pairs) <= _EACH:
        for old, new in pairs:
            await audit_host(change, origin, old, new)
