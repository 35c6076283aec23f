"""The values that the monitor's parts hand each other: a host, how it is checked, one round of its measurements, its states.

Times are aware and in UTC, durations in seconds, round trips in milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Literal

__all__ = ["Ack", "Check", "Group", "Host", "Http", "Inventory", "Limits", "Ping", "Round", "State", "Tcp", "Window", "quantile"]


class State(StrEnum):
    """How a host is (UX B2); the words of the interface are in its catalogs."""

    UP = "up"
    DEGRADED = "degraded"
    """It answers, but loses or delays more than its limits allow."""
    DOWN = "down"
    UNREACHABLE = "unreachable"
    """Silent, and so is the parent behind which it lies."""
    UNKNOWN = "unknown"
    """Not measured yet, or the probe itself cannot measure."""
    MAINTENANCE = "maintenance"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """ICMP echo requests to the host's address (RFC 792, RFC 4443)."""

    echoes: int = 5
    """In a round, 1 to 20."""
    spacing_s: float = 0.2
    """Between two of them, 0.01 to 5."""
    timeout_s: float = 1.0
    """An echo without an answer so long is lost, 0.05 to 10."""
    size: int = 56
    """Bytes of payload, 16 to 1,400."""
    kind: Literal["ping"] = "ping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tcp:
    """A TCP connection that is opened and closed at once; the round trip is the time until it is open."""

    port: int
    timeout_s: float = 3.0
    kind: Literal["tcp"] = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """An HTTP(S) GET; the round trip is the time until the whole answer is there (at most `most_bytes` of it are read)."""

    url: str
    """http or https. It is asked at the host's address, with the name of the URL in `Host` and SNI."""
    status: tuple[int, ...] = (200,)
    """Which answers are good."""
    contains: str | None = None
    """Text that a good answer's body holds."""
    verify: bool = True
    """False: any certificate will do."""
    days_left: int | None = 14
    """A certificate that ends sooner degrades the host; None: no matter."""
    timeout_s: float = 5.0
    most_bytes: int = 262_144
    kind: Literal["http"] = "http"


Check = Ping | Tcp | Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a host changes its state (UX B3, B4). Raising takes more than clearing, so that nothing flutters between two rounds."""

    raise_bad: int = 3
    raise_of: int = 5
    """Bad in `raise_bad` of the last `raise_of` rounds: the state is raised. 1 ≤ raise_bad ≤ raise_of ≤ 60."""
    clear_good: int = 2
    """So many good rounds in a row clear it, 1 to 60."""
    loss_raise: float = 0.20
    loss_clear: float = 0.05
    """Shares of lost echoes, 0 to 1, loss_clear ≤ loss_raise: a round with more than the first is bad, with at most the second good."""
    p95_raise_ms: float | None = None
    p95_clear_ms: float | None = None
    """The same for the 95th percentile of the round trips; None: no matter."""
    flap_rounds: int = 21
    flap_high: float = 0.50
    flap_low: float = 0.25
    """Share of changes in the last rounds: above the first the host flaps, below the second it is calm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host, as it is written in the file or on the admin page."""

    id: str
    """Stable: names its history and its topic. [A-Za-z0-9_.-]{1,64}."""
    name: str
    address: str
    """An IPv4 or IPv6 address, or a name that is resolved again and again."""
    group: str = ""
    """Nested by slashes, such as `Москва/Офис 2`; empty: in none."""
    check: Check = field(default_factory=Ping)
    interval_s: float = 10.0
    """From the beginning of one round to the next, 1 to 3,600; longer than a round takes."""
    family: Literal["any", "ipv4", "ipv6"] = "any"
    parent: str | None = None
    """The id of the host behind which it lies."""
    limits: Limits = field(default_factory=Limits)
    critical: bool = False
    """Its being down may pierce quiet hours."""
    notify: tuple[str, ...] | None = None
    """Login names; None: those of its group, else everybody with the permission `netmonitor`; empty: nobody."""
    paused: bool = False
    origin: Literal["file", "page"] = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What is said of a group beside its being the group of some hosts."""

    path: str
    rule: Literal["worst", "at_least"] = "worst"
    """Its state is the worst of its hosts', or up while at least `up` of them are."""
    up: int | None = None
    notify: tuple[str, ...] | None = None
    """Login names for its hosts and subgroups that name none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """All that is watched."""

    hosts: tuple[Host, ...] = ()
    """With ids of their own and parents among them, without a circle."""
    groups: tuple[Group, ...] = ()
    anchors: tuple[str, ...] | None = None
    """Addresses of one's own network that tell whether the probe itself is cut off; None: its default gateways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Maintenance of a host, or of a group with its subgroups: checks go on, announcements are held (UX B6)."""

    id: int
    host: str | None
    group: str | None
    """One of the two; both None: everything."""
    starts: datetime
    ends: datetime
    """Of the first time, aware; less than seven days later."""
    weekly: tuple[int, ...] = ()
    """Weekdays (0 Monday … 6 Sunday) on which it comes again, at the same hours of the clock in `zone`; empty: once."""
    until: datetime | None = None
    """A weekly one begins no more after this; None: for ever."""
    zone: str = "UTC"
    """An IANA name."""
    why: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Somebody has taken a host's trouble on: nothing more is announced of it until it recovers, or `until` (UX B7)."""

    host: str
    by: str
    why: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round of measuring found."""

    at: datetime
    """When its first request went out."""
    rtts: tuple[float | None, ...]
    """The round trip of each request in the order they were sent, None: lost. Empty with `error`: nothing could be sent."""
    late: int = 0
    """Answers that came after their time-out (their requests count as lost)."""
    duplicates: int = 0
    """Answers to requests that had been answered."""
    error: str | None = None
    """A stable code: why nothing was sent (`no_name`, `no_route`, `no_permission`, `probe_error`) or why the answer was bad
    (`refused`, `http_status`, `body_mismatch`, `certificate`, `timeout`, `tls`)."""
    warning: str | None = None
    """`certificate_ends`: all is well, but not for long."""
    certificate_days: int | None = None
    address: str | None = None
    """Where it was sent."""

    @property
    def answered(self) -> list[float]:
        """The round trips that there were, in order."""
        return [rtt for rtt in self.rtts if rtt is not None]

    @property
    def sent(self) -> int:
        """How many requests went out."""
        return len(self.rtts)

    @property
    def lost(self) -> int:
        """How many of them were not answered in time."""
        return sum(rtt is None for rtt in self.rtts)

    @property
    def loss(self) -> float | None:
        """The share that was lost, 0 to 1; None when nothing was sent."""
        return self.lost / self.sent if self.rtts else None

    @property
    def blind(self) -> bool:
        """True when it says nothing of the host: the probe itself could not send."""
        return not self.rtts

    def quantile(self, q: float) -> float | None:
        """A quantile of the round trips, by the nearest rank; None without an answer."""
        return quantile(sorted(self.answered), q)

    @property
    def jitter(self) -> float | None:
        """The mean absolute difference of neighbouring round trips (UX B1); None with fewer than two."""
        answered = self.answered
        if len(answered) < 2:
            return None
        return sum(abs(b - a) for a, b in pairwise(answered)) / (len(answered) - 1)


def quantile(ordered: Sequence[float], q: float) -> float | None:
    """The nearest-rank quantile of ascending values, 0 < q ≤ 1; None of nothing."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]
