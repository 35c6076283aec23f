"""From a deadline to an end, with a sender that does as it is told and a clock that the test moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hub.delivery import Delivery, Job, tag_of
from hub.hub import utc_now
from hub.levels import Mark
from hub.policy import Policy, Timing
from hub.push import Outcome, PushAddress, PushMessage, PushResult, payload
from hub.store import addresses, inbox, preferences, push_attempts
from hub.writer import StoreUnavailable
from tests.clock import START, Clock
from tests.hub.ledgers import Book, open_book, rows
from tests.hub.people import add_device, add_people
from tests.hub.values import note

NIGHT = [{"days": [0, 1, 2, 3, 4, 5, 6], "start": "22:00", "end": "07:00"}]
TEN_IN_THE_EVENING = 10 * 3600.0
"""Seconds from the clock's noon to 22:00."""


class Sender:
    """Takes every message; answers with the outcomes given by address key, else accepted."""

    def __init__(self, *kinds: str) -> None:
        self.kinds = frozenset(kinds or ("webpush",))
        self.sent: list[PushMessage] = []
        self.to: list[list[int]] = []
        self.outcomes: dict[str, list[Outcome]] = {}
        self.retry_after_s = 0.0
        self.open = asyncio.Event()
        self.open.set()
        self.entered = asyncio.Event()
        self.fault: Exception | None = None

    async def send(self, message: PushMessage, to: Sequence[PushAddress], now: datetime) -> list[PushResult]:
        """One result for each address; waits while `open` is not set."""
        self.entered.set()
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        self.sent.append(message)
        self.to.append([address.id for address in to])
        return [self._result(address) for address in to]

    def _result(self, address: PushAddress) -> PushResult:
        planned = next((plan for key, plan in self.outcomes.items() if address.address.endswith(key)), [])
        outcome = planned.pop(0) if planned else Outcome.ACCEPTED
        wait = self.retry_after_s if outcome is Outcome.RETRY else 0.0
        return PushResult(
            address=address, outcome=outcome, detail="" if outcome is Outcome.ACCEPTED else f"http_{outcome}", retry_after_s=wait
        )


class Desk:
    """A ledger, one person with a phone, and the delivery that serves them by hand."""

    def __init__(self, book: Book, sender: Sender, connected: set[int]) -> None:
        self.book, self.sender, self.connected = book, sender, connected
        self.delivery = self.again()

    def again(self) -> Delivery:
        """Another delivery over the same store, as after a restart."""
        return Delivery(self.book.ledger, [self.sender], now=self.book.clock, timing=Timing(), connected=self.connected.__contains__)

    async def look(self, after_s: float = 0.0) -> Job:
        """One look at what is due, so many seconds later."""
        self.book.clock.advance(after_s)
        job = Job(1)
        await self.delivery.run_job(job)
        return job

    async def mark(self, change: Any, seq: int, **more: Any) -> None:
        """The person's word from another device."""
        await self.book.ledger.mark(Mark(user_id=1, change=change, device="desk", now=self.book.clock(), seq=seq, **more))

    async def states(self) -> list[str]:
        """The states of the person's rows, with their causes."""
        found = await rows(self.book.engine, 1)
        return [row.state if row.cause is None else f"{row.state}: {row.cause}" for row in found]

    async def wish(self, name: str, value: Any) -> None:
        """Sets one of the person's preferences."""
        async with self.book.engine.begin() as connection:
            await connection.execute(sa.insert(preferences).values(user_id=1, name=name, value=value))

    async def overdue(self) -> int:
        """The promise's number."""
        return await self.book.ledger.overdue(self.book.clock())


@asynccontextmanager
async def open_desk(store: AsyncEngine, clock: Clock, *, phone: bool = True, **person: Any) -> AsyncIterator[Desk]:
    """A desk over this store."""
    await add_people(store, "anna", **person)
    if phone:
        await add_device(store, 1, "phone")
    connected: set[int] = set()
    async with open_book(store, clock, connected=connected.__contains__) as book:
        yield Desk(book, Sender(), connected)


@pytest.fixture
async def desk(store: AsyncEngine, clock: Clock) -> AsyncIterator[Desk]:
    """A person with a phone, nobody connected."""
    async with open_desk(store, clock) as opened:
        yield opened


async def kept_addresses(engine: AsyncEngine) -> list[str]:
    """The ends of the addresses that are still there."""
    async with engine.connect() as connection:
        return [row.address.rsplit("/")[-1] for row in await connection.execute(sa.select(addresses).order_by(addresses.c.id))]


async def test_nobody_connected_is_pushed_after_a_short_wait(desk: Desk) -> None:
    """A page may reload; then the push leaves, says what it is about, and the row has its end."""
    await desk.book.accept(note("a", 1, body="Принтер горит", url="/tickets/42"))
    await desk.look(1.9)
    assert await desk.states() == ["pending"]
    await desk.look(0.1)
    assert await desk.states() == ["pushed"]
    (sent,) = desk.sender.sent
    assert (sent.title, sent.body, sent.url, sent.seq, sent.id, sent.unread) == ("Заявка a", "Принтер горит", "/tickets/42", 1, "a", 1)
    assert (sent.tag, sent.urgent, sent.expires) == (tag_of("a"), False, START + timedelta(days=3))
    row = (await rows(desk.book.engine, 1))[0]
    assert (row.attempts, row.deadline_at, row.ended_at) == (1, None, desk.book.clock())
    assert await desk.overdue() == 0


async def test_what_a_session_received_is_not_pushed(desk: Desk) -> None:
    """Connected and acknowledged: the row has ended before anybody looks."""
    desk.connected.add(1)
    await desk.book.accept(note("a", 1))
    await desk.mark("received", 1)
    await desk.look(60)
    assert (desk.sender.sent, await desk.states()) == ([], ["received"])


async def test_a_silent_session_has_eight_seconds(desk: Desk) -> None:
    """Connected and not acknowledged: pushed at eight seconds, not before."""
    desk.connected.add(1)
    await desk.book.accept(note("a", 1))
    await desk.look(7.99)
    assert desk.sender.sent == []
    await desk.look(0.01)
    assert await desk.states() == ["pushed"]


async def test_a_late_ack_stops_a_push_that_has_not_left(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Acknowledged between the look and the push: the re-check finds the row ended."""
    await desk.book.accept(note("a", 1), note("b", 1))
    load = desk.book.ledger.due

    async def then_acked(now: datetime, **which: Any) -> Any:
        due = await load(now, **which)
        await desk.mark("received", 1)
        return due

    monkeypatch.setattr(desk.book.ledger, "due", then_acked)
    await desk.look(2)
    assert [message.id for message in desk.sender.sent] == ["b"]
    assert await desk.states() == ["received", "pushed"]


async def test_an_ack_while_the_push_is_on_its_way_is_the_end(desk: Desk) -> None:
    """The row keeps the state of the ack, though the push was sent as well; the attempt is on record."""
    await desk.book.accept(note("a", 1))
    desk.sender.open.clear()
    look = asyncio.create_task(desk.look(2))
    await desk.sender.entered.wait()
    assert await desk.states() == ["pushing"]
    await desk.mark("read", 1)
    desk.sender.open.set()
    await look
    assert await desk.states() == ["read_elsewhere: desk"]
    async with desk.book.engine.connect() as connection:
        assert (await connection.execute(sa.select(push_attempts.c.outcome))).scalars().all() == ["accepted"]


async def test_a_busy_service_is_tried_again_with_back_off(desk: Desk) -> None:
    """The wait doubles, is never shorter than the service asks, and ends with the push."""
    await desk.book.accept(note("a", 1))
    desk.sender.outcomes["phone"] = [Outcome.RETRY, Outcome.RETRY, Outcome.RETRY]
    await desk.look(2)
    waits = []
    for retry_after in (0.0, 120.0, 0.0):
        row = (await rows(desk.book.engine, 1))[0]
        assert (row.state, row.cause) == ("pending", "http_retry")
        waits.append((row.deadline_at - desk.book.clock()).total_seconds())
        desk.sender.retry_after_s = retry_after
        await desk.look(waits[-1])
    assert 0.5 <= waits[0] <= 1
    assert 1 <= waits[1] <= 2
    assert waits[2] == 120
    assert await desk.states() == ["pushed"]
    assert (await rows(desk.book.engine, 1))[0].attempts == 4


async def test_retries_end_with_the_notifications_life(desk: Desk) -> None:
    """A service that stays away past the expiry leaves an end with its cause."""
    await desk.book.accept(note("a", 1, expires=START + timedelta(seconds=30)))
    desk.sender.outcomes["phone"] = [Outcome.RETRY]
    desk.sender.retry_after_s = 60
    await desk.look(2)
    assert await desk.states() == ["expired: push_service_away"]


async def test_what_nobody_wants_any_more_is_not_pushed(desk: Desk) -> None:
    """Past its expiry a notification ends as expired."""
    await desk.book.accept(note("a", 1, expires=START + timedelta(seconds=1)))
    await desk.look(2)
    assert (desk.sender.sent, await desk.states()) == ([], ["expired: expired"])


async def test_dead_addresses_are_forgotten(desk: Desk) -> None:
    """What the service says is gone is deleted; one device that took it is enough."""
    await add_device(desk.book.engine, 1, "tablet")
    desk.sender.outcomes["phone"] = [Outcome.GONE]
    await desk.book.accept(note("a", 1))
    await desk.look(2)
    assert (await desk.states(), await kept_addresses(desk.book.engine)) == (["pushed"], ["tablet"])


async def test_when_the_last_address_is_gone_there_is_no_device(desk: Desk) -> None:
    """Every address dead: the row ends as failed, and so does the next one, without asking anybody."""
    desk.sender.outcomes["phone"] = [Outcome.GONE]
    await desk.book.accept(note("a", 1))
    await desk.look(2)
    await desk.book.accept(note("b", 1))
    await desk.look(2)
    assert await desk.states() == ["failed: no_device"] * 2
    assert len(desk.sender.sent) == 1


async def test_without_a_device_it_fails_and_says_so(store: AsyncEngine, clock: Clock) -> None:
    """Somebody who has no device has an end all the same."""
    async with open_desk(store, clock, phone=False) as desk:
        await desk.book.accept(note("a", 1))
        await desk.look(2)
        assert (await desk.states(), await desk.overdue()) == (["failed: no_device"], 0)


async def test_what_will_never_be_taken_is_not_retried(desk: Desk) -> None:
    """A rejection ends the row with its detail; the address stays."""
    desk.sender.outcomes["phone"] = [Outcome.REJECTED]
    await desk.book.accept(note("a", 1))
    await desk.look(2)
    assert (await desk.states(), await kept_addresses(desk.book.engine)) == (["failed: http_rejected"], ["phone"])


async def test_an_address_that_no_sender_serves(desk: Desk) -> None:
    """With FCM switched off its addresses are rejected as such; other devices get the push."""
    await add_device(desk.book.engine, 1, "tablet", kind="fcm_token", address="token")
    await desk.book.accept(note("a", 1))
    await desk.look(2)
    assert await desk.states() == ["pushed"]
    async with desk.book.engine.begin() as connection:
        found = await connection.execute(sa.select(push_attempts.c.kind, push_attempts.c.outcome, push_attempts.c.detail))
        assert {tuple(row) for row in found} == {("webpush", "accepted", ""), ("fcm_token", "rejected", "push_off")}
        await connection.execute(sa.delete(addresses).where(addresses.c.kind == "webpush"))
    await desk.book.accept(note("b", 1))
    await desk.look(2)
    assert await desk.states() == ["pushed", "failed: push_off"]


async def test_quiet_hours_hold_and_end_in_one_summary(desk: Desk) -> None:
    """In the night nothing is pushed; at its end one message names how many wait, and every row has its end."""
    await desk.wish("quiet", NIGHT)
    desk.book.clock.advance(TEN_IN_THE_EVENING)
    await desk.book.accept(note("a", 1), note("b", 1))
    await desk.look(2)
    assert (desk.sender.sent, await desk.states()) == ([], ["pending: quiet_hours"] * 2)
    await desk.mark("unread", 1)
    await desk.look(9 * 3600 - 3)
    assert desk.sender.sent == []
    await desk.look(1)
    (sent,) = desk.sender.sent
    assert (sent.title, sent.body, sent.tag, sent.seq, sent.unread) == (
        "Новых уведомлений: 2",
        "Заявка a\nЗаявка b",
        tag_of("summary"),
        2,
        2,
    )
    assert await desk.states() == ["pushed"] * 2


async def test_what_was_read_in_the_night_is_not_in_the_summary(desk: Desk) -> None:
    """A single one that is left is told as itself."""
    await desk.wish("quiet", NIGHT)
    desk.book.clock.advance(TEN_IN_THE_EVENING)
    await desk.book.accept(note("a", 1), note("b", 1))
    await desk.look(2)
    await desk.mark("read", 1)
    await desk.look(9 * 3600)
    assert [message.title for message in desk.sender.sent] == ["Заявка b"]
    assert await desk.states() == ["read_elsewhere: desk", "pushed"]


async def test_what_is_critical_pierces_the_night_if_it_may(desk: Desk) -> None:
    """A critical notification is pushed at once, urgently; not when the person forbids it."""
    await desk.wish("quiet", NIGHT)
    desk.book.clock.advance(TEN_IN_THE_EVENING)
    await desk.book.accept(note("a", 1, critical=True))
    await desk.look(2)
    assert [(message.id, message.urgent) for message in desk.sender.sent] == [("a", True)]
    await desk.wish("critical_pierces", False)
    await desk.book.accept(note("b", 1, critical=True))
    await desk.look(2)
    assert await desk.states() == ["pushed", "pending: quiet_hours"]


async def test_a_digest_is_one_push_at_its_hour(desk: Desk) -> None:
    """Collected over the day, told once at nine in the morning."""
    await desk.book.accept(*(note(f"{n}", 1, policy=Policy.DIGEST) for n in range(7)))
    await desk.look(20 * 3600)
    assert desk.sender.sent == []
    await desk.look(3600)
    (sent,) = desk.sender.sent
    assert sent.title == "Новых уведомлений: 7"
    assert sent.body.count("\n") == 4
    assert set(await desk.states()) == {"pushed"}


async def test_a_burst_becomes_one_message(desk: Desk) -> None:
    """Three at once are three pushes; four are one, of the newest position."""
    await desk.book.accept(*(note(f"a{n}", 1) for n in range(3)))
    await desk.look(2)
    assert len(desk.sender.sent) == 3
    await desk.book.accept(*(note(f"b{n}", 1) for n in range(4)))
    await desk.look(2)
    assert (len(desk.sender.sent), desk.sender.sent[-1].title, desk.sender.sent[-1].seq) == (4, "Новых уведомлений: 4", 7)


async def test_held_and_fresh_ones_together_name_the_newest(desk: Desk) -> None:
    """A summary of a digest and a burst speaks of the newest position, whatever order they were taken in."""
    await desk.book.accept(*(note(f"a{n}", 1) for n in range(4)))
    await desk.book.accept(note("y", 1), note("z", 1, policy=Policy.DIGEST))
    await desk.look(21 * 3600)
    assert [(message.title, message.seq, message.id) for message in desk.sender.sent] == [("Новых уведомлений: 6", 6, "z")]


@pytest.mark.parametrize(("policy", "cause"), [(Policy.LIVE_THEN_PUSH, "muted"), (Policy.LIVE_ONLY, "live_only"), (Policy.DIGEST, "muted")])
async def test_what_is_not_to_be_pushed_ends_with_its_cause(desk: Desk, policy: Policy, cause: str) -> None:
    """A muted kind and a live-only notification end unpushed and say why; they stay in the inbox."""
    await desk.wish("rules", {"ticket": {"push": False}})
    await desk.book.accept(note("a", 1, policy=policy))
    await desk.look(86_400)
    assert (desk.sender.sent, await desk.states()) == ([], [f"expired: {cause}"])
    assert len((await desk.book.ledger.page(1, now=desk.book.clock())).rows) == 1


async def test_always_push_does_not_wait_for_a_session(desk: Desk) -> None:
    """Whoever is connected, it is pushed at once, urgently."""
    desk.connected.add(1)
    await desk.book.accept(note("a", 1, policy=Policy.ALWAYS_PUSH))
    await desk.look()
    assert [message.urgent for message in desk.sender.sent] == [True]


async def test_a_private_body_stays_off_the_lock_screen(desk: Desk) -> None:
    """A private notification's push says its title only, alone and in a summary."""
    await desk.book.accept(*(note(f"{n}", 1, body="secret words", private=True) for n in range(5)))
    await desk.book.accept(note("one", 1, body="secret words", private=True))
    await desk.mark("read", 4)
    await desk.look(2)
    assert len(desk.sender.sent) == 2
    assert not any("secret" in message.body + message.title for message in desk.sender.sent)


async def test_the_push_speaks_the_persons_language(store: AsyncEngine, clock: Clock) -> None:
    """Titles and summaries come in the person's own language."""
    async with open_desk(store, clock, locale="en") as desk:
        await desk.book.accept(note("a", 1))
        await desk.look(2)
        await desk.book.accept(*(note(f"b{n}", 1) for n in range(4)))
        await desk.look(2)
    assert [message.title for message in desk.sender.sent] == ["Ticket a", "New notifications: 4"]


@pytest.mark.parametrize(
    ("url", "navigate"), [("/tickets/1", "https://site/tickets/1"), ("https://redmine/issues/1", "https://redmine/issues/1")]
)
async def test_a_push_leads_where_the_notice_says(desk: Desk, url: str, navigate: str) -> None:
    """A path is below this site, an absolute address stands as it is."""
    await desk.book.accept(note("a", 1, url=url))
    await desk.look(2)
    notification = payload(desk.sender.sent[0], at="https://site")["notification"]
    assert (notification["navigate"], notification["data"]["url"]) == (navigate, url)


async def test_a_push_names_what_was_read_since(desk: Desk) -> None:
    """The next visible push carries the tags of pushed ones that have been seen: the device closes them."""
    await desk.book.accept(note("a", 1), note("b", 1))
    await desk.look(2)
    await desk.mark("shown", 1)
    await desk.book.accept(note("c", 1))
    await desk.look(2)
    assert desk.sender.sent[-1].read == [tag_of("a")]


async def test_a_restart_finds_what_was_in_hand(desk: Desk) -> None:
    """A push that a dead process had in hand is looked at again when its lease ends, by whoever is alive."""
    await desk.book.accept(note("a", 1))
    desk.book.clock.advance(2)
    assert await desk.book.ledger.begin_push(1, [1], desk.book.clock()) == (1,)
    desk.delivery = desk.again()
    await desk.look(19.9)
    assert desk.sender.sent == []
    await desk.look(0.1)
    assert await desk.states() == ["pushed"]
    assert (await rows(desk.book.engine, 1))[0].attempts == 2


async def test_a_sender_that_breaks_leaves_the_row_for_another_look(desk: Desk) -> None:
    """A bug in a sender costs one lease, not the notification."""
    await desk.book.accept(note("a", 1))
    desk.sender.fault = RuntimeError("a bug")
    with pytest.raises(RuntimeError):
        await desk.look(2)
    assert await desk.states() == ["pushing"]
    desk.sender.fault = None
    await desk.look(20)
    assert await desk.states() == ["pushed"]


async def test_many_due_rows_are_taken_in_parts(desk: Desk) -> None:
    """More than one look can take are done in several, and none is left over."""
    await desk.book.accept(*(note(f"{n}", 1) for n in range(1203)))
    for _ in range(3):
        await desk.look(2)
    assert set(await desk.states()) == {"pushed"}
    assert [message.title for message in desk.sender.sent] == ["Новых уведомлений: 500"] * 2 + ["Новых уведомлений: 203"]


async def test_a_taker_that_stood_still_does_not_push(desk: Desk) -> None:
    """Frozen between taking a row and sending, for longer than half the lease, it leaves the row to the next taker."""
    await desk.book.accept(note("a", 1))
    now = 0.0
    begin = desk.book.ledger.begin_push

    async def frozen(*args: Any) -> tuple[int, ...]:
        nonlocal now
        taken = await begin(*args)
        now += 10.1
        return taken

    desk.delivery = Delivery(
        desk.book.ledger, [desk.sender], now=desk.book.clock, timing=Timing(), connected=lambda _user: False, monotonic=lambda: now
    )
    desk.book.ledger.begin_push = frozen  # type: ignore[method-assign]  # the fault
    await desk.look(2)
    assert (desk.sender.sent, await desk.states()) == ([], ["pushing"])
    desk.book.ledger.begin_push = begin  # type: ignore[method-assign]
    await desk.look(20)
    assert (len(desk.sender.sent), await desk.states()) == (1, ["pushed"])


async def test_two_nodes_that_look_at_once_push_once(desk: Desk) -> None:
    """Both see the same rows due; the one that comes second to take them pushes nothing."""
    await desk.book.accept(note("a", 1), note("b", 1))
    desk.book.clock.advance(2)
    await asyncio.gather(desk.delivery.run_job(Job(1)), desk.again().run_job(Job(1)))
    assert sorted(message.id for message in desk.sender.sent) == ["a", "b"]
    assert await desk.states() == ["pushed", "pushed"]


# -- the running thing, on the real clock with short waits -------------------------------------------

QUICK = Timing(receive_s=0.1, absent_s=0.03)


@asynccontextmanager
async def running(book: Book, *senders: Sender, sweep_s: float = 0.05, connected: set[int] | None = None) -> AsyncIterator[Delivery]:
    """A delivery that runs by itself."""
    delivery = Delivery(book.ledger, senders, now=utc_now, timing=QUICK, connected=(connected or set()).__contains__, sweep_s=sweep_s)
    task = asyncio.create_task(delivery.run(), name="delivery")
    try:
        yield delivery
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


@asynccontextmanager
async def quick_book(store: AsyncEngine, people: int = 1) -> AsyncIterator[Book]:
    """People with phones, and a ledger on the real clock with short waits."""
    ids = await add_people(store, *(f"u{n}" for n in range(people)))
    for user in ids:
        await add_device(store, user)
    async with open_book(store, Clock(utc_now()), timing=QUICK) as book:
        yield book


async def until(condition: Any, within_s: float = 5.0) -> None:
    """Waits for a condition, which may be a coroutine function."""
    async with asyncio.timeout(within_s):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)


async def test_deadlines_in_the_store_are_picked_up_at_start(store: AsyncEngine) -> None:
    """What an earlier process left open is served, nobody needs to tell of it."""
    sender = Sender()
    async with quick_book(store, 3) as book:
        await book.accept(note("a", 1, 2, 3))
        async with running(book, sender):
            await until(lambda: ended(store, 1, 2, 3))
        assert len(sender.sent) == 3


async def ended(store: AsyncEngine, *users: int) -> bool:
    """True when every row of these people is pushed."""
    return {row.state for user in users for row in await rows(store, user)} == {"pushed"}


async def test_a_row_that_nobody_told_of_is_found(store: AsyncEngine) -> None:
    """A commit whose outcome was lost on the way, or another node's, has its deadline kept all the same."""
    sender = Sender()
    async with quick_book(store) as book, running(book, sender):
        await asyncio.sleep(0.02)
        await book.accept(note("a", 1))
        await until(lambda: len(sender.sent) == 1)


async def test_one_persons_trouble_is_not_anothers(store: AsyncEngine) -> None:
    """A sender that fails for one person leaves the others served, and says so in the log."""
    sender = Sender()
    send = sender.send

    async def selective(message: PushMessage, to: Sequence[PushAddress], now: datetime) -> list[PushResult]:
        if to[0].address.endswith("/1/phone"):
            raise RuntimeError("a bug")
        return await send(message, to, now)

    sender.send = selective  # type: ignore[method-assign]  # a sender with a fault
    async with quick_book(store, 2) as book:
        with capture_logs() as logs:
            async with running(book, sender):
                await book.accept(note("a", 1, 2))
                await until(lambda: len(sender.sent) == 1)
                await until(lambda: any(line["log_level"] == "error" for line in logs))
        failed = [(line["event"], line["job"]) for line in logs if line["log_level"] == "error"]
        assert failed == [("job_failed", "notification_job_1")]


async def test_a_busy_store_delays_a_job_and_no_more(store: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the store away a job waits a second and then does its work."""
    sender = Sender()
    async with quick_book(store) as book:
        begin, failures = book.ledger.begin_push, [StoreUnavailable("locked")]

        async def begin_push(*args: Any) -> tuple[int, ...]:
            if failures:
                raise failures.pop()
            return await begin(*args)

        monkeypatch.setattr(book.ledger, "begin_push", begin_push)
        await book.accept(note("a", 1))
        async with running(book, sender):
            await until(lambda: len(sender.sent) == 1)


async def test_a_job_exists_while_there_is_something_to_do_or_somebody_here(store: AsyncEngine) -> None:
    """The job of a person has their name, shows its last run, and goes when nothing is left."""
    sender, connected = Sender(), {1}
    async with quick_book(store, 2) as book, running(book, sender, connected=connected) as delivery:
        delivery.present(1)
        assert [job.name for job in delivery.jobs()] == ["notification_job_1"]
        await book.accept(note("a", 1, 2))
        soon = utc_now() + timedelta(seconds=0.05)
        for user in (1, 2):
            delivery.schedule(user, soon)
        assert [(job.user_id, job.deadline) for job in delivery.jobs()] == [(1, soon), (2, soon)]
        await until(lambda: len(sender.sent) == 2)
        await until(lambda: [job.user_id for job in delivery.jobs()] == [1])
        assert delivery.jobs()[0].runs >= 1
        connected.clear()
        delivery.absent(1)
        assert delivery.jobs() == []


async def test_jobs_run_side_by_side_within_the_bound(store: AsyncEngine) -> None:
    """Twenty people are served at once, but no more than the bound at a time; two looks at one person never overlap."""
    now_in, most = 0, 0

    class Counting(Sender):
        async def send(self, message: PushMessage, to: Sequence[PushAddress], now: datetime) -> list[PushResult]:
            nonlocal now_in, most
            now_in += 1
            most = max(most, now_in)
            await asyncio.sleep(0.01)
            now_in -= 1
            return await super().send(message, to, now)

    sender = Counting()
    async with quick_book(store, 20) as book:
        delivery = Delivery(book.ledger, [sender], now=utc_now, timing=QUICK, connected=lambda _user: False, at_once=4)
        await book.accept(note("a", *range(1, 21)))
        task = asyncio.create_task(delivery.run())
        await until(lambda: len(sender.sent) == 20)
        task.cancel()
        await asyncio.wait([task])
    assert 2 <= most <= 4


async def test_a_snoozed_notification_comes_back_by_itself(store: AsyncEngine) -> None:
    """When its time has come the sessions are told, once, and nothing keeps running."""
    async with quick_book(store) as book, running(book, Sender()) as delivery:
        await book.accept(note("a", 1))
        until_at = utc_now() + timedelta(seconds=0.1)
        await book.ledger.mark(Mark(user_id=1, change="snooze", device="d", now=utc_now(), ids=("a",), until=until_at))
        delivery.schedule(1, until_at)
        await until(lambda: [back.ids for back in book.woken] == [("a",)])
        await until(lambda: delivery.jobs() == [])


async def test_a_row_that_stays_due_does_not_burn_the_processor(store: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever leaves a deadline in the past, there are pauses between the looks."""
    async with quick_book(store) as book:
        looks, load = 0, book.ledger.due

        async def counted(*args: Any, **which: Any) -> Any:
            nonlocal looks
            looks += 1
            return await load(*args, **which)

        async def stuck(*_args: Any) -> tuple[int, ...]:
            return ()

        monkeypatch.setattr(book.ledger, "due", counted)
        monkeypatch.setattr(book.ledger, "begin_push", stuck)
        await book.accept(note("a", 1))
        async with running(book, Sender()):
            await until(lambda: looks > 0)
            await asyncio.sleep(0.3)
    assert 2 <= looks <= 10


async def test_thousands_without_a_device_are_settled_together(store: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An announcement to two thousand absent people ends for all of them in a few looks, of a few statements each."""
    people = await add_people(store, *(f"u{n}" for n in range(2000)))
    statements: list[str] = []
    looks = 0
    async with open_book(store, Clock(utc_now()), timing=QUICK) as book:
        load = book.ledger.due

        async def counted(*args: Any, **which: Any) -> Any:
            nonlocal looks
            looks += 1
            return await load(*args, **which)

        monkeypatch.setattr(book.ledger, "due", counted)
        await book.accept(note("a", *people))
        sa.event.listen(store.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        async with running(book, Sender(), sweep_s=1.0):

            async def settled() -> bool:
                async with store.connect() as connection:
                    query = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.cause == "no_device")
                    return await connection.scalar(query) == len(people)

            await until(settled, within_s=30)
            assert looks <= 12
    read = [one for one in statements if not one.startswith(("SELECT count", "BEGIN", "PRAGMA"))]
    assert len(read) <= 12 * 10


async def test_delivery_can_be_stopped_and_run_again(store: AsyncEngine) -> None:
    """Where it does not run nothing is kept but who is here; run again it serves what the store holds."""
    sender = Sender()
    async with quick_book(store, 3) as book:
        delivery = Delivery(book.ledger, [sender], now=utc_now, timing=QUICK, connected={3}.__contains__, sweep_s=0.05)
        delivery.present(3)
        delivery.schedule(1, utc_now())
        assert [job.name for job in delivery.jobs()] == ["notification_job_3"]
        for number in range(3):
            sender.open.clear()
            sender.entered.clear()
            task = asyncio.create_task(delivery.run(), name="delivery")
            await book.accept(note(f"{number}", 1 + number % 2))
            await sender.entered.wait()
            delivery.schedule(2, utc_now() + timedelta(hours=1))
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            assert [(job.name, job.deadline, job.task) for job in delivery.jobs()] == [("notification_job_3", None, None)]
        sender.open.set()
        assert sender.sent == []
        async with store.begin() as connection:
            await connection.execute(sa.update(inbox).values(deadline_at=utc_now()))  # the leases run out
        async with running_again(delivery):
            await until(lambda: ended(store, 1, 2))
        assert len(sender.sent) == 3


@asynccontextmanager
async def running_again(delivery: Delivery) -> AsyncIterator[None]:
    """Runs this delivery once more."""
    task = asyncio.create_task(delivery.run(), name="delivery")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_push_that_waited_too_long_is_looked_at_anew(store: AsyncEngine) -> None:
    """With the senders busy, what was decided long before a push's turn is decided anew; nothing is left over, nothing doubled."""
    sender, ahead_s = Sender(), 0.0
    sender.open.clear()
    async with quick_book(store, 2) as book:
        delivery = Delivery(
            book.ledger,
            [sender],
            now=utc_now,
            timing=QUICK,
            connected=lambda _user: False,
            at_once=1,
            monotonic=lambda: time.monotonic() + ahead_s,
        )
        async with running_again(delivery):
            await book.accept(note("a", 1, 2))
            await until(lambda: sum(job.task is not None for job in delivery.jobs()) == 2)
            await sender.entered.wait()
            async with store.begin() as connection:
                await connection.execute(sa.insert(preferences), [{"user_id": n, "name": "rules", "value": MUTED} for n in (1, 2)])
            ahead_s = 6.0
            sender.open.set()
            await until(lambda: delivery.jobs() == [])
        assert len(sender.sent) == 1
        found = [*await rows(store, 1), *await rows(store, 2)]
        assert sorted(row.state for row in found) == ["expired", "pushed"]


MUTED = {"ticket": {"push": False}}


async def test_the_end_comes_at_once_also_in_the_middle_of_a_push(store: AsyncEngine) -> None:
    """Cancelling the delivery does not wait for a push service; the row is found again by its lease."""
    sender = Sender()
    sender.open.clear()
    async with quick_book(store) as book:
        await book.accept(note("a", 1))
        async with running(book, sender):
            await sender.entered.wait()
        assert [row.state for row in await rows(store, 1)] == ["pushing"]


async def test_how_each_push_ended_is_told(store: AsyncEngine, clock: Clock) -> None:
    """Every device's result is told once, also of a device that no sender serves."""
    async with open_desk(store, clock) as desk:
        await add_device(store, 1, "tablet", kind="fcm_token")
        told: list[tuple[str, str]] = []
        delivery = Delivery(
            desk.book.ledger,
            [desk.sender],
            now=clock,
            timing=Timing(),
            connected=lambda _user: False,
            pushed=lambda result: told.append((result.address.kind, result.outcome.value)),
        )
        await desk.book.accept(note("a", 1))
        clock.advance(3)
        await delivery.run_job(Job(1))
    assert sorted(told) == [("fcm_token", "rejected"), ("webpush", "accepted")]
