"""Which node of Finesse all agents are signed in to. Pure: looks and times go in, the node comes out.

An agent is where their presence is, and leaving a node costs a forced sign-out there about a minute later; so everybody stays on one node
until that has been useless for some seconds and another one is in service, and nobody goes back by themselves
(Administration Guide 12.6(2), "Cisco Finesse Failover Mechanisms"; Developer Guide, "Failure Scenarios").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from adapters.finesse.values import SystemInfo

__all__ = ["PATIENCE_S", "Failover", "NodeState", "Pace", "Seen"]

NodeState: TypeAlias = Literal["unknown", "in_service", "partial", "out_of_service", "maintenance", "away"]
"""`unknown`: not looked at yet, or it does not tell strangers; `partial`: serves those who are there; `maintenance`: wants them to go;
`away`: does not answer, or nothing of Finesse's."""
_USABLE = frozenset({"in_service", "partial"})

PATIENCE_S: Mapping[NodeState, float] = MappingProxyType({"away": 10.0, "out_of_service": 40.0, "maintenance": 0.0})
"""Seconds that a node may be so before it is left. Out of service is longer: it has lost its contact centre and says so, and often the
other node has lost it too. In maintenance Finesse waits for everybody to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds. All but the deadline are spread by a fifth either way."""

    healthy_s: float = 10.0
    """Between looks at the node in use."""
    spare_s: float = 30.0
    """Between looks at the other one."""
    troubled_s: float = 2.0
    """Between looks at every node while the one in use is useless."""
    fresh_s: float = 15.0
    """How old a look at a node may be that everybody is to go to."""
    unheard_s: float = 20.0
    """How long the notification service of a node may be out before it is left."""
    first_s: float = 5.0
    """The longest patience with a node that was never in service since the start: nobody is signed in there through us."""


@dataclass(slots=True)
class Seen:
    """What is known of one node. Times are the clock's seconds."""

    state: NodeState = "unknown"
    since: float = 0.0
    """Of this state."""
    looked: float | None = None
    why: str = ""
    """For people who mend it; empty while it is in service."""
    info: SystemInfo | None = None
    """The last that it said; kept while it is away."""
    useless_since: float | None = None
    """Since when it is of no use, whatever the states; None: it is."""
    unheard_since: float | None = None
    """Since when its notification service is out."""


class Failover:
    """The order of nodes and where everybody is."""

    def __init__(self, nodes: Sequence[str], *, pace: Pace | None = None, patience_s: Mapping[NodeState, float] = PATIENCE_S) -> None:
        """`nodes`: in the order of preference, one or more."""
        if not nodes or len(set(nodes)) != len(nodes):
            raise ValueError("nodes: at least one, and each once")
        self.pace = pace or Pace()
        self._patience_s = patience_s
        self._seen = {node: Seen() for node in nodes}
        self._used = False
        self.current = nodes[0]
        """The node for all requests and connections."""

    @property
    def nodes(self) -> tuple[str, ...]:
        """All, in the order of preference."""
        return tuple(self._seen)

    def seen(self, node: str) -> Seen:
        """What is known of a node."""
        return self._seen[node]

    def looked(self, node: str, state: NodeState, now: float, *, why: str = "", info: SystemInfo | None = None) -> bool:
        """Takes a look into account; True when the node's state or reason is another than before. Call `decide` then."""
        seen = self._seen[node]
        changed = (seen.state, seen.why) != (state, why)
        if seen.state != state:
            seen.since = now
        seen.state, seen.why, seen.looked = state, why, now
        if info is not None:
            changed = changed or seen.info is None or seen.info.platform != info.platform
            seen.info = info
        if state in _USABLE or state == "unknown":
            seen.useless_since = None
            self._used = self._used or (state != "unknown" and node == self.current)
        elif seen.useless_since is None:
            seen.useless_since = now
        return changed

    def heard(self, node: str, up: bool, now: float) -> bool:
        """Takes into account whether a node's notification service can be reached; True when that is news."""
        seen = self._seen[node]
        if up is (seen.unheard_since is None):
            return False
        seen.unheard_since = None if up else now
        return True

    def follow(self, node: str) -> bool:
        """Goes where somebody else has decided to go; True when that is another node."""
        if node == self.current:
            return False
        self.current, self._used = node, True
        return True

    def decide(self, now: float) -> bool:
        """Goes to another node when it is time; True when it went."""
        left_s = self.patience_left_s(now)
        if left_s is None or left_s > 0:
            return False
        for node, seen in self._seen.items():
            fresh = seen.looked is not None and now - seen.looked <= self.pace.fresh_s
            if node != self.current and fresh and seen.state == "in_service" and seen.unheard_since is None:
                self.current, self._used = node, True
                return True
        return False

    def patience_left_s(self, now: float) -> float | None:
        """Seconds until the node in use may be left, 0 when it may; None: it is in order."""
        seen = self._seen[self.current]
        ends: list[float] = []
        if seen.useless_since is not None:
            patience_s = self._patience_s.get(seen.state, 0.0)
            ends.append(seen.useless_since + (patience_s if self._used else min(patience_s, self.pace.first_s)))
        if seen.unheard_since is not None:
            ends.append(seen.unheard_since + self.pace.unheard_s)
        return max(min(ends) - now, 0.0) if ends else None

    def next_look_s(self, node: str) -> float:
        """Seconds from one look at a node to the next, before they are spread."""
        in_use = self._seen[self.current]
        if in_use.useless_since is not None or in_use.unheard_since is not None:
            return self.pace.troubled_s
        return self.pace.healthy_s if node == self.current else self.pace.spare_s
