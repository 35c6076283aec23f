"""What was said to be shown or read, until it is sure that the hub knows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from navigator_client.messages import State

__all__ = ["Mark", "Unconfirmed"]

_SETTLED_S = 10.0
"""A connection that is heard of this much later has brought the mark over."""
_KEPT = 200
"""Beyond it the oldest is given up: a mark is a courtesy to the person's other devices, not a receipt."""


@dataclass(slots=True)
class Mark:
    """`sent_at`: seconds of the loop's clock, None while it was not sent."""

    level: Literal["shown", "read"]
    id: str
    sent_at: float | None = None


class Unconfirmed:
    """Marks have no answer of their own: a `state` frame that covers one is an answer, and so is a connection that goes on.

    Until then a mark is said again after every reconnect; saying it twice does no harm, levels only rise.
    """

    def __init__(self) -> None:
        self._kept: deque[Mark] = deque(maxlen=_KEPT)

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, mark: Mark) -> None:
        """Keeps a mark until it is confirmed."""
        self._kept.append(mark)

    def confirm(self, state: State) -> None:
        """Drops what a `state` frame says the hub has taken."""
        if state.level in ("shown", "read", "done") and state.ids:
            known = set(state.ids)
            self._keep(lambda mark: mark.id not in known or (mark.level == "read" and state.level == "shown"))

    def settle(self, heard_at: float) -> None:
        """Drops what the connection, heard of at `heard_at`, must have brought over."""
        if self._kept:
            self._keep(lambda mark: mark.sent_at is None or heard_at - mark.sent_at < _SETTLED_S)

    def again(self) -> list[Mark]:
        """All of them, to be said once more."""
        return list(self._kept)

    def _keep(self, wanted: Callable[[Mark], bool]) -> None:
        self._kept = deque(filter(wanted, self._kept), maxlen=_KEPT)
