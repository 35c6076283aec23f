"""How far a person has got: what rises, what is taken back, and that every row ends exactly once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.attempts import Ending, Finished, Woken
from hub.levels import OPEN, Change, Mark
from hub.notification import Notification
from hub.policy import Policy
from hub.writer import StoreUnavailable
from tests.clock import START, Clock
from tests.hub.ledgers import Book, open_book, rows
from tests.hub.people import add_people
from tests.hub.values import note

TERMINAL = {"received", "pushed", "read_elsewhere", "expired", "failed"}


@pytest.fixture
async def book(store: AsyncEngine, clock: Clock) -> AsyncIterator[Book]:
    """Two people; the first has three notifications, the second one of them as well."""
    await add_people(store, "anna", "boris")
    async with open_book(store, clock) as opened:
        await opened.accept(note("a", 1, 2), note("b", 1), note("c", 1))
        yield opened


async def mark(book: Book, change: Change, *ids: str, seq: int | None = None, after: int = 0, until_s: float | None = None) -> int:
    """Anna's word from her laptop; the unseen count after it."""
    now = book.clock()
    until = None if until_s is None else now + timedelta(seconds=until_s)
    marked = await book.ledger.mark(
        Mark(user_id=1, change=change, device="laptop", now=now, seq=seq, after=after, ids=ids or None, until=until)
    )
    return marked.unseen


async def states(book: Book, user: int = 1) -> list[str]:
    """The states of a person's rows."""
    return [row.state for row in await rows(book.engine, user)]


async def levels(book: Book) -> list[str]:
    """The levels of anna's rows as a replay would tell them."""
    return [row.level for row in await book.ledger.after(1, 0, 100)]


async def due_seqs(book: Book, after_s: float) -> list[int]:
    """What is due for anna so many seconds later."""
    due = await book.ledger.due(book.clock.advance(after_s), only=1)
    return [row.seq for row in due[1].rows]


async def test_received_up_to_a_seq_ends_the_rows(book: Book) -> None:
    """All up to the position are received and wait for nothing; later ones and other people's are untouched."""
    book.clock.advance(1)
    await mark(book, "received", seq=2)
    assert await states(book) == ["received", "received", "pending"]
    assert await states(book, 2) == ["pending"]
    done = (await rows(book.engine, 1))[0]
    assert (done.deadline_at, done.ended_at, done.received_at, done.held) == (None, START + timedelta(seconds=1), done.ended_at, False)
    await mark(book, "received", seq=3, after=2)
    assert await states(book) == ["received"] * 3


async def test_received_by_ids(book: Book) -> None:
    """Single notifications can be received by name; an unknown name does no harm."""
    assert await mark(book, "received", "c", "nonsense") == 3
    assert await states(book) == ["pending", "pending", "received"]


async def test_a_great_many_received_marks_in_one_group(store: AsyncEngine, clock: Clock) -> None:
    """Marks of many people that commit together each hit their own rows."""
    people = await add_people(store, *(f"u{n}" for n in range(50)))
    async with open_book(store, clock) as book:
        await book.accept(*(note(f"e{n}", *people) for n in range(4)))
        await asyncio.gather(*(book.ledger.mark(Mark(user_id=u, change="received", device="d", now=clock(), seq=u % 5)) for u in people))
        for user in people:
            assert await states(book, user) == ["received"] * (user % 5) + ["pending"] * (4 - user % 5)


async def test_shown_marks_of_one_group_are_as_if_one_by_one(store: AsyncEngine, clock: Clock) -> None:
    """Marks of several people, one of them twice, that commit together give the receipts and the rows that they give alone, or by ids."""
    ways = grouped, alone, by_ids = [await add_people(store, *(f"{way}{n}" for n in range(6))) for way in ("grouped", "alone", "ids")]
    before: list[tuple[int, Change, int]] = [(1, "done", 3), (2, "read", 1), (4, "received", 2), (4, "read", 3), (4, "unread", 3)]
    said = [
        (0, 0, 2, "laptop"),
        (3, 1, 4, "phone"),
        (1, 0, 4, ""),
        (0, 1, 4, "phone"),
        (5, 0, 99, "d" * 70),
        (2, 2, 2, "tv"),
        (4, 0, 3, "tv"),
    ]
    """Person, after, seq, device."""
    unseen = [3, 2, 1, 1, 0, 4, 2]
    async with open_book(store, clock) as book:
        await book.accept(*(note(f"e{n}", *(user for people in ways for user in people)) for n in range(1, 6)))
        await book.ledger.settle([Ending(people[0], 2, "failed", "no_device", None, False, clock()) for people in ways])
        for people in ways:
            for who, change, seq in before:
                await book.ledger.mark(Mark(user_id=people[who], change=change, device="old", now=clock(), ids=(f"e{seq}",)))
            later = clock() + timedelta(hours=1)
            await book.ledger.mark(Mark(user_id=people[3], change="snooze", device="old", now=clock(), ids=("e2",), until=later))
        moments = [clock.advance(1) for _ in said]

        def words(people: list[int]) -> list[Mark]:
            return [
                Mark(user_id=people[who], change="shown", device=device, now=now, after=after, seq=seq)
                for (who, after, seq, device), now in zip(said, moments, strict=True)
            ]

        def named(mark: Mark) -> Mark:
            return msgspec.structs.replace(mark, seq=None, after=0, ids=tuple(f"e{n}" for n in range(mark.after + 1, (mark.seq or 0) + 1)))

        commits: list[object] = []
        sa.event.listen(book.ledger.writer.engine, "commit", commits.append)
        together = await asyncio.gather(*map(book.ledger.mark, words(grouped)))
        assert len(commits) == 1
        assert [receipt.mark for receipt in together] == words(grouped)
        receipts = [together, [await book.ledger.mark(mark) for mark in words(alone)]]
        receipts.append([await book.ledger.mark(named(mark)) for mark in words(by_ids)])
        for each in receipts:
            assert [(receipt.unseen, receipt.head) for receipt in each] == [(count, 5) for count in unseen]
        for same in zip(*ways, strict=True):
            first, *others = [[{**row._mapping, "user_id": None} for row in await rows(store, user)] for user in same]
            assert others == [first, first]
        twice = await rows(store, grouped[0])
        assert [row.seen_at for row in twice] == [moments[0], moments[0], moments[3], moments[3], None]
        assert [row.cause for row in twice] == ["laptop", "no_device", "phone", "phone", None]


async def test_a_long_way_received_at_once(store: AsyncEngine, clock: Clock) -> None:
    """A receipt over hundreds of positions ends those that are open, notes what had ended otherwise, and leaves the rest alone."""
    await add_people(store, "anna", "boris")
    async with open_book(store, clock) as book:
        await book.accept(*(note(f"e{n}", 1, 2) for n in range(1, 301)))
        await mark(book, "read", "e7")
        await book.ledger.settle([Ending(1, 9, "failed", "no_device", None, False, START)])
        before = (await rows(store, 1))[6]
        book.clock.advance(1)
        await mark(book, "received", seq=290, after=3)
        found = await rows(store, 1)
        assert [row.seq for row in found if row.state == "received"] == [n for n in range(4, 291) if n not in (7, 9)]
        assert found[6] == before
        assert (found[8].state, found[8].cause, found[8].received_at) == ("failed", "no_device", book.clock())
        assert await states(book, 2) == ["pending"] * 300


async def test_a_mark_for_later_lands_like_another(book: Book) -> None:
    """Nobody waits for it, and it is written with the next group; only a receipt up to a seq may go this way."""
    for seq in (1, 2):
        book.ledger.mark_later(Mark(user_id=1, change="received", device="d", now=book.clock(), seq=seq, after=seq - 1))
    with pytest.raises(ValueError, match="received"):
        book.ledger.mark_later(Mark(user_id=1, change="read", device="d", now=book.clock(), seq=1))
    await mark(book, "shown", "nonsense")
    assert await states(book) == ["received", "received", "pending"]


async def test_a_mark_for_later_that_is_refused_says_so(store: AsyncEngine, clock: Clock) -> None:
    """After the writer's end the callback hears of it at once."""
    async with open_book(store, clock) as book:
        await book.accept()
    told: list[Exception] = []
    book.ledger.mark_later(Mark(user_id=1, change="received", device="d", now=clock(), seq=1), told.append)
    assert [type(error) for error in told] == [StoreUnavailable]


async def test_the_heads_of_a_storm_share_their_queries(store: AsyncEngine, clock: Clock) -> None:
    """A thousand sessions that ask for their place at once cost a handful of statements, and each hears its own."""
    people = await add_people(store, *(f"u{n}" for n in range(100)))
    async with open_book(store, clock) as book:
        await book.accept(*(note(f"e{n}", *people[n:]) for n in range(5)))
        await mark(book, "shown", "e0")
        statements: list[str] = []
        sa.event.listen(store.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        found = await asyncio.gather(*(book.ledger.head(people[n % 100], clock()) for n in range(1000)))
        assert found == [(min(n % 100 + 1, 5), min(n % 100 + 1, 5) - (n % 100 == 0)) for n in range(1000)]
        assert await book.ledger.head(999, clock()) == (0, 0)
        assert len(statements) < 20


@pytest.mark.parametrize(("change", "level"), [("shown", "shown"), ("read", "read"), ("done", "done")])
async def test_seen_before_any_receipt_is_read_elsewhere(book: Book, change: Change, level: str) -> None:
    """Who has seen it needs no push: the row ends, naming the device."""
    await mark(book, change, "a")
    row = (await rows(book.engine, 1))[0]
    assert (row.state, row.cause, row.deadline_at) == ("read_elsewhere", "laptop", None)
    assert await levels(book) == [level, "new", "new"]


async def test_levels_only_rise_and_keep_their_first_time(book: Book) -> None:
    """A lower or a repeated level changes nothing; the times are those of the first word."""
    await mark(book, "received", "a")
    book.clock.advance(1)
    await mark(book, "read", "a")
    first = (await rows(book.engine, 1))[0]
    book.clock.advance(1)
    for change in ("received", "shown", "read"):
        await mark(book, change, "a")
    await mark(book, "received", seq=1)
    assert (await rows(book.engine, 1))[0] == first
    assert (first.state, first.received_at, first.read_at) == ("received", START, START + timedelta(seconds=1))
    assert await levels(book) == ["read", "new", "new"]


async def test_shown_up_to_a_seq_empties_the_bell(book: Book) -> None:
    """Opening the bell says so for all it showed; the count is what is left."""
    assert await mark(book, "shown", seq=2) == 1
    assert await levels(book) == ["shown", "shown", "new"]
    assert await mark(book, "shown", seq=3) == 0


async def test_unread_and_undone_take_back(book: Book) -> None:
    """Undone brings back what it was; unread counts again, also what was done."""
    assert await mark(book, "read", "a") == 2
    assert await mark(book, "done", "a") == 2
    assert await levels(book) == ["done", "new", "new"]
    assert await mark(book, "undone", "a") == 2
    assert await levels(book) == ["read", "new", "new"]
    await mark(book, "done", "a")
    assert await mark(book, "unread", "a") == 3
    assert await levels(book) == ["received", "new", "new"]
    assert await states(book) == ["read_elsewhere", "pending", "pending"]


async def test_done_rows_leave_the_page_and_the_counts(book: Book) -> None:
    """What is done is neither listed nor counted, until it is undone."""
    await mark(book, "done", "b")
    page = await book.ledger.page(1, now=book.clock())
    assert ([row.event.id for row in page.rows], page.unseen, page.unread, page.head) == (["c", "a"], 2, 2, 3)


async def test_an_open_row_that_is_unread_stays_open(book: Book) -> None:
    """Marking as unread what nobody received changes nothing of its delivery."""
    await mark(book, "unread", "a")
    assert (await rows(book.engine, 1))[0].deadline_at == START + timedelta(seconds=2)
    assert await states(book) == ["pending"] * 3


async def snoozed(book: Book, until_s: float = 60) -> None:
    """Anna puts `b` off."""
    assert await mark(book, "snooze", "b", until_s=until_s) == 2


async def test_a_snoozed_row_is_out_of_sight_until_its_time(book: Book) -> None:
    """Put off, it ends as delivered, is neither listed nor counted as unseen or unread, and is looked at when its time comes."""
    await snoozed(book)
    row = (await rows(book.engine, 1))[1]
    assert (row.state, row.deadline_at) == ("read_elsewhere", START + timedelta(seconds=60))
    page = await book.ledger.page(1, now=book.clock())
    assert ([row.event.id for row in page.rows], page.unseen, page.unread) == (["c", "a"], 2, 2)
    assert await due_seqs(book, 59.9) == [1, 3]
    due = await book.ledger.due(book.clock.advance(0.1), only=1)
    assert [(row.seq, row.state) for row in due[1].rows if row.state not in OPEN] == [(2, "read_elsewhere")]


async def test_a_replay_tells_a_snoozed_row_as_done(book: Book) -> None:
    """Who fetches while it is put off sees what those saw who followed: it is gone; once woken it is back."""
    await mark(book, "received", "b")
    await snoozed(book)
    assert await levels(book) == ["new", "done", "new"]
    assert (await book.ledger.levels(1, 0, book.clock()))[0] == {"shown": [], "read": [], "done": [2]}
    await book.ledger.wake(1, [2], book.clock.advance(60))
    assert await levels(book) == ["new", "received", "new"]
    assert (await book.ledger.levels(1, 0, book.clock()))[0] == {"shown": [], "read": [], "done": []}


async def test_a_snoozed_row_wakes_as_unread(book: Book) -> None:
    """When its time has come it is back on top, counted, and waits for nothing more."""
    await mark(book, "read", "b")
    await snoozed(book)
    await book.ledger.wake(1, [2], book.clock.advance(60))
    assert book.woken == [Woken(1, ("b",), 3, 3)]
    row = (await rows(book.engine, 1))[1]
    assert (row.snoozed_until, row.deadline_at, row.seen_at, row.state) == (None, None, None, "read_elsewhere")
    page = await book.ledger.page(1, now=book.clock())
    assert ([row.event.id for row in page.rows], page.unseen) == (["c", "b", "a"], 3)


async def test_snoozed_again_while_waking_it_stays_asleep(book: Book) -> None:
    """A wake that comes after the person has put it off once more does not wake it."""
    await snoozed(book)
    now = book.clock.advance(60)
    await mark(book, "snooze", "b", until_s=60)
    await book.ledger.wake(1, [2], now)
    assert book.woken[-1].ids == ()
    assert (await rows(book.engine, 1))[1].snoozed_until == now + timedelta(seconds=60)


@pytest.mark.parametrize("change", ["unread", "done", "undone"])
async def test_the_persons_word_ends_the_snooze(book: Book, change: Change) -> None:
    """Taken up or finished before its time, it does not wake any more, and nothing looks at it in vain for ever."""
    await snoozed(book)
    await mark(book, change, "b")
    row = (await rows(book.engine, 1))[1]
    assert (row.snoozed_until, row.deadline_at) == (None, None)
    assert await due_seqs(book, 100) == [1, 3]


async def test_nobody_marks_what_is_anothers(book: Book) -> None:
    """A person's ids touch that person's rows only."""
    await mark(book, "done", "a", "b", "c")
    assert await states(book, 2) == ["pending"]


async def test_a_received_row_does_not_keep_the_cause_of_a_wait(book: Book) -> None:
    """A row that was held for quiet hours and then received has no cause any more."""
    await book.ledger.settle([Ending(1, 1, "pending", "quiet_hours", START + timedelta(hours=1), True, START)])
    await mark(book, "received", seq=1)
    assert ((await rows(book.engine, 1))[0].state, (await rows(book.engine, 1))[0].cause) == ("received", None)


@pytest.mark.parametrize("seed", range(6))
async def test_every_row_ends_exactly_once(store: AsyncEngine, clock: Clock, seed: int) -> None:
    """Over random marks, pushes and their outcomes a terminal state never changes, and only open or snoozed rows have a deadline."""
    await add_people(store, "anna")
    dice = random.Random(seed)
    ended: dict[int, tuple[str, object]] = {}
    async with open_book(store, clock) as book:
        count = 0

        async def check() -> None:
            for row in await rows(store, 1):
                assert row.state in TERMINAL or row.state in OPEN
                assert (row.ended_at is not None) == (row.state in TERMINAL)
                if row.state in TERMINAL:
                    assert ended.setdefault(row.seq, (row.state, row.ended_at)) == (row.state, row.ended_at)
                    assert row.deadline_at == row.snoozed_until
                else:
                    assert row.deadline_at is not None
                    assert row.seq not in ended

        def some() -> tuple[int, ...]:
            return tuple(sorted(dice.sample(range(1, count + 1), min(count, dice.randint(1, 3)))))

        async def push(outcome: str) -> None:
            taken = await book.ledger.begin_push(1, some(), clock())
            assert not set(taken) & ended.keys()
            if dice.random() < 0.5:
                await mark(book, dice.choice(("received", "read")), seq=dice.randint(1, count))
            at = None if outcome in TERMINAL else clock() + timedelta(seconds=5)
            endings = tuple(Ending(1, seq, outcome, None, at, False, clock()) for seq in taken)
            await book.ledger.finish_push(Finished(1, taken, (), endings, clock()))

        def fresh() -> list[Notification]:
            nonlocal count
            count += 1
            return [note(f"e{count}", 1, policy=dice.choice(list(Policy)))]

        await book.accept(*fresh())
        for _ in range(50):
            clock.advance(dice.random() * 3)
            match dice.randrange(6):
                case 0:
                    await book.accept(*fresh())
                case 1:
                    await push(dice.choice(("pushed", "pending", "failed", "expired")))
                case 2:
                    ending = dice.choice(("expired", "failed", "pending"))
                    at = clock() + timedelta(seconds=3) if ending == "pending" else None
                    await book.ledger.settle([Ending(1, seq, ending, "x", at, False, clock()) for seq in some()])
                case 3:
                    await book.ledger.wake(1, some(), clock())
                case 4:
                    await mark(book, "received", seq=dice.randint(1, count), after=0)
                case 5:
                    change: Change = dice.choice(("received", "shown", "read", "unread", "done", "undone", "snooze"))
                    ids = [f"e{seq}" for seq in some()]
                    await mark(book, change, *ids, until_s=dice.random() * 10 if change == "snooze" else None)
            await check()
        await mark(book, "read", seq=count)
        await check()
        assert len(ended) == count
