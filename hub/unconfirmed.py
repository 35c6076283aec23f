"""What was sent to a device and not confirmed when its connection ended: a position it resumes from may confirm so much, and no more.

A client takes its first position from `welcome`, "from now on". Nothing before that was sent to it, so when it comes back
with that position it has not received what stands there. Kept in this process alone: what another node has sent, or this one
before a restart, is confirmed by no position, and is pushed once more when its deadline comes.
"""

from __future__ import annotations

from collections import OrderedDict

from hub.session import Session

__all__ = ["Unconfirmed"]

Sent = tuple[int, int]
"""Beyond the first seq, up to and with the second."""


class Unconfirmed:
    """By person and device, for at most `most` of them; the one that left longest ago makes room."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._sent: OrderedDict[tuple[int, str], Sent] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sent)

    def left(self, session: Session) -> None:
        """A session has ended. Two of one device count as one where what they were sent joins, else the later one counts."""
        after, last = session.received_seq, session.sent_seq
        if last <= after:
            return
        key = (session.principal.user_id, session.device)
        before = self._sent.pop(key, None)
        if before is not None and before[0] <= last and after <= before[1]:
            after, last = min(after, before[0]), max(last, before[1])
        self._sent[key] = (after, last)
        if len(self._sent) > self._most:
            self._sent.popitem(last=False)

    def of(self, user_id: int, device: str) -> Sent | None:
        """What was sent to this device in sessions that have ended."""
        return self._sent.get((user_id, device))
