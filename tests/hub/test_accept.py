"""Taking notifications in: positions without a hole, nobody twice, all or nothing with the watermark."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.accept import EVERYONE, Outcome, Receipt
from hub.event import Event
from hub.lease import Fenced
from hub.ledger import RETENTION
from hub.notification import Address
from hub.policy import Policy
from hub.store import events, heads, identities, inbox, preferences, publications, users, watermarks
from tests.clock import START, Clock
from tests.hub.ledgers import Book, open_book, rows
from tests.hub.people import add_people
from tests.hub.values import note


@pytest.fixture
async def book(store: AsyncEngine, clock: Clock) -> AsyncIterator[Book]:
    """A running ledger with three people: anna (1), boris (2), vera (3)."""
    await add_people(store, "anna", "boris", "vera")
    async with open_book(store, clock) as opened:
        yield opened


def seqs(outcome: Outcome) -> dict[int, int]:
    """seq by user."""
    return {delivery.user_id: delivery.seq for delivery in outcome.deliveries}


async def count(engine: AsyncEngine, table: sa.Table) -> int:
    """The number of rows of a table."""
    async with engine.connect() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one())


async def test_each_person_gets_the_next_position(book: Book) -> None:
    """Positions count 1, 2, 3 for each person on their own; the row waits with its first deadline."""
    first = await book.accept(note("a", 1, 2))
    second = await book.accept(note("b", 1))
    assert (seqs(first.outcomes[0]), seqs(second.outcomes[0])) == ({1: 1, 2: 1}, {1: 2})
    row = (await rows(book.engine, 1))[0]
    assert (row.state, row.policy, row.held, row.attempts, row.cause) == ("pending", "live_then_push", False, 0, None)
    assert row.deadline_at == START + timedelta(seconds=2)
    assert book.told == [(1, 1, "a"), (2, 1, "a"), (1, 2, "b")]


async def test_positions_have_no_hole_under_concurrent_publishes(book: Book) -> None:
    """Two hundred publishes at once leave 1 to 200 in each inbox, told in that order."""
    await asyncio.gather(*(book.accept(note(f"e{n}", *((1, 2) if n % 2 else (2, 1, 3)))) for n in range(200)))
    for user, expected in ((1, 200), (2, 200), (3, 100)):
        assert [row.seq for row in await rows(book.engine, user)] == list(range(1, expected + 1))
        assert [seq for who, seq, _ in book.told if who == user] == list(range(1, expected + 1))


async def test_a_deadline_follows_policy_and_presence(store: AsyncEngine, clock: Clock) -> None:
    """Who is connected gets more time; a digest is held until the person's own digest hour."""
    anna, boris = await add_people(store, "anna", "boris", zone="Asia/Yekaterinburg")  # UTC+5: it is 14:00 there
    async with open_book(store, clock, connected=lambda user: user == anna) as book:
        await book.accept(note("a", anna, boris), note("b", anna, policy=Policy.DIGEST), note("c", anna, policy=Policy.ALWAYS_PUSH))
    mine, other = await rows(store, anna), await rows(store, boris)
    assert [row.deadline_at - START for row in mine] == [timedelta(seconds=8), timedelta(hours=19), timedelta(0)]
    assert [row.held for row in mine] == [False, True, False]
    assert other[0].deadline_at - START == timedelta(seconds=2)


async def test_a_second_one_with_the_same_name_is_answered_with_the_first(book: Book) -> None:
    """The same source and id, later, in the same group or in the same submission, delivers nothing more."""
    await book.accept(note("a", 1, 2))
    again = await book.accept(note("a", 1, 2, 3))
    twice = await book.accept(note("b", 1), note("b", 1, 2))
    group = await asyncio.gather(*(book.accept(note("c", 3)) for _ in range(5)))
    assert [(o.duplicate, o.accepted, len(o.deliveries)) for o in again.outcomes] == [(True, 2, 0)]
    assert [(o.duplicate, o.accepted) for o in twice.outcomes] == [(False, 1), (True, 1)]
    assert sorted(receipt.outcomes[0].duplicate for receipt in group) == [False, True, True, True, True]
    assert [row.event_id for row in await rows(book.engine, 1)] == ["a", "b"]
    assert [row.event_id for row in await rows(book.engine, 3)] == ["c"]


async def test_the_same_id_of_another_source_is_another_event(book: Book) -> None:
    """An id is unique within its source only."""
    await book.accept(note("1", 1), note("1", 1, source="/other"))
    assert len(await rows(book.engine, 1)) == 2


async def test_an_event_for_nobody_is_accepted_by_nobody(book: Book) -> None:
    """Without a person behind any address nothing is stored but the idempotency key."""
    receipt = await book.accept(note("a", 99, Address("email", "nobody@example.org")))
    assert (receipt.outcomes[0].accepted, receipt.outcomes[0].duplicate) == (0, False)
    assert (await count(book.engine, events), await count(book.engine, publications)) == (0, 1)


@pytest.mark.parametrize(
    ("to", "people"),
    [
        ([Address("id", "1")], {1}),
        ([Address("name", "boris")], {2}),
        ([Address("redmine", "7")], {1}),
        ([Address("email", "vera@example.org")], {3}),
        ([Address("redmine", "7"), Address("name", "anna"), Address("id", "1"), Address("email", "anna@example.org")], {1}),
        ([EVERYONE], {1, 2, 3}),
        ([EVERYONE, Address("id", "1")], {1, 2, 3}),
        ([Address("id", "x")], set()),
        ([Address("id", "-1")], set()),
        ([Address("id", "9" * 40)], set()),
        ([Address("id", "0")], set()),
        ([Address("id", "٣")], set()),
        ([Address("name", "' OR 1=1 --")], set()),
        ([Address("name", "gone")], set()),
        ([Address("id", "4")], set()),
        ([Address("redmine", "8")], set()),
        ([Address("pager", "7")], set()),
        ([], set()),
    ],
)
async def test_addresses(book: Book, to: list[Address], people: set[int]) -> None:
    """Each way to name a person finds them once; unknown and inactive people are nobody."""
    await add_people(book.engine, "gone", active=False)
    async with book.engine.begin() as connection:
        rows_ = [("redmine", "7", 1), ("email", "anna@example.org", 1), ("email", "vera@example.org", 3), ("redmine", "8", 4)]
        await connection.execute(sa.insert(identities), [{"system": s, "key": k, "user_id": u} for s, k, u in rows_])
    receipt = await book.accept(note("a", *to))
    assert set(seqs(receipt.outcomes[0])) == people
    assert receipt.outcomes[0].accepted == len(people)


async def test_watermark_and_rows_commit_together(book: Book) -> None:
    """The source's position is the one of the rows that are there."""
    await book.accept(note("a", 1), watermark=("redmine", {"journal": 5}))
    await book.accept(note("b", 1), watermark=("redmine", {"journal": 6}))
    await book.accept(watermark=("erp", {"page": [1, 2]}))
    assert await book.ledger.watermark("redmine") == {"journal": 6}
    assert await book.ledger.watermark("erp") == {"page": [1, 2]}
    assert await book.ledger.watermark("other") is None


@pytest.mark.parametrize("table", [events, inbox, heads, publications, watermarks], ids=lambda table: str(table.name))
async def test_a_fault_leaves_neither_rows_nor_watermark(book: Book, table: sa.Table) -> None:
    """Whichever write of an acceptance fails, nothing of it stays, and the next one gets the same position."""
    await book.accept(note("a", 1), watermark=("s", {"at": 1}))
    fails = "BEGIN SELECT RAISE(ABORT, 'fault'); END"
    if book.engine.dialect.name != "sqlite":
        fails = "FOR EACH ROW SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1452"  # an integrity error, as SQLite's ABORT is
    async with book.engine.begin() as connection:
        await connection.execute(sa.text(f"CREATE TRIGGER fault BEFORE INSERT ON {table.name} {fails}"))
        await connection.execute(sa.text(f"CREATE TRIGGER fault2 BEFORE UPDATE ON {table.name} {fails}"))
    with pytest.raises(sa.exc.DBAPIError):
        await book.accept(note("b", 1, 2), watermark=("s", {"at": 2}))
    assert [row.event_id for row in await rows(book.engine, 1)] == ["a"]
    assert await book.ledger.watermark("s") == {"at": 1}
    async with book.engine.begin() as connection:
        await connection.execute(sa.text("DROP TRIGGER fault"))
        await connection.execute(sa.text("DROP TRIGGER fault2"))
    await book.accept(note("b", 1, 2), watermark=("s", {"at": 2}))
    assert [(row.seq, row.event_id) for row in await rows(book.engine, 1)] == [(1, "a"), (2, "b")]
    assert await book.ledger.watermark("s") == {"at": 2}
    assert book.told == [(1, 1, "a"), (1, 2, "b"), (2, 1, "b")]


async def test_five_thousand_people_at_once(store: AsyncEngine, clock: Clock) -> None:
    """A notification for everybody is one transaction of a few statements."""
    await add_people(store, *(f"user{n}" for n in range(5000)))
    statements: list[str] = []
    async with open_book(store, clock) as book:
        sa.event.listen(book.ledger.writer.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        receipt = await book.accept(note("a", EVERYONE))
        statements.clear()
        await book.accept(note("b", EVERYONE))
        assert 5 < len(statements) < 20
    assert receipt.outcomes[0].accepted == 5000
    assert await count(store, inbox) == 10_000


async def test_five_thousand_notifications_in_one_submission(book: Book) -> None:
    """A source that catches up hands over thousands at once: all are taken, at one and the same moment."""
    receipt = await book.accept(*(note(f"e{n}", 1) for n in range(5000)))
    assert [outcome.deliveries[0].seq for outcome in receipt.outcomes] == list(range(1, 5001))
    again = await book.accept(*(note(f"f{n}", 1) for n in range(5000)))
    assert again.outcomes[-1].deliveries[0].seq == 10_000


async def test_row_keys_increase_even_when_the_clock_steps_back(book: Book) -> None:
    """Keys made in one process never meet, whatever the clock does."""
    for number in range(3):
        await book.accept(*(note(f"{number}.{n}", 1) for n in range(3000)))
        book.clock.advance(-0.001)
    async with book.engine.connect() as connection:
        found = list((await connection.execute(sa.select(events.c.pk))).scalars())
    assert len(set(found)) == 9000


async def test_what_is_stored_is_what_was_said(book: Book) -> None:
    """An event comes back from the store as it was given, with an end of its own or the hub's."""
    given = note("a", 1, title={"ru": "Ё", "en": "☎"}, nested={"x": [1, None, 2.5]}).event
    await book.accept(note("a", 1, title={"ru": "Ё", "en": "☎"}, nested={"x": [1, None, 2.5]}))
    await book.accept(note("b", 1, expires=START + timedelta(hours=1)))
    page = await book.ledger.page(1, now=START)
    assert page.rows[1].event.data == given.data
    assert (page.rows[1].event.id, page.rows[1].event.source, page.rows[1].event.time) == (given.id, given.source, given.time)
    assert [row.expires_at - START for row in await rows(book.engine, 1)] == [timedelta(days=3), timedelta(hours=1)]


async def test_an_event_for_a_topic_is_accepted_once(book: Book) -> None:
    """Topic events leave an idempotency key only; a repeat is said to be one."""
    event = Event(source="/x", id="1", type="t", time=START)
    first, second = await book.accept(topic_events=(event,)), await book.accept(topic_events=(event, event))
    assert [outcome.duplicate for outcome in (*first.outcomes, *second.outcomes)] == [False, True, True]
    assert await count(book.engine, events) == 0


async def test_a_repeat_after_the_keys_were_pruned_is_still_a_repeat(book: Book) -> None:
    """An event that lives longer than the idempotency keys must not come in a second time, nor break its publisher."""
    far = START + timedelta(days=400)
    await book.accept(note("a", 1, expires=far))
    await book.accept(note("b", 1))
    book.clock.advance(RETENTION.total_seconds() + 10 * 86_400)
    await book.ledger.prune(book.clock() - RETENTION)
    again = await book.accept(note("a", 1, expires=far))
    assert again.outcomes[0].duplicate
    assert [row.event_id for row in await rows(book.engine, 1)].count("a") == 1


async def test_a_digest_reads_each_persons_own_wishes(store: AsyncEngine, clock: Clock) -> None:
    """People with broken or no settings in the same group do not disturb each other."""
    anna, boris = await add_people(store, "anna", "boris")
    async with store.begin() as connection:
        await connection.execute(sa.update(users).where(users.c.id == boris).values(zone="Nowhere/At all"))
        await connection.execute(sa.insert(preferences).values(user_id=anna, name="quiet", value={"rubbish": 1}))
    async with open_book(store, clock) as book:
        await book.accept(note("a", anna, boris, policy=Policy.DIGEST))
    found: list[Any] = [*await rows(store, anna), *await rows(store, boris)]
    assert {row.deadline_at - START for row in found} == {timedelta(hours=21)}


async def test_a_fenced_submission_fails_alone(book: Book) -> None:
    """In one group with others it is refused whole, with its watermark; the others are accepted. A guard is asked once a group."""
    asked: list[str] = []

    def ours(_connection: sa.Connection) -> None:
        asked.append("ours")

    def lost(_connection: sa.Connection) -> None:
        raise Fenced("sources", 1, 2)

    ways = [("a", ours), ("b", lost), ("c", None), ("d", ours)]
    results = await asyncio.gather(
        *(book.accept(note(event, 1), guard=guard, watermark=(event, {"at": event})) for event, guard in ways), return_exceptions=True
    )
    assert [type(result) for result in results] == [Receipt, Fenced, Receipt, Receipt]
    assert sorted(event for _, _, event in book.told) == ["a", "c", "d"]
    assert {source for source in "abcd" if await book.ledger.watermark(source)} == {"a", "c", "d"}
    asked.clear()
    await asyncio.gather(*(book.accept(note(f"{n}", 1), guard=ours) for n in range(50)))
    assert len(asked) < 50


async def test_a_fenced_push_takes_nothing_in_hand(book: Book, clock: Clock) -> None:
    """A node that no longer delivers is refused, and the row waits for the one that does."""

    def lost(_connection: sa.Connection) -> None:
        raise Fenced("sources", 1, 2)

    await book.accept(note("a", 1))
    clock.advance(10)
    with pytest.raises(Fenced):
        await book.ledger.begin_push(1, [1], clock(), lost)
    assert (await rows(book.engine, 1))[0].state == "pending"
    assert await book.ledger.begin_push(1, [1], clock()) == (1,)
