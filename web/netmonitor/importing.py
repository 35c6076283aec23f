"""What it would mean to bring in a file of hosts: which are new, which change, and why it cannot be. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from adapters.netmonitor.inventory.build import MOST_HOSTS
from adapters.netmonitor.inventory.csv_file import parse_csv
from adapters.netmonitor.inventory.faults import Fault, InventoryErrors, fault
from adapters.netmonitor.inventory.spec import spec_of
from adapters.netmonitor.inventory.store import Page
from adapters.netmonitor.inventory.toml_file import parse_toml
from adapters.netmonitor.inventory.whole import circle_fault, circles
from adapters.netmonitor.values import Host, Inventory
from web.i18n import N_
from web.netmonitor.host_audit import differences

__all__ = ["Form", "Plan", "parsed", "plan_of"]

Form = Literal["toml", "csv"]


@dataclass(slots=True)
class Plan:
    """What an import does."""

    added: list[Host] = field(default_factory=list)
    changed: list[tuple[Host, Host]] = field(default_factory=list)
    """As it was, as it is to be."""
    removed: list[Host] = field(default_factory=list)
    same: int = 0
    notes: list[str] = field(default_factory=list)
    """Sentences of the catalogs."""

    def json(self) -> dict[str, Any]:
        """As it is told, but for the notes."""
        pairs = [(new.id, *differences(old, new)) for old, new in self.changed]
        return {
            "added": [host.id for host in self.added],
            "changed": [new.id for _, new in self.changed],
            "removed": [host.id for host in self.removed],
            "same": self.same,
            "changes": [{"id": id, "before": before, "after": after} for id, before, after in pairs],
        }


def parsed(text: str, form: Form, file: Inventory, page: Page) -> Inventory:
    """The hosts of the text. Those that are there may be parents, and a table changes of them what it has columns for.

    Raises InventoryErrors.
    """
    known = {host.id: host for host in [*page.hosts, *file.hosts]}
    return parse_csv(text, known=known, origin="page") if form == "csv" else parse_toml(text, known=list(known), origin="page")


def plan_of(given: Inventory, file: Inventory, page: Page, *, replace: bool) -> Plan:
    """What would change. `replace`: the page's hosts that are not given go. Raises InventoryErrors where it does not fit what is there.

    A host of the file may be given as it is, so that what was taken out can be brought in again; its changes belong into the file.
    """
    filed = {host.id: host for host in file.hosts}
    plan = Plan()
    faults: list[Fault] = []
    for host in given.hosts:
        old = page.kept.get(host.id)
        if host.id in filed:
            plan.same += 1
            if spec_of(filed[host.id]) != spec_of(host):
                faults.append(fault("in_file", field="id", host=host.id, id=host.id))
        elif old is None:
            plan.added.append(host)
        elif old.host == host:
            plan.same += 1
        else:
            plan.changed.append((old.host, host))
    named = {host.id for host in given.hosts}
    if replace:
        plan.removed = [host for host in page.hosts if host.id not in named]
    gone = {host.id for host in plan.removed}
    parents = {host.id: host.parent for host in page.hosts if host.id not in gone}
    parents |= {host.id: host.parent for host in given.hosts if host.id not in filed}
    parents |= {host.id: host.parent for host in file.hosts}
    faults += [
        fault("no_such_parent", field="parent", host=id, parent=parent)
        for id, parent in parents.items()
        if parent is not None and parent not in parents and id in named
    ]
    faults += [circle_fault(ring) for ring in circles(parents) if named & set(ring)]
    if len(parents) > MOST_HOSTS:
        faults.append(fault("too_large", part="file", most=MOST_HOSTS))
    if faults:
        raise InventoryErrors(faults)
    if given.groups or given.anchors is not None:
        plan.notes.append(N_("Groups and anchors were passed over: they are taken from the hosts file only."))
    return plan
