"""One live session, sans I/O: positions, acks, bounds. A driver takes what it wants sent and feeds it time.

A session is hot while its driver can write at once: frames then go straight to `direct`, ready for the wire, and nothing
is queued. A session whose reader is slow, or whose driver has no direct way, queues within its bound.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hub.close import Close, CloseCode
from hub.event import Format
from hub.principal import Principal
from hub.protocol import encode
from hub.wire import BINARY, TEXT, frame

__all__ = ["OPCODES", "Limits", "Session"]

OPCODES: Mapping[Format, int] = {"json": TEXT, "msgpack": BINARY}
"""How each wire format travels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one session; PROTOCOL "Bounds"."""

    queue_bytes: int = 1 << 20
    queue_frames: int = 4096
    topics: int = 128
    sessions_per_user: int = 20
    commands_per_s: float = 50.0
    command_burst: int = 200
    errors: int = 20
    errors_window_s: float = 5.0
    ping_s: float = 25.0
    pong_s: float = 8.0
    hello_s: float = 10.0
    replay_page: int = 200


@dataclass(slots=True, eq=False)
class Session:
    """A person's open connection.

    Whatever cannot be written at once stands in one bounded queue; a reader too slow for the bound is closed with 4001
    rather than waited for. `wake` is called when the queue turns from empty to not empty, when the inbox has to be
    replayed, or when `closing` is set.
    """

    principal: Principal
    device: str
    wire: Format
    limits: Limits
    wake: Callable[[], None]
    id: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    client: str = ""
    direct: Callable[[bytes], None] | None = None
    """Writes ready frames at once; None while they must be queued. Only the driver sets it, with nothing queued."""
    fd: int = -1
    """The socket that `direct` writes to, where frames may also be sent to it beside `direct` while that is set; else -1.

    It may when `direct` then holds nothing back, and when no layer (TLS) lies between. The driver sets it before the session is hot.
    """
    topics: tuple[str, ...] = ()
    """What it reads; where it stands in each is the fan-out's to know."""
    sent_seq: int = 0
    """The last inbox seq put in the queue; everything up to it was either sent or is not wanted."""
    head_seq: int = 0
    """The newest inbox seq that this session has heard of; greater than `sent_seq` while it catches up."""
    counted_seq: int = 0
    """The head that the count in `welcome` took in: what is replayed beyond it is not in that count."""
    live: bool = False
    """False while the inbox replays: live events are then only remembered by `head_seq`."""
    recount: bool = False
    """True when the client's count of unseen ones may be wrong; the next replay puts it right."""
    told: int = 0
    """How many `state` messages this session was given."""
    received_seq: int = 0
    """Acknowledged as received, all up to it."""
    welcomed: bool = False
    """True once the client was told `welcome`: nothing is said to it before."""
    active: bool = False
    heard_at: float = 0.0
    """When the client last said anything, in the loop's seconds; the driver's to set."""
    closing: Close | None = None
    queued_bytes: int = 0
    _holding: bool = False
    _held: list[Mapping[str, Any]] | None = None
    slot: int = -1
    """Where the keepalive has it."""
    _queue: deque[bytes] | None = None  # most sessions never need one
    _errors: deque[float] | None = None
    _tokens: float = -1.0
    _tokens_at: float = 0.0

    def send(self, message: Mapping[str, Any]) -> None:
        """Queues one message."""
        self.send_frame(encode(self.wire, message))

    def send_frame(self, payload: bytes) -> None:
        """Sends the payload of one frame, or queues it; past the bound the session ends with 4001 and its queue is dropped."""
        if self.closing is not None:
            return
        if self.direct is not None:
            self.direct(frame(payload, OPCODES[self.wire]))
            return
        if self._queue is None:
            self._queue = deque()
        full = self.queued_bytes + len(payload) > self.limits.queue_bytes or len(self._queue) >= self.limits.queue_frames
        if full and self._queue:  # one alone goes out whatever its size: else its reader would fail at it for ever
            self.close(Close(CloseCode.SLOW_CONSUMER, "reads too slowly"))
            return
        idle = not self._queue
        self._queue.append(payload)
        self.queued_bytes += len(payload)
        if idle:
            self.wake()

    def has_room(self, size: int, frames: int = 1) -> bool:
        """True when so much more still leaves half of the queue free, or nothing is queued and it is one frame."""
        alone = frames == 1 and not self._queue
        limits = self.limits
        return alone or (self.queued_bytes + size <= limits.queue_bytes // 2 and self.queued_frames + frames <= limits.queue_frames // 2)

    def state(self, message: Mapping[str, Any], head: int) -> None:
        """Queues a `state` message, or keeps it back while `holding`. Its count takes in all events up to `head`.

        When that is not the position of this session, the client cannot tell which events the count has in it.
        """
        self.told += 1
        if not self.live or head != self.sent_seq:
            self.recount, self.live = True, False
            self.wake()
        if not self._holding:
            self.send(message)
        elif self._held is None:
            self._held = [message]
        elif len(self._held) < self.limits.queue_frames:
            self._held.append(message)
        else:
            self.close(Close(CloseCode.SLOW_CONSUMER, "reads too slowly"))

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Keeps `state` messages back while the block reads the store, and queues them at its end.

        What was read may be older than a change that is told meanwhile: the older word must not come last.
        """
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
            held, self._held = self._held, None
            for message in held or ():
                self.send(message)

    def take(self) -> list[bytes]:
        """Everything queued, in order; the queue is empty afterwards."""
        frames, self._queue = list(self._queue or ()), None
        self.queued_bytes = 0
        return frames

    @property
    def queued_frames(self) -> int:
        """How many frames wait."""
        return 0 if self._queue is None else len(self._queue)

    def take_some(self, size: int) -> bytes:
        """What is queued, in order, as ready frames: as many as make `size` bytes, at least one; b"" when there is nothing."""
        made: list[bytes] = []
        total = 0
        while self._queue and total < size:
            payload = self._queue.popleft()
            self.queued_bytes -= len(payload)
            total += len(payload)
            made.append(frame(payload, OPCODES[self.wire]))
        if not self._queue:
            self._queue = None
        return b"".join(made)

    def close(self, close: Close) -> None:
        """Ends the session; the first reason stands. What is queued is dropped, except for a planned end (draining)."""
        if self.closing is None:
            self.closing = close
            if close.code is not CloseCode.DRAINING:
                self.take()
            self.wake()

    def expects(self, seq: int) -> bool:
        """True when the inbox event at `seq` is the next to send. One beyond it is remembered, and a replay fetches it."""
        if seq > self.head_seq:
            self.head_seq = seq
        if not self.live or seq <= self.sent_seq:
            return False
        if seq != self.sent_seq + 1:  # one in between is still on its way: fetch both from the ledger, in order
            self.live = False
            self.wake()
            return False
        return True

    def inbox(self, seq: int, payload: bytes) -> None:
        """Sends the live notification that `expects` has agreed to."""
        self.sent_seq = seq
        self.send_frame(payload)

    def count_command(self, now_s: float) -> bool:
        """Takes a token for one command; False when the person is over the rate and the session is closing."""
        if self._tokens < 0:
            self._tokens, self._tokens_at = float(self.limits.command_burst), now_s
        self._tokens = min(self.limits.command_burst, self._tokens + (now_s - self._tokens_at) * self.limits.commands_per_s)
        self._tokens_at = now_s
        if self._tokens < 1:
            self.close(Close(CloseCode.TOO_MANY_ERRORS, "too many commands"))
            return False
        self._tokens -= 1
        return True

    def count_error(self, now_s: float) -> None:
        """Remembers a client error; too many in the window end the session with 4504."""
        if self._errors is None:
            self._errors = deque()
        self._errors.append(now_s)
        while now_s - self._errors[0] > self.limits.errors_window_s:
            self._errors.popleft()
        if len(self._errors) >= self.limits.errors:
            self.close(Close(CloseCode.TOO_MANY_ERRORS, "too many errors"))
