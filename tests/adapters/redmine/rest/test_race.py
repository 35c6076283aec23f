"""Two people change one issue at once on the real Redmine. Through our interface they do it a hundred times: tests/web/tickets."""

from __future__ import annotations

import asyncio

import pytest

from adapters.redmine.rest.change import Change, Outcome
from adapters.redmine.rest.errors import Stale
from tests.adapters.redmine.rest.conftest import House

pytestmark = pytest.mark.redmine

ROUNDS = 24
LOW, HIGH = 1, 3


@pytest.mark.timeout(170)
async def test_two_people_at_once_never_lose_an_update(house: House) -> None:
    """Both saw the same version: each time one change is stored, the other person gets Stale, and no note is lost or doubled."""
    id = await house.issue()
    ivanov = await house.connect("ivanov", lock_of=house.lock_of)
    petrova = await house.connect("petrova", lock_of=house.lock_of)
    told: list[str] = []
    now = await ivanov.issue(id)
    for round in range(ROUNDS):
        seen = (await house.version(id)).lock_version
        # every change alters a field: without that Redmine has nothing to compare versions by (see RedmineConnector.change)
        priority = LOW if now.priority.id == HIGH else HIGH
        mine = Change(priority_id=priority, notes=f"Иванов {round}")
        hers = Change(priority_id=priority, notes=f"Петрова {round}")
        if round % 3:  # every third round both want the very same, else different fields
            hers = Change(done_ratio=10 * ((now.done_ratio // 10 + 1) % 10), notes=f"Петрова {round}")
        ends = await asyncio.gather(
            ivanov.change(id, mine, lock_version=seen), petrova.change(id, hers, lock_version=seen), return_exceptions=True
        )
        done = [(end, name) for end, name in zip(ends, ("Иванов", "Петрова"), strict=True) if isinstance(end, Outcome)]
        stale = [end for end in ends if isinstance(end, Stale)]
        assert (len(done), len(stale)) == (1, 1), ends
        (outcome, name) = done[0]
        assert outcome.untaken == ()
        now = outcome.issue
        told.append(f"{name} {round}")
    assert await house.notes(id) == told
