"""Two people change one issue at once on the real Redmine, a hundred times."""

from __future__ import annotations

import asyncio

import pytest

from adapters.redmine.rest.change import Change, Outcome
from adapters.redmine.rest.errors import Stale
from tests.adapters.redmine.rest.conftest import House

pytestmark = pytest.mark.redmine

ROUNDS = 100
PROGRESS, RESOLVED = 2, 3
LOW, HIGH = 1, 3


@pytest.mark.timeout(170)
async def test_two_people_at_once_never_lose_an_update(house: House) -> None:
    """Both saw the same version: in each round exactly one change is stored, the other person gets Stale, and no note is lost or doubled."""
    id = await house.issue()
    ivanov = await house.connect("ivanov", lock_of=house.lock_of)
    petrova = await house.connect("petrova", lock_of=house.lock_of)
    told: list[str] = []
    for round in range(ROUNDS):
        seen = (await house.version(id)).lock_version
        # a different value each round, so that every change is one; every third round both want the very same
        theirs = HIGH if round % 2 else LOW
        ours = theirs if round % 3 == 0 else 10 * (round % 10)
        mine = Change(priority_id=theirs, notes=f"Иванов {round}")
        hers = Change(priority_id=theirs, notes=f"Петрова {round}") if ours == theirs else Change(done_ratio=ours, notes=f"Петрова {round}")
        ends = await asyncio.gather(
            ivanov.change(id, mine, lock_version=seen), petrova.change(id, hers, lock_version=seen), return_exceptions=True
        )
        done = [(end, name) for end, name in zip(ends, ("Иванов", "Петрова"), strict=True) if isinstance(end, Outcome)]
        stale = [end for end in ends if isinstance(end, Stale)]
        assert (len(done), len(stale)) == (1, 1), ends
        (outcome, name) = done[0]
        assert outcome.untaken == ()
        told.append(f"{name} {round}")
    assert await house.notes(id) == told
