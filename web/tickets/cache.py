"""Answers about issues, kept for a while for each person: asked for once however many wait, and never older than a change that is known.

An answer is fresh for `life` seconds; for as long again, and some more, it is shown marked as stale while a new one is on its way.
What the hub tells of an issue (`invalidate`) drops every answer about it at once, and what was on its way then is shown to nobody
who asks afterwards. The hub's word has to reach this node for that: while it may not, nothing is kept (`trust`).
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from hub.cadence import Calendar

__all__ = ["Answer", "Lives", "TicketCache"]

T = TypeVar("T")
Ask = Callable[[], Awaitable[T]]

_REFRESHES = 8
"""Answers renewed in the background at once, at most: the people who look now go first."""

_log = structlog.get_logger("web.tickets")


@dataclass(frozen=True, slots=True)
class Lives:
    """Seconds that an answer is fresh: changes without a journal (roll-ups, edited notes) show no later than that."""

    busy_s: float = 60.0
    resting_s: float = 600.0
    """At weekends and on holidays, when hardly anything changes."""
    stale_s: float = 600.0
    """So much longer it may be shown, marked, while it is renewed."""

    def fresh_s(self, calendar: Calendar, now: datetime) -> float:
        """How long an answer is fresh at this moment."""
        return self.resting_s if calendar.resting(now) else self.busy_s


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A value; `stale` when a newer one is on its way."""

    value: T
    stale: bool = False


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T
    asked_at: float
    weight: int
    trust: object
    shows: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class _Flight(Generic[T]):
    began: int
    """How many changes had been heard of then."""
    task: asyncio.Task[T] | None = None
    told: list[Callable[[T], bool]] = field(default_factory=list)
    """What the value has to be for each change that was heard of meanwhile."""


@dataclass(slots=True)
class Counts:
    """What the cache did since the start."""

    hits: int = 0
    misses: int = 0
    stale: int = 0
    dropped: int = 0
    """Answers dropped because their issue changed."""
    ages_s: float = 0.0
    """Sum of the ages of what was shown from here: by `hits + stale` it is the mean."""


@dataclass(slots=True)
class TicketCache(Generic[T]):
    """At most `max_entries` answers of `max_bytes` together; those unused longest go first. Failures are not kept."""

    fresh_s: Callable[[], float]
    trust: Callable[[], object]
    """A token that changes whenever word of a change may have been lost; None while none can be heard."""
    weigh: Callable[[T], int]
    """Bytes that a value takes, about."""
    shows: Callable[[T], Collection[int]] = lambda _value: ()
    """Other issues of which a value shows something: a change of theirs drops it, too."""
    final: tuple[type[Exception], ...] = ()
    """Errors of a renewal that end the old answer, as when the person may not see the issue any more."""
    stale_s: float = 600.0
    max_entries: int = 5_000
    max_bytes: int = 64 * 1024 * 1024
    clock: Callable[[], float] = time.monotonic
    counts: Counts = field(default_factory=Counts)
    _kept: OrderedDict[tuple[int, Hashable], _Kept[T]] = field(default_factory=OrderedDict)
    _flying: dict[tuple[int, Hashable], _Flight[T]] = field(default_factory=dict)
    _of_issue: dict[int, set[tuple[int, Hashable]]] = field(default_factory=dict)
    _changed: OrderedDict[int, int] = field(default_factory=OrderedDict)
    """Issue -> number of its last change, the latest last; older ones than the first here count as changed at `_forgotten`."""
    _changes: int = 0
    _forgotten: int = 0
    _bytes: int = 0
    _refreshing: int = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def bytes(self) -> int:
        """What the kept answers take together, about."""
        return self._bytes

    @property
    def shows_any(self) -> bool:
        """Whether there is an answer that may still be shown, or one on its way."""
        edge = self.clock() - self.fresh_s() - self.stale_s
        return bool(self._flying) or any(kept.asked_at > edge for kept in reversed(self._kept.values()))

    def oldest_s(self) -> float:
        """Age of the oldest answer; 0 without one."""
        now = self.clock()
        return max((now - kept.asked_at for kept in self._kept.values()), default=0.0)

    async def cached_response(self, issue: int, who: Hashable, ask: Ask[T]) -> Answer[T]:
        """The answer about `issue` for `who`, asked for by `ask` where none is good enough. What `ask` raises, every waiter gets.

        A waiter that is cancelled leaves the asking to the others; `ask` must end by itself, in bounded time.
        """
        key, trust = (issue, who), self.trust()
        kept = self._kept.get(key)
        if kept is not None and (trust is None or kept.trust != trust):
            self._drop(key)
            kept = None
        if kept is not None:
            age, fresh = self.clock() - kept.asked_at, self.fresh_s()
            if age < fresh:
                self._kept.move_to_end(key)
                self.counts.hits += 1
                self.counts.ages_s += age
                return Answer(kept.value)
            if age < fresh + self.stale_s:
                self._kept.move_to_end(key)
                self.counts.stale += 1
                self.counts.ages_s += age
                self._refresh(key, ask)
                return Answer(kept.value, stale=True)
        self.counts.misses += 1
        joined = self._changes
        while True:
            flight = self._flying.get(key) or self._fly(key, ask)
            assert flight.task is not None  # noqa: S101  # made with the flight
            value = await asyncio.shield(flight.task)
            # what came up meanwhile is no older than the question; what it shows of others may have been read before they changed
            if not self._changed_between(self.shows(value), flight.began, joined):
                return Answer(value)

    def invalidate(self, issue: int, newer: Callable[[T], bool] = lambda _value: False) -> None:
        """The issue has changed: nothing that was read or asked for before is shown from now on.

        `newer` knows a value that has the change already: a change is told of more than once, by who made it and by the source.
        """
        self._changes += 1
        self._changed[issue] = self._changes
        self._changed.move_to_end(issue)
        if len(self._changed) > self.max_entries:
            self._forgotten = self._changed.popitem(last=False)[1]
        for key in list(self._of_issue.get(issue, ())):
            if key[0] != issue or not newer(self._kept[key].value):
                self._drop(key)
                self.counts.dropped += 1
        for key in [key for key in self._flying if key[0] == issue]:
            self._flying.pop(key).told.append(newer)

    async def aclose(self) -> None:
        """Ends what is on its way."""
        tasks = [flight.task for flight in self._flying.values() if flight.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _fly(self, key: tuple[int, Hashable], ask: Ask[T]) -> _Flight[T]:
        flight: _Flight[T] = _Flight(self._changes)
        flight.task = asyncio.create_task(self._ask(key, ask, flight, self.clock(), self.trust()), name=f"ticket_{key[0]}_read")
        self._flying[key] = flight
        return flight

    async def _ask(self, key: tuple[int, Hashable], ask: Ask[T], flight: _Flight[T], began: float, trust: object) -> T:
        try:
            value = await ask()
        finally:
            if self._flying.get(key) is flight:
                del self._flying[key]
        outdated = not all(newer(value) for newer in flight.told) or self._changed_between(self.shows(value), flight.began, self._changes)
        if not outdated and trust is not None and self.trust() == trust:
            self._keep(key, value, began, trust)
        return value

    def _changed_between(self, issues: Collection[int], began: int, until: int) -> bool:
        """Whether one of these changed after `began` changes and up to `until`. Yes also when that is not remembered any more."""
        return bool(issues) and (began < self._forgotten or any(began < self._changed.get(issue, 0) <= until for issue in issues))

    def _refresh(self, key: tuple[int, Hashable], ask: Ask[T]) -> None:
        if key in self._flying or self._refreshing >= _REFRESHES:
            return
        self._refreshing += 1
        flight = self._fly(key, ask)
        assert flight.task is not None  # noqa: S101  # made with the flight
        flight.task.add_done_callback(lambda task: self._refreshed(key, task))

    def _refreshed(self, key: tuple[int, Hashable], task: asyncio.Task[T]) -> None:
        self._refreshing -= 1
        if not task.cancelled() and (error := task.exception()) is not None:
            if isinstance(error, self.final):
                self._drop(key)
            _log.info("ticket_not_renewed", task=task.get_name(), error=type(error).__name__)

    def _keep(self, key: tuple[int, Hashable], value: T, asked_at: float, trust: object) -> None:
        weight = self.weigh(value)
        self._drop(key)
        if weight > self.max_bytes // 8:
            return  # one giant would drive out everybody else's
        self._kept[key] = _Kept(value, asked_at, weight, trust, (key[0], *self.shows(value)))
        for issue in self._kept[key].shows:
            self._of_issue.setdefault(issue, set()).add(key)
        self._bytes += weight
        while len(self._kept) > self.max_entries or self._bytes > self.max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[int, Hashable]) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self._bytes -= kept.weight
        for issue in kept.shows:
            left = self._of_issue.get(issue, set())
            left.discard(key)
            if not left:
                self._of_issue.pop(issue, None)
