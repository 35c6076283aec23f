"""Signs of life by one wheel of timers: a session stands in one slot, and each tick pings one slot and looks at another.

No session has a timer, a task or a ping of its own. Sessions are spread over the slots, so their pings are too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from hub.close import Close, CloseCode
from hub.event import Format
from hub.protocol import encode, ping
from hub.session import OPCODES, Limits, Session
from hub.wire import frame

__all__ = ["Keepalive"]

_PAYLOADS: Mapping[Format, bytes] = {wire: encode(wire, ping()) for wire in OPCODES}
_FRAMES: Mapping[Format, bytes] = {wire: frame(payload, OPCODES[wire]) for wire, payload in _PAYLOADS.items()}


class Keepalive:
    """Pings each session every `ping_s` seconds and ends it with 4002 when nothing is heard within `pong_s`.

    `tick` is to be called every `tick_s` seconds. A session that was just heard is pinged all the same: the client, too,
    wants to know that the other end lives.
    """

    def __init__(self, limits: Limits) -> None:
        self.tick_s = max(0.01, min(1.0, limits.ping_s / 4, limits.pong_s / 4))
        """Seconds between two ticks; how exact the times are."""
        self._slots: list[dict[Session, None]] = [{} for _ in range(max(2, round(limits.ping_s / self.tick_s)))]
        self._late = max(1, math.ceil(limits.pong_s / self.tick_s))
        self._pinged_at: dict[int, float] = {}
        self._at = 0
        self._next = 0

    def add(self, session: Session, now: float) -> None:
        """The session has opened at `now`, in the loop's seconds."""
        session.heard_at = now
        session.slot = self._next
        self._slots[self._next][session] = None
        self._next = (self._next + 1) % len(self._slots)

    def discard(self, session: Session) -> None:
        """The session is over."""
        if session.slot >= 0:
            self._slots[session.slot].pop(session, None)
            session.slot = -1

    def tick(self, now: float) -> None:
        """Pings the slot whose turn it is, and ends those of the slot pinged `pong_s` ago that were not heard since."""
        self._at += 1
        asked_at = self._pinged_at.pop(self._at - self._late, None)
        if asked_at is not None:
            for session in list(self._slots[(self._at - self._late) % len(self._slots)]):
                if session.heard_at < asked_at:
                    session.close(Close(CloseCode.NO_PONG, "no pong"))
        self._pinged_at[self._at] = now
        for session in list(self._slots[self._at % len(self._slots)]):
            if session.direct is not None:
                session.direct(_FRAMES[session.wire])
            else:
                session.send_frame(_PAYLOADS[session.wire])
