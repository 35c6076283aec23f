"""From a deadline to an end: re-check, then push, then write down how it went.

What is due is looked at for many people together; what is pushed is the part of each person: a named job,
`notification_job_{user_id}`. It exists while the person has open deadlines or live sessions, and shows in diagnostics with
its last run and its next deadline. One node delivers; `run` may be cancelled and run again, here or elsewhere.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import heapq
import itertools
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from hub import clock
from hub.attempts import LEASE, Due, DueRow, Ending, Finished
from hub.lease import Fenced, Guard
from hub.ledger import Ledger
from hub.levels import OPEN
from hub.policy import Drop, Hold, Policy, PushNow, Timing, decide, retry_delay
from hub.push import Outcome, PushAddress, PushMessage, PushResult, PushSender
from hub.store import microseconds
from hub.tasks import heed_cancellation
from hub.tracing import OFF, Tracer
from hub.writer import StoreUnavailable

__all__ = ["Delivery", "Job", "tag_of"]

_log = structlog.get_logger("hub.delivery")
_SLOT_US = 50_000
"""Deadlines of one person within so many microseconds are one; so late a look may come."""
_PAUSE_S = 0.05
"""Between two looks, whatever the deadlines say; not while whole groups are due."""
_PEOPLE = 300
"""People that one look takes."""
_OUTSTANDING = 2000
"""People whose pushes are under way or wait for their turn. With so many, looks wait."""
_STALE_S = 5.0
"""A push that has waited longer for its turn is looked at anew: it may have been read, or the night begun."""
_BURST = 3
"""More than this many due at once become one push: a summary, not a burst."""


@dataclass(slots=True, eq=False)
class Job:
    """The delivery work of one person."""

    user_id: int
    last_run: datetime | None = None
    runs: int = 0
    task: asyncio.Task[None] | None = None
    slots: dict[int, datetime] = field(default_factory=dict)
    """The deadlines that are known, at most one for each slot of time."""

    @property
    def name(self) -> str:
        """As it shows in task lists and diagnostics."""
        return f"notification_job_{self.user_id}"

    @property
    def deadline(self) -> datetime | None:
        """The next deadline that is known."""
        return min(self.slots.values(), default=None)


@dataclass(slots=True, eq=False)
class _Plan:
    """What one look at a person's due rows decided."""

    push: list[DueRow] = field(default_factory=list)
    summary: list[DueRow] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    awake: list[DueRow] = field(default_factory=list)


class Delivery:
    """Watches deadlines and runs the jobs, at most `at_once` pushes at a time. `run()` is its one long task.

    `guard` gives the fence of the present term where one node of several delivers, None where there is no other.
    """

    def __init__(
        self,
        ledger: Ledger,
        senders: Sequence[PushSender],
        *,
        now: Callable[[], datetime],
        timing: Timing,
        connected: Callable[[int], bool],
        at_once: int = 50,
        sweep_s: float = 2.0,
        monotonic: Callable[[], float] = time.monotonic,
        pushed: Callable[[PushResult], None] = lambda _result: None,
        tracer: Tracer = OFF,
        guard: Callable[[], Guard | None] = lambda: None,
        stepped: Callable[[float], None] = lambda _step_s: None,
    ) -> None:
        """`pushed` is told how each push to each device ended, `stepped` by how many seconds somebody set the clock forth (or back)."""
        self._ledger, self._senders, self._now, self._timing = ledger, senders, now, timing
        self._connected, self._sweep_s, self._monotonic = connected, sweep_s, monotonic
        self._pushed, self._tracer = pushed, tracer
        self._guard, self._stepped = guard, stepped
        self._jobs: dict[int, Job] = {}
        self._people: dict[int, list[int]] = {}
        """By slot, in whose jobs it is."""
        self._heap: list[int] = []
        """The slots that somebody is in: an announcement to thousands is one of them."""
        self._resting: dict[int, float] = {}
        """People whose last look went wrong, until when (monotonic): what is due for them stays due."""
        self._news = asyncio.Event()
        self._slots = asyncio.Semaphore(at_once)
        self._running = False

    def jobs(self) -> list[Job]:
        """The jobs that exist now, for diagnostics."""
        return sorted(self._jobs.values(), key=lambda job: job.user_id)

    def present(self, user_id: int) -> None:
        """The person has a live session: their job exists."""
        self._jobs.setdefault(user_id, Job(user_id))

    def absent(self, user_id: int) -> None:
        """The person's last session ended; what they were sent and did not acknowledge is looked at at its deadline."""
        job = self._jobs.get(user_id)
        if job is not None and not job.slots and job.task is None:
            del self._jobs[user_id]

    def schedule(self, user_id: int, deadline: datetime) -> None:
        """Something of this person wants a look at `deadline`. Nothing is kept while this node does not deliver."""
        self.schedule_all([(user_id, deadline)])

    def schedule_all(self, deadlines: Iterable[tuple[int, datetime]]) -> None:
        """`schedule` for many; cheap where neighbours share a deadline, as the people of an announcement do."""
        if not self._running:
            return
        jobs, known_as, slot, people = self._jobs, None, -1, list[int]()
        for user_id, deadline in deadlines:
            if deadline is not known_as:
                known_as, slot = deadline, microseconds(deadline) // _SLOT_US
                people = self._people_of(slot)
            job = jobs.get(user_id)
            if job is None:
                job = jobs[user_id] = Job(user_id)
            known = job.slots.get(slot)
            if known is None:
                people.append(user_id)
            if known is None or deadline < known:
                job.slots[slot] = deadline

    def _people_of(self, slot: int) -> list[int]:
        """In whose jobs the slot is; a new one is awaited from now on."""
        people = self._people.get(slot)
        if people is None:
            people = self._people[slot] = []
            heapq.heappush(self._heap, slot)
            if self._heap[0] == slot:
                self._news.set()
        return people

    async def run(self) -> None:
        """Runs until cancelled: picks up the deadlines that the store holds, then serves each when it comes.

        Cancelling does not wait for a push service; what was in hand is found again by its lease.
        """
        self._running = True
        try:
            await self._reload()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sweep(), name="delivery_sweep")
                group.create_task(self._watch_clock(), name="delivery_clock")
                wanted, not_before, come = True, 0.0, list[int]()
                while True:
                    heed_cancellation()
                    self._news.clear()
                    come += self._come()
                    if (wanted or come) and self._monotonic() >= not_before:
                        wanted, rest_s = await self._look(group)
                        not_before = self._monotonic() + rest_s
                        for user_id in come:
                            self._retire(user_id)
                        come.clear()
                    wait_s = not_before - self._monotonic() if wanted or come else self._next_slot_s()
                    try:
                        async with asyncio.timeout(max(0.0, wait_s)):
                            await self._news.wait()
                    except TimeoutError:
                        pass
        finally:
            self._running = False
            self._heap.clear()
            self._people.clear()
            self._resting.clear()
            for job in list(self._jobs.values()):
                job.slots.clear()
                job.task = None
                self._retire(job.user_id)

    def _come(self) -> list[int]:
        """The people of the slots whose time has come."""
        ended, come = microseconds(self._now()) // _SLOT_US, list[int]()
        while self._heap and self._heap[0] < ended:
            slot = heapq.heappop(self._heap)
            people = self._people.pop(slot)
            come += people
            for user_id in people:
                job = self._jobs.get(user_id)
                if job is not None:
                    job.slots.pop(slot, None)
        return come

    def _next_slot_s(self) -> float:
        """Seconds until the next slot ends; at most 30 (clocks jump)."""
        return min(30.0, ((self._heap[0] + 1) * _SLOT_US - microseconds(self._now())) / 1_000_000) if self._heap else 30.0

    def _retire(self, user_id: int) -> None:
        """The job goes when nothing is left to do for a person who is not here."""
        job = self._jobs.get(user_id)
        if job is not None and not job.slots and job.task is None and not self._connected(user_id):
            del self._jobs[user_id]

    async def _sweep(self) -> None:
        """Looks for deadlines that nobody told of: another node's, or of a commit that landed though its caller heard of a failure."""
        while True:
            await asyncio.sleep(self._sweep_s)
            await self._reload(before=self._now() + timedelta(seconds=2 * self._sweep_s))

    async def _watch_clock(self) -> None:
        """Deadlines are times of day, so that they outlive the process; a clock that is set back must not put them off, nor one set
        forth leave them past until a wait ends that was measured before."""
        steps, back_s, suspect = clock.Steps(self._now, self._monotonic), 0.0, True
        while True:
            if suspect:  # also when a term begins: nobody here knows what the clock did before
                with suppress(StoreUnavailable, Fenced):  # tried again at the next look, while the term lasts
                    moved = await self._ledger.bring_nearer(self._now(), back_s, self._timing.receive_s, self._guard())
                    if moved:
                        _log.warning("deadlines_brought_nearer", count=moved)
                    back_s, suspect = 0.0, False
            heed_cancellation()
            await asyncio.sleep(clock.LOOK_S)
            step_s = steps.look()
            if step_s:
                _log.warning("clock_stepped", by_s=round(step_s, 3))
                self._stepped(step_s)
                back_s, suspect = max(0.0, back_s - step_s), True
                self._news.set()

    async def _reload(self, before: datetime | None = None) -> None:
        for failures in itertools.count():
            heed_cancellation()
            try:
                for user_id, deadline in (await self._ledger.next_deadlines(before)).items():
                    self.schedule(user_id, deadline)
                return
            except Exception:  # the store may be away: the promise waits for it, it does not lapse
                if failures == 0:
                    _log.exception("deadlines_not_loaded")
                await asyncio.sleep(1)

    async def _look(self, group: asyncio.TaskGroup) -> tuple[bool, float]:
        """One look at all that is due; whether another one is wanted whatever the deadlines say, and the seconds before it."""
        busy = {job.user_id for job in self._jobs.values() if job.task is not None}
        room = min(_PEOPLE, _OUTSTANDING - len(busy))
        if room <= 0:
            return True, 0.5
        now, at = self._now(), self._monotonic()
        self._resting = {user_id: until for user_id, until in self._resting.items() if until > at}
        skipped = busy | self._resting.keys()
        try:
            due = await self._ledger.due(now, people=room + len(skipped))
            plans = {user_id: self._planned(user_id, found, now) for user_id, found in due.items() if user_id not in skipped}
            await self._settle(plans, now)
        except StoreUnavailable as error:
            _log.warning("look_waits_for_store", error=str(error))
            return True, 1.0
        except Exception:
            _log.exception("look_failed")
            return True, 5.0
        for user_id, plan in plans.items():
            job = self._jobs.setdefault(user_id, Job(user_id))
            job.last_run, job.runs = now, job.runs + 1
            if plan is not None and (plan.push or plan.summary):
                job.task = group.create_task(self._serve(job, due[user_id], plan, at), name=job.name)
            else:
                self._retire(user_id)
        return bool(plans), 0.0 if len(plans) >= room else _PAUSE_S

    def _planned(self, user_id: int, due: Due, now: datetime) -> _Plan | None:
        """The plan for one person; what cannot be planned rests, and harms nobody else."""
        try:
            return self._plan(user_id, due, now)
        except Exception:
            _log.exception("job_failed", job=Job(user_id).name)
            self._rest(user_id, 5.0)
            return None

    def _rest(self, user_id: int, seconds: float) -> None:
        self._resting[user_id] = self._monotonic() + seconds
        self.schedule(user_id, self._now() + timedelta(seconds=seconds))

    async def _settle(self, plans: Mapping[int, _Plan | None], now: datetime) -> None:
        """Writes down what ends or waits without a push, and brings back what was put off."""
        made = {user_id: plan for user_id, plan in plans.items() if plan is not None}
        endings = [ending for plan in made.values() for ending in plan.endings]
        asleep = [(user_id, [row.seq for row in plan.awake]) for user_id, plan in made.items() if plan.awake]
        await asyncio.gather(self._ledger.settle(endings), *(self._ledger.wake(user_id, seqs, now) for user_id, seqs in asleep))
        self._expect(endings)

    def _expect(self, endings: Sequence[Ending]) -> None:
        for ending in endings:
            if ending.deadline is not None:
                self.schedule(ending.user_id, ending.deadline)

    async def _serve(self, job: Job, due: Due, plan: _Plan, looked: float) -> None:
        try:
            async with self._slots:
                if self._monotonic() - looked < _STALE_S:
                    await self._push_all(job.user_id, due, plan)
        except StoreUnavailable as error:
            _log.warning("job_waits_for_store", job=job.name, error=str(error))
            self._rest(job.user_id, 1.0)
        except Fenced:  # the other node has this person's job by now; ours ends with the term
            self._rest(job.user_id, 1.0)
        except Exception:
            _log.exception("job_failed", job=job.name)
            self._rest(job.user_id, 5.0)
        finally:
            job.task = None
            if self._running:
                self.schedule(job.user_id, self._now())  # what came due meanwhile, or was left for lack of time
            self._retire(job.user_id)

    async def run_job(self, job: Job) -> None:
        """One look at everything that is due for one person, pushes included."""
        now = job.last_run = self._now()
        job.runs += 1
        due = (await self._ledger.due(now, only=job.user_id)).get(job.user_id)
        if due is not None:
            plan = self._plan(job.user_id, due, now)
            await self._settle({job.user_id: plan}, now)
            await self._push_all(job.user_id, due, plan)

    async def _push_all(self, user_id: int, due: Due, plan: _Plan) -> None:
        if plan.summary:
            await self._push(user_id, due, plan.summary, summary=True)
        for row in plan.push:
            await self._push(user_id, due, [row], summary=False)

    def _plan(self, user_id: int, due: Due, now: datetime) -> _Plan:
        plan = _Plan()
        for row in due.rows:
            if row.state not in OPEN:
                plan.awake.append(row)
                continue
            verdict = decide(
                row.policy,
                kind=str(row.data.get("kind", "")),
                critical=bool(row.data.get("critical")),
                expires=row.expires,
                now=now,
                prefs=due.prefs,
                timing=self._timing,
            )
            match verdict:
                case PushNow() if not due.to:
                    plan.endings.append(Ending(user_id, row.seq, "failed", "no_device", None, False, now))
                case PushNow():
                    (plan.summary if row.held else plan.push).append(row)
                case Hold(until):
                    plan.endings.append(Ending(user_id, row.seq, "pending", "quiet_hours", until, True, now))
                case Drop(cause):
                    plan.endings.append(Ending(user_id, row.seq, "expired", cause, None, False, now))
        if len(plan.push) > _BURST:
            plan.summary = sorted(plan.summary + plan.push, key=lambda row: row.seq)
            plan.push = []
        return plan

    async def _push(self, user_id: int, due: Due, rows: Sequence[DueRow], *, summary: bool) -> None:
        """Pushes rows as one message to every device of the person, and writes down the outcome."""
        begun = self._monotonic()
        taken = set(await self._ledger.begin_push(user_id, [row.seq for row in rows], self._now(), self._guard()))
        rows = [row for row in rows if row.seq in taken]  # the others were received or read in the meantime, or another node has them
        if not rows:
            return
        if self._monotonic() - begun > LEASE.total_seconds() / 2:  # this process stood still: the next taker may be at work by now
            _log.warning("push_left_to_others", user_id=user_id, seqs=[row.seq for row in rows])
            return
        message = _message(rows, due, summary=summary and len(rows) > 1)
        with self._tracer.span("navigator.push", devices=len(due.to), notifications=len(rows)):
            results = await self._send(message, due.to)
        now = self._now()
        endings = [_ending(user_id, row, results, now) for row in rows]
        await self._ledger.finish_push(Finished(user_id, tuple(row.seq for row in rows), tuple(results), tuple(endings), now))
        self._expect(endings)
        _log.info("pushed", user_id=user_id, seqs=[row.seq for row in rows], outcomes=[result.outcome.value for result in results])

    async def _send(self, message: PushMessage, to: Sequence[PushAddress]) -> list[PushResult]:
        results: list[PushResult] = []
        served = {kind: sender for sender in self._senders for kind in sender.kinds}
        ways = [(sender, [a for a in to if served.get(a.kind) is sender]) for sender in self._senders]
        answers = await asyncio.gather(*(sender.send(message, some, self._now()) for sender, some in ways if some))
        for answer in answers:
            results += answer
        unserved = [address for address in to if address.kind not in served]
        results += [PushResult(address=address, outcome=Outcome.REJECTED, detail="push_off") for address in unserved]
        for result in results:
            self._pushed(result)
        return results


def _ending(user_id: int, row: DueRow, results: Sequence[PushResult], now: datetime) -> Ending:
    """What the results of a push make of one row."""
    by_outcome = {result.outcome: result for result in results}
    if Outcome.ACCEPTED in by_outcome:
        return Ending(user_id, row.seq, "pushed", None, None, False, now)
    if Outcome.RETRY in by_outcome:
        wait = max(result.retry_after_s for result in results if result.outcome is Outcome.RETRY)
        again = now + timedelta(seconds=max(wait, retry_delay(row.attempts + 1, random.random())))  # noqa: S311  # jitter, not a secret
        if again < row.expires:
            return Ending(user_id, row.seq, "pending", by_outcome[Outcome.RETRY].detail[:64], again, row.held, now)
        return Ending(user_id, row.seq, "expired", "push_service_away", None, False, now)
    rejected = by_outcome.get(Outcome.REJECTED)
    return Ending(user_id, row.seq, "failed", rejected.detail[:64] if rejected else "no_device", None, False, now)


def _message(rows: Sequence[DueRow], due: Due, *, summary: bool) -> PushMessage:
    newest = rows[-1]
    locale = due.prefs.locale
    titles = [_text(row.data.get("title"), locale) for row in rows]
    if summary:
        title = _SUMMARY.get(locale, _SUMMARY["en"]).format(count=len(rows))
        body, url, tag = "\n".join(titles[-5:]), "/", tag_of("summary")
    else:
        data = newest.data
        title, url = titles[0], str(data.get("url") or "/")
        body = "" if data.get("private") else str(data.get("body") or "")
        tag = tag_of(newest.event_id)
    return PushMessage(
        title=title[:200],
        body=body[:1000],
        tag=tag,
        url=url,
        id=newest.event_id,
        seq=newest.seq,
        unread=due.unseen,
        read=[tag_of(event_id) for event_id in due.read_ids],
        urgent=any(bool(row.data.get("critical")) for row in rows) or newest.policy is Policy.ALWAYS_PUSH,
        expires=max(row.expires for row in rows),
    )


_SUMMARY = {"ru": "Новых уведомлений: {count}", "en": "New notifications: {count}"}


def _text(value: Any, locale: str) -> str:
    if isinstance(value, Mapping):
        return str(value.get(locale) or value.get("en") or next(iter(value.values()), ""))
    return str(value or "")


def tag_of(event_id: str) -> str:
    """The notification tag of an event: 22 characters of base64url, fit for RFC 8030's `Topic`; pages compute the same."""
    return base64.urlsafe_b64encode(hashlib.sha256(event_id.encode()).digest()[:16]).rstrip(b"=").decode()
