"""Hosts among each other: ids of their own, parents that exist, no circles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from adapters.netmonitor.inventory.faults import Fault, fault
from adapters.netmonitor.values import Host

__all__ = ["chain", "circle_fault", "circles", "duplicates", "lost_parents", "misfits"]

_CHAIN = 8
"""Hosts of a circle that are named."""


def duplicates(hosts: Iterable[Host], place: Callable[[int], int | None]) -> Iterator[tuple[int, Fault]]:
    """(position, fault) of each host whose id one before it has. `place` gives the line of a position."""
    seen: dict[str, int] = {}
    for position, host in enumerate(hosts):
        first = seen.setdefault(host.id, position)
        if first != position:
            line = place(first)
            told = fault("duplicate_id", field="id", host=host.id, id=host.id)
            if line is not None:  # the same thing, said better
                told = replace(told, text=fault("duplicate_id_at", id=host.id, first=line).text)
            yield position, told


def lost_parents(hosts: Sequence[Host], others: Iterable[str] = ()) -> Iterator[tuple[int, Fault]]:
    """(position, fault) of each host whose parent is itself or nobody; `others` are ids that are known beside these."""
    known = {host.id for host in hosts} | set(others)
    for position, host in enumerate(hosts):
        if host.parent == host.id:
            yield position, fault("own_parent", field="parent", host=host.id)
        elif host.parent is not None and host.parent not in known:
            yield position, fault("no_such_parent", field="parent", host=host.id, parent=host.parent)


def circles(parents: Mapping[str, str | None]) -> list[tuple[str, ...]]:
    """Each circle of `host -> parent` once, beginning with its smallest id; a host that is its own parent is none."""
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in parents:
        path: dict[str, int] = {}
        here: str | None = start
        while here is not None and here not in done and here not in path:
            path[here] = len(path)
            here = parents.get(here)
        if here is not None and here in path and len(path) - path[here] > 1:
            ring = list(path)[path[here] :]
            turn = ring.index(min(ring))
            found.append((*ring[turn:], *ring[:turn]))
        done.update(path)
    return found


def misfits(host: Host, parents: Mapping[str, str | None]) -> list[Fault]:
    """What is wrong with a host among others, given as `id -> parent`: its parent is itself or nobody, or it closes a circle."""
    if host.parent is None:
        return []
    if host.parent == host.id:
        return [fault("own_parent", field="parent", host=host.id)]
    if host.parent not in parents:
        return [fault("no_such_parent", field="parent", host=host.id, parent=host.parent)]
    rings = circles({**parents, host.id: host.parent})
    return [replace(circle_fault(ring), host=host.id) for ring in rings if host.id in ring]


def chain(ring: Sequence[str]) -> str:
    """A circle in one line: `a → b → a`."""
    shown = [*ring[:_CHAIN], *(["…"] if len(ring) > _CHAIN else []), ring[0]]
    return " → ".join(shown)


def circle_fault(ring: Sequence[str]) -> Fault:
    """What is said of a circle, of its first host."""
    return fault("parent_circle", field="parent", host=ring[0], chain=chain(ring))
