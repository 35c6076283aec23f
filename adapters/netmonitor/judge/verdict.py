"""What the judge says: how hosts are, what changed, what is to be announced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters.netmonitor.judge.maintenance import Maintenance
from adapters.netmonitor.values import Ack, State

__all__ = ["Announcement", "Change", "HostView", "Kind", "Turn", "Verdict", "number_of"]

Kind = Literal["down", "up", "degraded", "recovered", "flapping", "calm", "blind", "sighted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """How a host is."""

    state: State
    level: State
    """What its rounds say, whatever is shown: up, degraded, down or unreachable. While it is unknown: what they said last."""
    since: datetime
    """Of the state."""
    reason: str | None
    """A stable code: `silent`, `loss`, `p95`, `parent` or a code of `Round`; when unknown `new`, `no_rounds`, `blind` or such a code."""
    flapping: bool = False
    ack: Ack | None = None
    """Who has taken it on, while that counts."""
    maintenance: Maintenance | None = None
    children_silent: int = 0
    """Hosts behind it, at any depth, that do not answer either."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something of a host's view is another."""

    host_id: str
    before: State
    """As it was told last; of a host that was never measured: up."""
    after: State
    """Of a host that was removed: paused, with the reason `removed`. The same as before when other members changed."""
    at: datetime
    """Since when. Of a host's states no two begin at once, none before the one that was told last."""
    reason: str | None
    level: State
    """As `HostView.level`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Something for the inboxes. `up` follows a `down`, `recovered` a `degraded`, `calm` a `flapping`, `sighted` a `blind`, by its number.

    Of a host no more than one is open. Only a `degraded` is not always followed by its `recovered`: a `down` or `flapping` may overtake it,
    whose `up` or `calm` then ends both.
    """

    kind: Kind
    host_id: str | None
    """None: the probe itself."""
    at: datetime
    since: datetime
    """When what is announced began; of the second of a pair: when what is over had begun."""
    number: int
    """With host and kind it is unique for ever."""
    children: tuple[str, ...] = ()
    """With `down`: hosts behind it that do not answer either and are not announced by themselves."""
    loss: float | None = None
    p95: float | None = None
    """Of the last round, 0 to 1 and in milliseconds."""
    reason: str | None = None
    """As `HostView.reason`; `removed` or `paused` where a notice ends because nobody looks any more."""


def number_of(since: datetime) -> int:
    """Microseconds since 1970.

    A host's levels never begin in the same microsecond, so this counts them without having to remember anything, and says the same after a
    restart: an announcement that was made before a crash and is made again has the same id.
    """
    return round(since.timestamp() * 1_000_000)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a tick."""

    changes: tuple[Change, ...] = ()
    announcements: tuple[Announcement, ...] = ()
    """In the order in which they are to be told."""
    memory_changed: bool = False
    """`Network.memory()` is another than after the tick before: it has to be kept with the announcements, in one transaction."""
    acks_over: tuple[Ack, ...] = ()
    """Over because the host recovered or their time has come; they may be deleted, but need not."""


class Turn:
    """What a tick gathers."""

    __slots__ = ("acks_over", "announcements", "changes", "now")

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.changes: list[Change] = []
        self.announcements: list[Announcement] = []
        self.acks_over: list[Ack] = []
