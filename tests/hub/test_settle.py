"""hub.settle: no id lost, none handled twice, whatever the order of commits."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.settle import MAX_GAP, MAX_MISSING, Settle

SETTLE_S = 60.0


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_committed_id_is_handled_exactly_once(data: st.DataObject) -> None:
    """Writers that commit and roll back in any order, looks of any size and restarts at any time lose nothing and repeat nothing."""
    visible: set[int] = set()
    open_ids: list[int] = []
    committed: set[int] = set()
    handled: list[int] = []
    last, now = 0, 0.0
    position = Settle.first([], now)

    def look(page: int) -> bool:
        nonlocal position
        ids = sorted(found for found in visible if found > position.high or found in position.missing)[:page]
        position, fresh = position.observe(ids, now, SETTLE_S, complete=len(ids) < page)
        handled.extend(fresh)
        return len(ids) == page

    for _ in range(data.draw(st.integers(0, 60))):
        step = data.draw(st.sampled_from(["begin", "begin", "commit", "commit", "rollback", "look", "look", "restart"]))
        now += 0.1  # all transactions together stay far below the time to settle
        if step == "begin":
            last += 1
            open_ids.append(last)
        elif step in {"commit", "rollback"} and open_ids:
            chosen = open_ids.pop(data.draw(st.integers(0, len(open_ids) - 1)))
            if step == "commit":
                visible.add(chosen)
                committed.add(chosen)
        elif step == "look":
            look(data.draw(st.sampled_from([1, 2, 5, 100])))
        elif step == "restart":
            position = Settle.load(json.loads(json.dumps(position.dump())), now)
    visible |= set(open_ids)
    committed |= set(open_ids)
    while look(3):
        pass
    assert sorted(handled) == sorted(committed)


def test_a_hole_is_awaited_for_the_time_to_settle_and_then_given_up() -> None:
    """A rolled back id does not stay in the position for ever."""
    position, fresh = Settle(51).observe([53], 0.0, SETTLE_S)
    assert fresh == (53,)
    assert set(position.missing) == {52}
    position, _ = position.observe([], SETTLE_S - 1, SETTLE_S)
    assert set(position.missing) == {52}
    position, _ = position.observe([], SETTLE_S, SETTLE_S)
    assert position.missing == {}


def test_a_hole_that_fills_at_the_last_moment_is_handled() -> None:
    """The look that would give an id up still takes it when it is there, as after an outage longer than the time to settle."""
    position, _ = Settle(51).observe([53], 0.0, SETTLE_S)
    position, fresh = position.observe([52], 10 * SETTLE_S, SETTLE_S)
    assert fresh == (52,)
    assert position.missing == {}


def test_an_incomplete_look_gives_no_hole_up() -> None:
    """A page that is full says nothing about the ids behind it."""
    position, _ = Settle(10).observe([12, 14], 0.0, SETTLE_S)
    position, fresh = position.observe([11], 10 * SETTLE_S, SETTLE_S, complete=False)
    assert fresh == (11,)
    assert set(position.missing) == {13}


def test_a_restart_gives_holes_a_new_time_to_settle() -> None:
    """Monotonic clocks do not survive a restart, so the waiting begins again."""
    position, _ = Settle(51).observe([53], 1000.0, SETTLE_S)
    again = Settle.load(json.loads(json.dumps(position.dump())), 5.0)
    assert again.missing == {52: 5.0}


def test_the_first_look_announces_nothing_but_awaits_open_transactions() -> None:
    """At the first start all visible ids are history, and holes among the newest may be transactions still open."""
    position = Settle.first([20, 18, 17], 0.0)
    assert position.high == 20
    position, fresh = position.observe([19], 1.0, SETTLE_S)
    assert fresh == (19,)


def test_a_long_gap_awaits_both_ends_only() -> None:
    """A jump by a million ids keeps those that transactions around the jump may hold."""
    position, fresh = Settle(100).observe([1_000_000], 0.0, SETTLE_S)
    assert fresh == (1_000_000,)
    assert len(position.missing) == MAX_GAP
    assert {101, 999_999} <= set(position.missing)


def test_holes_are_bounded() -> None:
    """Beyond the bound those known longest are given up first."""
    position = Settle(0)
    for jump in range(1, 6):
        position, _ = position.observe([jump * 10_000], float(jump), 10_000.0)
    assert len(position.missing) == MAX_MISSING
    assert min(position.missing) > 30_000 - 1


def test_a_restored_backup_is_followed_and_its_ids_are_known_as_reused() -> None:
    """When the greatest id falls, what comes above it is new, and ids seen before are told apart."""
    position, _ = Settle(100).observe([102], 0.0, SETTLE_S)
    position = position.fallen(60)
    assert (position.high, position.missing) == (60, {})
    position, fresh = position.observe([61, 62], 1.0, SETTLE_S)
    assert fresh == (61, 62)
    assert [position.reused(id) for id in (60, 61, 102, 103)] == [False, True, True, False]
    assert Settle.load(json.loads(json.dumps(position.dump())), 2.0).reused(61)
    assert position.fallen(62) is position
