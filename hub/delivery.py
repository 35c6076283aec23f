"""From a deadline to an end: re-check, then push, then write down how it went.

The part of one person is a named job, `notification_job_{user_id}`: it exists while the person has open deadlines or
live sessions, and shows in diagnostics with its last run and its next deadline.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import heapq
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from hub.attempts import Due, DueRow, Ending, Finished
from hub.ledger import Ledger
from hub.levels import OPEN
from hub.policy import Drop, Hold, Policy, PushNow, Timing, decide, retry_delay
from hub.push import Outcome, PushAddress, PushMessage, PushResult, PushSender
from hub.tracing import OFF, Tracer
from hub.writer import StoreUnavailable

__all__ = ["Delivery", "Job", "tag_of"]

_log = structlog.get_logger("hub.delivery")
_PAUSE = timedelta(seconds=0.05)
"""Between two looks at one person, whatever the deadlines say."""
_BURST = 3
"""More than this many due at once become one push: a summary, not a burst."""


@dataclass(slots=True, eq=False)
class Job:
    """The delivery work of one person."""

    user_id: int
    deadline: datetime | None = None
    last_run: datetime | None = None
    runs: int = 0
    task: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """As it shows in task lists and diagnostics."""
        return f"notification_job_{self.user_id}"


@dataclass(slots=True, eq=False)
class _Plan:
    """What one look at a person's due rows decided."""

    push: list[DueRow] = field(default_factory=list)
    summary: list[DueRow] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    awake: list[DueRow] = field(default_factory=list)


class Delivery:
    """Watches deadlines and runs the jobs, at most `at_once` at a time. `run()` is its one long task."""

    def __init__(
        self,
        ledger: Ledger,
        senders: Sequence[PushSender],
        *,
        now: Callable[[], datetime],
        timing: Timing,
        connected: Callable[[int], bool],
        at_once: int = 50,
        sweep_s: float = 5.0,
        pushed: Callable[[PushResult], None] = lambda _result: None,
        tracer: Tracer = OFF,
    ) -> None:
        """`pushed` is told how each push to each device ended."""
        self._ledger, self._senders, self._now, self._timing = ledger, senders, now, timing
        self._connected, self._sweep_s, self._pushed = connected, sweep_s, pushed
        self._tracer = tracer
        self._jobs: dict[int, Job] = {}
        self._heap: list[tuple[datetime, int]] = []
        self._news = asyncio.Event()
        self._slots = asyncio.Semaphore(at_once)

    def jobs(self) -> list[Job]:
        """The jobs that exist now, for diagnostics."""
        return sorted(self._jobs.values(), key=lambda job: job.user_id)

    def present(self, user_id: int) -> None:
        """The person has a live session: their job exists."""
        self._jobs.setdefault(user_id, Job(user_id))

    def absent(self, user_id: int) -> None:
        """The person's last session ended; what they were sent and did not acknowledge is looked at soon."""
        job = self._jobs.get(user_id)
        if job is not None and job.deadline is None and job.task is None:
            del self._jobs[user_id]

    def schedule(self, user_id: int, deadline: datetime) -> None:
        """Something of this person wants a look at `deadline`; an earlier look that is planned already stands."""
        job = self._jobs.setdefault(user_id, Job(user_id))
        if job.deadline is None or deadline < job.deadline:
            job.deadline = deadline
            heapq.heappush(self._heap, (deadline, user_id))
            self._news.set()

    async def run(self) -> None:
        """Runs for ever: picks up the deadlines that the store holds, then serves each when it comes."""
        await self._reload()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep(), name="delivery_sweep")
            while True:
                self._news.clear()
                delay = self._start_due(group)
                try:
                    async with asyncio.timeout(delay):
                        await self._news.wait()
                except TimeoutError:
                    pass

    async def _sweep(self) -> None:
        """Looks for deadlines that nobody told of: a commit may land though its caller heard of a failure."""
        while True:
            await asyncio.sleep(self._sweep_s)
            await self._reload(before=self._now() + timedelta(seconds=self._sweep_s))

    async def _reload(self, before: datetime | None = None) -> None:
        for failures in itertools.count():
            try:
                for user_id, deadline in (await self._ledger.next_deadlines(before)).items():
                    self.schedule(user_id, deadline)
                return
            except Exception:  # the store may be away: the promise waits for it, it does not lapse
                if failures == 0:
                    _log.exception("deadlines_not_loaded")
                await asyncio.sleep(1)

    def _start_due(self, group: asyncio.TaskGroup) -> float:
        """Starts the jobs whose time has come; returns the seconds until the next one, at most 30 (clocks jump)."""
        now = self._now()
        while self._heap and self._heap[0][0] <= now:
            deadline, user_id = heapq.heappop(self._heap)
            job = self._jobs.get(user_id)
            if job is None or job.deadline != deadline:
                continue  # an entry that an earlier deadline overtook
            job.deadline = None
            if job.task is None:
                job.task = group.create_task(self._serve(job), name=job.name)
            else:
                self.schedule(user_id, now + timedelta(seconds=0.5))
                break
        return min(30.0, max(0.0, (self._heap[0][0] - now).total_seconds())) if self._heap else 30.0

    async def _serve(self, job: Job) -> None:
        try:
            async with self._slots:
                await self.run_job(job)
        except StoreUnavailable as error:
            _log.warning("job_waits_for_store", job=job.name, error=str(error))
            self.schedule(job.user_id, self._now() + timedelta(seconds=1))
        except Exception:
            _log.exception("job_failed", job=job.name)
            self.schedule(job.user_id, self._now() + timedelta(seconds=5))
        finally:
            job.task = None
            if job.deadline is None and not self._connected(job.user_id):
                self._jobs.pop(job.user_id, None)

    async def run_job(self, job: Job) -> None:
        """One look at everything that is due for one person."""
        now = job.last_run = self._now()
        job.runs += 1
        due = await self._ledger.due(job.user_id, now)
        plan = self._plan(job.user_id, due, now)
        await self._ledger.settle(plan.endings)
        if plan.awake:
            await self._ledger.wake(job.user_id, [row.seq for row in plan.awake], now)
        if plan.summary:
            await self._push(job.user_id, due, plan.summary, summary=True)
        for row in plan.push:
            await self._push(job.user_id, due, [row], summary=False)
        next_at = await self._ledger.next_deadline(job.user_id)
        if next_at is not None:
            self.schedule(job.user_id, max(next_at, self._now() + _PAUSE))

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
        taken = set(await self._ledger.begin_push(user_id, [row.seq for row in rows], self._now()))
        rows = [row for row in rows if row.seq in taken]  # the others were received or read in the meantime
        if not rows:
            return
        message = _message(rows, due, summary=summary and len(rows) > 1)
        with self._tracer.span("navigator.push", devices=len(due.to), notifications=len(rows)):
            results = await self._send(message, due.to)
        now = self._now()
        endings = [_ending(user_id, row, results, now) for row in rows]
        await self._ledger.finish_push(Finished(user_id, tuple(row.seq for row in rows), tuple(results), tuple(endings), now))
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
