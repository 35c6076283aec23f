"""Who lies behind whom (UX B5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from adapters.netmonitor.judge.watched import Watched
from adapters.netmonitor.values import State
from hub.turns import Stepwise

__all__ = ["above", "link", "silent_behind"]


def link(hosts: Mapping[str, Watched]) -> Stepwise[set[str]]:
    """Parents and children, and how deep each lies; gives the hosts that moved and were measured before.

    A parent that is not there is none; nor is one that would close a circle.
    """
    parents = {id: host.host.parent for id, host in hosts.items()}
    moved = set()
    for host in hosts.values():
        host.children, host.depth = [], -1
    for id, host in hosts.items():
        yield
        _find_depth(id, hosts, parents)
        up = parents[id]
        parent = None if up is None else hosts.get(up)
        if host.parent is not parent:
            host.parent = parent
            if host.begun:
                moved.add(id)
        if parent is not None:
            parent.children.append(host)
    return moved


def _find_depth(id: str, hosts: Mapping[str, Watched], parents: dict[str, str | None]) -> None:
    """Of a host and of those above it, as far as it is not known yet."""
    chain = [id]
    while hosts[chain[-1]].depth < 0:
        up = parents[chain[-1]]
        if up is None or up not in hosts or up in chain:
            parents[chain[-1]], hosts[chain[-1]].depth = None, 0
            break
        chain.append(up)
    for below in reversed(chain[:-1]):
        if hosts[below].depth < 0:
            hosts[below].depth = hosts[str(parents[below])].depth + 1


def above(host: Watched) -> Iterator[Watched]:
    """Its parents that are measured, the nearest first."""
    up = host.parent
    while up is not None:
        if up.begun and not up.host.paused:
            yield up
        up = up.parent


def silent_behind(host: Watched) -> Iterator[Watched]:
    """The hosts behind a silent one, at any depth, that do not answer either; not those behind one that does."""
    found = list(host.children) if host.silent or host.level is State.UNREACHABLE else []
    while found:
        below = found.pop()
        if below.silent or below.level is State.UNREACHABLE:
            yield below
        elif below.begun and not below.host.paused:
            continue
        found += below.children
