"""Noticing that somebody set the clock, and what becomes of the deadlines then."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.clock import Steps
from hub.lease import Fenced
from hub.store import inbox
from tests.clock import START, Clock
from tests.hub.ledgers import open_book
from tests.hub.people import add_people
from tests.hub.values import note

RECEIVE_S = 8.0


class Hands:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.wall, self.seconds, self.stall_s = Clock(), 100.0, 0.0

    def monotonic(self) -> float:
        """The one that nobody can set; it goes on by `stall_s` at each look."""
        self.seconds += self.stall_s
        return self.seconds

    def passes(self, seconds: float, wall_s: float | None = None) -> None:
        """Time passes; by the wall clock `wall_s`, if that is set meanwhile."""
        self.seconds += seconds
        self.wall.advance(seconds if wall_s is None else wall_s)


@pytest.mark.parametrize("step_s", [-3600, -1.5, 1.5, 3600])
def test_a_step_is_told_once(step_s: float) -> None:
    """A step is told at the next look with its size, and not again."""
    hands = Hands()
    steps = Steps(hands.wall, hands.monotonic)
    hands.passes(0.5)
    assert steps.look() == 0
    hands.passes(0.5, 0.5 + step_s)
    assert steps.look() == pytest.approx(step_s)
    hands.passes(0.5)
    assert steps.look() == 0


def test_drift_never_adds_up_to_a_step() -> None:
    """A clock that runs off by half a second a look is followed in silence."""
    hands = Hands()
    steps = Steps(hands.wall, hands.monotonic)
    for _ in range(100):
        hands.passes(0.5, 1.0)
        assert steps.look() == 0


def test_a_pause_between_the_two_readings_is_no_step() -> None:
    """Readings that do not belong together are not compared; a real step is told at the next look."""
    hands = Hands()
    steps = Steps(hands.wall, hands.monotonic)
    hands.stall_s = 5
    hands.passes(0.5, -60)
    assert steps.look() == 0
    hands.stall_s = 0
    assert steps.look() == pytest.approx(-70.5)


ROWS = {
    # name: (what the row is, seconds to its deadline before, and after a step back by 1,000 s)
    "fresh, put off": ({"attempts": 0}, 1_002, RECEIVE_S),
    "fresh, made since": ({"attempts": 0}, 2, 2),
    "in hand, put off": ({"state": "pushing", "attempts": 1}, 1_015, 20),
    "in hand, made since": ({"state": "pushing", "attempts": 1}, 19, 19),
    "to be tried again": ({"attempts": 2, "cause": "503"}, 1_200, 200),
    "a summary to be tried again": ({"attempts": 2, "cause": "503", "held": True}, 1_200, 200),
    "held for the night": ({"attempts": 0, "cause": "quiet_hours", "held": True}, 30_000, 30_000),
    "held for the night after a try": ({"attempts": 1, "cause": "quiet_hours", "held": True}, 30_000, 30_000),
    "a digest": ({"attempts": 0, "held": True}, 50_000, 50_000),
    "snoozed": ({"state": "received", "ended_at": START}, 90_000, 90_000),
}


async def test_deadlines_come_nearer_and_times_of_day_stay(store: AsyncEngine, clock: Clock) -> None:
    """After a step back waits are as long as they were meant to be, and the night, the digest and a snooze end when the clock says so."""
    await add_people(store, "anna")
    async with open_book(store, clock) as book:
        await book.accept(*(note(str(n), 1) for n in range(1, len(ROWS) + 1)))
        async with store.begin() as connection:
            for seq, (values, ahead_s, _) in enumerate(ROWS.values(), 1):
                deadline = clock() + timedelta(seconds=ahead_s)
                await connection.execute(sa.update(inbox).where(inbox.c.seq == seq).values(deadline_at=deadline, **values))

        async def ahead() -> dict[str, float]:
            async with store.connect() as connection:
                found = (await connection.execute(sa.select(inbox.c.deadline_at).order_by(inbox.c.seq))).scalars()
                return {name: (at - clock()).total_seconds() for name, at in zip(ROWS, found, strict=True)}

        before = await ahead()

        def refuse(_connection: sa.Connection) -> None:
            raise Fenced("lead", 1, 2)

        with pytest.raises(Fenced):
            await book.ledger.bring_nearer(clock(), 1_000, RECEIVE_S, refuse)
        assert await ahead() == before
        assert await book.ledger.bring_nearer(clock(), 1_000, RECEIVE_S) == 4
        assert await ahead() == {name: after for name, (_, _, after) in ROWS.items()}
        assert await book.ledger.bring_nearer(clock(), 0, RECEIVE_S) == 0
