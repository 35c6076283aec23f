"""The hosts of the file and those of the admin page as one inventory. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from adapters.netmonitor.inventory.faults import Fault, fault
from adapters.netmonitor.inventory.whole import chain, circles
from adapters.netmonitor.values import Host, Inventory

__all__ = ["Joined", "join"]


@dataclass(frozen=True, slots=True)
class Joined:
    """What is watched, and what of the page's hosts could not be taken as it was."""

    inventory: Inventory
    faults: tuple[Fault, ...] = ()


def join(file: Inventory, page: Iterable[Host]) -> Joined:
    """Both together; the file wins where both have an id.

    The file may change after the page's hosts were checked against it. What no more fits is told and made to fit: a parent that is gone,
    or that would close a circle, is taken from the page's host; the file's hosts stay as they are.
    """
    faults: list[Fault] = []
    filed = {host.id for host in file.hosts}
    hosts = {host.id: host for host in file.hosts}
    for host in page:
        if host.id in filed:
            faults.append(fault("file_wins", field="id", host=host.id, id=host.id))
        else:
            hosts[host.id] = replace(host, origin="page")
    for host in list(hosts.values()):
        if host.origin == "page" and host.parent is not None and (host.parent not in hosts or host.parent == host.id):
            faults.append(fault("parent_dropped", field="parent", host=host.id, parent=host.parent))
            hosts[host.id] = replace(host, parent=None)
    for ring in circles({host.id: host.parent for host in hosts.values()}):
        # the file alone has no circle, so one of the page's hosts is in each
        cut = min(id for id in ring if hosts[id].origin == "page")
        faults.append(fault("circle_dropped", field="parent", host=cut, chain=chain(ring)))
        hosts[cut] = replace(hosts[cut], parent=None)
    return Joined(Inventory(hosts=tuple(hosts.values()), groups=file.groups, anchors=file.anchors), tuple(faults))
