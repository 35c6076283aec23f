"""A person's notifications, each once and in order, over any number of connections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from navigator_client.mailbox import Mailbox
from navigator_client.messages import INBOX, Event, Gap
from navigator_client.positions import Verdict, after_gap, verdict

__all__ = ["LOST", "Inbox", "Notification"]

LOST = "position_lost"
"""The reason of the gap that stands where the hub no longer knew our position."""
Say = Callable[[Literal["shown", "read"], str], Awaitable[None]]


@dataclass(frozen=True, slots=True, eq=False)
class Notification:
    """One event of the inbox. That it was received is said by itself; `shown` and `read` are for who shows it to a person."""

    event: Event
    _say: Say

    @property
    def seq(self) -> int:
        """Its position, contiguous from 1."""
        return self.event.position

    @property
    def id(self) -> str:
        """The CloudEvents id, which calls like `inbox.done` take."""
        return self.event.id

    @property
    def type(self) -> str:
        """The CloudEvents type."""
        return self.event.type

    @property
    def source(self) -> str:
        """The CloudEvents source."""
        return self.event.source

    @property
    def time(self) -> datetime:
        """When it happened."""
        return self.event.time

    @property
    def data(self) -> Any:
        """What its source said: for a notice `kind` and `title` in `ru` and `en` at least."""
        return self.event.data

    async def shown(self) -> None:
        """Somebody has had it before the eyes. Returns at once; said as soon as may be, again after a reconnect, many in a frame.

        With 500 unsaid it waits for a connection. Raises a RejectedError when there will be none any more.
        """
        await self._say("shown", self.id)

    async def read(self) -> None:
        """Somebody has read it. As `shown`."""
        await self._say("read", self.id)


class Inbox:
    """The reader's side, an async iterator, and the connection's side: `hello`, `welcome`, `event`, `gap`, `forget`.

    The queue is bounded. When it is full the connection is not read on (`full`), and if somebody waits for something else
    on it, the surplus is dropped and asked for again, by a reconnect, when the reader has caught up (`behind`).
    """

    def __init__(self, since: int | None, bound: int, say: Say, on_change: Callable[[], None], on_behind: Callable[[], None]) -> None:
        self._say, self._on_behind, self._on_change = say, on_behind, on_change
        self._mailbox: Mailbox[tuple[int, Notification | Gap]] = Mailbox(bound, on_change)
        self._wanted = since is not None
        self._generation = 0
        """Counts the times that the hub has lost our position: what was queued before does not move the new one."""
        self._queued = since
        """The last position queued; None until a welcome says where the inbox stands."""
        self._taken = since
        """The last position given to the reader: where the next connection begins."""
        self._handling: int | None = None
        self.handled: int | None = None
        """The last position that the reader has come back from."""
        self._seen = 0
        """The last position that this connection has brought; no other may be acknowledged on it."""
        self.behind = False

    # -- the reader

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> Notification | Gap:
        """The next notification, or a gap where positions will never come. Raises a RejectedError when the hub wants us gone."""
        self.settle()
        if not self._mailbox and self.behind:
            self._on_behind()
        generation, item = await self._mailbox.take()
        if generation == self._generation:
            self._taken = self._handling = item.last if isinstance(item, Gap) else item.seq
            self._on_change()
        return item

    def open(self) -> Inbox:
        """Begins to read: from where the inbox stands now, unless a position was given."""
        if not self._wanted:
            self._wanted = True
            self._taken = self.handled = self._queued  # kept at once: a run that ends before the first one has begun here, too
            self._on_change()
        return self

    def settle(self) -> None:
        """What was given to the reader last has been handled."""
        if self._handling is not None:
            self.handled, self._handling = self._handling, None
            self._on_change()

    def fail(self, error: Exception) -> None:
        """Nothing more will come."""
        self._mailbox.fail(error)

    # -- the connection

    @property
    def full(self) -> bool:
        """Whether one more event would not fit."""
        return self._wanted and self._mailbox.full

    @property
    def waiting(self) -> bool:
        """Whether the reader waits."""
        return self._mailbox.waiting

    @property
    def since(self) -> int | None:
        """What the next hello says."""
        return self._taken if self._wanted else None

    @property
    def received(self) -> int:
        """What may be acknowledged on this connection: taken by the reader, and brought by it."""
        return min(self._taken or 0, self._seen) if self._wanted else 0

    def forget(self) -> None:
        """The hub does not know our position any more."""
        self._taken = None
        self._handling = None

    def welcome(self, said: int | None, head: int) -> None:
        """A connection has begun: its hello said `said` as `since`, and the newest position is `head`."""
        self.behind = False
        self._seen = head if said is None else said
        if not self._wanted:
            self._queued = head
        elif self._taken is None:
            last, self._queued = self._queued, head
            self._taken = head
            if last is not None:
                self._generation += 1
                self._put(Gap(INBOX, last + 1, head, LOST))
        elif said is None and self._queued is not None and self._queued < head:
            self._on_behind()  # the reader began while hello was on its way

    def event(self, event: Event) -> Verdict:
        """Takes an event in. A `hole` is to be mended by a reconnect."""
        seq, last = event.position, self._queued
        if not self._wanted or last is None:
            self._queued = max(seq, last or 0)
            return "old"
        self._seen = max(self._seen, seq)
        found = verdict(last, seq)
        if found == "old":
            self._on_change()
        elif self.behind or self._mailbox.full:
            self.behind = True
            return "old"
        elif found == "new":
            self._queued = seq
            self._put(Notification(event, self._say))
        return found

    def gap(self, gap: Gap) -> Verdict:
        """Takes a gap in: its positions will never come."""
        last = self._queued
        if not self._wanted or last is None:
            self._queued = max(gap.last, last or 0)
            return "old"
        after = after_gap(last, gap)
        if after is None:
            return "old" if self.behind else "hole"
        self._seen = max(self._seen, gap.last)
        if after == last:
            return "old"
        if self.behind or self._mailbox.full:
            self.behind = True
            return "old"
        self._queued = after
        self._put(gap)
        return "new"

    def _put(self, item: Notification | Gap) -> None:
        self._mailbox.put((self._generation, item))
