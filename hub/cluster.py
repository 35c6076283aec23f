"""Who is connected at which node: each tells its own people over the bus, as changes, and as a whole every few seconds.

No I/O; `now` is the monotonic clock of the node that asks, never another's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.messages import Goodbye, Here

__all__ = ["Cluster"]

WHOLE_S = 5.0
"""Between two tellings of everybody."""
CHANGES_S = 0.2
"""Between two tellings of changes, at least."""
GONE_S = 15.0
"""A node that was not heard for so long is gone, with its people."""
MAX_NODES = 100
"""More are not followed: a bus that is shared by mistake must not fill the memory."""


@dataclass(slots=True)
class _Node:
    heard_at: float
    users: dict[int, int] = field(default_factory=dict)
    reads: Sequence[str] = ()


class Cluster:
    """The people at the other nodes as they told it, and what this one has to tell."""

    def __init__(self, node: str, *, reads: Callable[[], Sequence[str]] = tuple) -> None:
        """`reads` gives the topics read here that every node publishes on demand only."""
        self.node, self._reads = node, reads
        self._mine: dict[int, int] = {}
        self._changed: set[int] = set()
        self._others: dict[str, _Node] = {}
        self._sessions: defaultdict[int, int] = defaultdict(int)
        self._whole_at = float("-inf")
        self._told_at = float("-inf")

    # -- what happens here ----------------------------------------------------------------------------

    def entered(self, user_id: int) -> None:
        """A session of this person has opened here."""
        self._mine[user_id] = self._mine.get(user_id, 0) + 1
        self._changed.add(user_id)

    def left(self, user_id: int) -> None:
        """One has ended here."""
        count = self._mine.get(user_id, 0) - 1
        if count > 0:
            self._mine[user_id] = count
        else:
            self._mine.pop(user_id, None)
        self._changed.add(user_id)

    def due(self, now: float) -> Here | None:
        """What to tell now, None when there is nothing. Also forgets the nodes that are not heard any more."""
        for name in [name for name, other in self._others.items() if now - other.heard_at > GONE_S]:
            self._forget(name)
        if now - self._whole_at >= WHOLE_S:
            self._whole_at = self._told_at = now
            self._changed.clear()
            return Here(self.node, True, list(self._mine.items()), list(self._reads()))
        if self._changed and now - self._told_at >= CHANGES_S:
            self._told_at = now
            changes = [(user_id, self._mine.get(user_id, 0)) for user_id in self._changed]
            self._changed.clear()
            return Here(self.node, False, changes, list(self._reads()))
        return None

    def goodbye(self) -> Goodbye:
        """The last word of this node."""
        return Goodbye(self.node)

    # -- what the others tell -------------------------------------------------------------------------

    def observe(self, message: Here | Goodbye, now: float) -> tuple[set[int], set[int]]:
        """Takes in what a node tells; gives who came to the other nodes, and who has left them all."""
        if message.node == self.node:
            return set(), set()
        before = {user_id for user_id in self._touched(message) if self._sessions[user_id]}
        if isinstance(message, Goodbye):
            touched = self._touched(message)
            self._forget(message.node)
        else:
            touched = self._touched(message)
            self._hear(message, now)
        after = {user_id for user_id in touched if self._sessions.get(user_id)}
        for user_id in touched - after:
            self._sessions.pop(user_id, None)
        return after - before, before - after

    def _touched(self, message: Here | Goodbye) -> set[int]:
        known = self._others.get(message.node)
        told = {user_id for user_id, _ in message.users} if isinstance(message, Here) else set()
        if known is not None and (isinstance(message, Goodbye) or message.whole):
            told |= known.users.keys()
        return told

    def _hear(self, here: Here, now: float) -> None:
        node = self._others.get(here.node)
        if node is None:
            if len(self._others) >= MAX_NODES:
                return
            node = self._others[here.node] = _Node(now)
            self._whole_at = float("-inf")  # it does not know us: tell it everybody
        node.heard_at, node.reads = now, here.reads
        told = dict(here.users)
        if here.whole:
            told = dict.fromkeys(node.users, 0) | told
        for user_id, count in told.items():
            self._sessions[user_id] += count - node.users.get(user_id, 0)
            if count:
                node.users[user_id] = count
            else:
                node.users.pop(user_id, None)

    def _forget(self, name: str) -> None:
        node = self._others.pop(name, None)
        if node is not None:
            for user_id, count in node.users.items():
                self._sessions[user_id] -= count
                if not self._sessions[user_id]:
                    del self._sessions[user_id]

    # -- what is asked --------------------------------------------------------------------------------

    def connected(self, user_id: int) -> bool:
        """True when the person has a session at any node."""
        return user_id in self._mine or user_id in self._sessions

    def anybody(self) -> bool:
        """True when anybody is connected anywhere."""
        return bool(self._mine or self._sessions)

    def sessions_of(self, user_id: int) -> int:
        """How many sessions the person has at all nodes."""
        return self._mine.get(user_id, 0) + self._sessions.get(user_id, 0)

    def reads(self, topic: str) -> bool:
        """True when somebody at another node reads this topic."""
        return any(topic in node.reads for node in self._others.values())

    def others(self) -> Sequence[str]:
        """The other nodes that are heard."""
        return list(self._others)

    def sessions(self) -> Mapping[str, int]:
        """How many sessions each node has, as this one knows."""
        others = {name: sum(node.users.values()) for name, node in self._others.items()}
        return others | {self.node: sum(self._mine.values())}
