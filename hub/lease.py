"""A lease on being the one node that does a thing, kept in the store, with a fence that the store itself holds up.

    row (name, holder, token, beat)      holder:  beat + 1 every 2 s; stops by itself 5 s after the last that succeeded
                                         others:  no change for 6 s by their own clock -> holder, token + 1

No two clocks are ever compared and no wall clock is read, so a clock that jumps changes nothing. Two holders can still
overlap when a process is frozen and woken, or a machine sleeps: it believes that no time has passed. For those there is the
fence: what a holder writes asks first, in the same transaction, whether the token is still its own (`Term.guard`). That
is why the lease lives in the store and not in the bus: a fence is only as good as its being checked where the harm would be done
(M. Kleppmann, "How to do distributed locking", 2016).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import leases
from hub.tasks import heed_cancellation

__all__ = ["Fenced", "Guard", "Lease", "LeaseTiming", "Record", "Silence", "Term", "run_guards"]

_log = structlog.get_logger("hub.lease")

Guard = Callable[[sa.Connection], None]
"""Runs inside a write transaction, in whatever thread that runs, and raises Fenced when its node may not write any more."""


class Fenced(Exception):
    """A write came from a node that had lost its lease. Nothing of it was written."""

    def __init__(self, name: str, token: int, now: int | None) -> None:
        super().__init__(name, token, now)
        self.name, self.token, self.now = name, token, now

    def __str__(self) -> str:
        return f"the lease {self.name} was ours with token {self.token} and is now at {self.now}"


def run_guards(connection: sa.Connection, guards: Iterable[Guard | None]) -> None:
    """Runs each guard once, however many writes of a group bring it. Raises Fenced."""
    for guard in {guard for guard in guards if guard is not None}:
        guard(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTiming:
    """Seconds, each on one node's own monotonic clock. ValueError unless renew < keep < take."""

    renew_s: float = 2.0
    """Between two renewals."""
    keep_s: float = 5.0
    """A holder stops when its last successful renewal was sent this long ago."""
    take_s: float = 6.0
    """Others take the lease when nothing has changed for so long. Later than `keep_s`, so that work ends before it begins elsewhere."""
    look_s: float = 1.0
    """Between two looks of those that wait: `look_s + take_s` bounds a takeover, 7 s by default, while the store answers."""
    answer_s: float = 2.0
    """For how long a look, a takeover or a release waits for the store; a renewal waits to the end of its term."""

    def __post_init__(self) -> None:
        if not 0 < self.renew_s < self.keep_s < self.take_s:
            raise ValueError("a lease must be renewed before it is given up, and given up before it is taken")


class Record(NamedTuple):
    """The row as a node has seen it."""

    holder: str | None
    """None: free."""
    token: int
    beat: int


class Silence:
    """For how long the row has not changed, by the clock of the one who looks."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: Record | None = None
        self._since = 0.0

    def over(self, record: Record, now: float) -> bool:
        """Takes in a look that ended at `now`; True when the row has stood still long enough to take the lease."""
        if record != self._seen:
            self._seen, self._since = record, now
        return now - self._since >= self._seconds

    def left(self, now: float) -> float:
        """Seconds until an unchanged row is silent enough; 0 when it is."""
        return max(0.0, self._since + self._seconds - now)


@dataclass(slots=True, eq=False)
class Term:
    """One holding of the lease, from a token to its end. Held again, it is another term with a higher token."""

    name: str
    token: int
    renewed_at: float
    """When the last renewal that succeeded was sent, by the holder's monotonic clock."""
    why: str = ""
    """Why it ended."""
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def lost(self) -> None:
        """Returns when the term has ended."""
        await self._ended.wait()

    def end(self, why: str) -> None:
        """Ends the term; the first reason stays."""
        if not self._ended.is_set():
            self.why = why
            self._ended.set()

    @property
    def over(self) -> bool:
        """True once it has ended."""
        return self._ended.is_set()

    def guard(self, connection: sa.Connection) -> None:
        """Raises Fenced unless the lease is still this term's; until `connection` commits it cannot be taken.

        In MariaDB the row stays locked until the commit, in SQLite the writer's BEGIN IMMEDIATE has locked the store.
        One statement by the primary key. After a clean release the token is still ours, so that the writer may finish what waits.
        Touches nothing of the event loop's: it may run in a thread.
        """
        query = sa.select(leases.c.token).where(leases.c.name == self.name).with_for_update()
        now: int | None = connection.execute(query).scalar_one_or_none()
        if now != self.token:
            raise Fenced(self.name, self.token, now)


class Lease:
    """One lease as one node sees it. `run()` is its one task; everything else only reads.

    `alone`: no other node is expected, so the lease is taken at the first look, without waiting for the silence of whoever
    held it before a crash. If another process then takes it away, that is told as the fault it is, and the normal rule holds.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        name: str,
        *,
        node: str,
        alone: bool = False,
        clock: Callable[[], float] = time.monotonic,
        timing: LeaseTiming | None = None,
    ) -> None:
        self.name = name
        self.node = f"{node[:40]}/{secrets.token_hex(6)}"
        """As it stands in the row. The end differs for each process, so nobody takes another's lease for their own."""
        self._engine, self._clock, self._timing = engine, clock, timing or LeaseTiming()
        self._at_once, self._alone = alone, alone
        self._silence = Silence(self._timing.take_s)
        self._term = Term(name, -1, float("-inf"))
        self._term.end("never held")
        self._gained = asyncio.Event()
        self._away = False

    @property
    def held(self) -> bool:
        """True while this node may act. Asks the clock, so it is right also in a process that has just been woken."""
        return not self._term.over and self._clock() < self._expires_at()

    @property
    def token(self) -> int:
        """The token of the present term, or of the last one; -1 before the first."""
        return self._term.token

    @property
    def guard(self) -> Guard:
        """The fence of the present term; take it when the work begins, not when it is written. Refuses everything before the first term."""
        return self._term.guard

    async def wait_held(self) -> Term:
        """Returns the term once the lease is held. It may have ended again by then: `Term.lost` returns at once in that case."""
        await self._gained.wait()
        return self._term

    async def lost(self) -> None:
        """Returns when the lease is not held."""
        await self._term.lost()

    async def run(self) -> None:
        """Takes and keeps the lease until cancelled, then releases it. A store that is away costs the lease, never this task."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._expire(), name=f"lease_{self.name}_expiry")
                group.create_task(self._keep(), name=f"lease_{self.name}_keep")
        finally:
            self._end("released")
            await self._release()

    def _expires_at(self) -> float:
        return self._term.renewed_at + self._timing.keep_s

    # -- the holder's end, whatever the store does ----------------------------------------------------

    async def _expire(self) -> None:
        """Ends the term in time also while a statement hangs: drivers may take long to let go of one."""
        while True:
            await self._gained.wait()
            while not self._lapsed():
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._expires_at() - self._clock()):
                        await self._term.lost()

    def _lapsed(self) -> bool:
        """Ends the term if its time is up; True when it has ended, for this reason or another."""
        if not self._term.over and self._clock() >= self._expires_at():
            self._end(f"no renewal in {self._timing.keep_s:g} s")
        return self._term.over

    def _begin(self, token: int, sent_at: float) -> None:
        self._at_once = False
        self._term = Term(self.name, token, sent_at)
        self._gained.set()

    def _end(self, why: str) -> None:
        self._gained.clear()
        self._term.end(why)

    # -- what goes to the store -----------------------------------------------------------------------

    async def _keep(self) -> None:
        while True:
            heed_cancellation()
            try:
                pause = await (self._stand_by() if self._lapsed() else self._renew())
                if self._away:
                    _log.info("lease_store_back", lease=self.name)
                self._away = False
            except Exception as error:  # whatever a driver raises when its server is gone: the lease lapses, its task does not
                if not self._away:
                    _log.warning("lease_store_away", lease=self.name, error=type(error).__name__)
                self._away, pause = True, self._timing.look_s / 4
            await asyncio.sleep(pause)

    async def _renew(self) -> float:
        """One renewal; returns the seconds until the next."""
        term, sent_at = self._term, self._clock()
        async with asyncio.timeout(max(0.0, self._expires_at() - sent_at)):
            kept = await self._update(
                sa.update(leases)
                .where(leases.c.name == self.name, leases.c.holder == self.node, leases.c.token == term.token)
                .values(beat=leases.c.beat + 1)
            )
        if kept:
            term.renewed_at = sent_at
            return max(0.0, sent_at + self._timing.renew_s - self._clock())
        self._end("another node took it")
        if self._alone:
            self._alone = False
            _log.error(
                "second_process_on_one_store",
                lease=self.name,
                mend="This process and another one use the same store, each as if it were alone. Stop one of them, or set "
                "BUS_URL=redis://… for both, so that they work together.",
            )
        return 0.0

    async def _stand_by(self) -> float:
        """One look, and the attempt to take the lease if it is free; returns the seconds until the next look."""
        async with asyncio.timeout(self._timing.answer_s):
            record = await self._look()
            silent = self._silence.over(record, self._clock())
            if not (self._at_once or silent or record.holder in (None, self.node)):
                return min(self._timing.look_s, self._silence.left(self._clock()))
            sent_at = self._clock()
            # with the beat: since our look nobody renewed, whatever time has passed for us
            taken = await self._update(
                sa.update(leases)
                .where(leases.c.name == self.name, leases.c.token == record.token, leases.c.beat == record.beat)
                .values(holder=self.node, token=record.token + 1, beat=0)
            )
        if not taken:
            return self._timing.look_s / 4
        self._begin(record.token + 1, sent_at)
        return self._timing.renew_s

    async def _look(self) -> Record:
        query = sa.select(leases.c.holder, leases.c.token, leases.c.beat).where(leases.c.name == self.name)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is not None:
            return Record(*row)
        try:
            async with self._engine.begin() as connection:
                await connection.execute(sa.insert(leases).values(name=self.name, holder=None, token=0, beat=0))
        except sa.exc.IntegrityError:  # another node was quicker
            return await self._look()
        return Record(None, 0, 0)

    async def _release(self) -> None:
        """Lets another node take over at its next look. If the store does not take it, they wait for the silence."""
        try:
            async with asyncio.timeout(self._timing.answer_s):
                await self._update(sa.update(leases).where(leases.c.name == self.name, leases.c.holder == self.node).values(holder=None))
        except Exception as error:
            _log.warning("lease_not_released", lease=self.name, error=type(error).__name__)

    async def _update(self, statement: sa.Update) -> bool:
        async with self._engine.begin() as connection:
            return (await connection.execute(statement)).rowcount == 1
