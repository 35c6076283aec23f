"""What a node's SystemInfo means for those who are at it, or want to go there. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.finesse.elements import parse
from adapters.finesse.reading import read_system
from adapters.finesse.rest.failover import NodeState
from adapters.finesse.values import SystemInfo

__all__ = ["Health", "health_of", "read_health"]

_LEAVING = frozenset({"INITIATING", "IN_PROGRESS", "COMPLETED"})
"""Of finesseMMode: everybody is to go to the other node. Empty or FAILED: nobody is (Developer Guide 12.6(2), "SystemInfo")."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a node said, and what it comes to; `why` is empty while it is in service."""

    info: SystemInfo
    state: NodeState
    why: str = ""


def read_health(body: bytes) -> Health:
    """Of a response. Raises Unreadable."""
    info = read_system(body)
    if parse(body).say("finessemmode").upper() in _LEAVING:
        return Health(info, "maintenance", "it is in maintenance mode")
    return health_of(info)


def health_of(info: SystemInfo) -> Health:
    """Of a SystemInfo. A status that nobody knows is out of service."""
    if info.in_service:
        return Health(info, "in_service")
    why = info.status_reason or info.status
    return Health(info, "partial" if info.status == "PARTIAL_SERVICE" else "out_of_service", why)
