"""When rounds are due: spread, at their pace, none made up for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from adapters.netmonitor.schedule import Schedule
from adapters.netmonitor.values import Host


def host(number: int, **more: object) -> Host:
    """One of many."""
    return Host(id=f"host-{number}", name=f"Host {number}", address="127.0.0.1", **more)  # type: ignore[arg-type]


def test_a_thousand_hosts_are_spread_over_their_interval() -> None:
    """Every second has about its tenth of them, and each host its own."""
    schedule = Schedule()
    hosts = [host(number) for number in range(1000)]
    schedule.replace(hosts, 100.0)
    seconds = [{one.id for one in schedule.due(100.0 + second)} for second in range(1, 21)]
    assert sum(map(len, seconds[:10])) == 1000
    assert all(60 <= len(due) <= 140 for due in seconds[:10]), list(map(len, seconds))
    assert seconds[10:] == seconds[:10]


def test_the_place_survives_a_restart() -> None:
    """Another schedule, begun at another time, has the same host at the same time."""
    one, other = Schedule(), Schedule()
    one.replace([host(7)], 1000.0)
    other.replace([host(7)], 1033.3)
    first = one.next_s()
    assert first is not None
    one.due(first)
    found = [first]
    while found[-1] < 1033.3:
        one.due(found[-1])
        found.append(one.next_s() or 0.0)
    assert abs((other.next_s() or 0.0) - found[-1]) < 1e-6


@given(st.lists(st.floats(0.001, 60), min_size=1, max_size=60))
def test_missed_rounds_are_left_out(waits: list[float]) -> None:
    """However late it is asked, a host is due once, and at its own times again."""
    schedule, now = Schedule(), 0.0
    schedule.replace([host(1, interval_s=5.0)], now)
    place = schedule.next_s() or 0.0
    for wait in waits:
        now += wait
        due = schedule.due(now)
        assert len(due) == (1 if now >= place else 0)
        after = schedule.next_s() or 0.0
        assert after > now
        assert abs((after - place) % 5.0) < 1e-6 or abs((after - place) % 5.0 - 5.0) < 1e-6
        place = after


def test_changes_take_effect_without_disturbing_the_rest() -> None:
    """A host that goes is never due, a paused one neither; a new interval counts from now; a new address goes with the old pace."""
    schedule = Schedule()
    hosts = [host(number) for number in range(5)]
    schedule.replace(hosts, 0.0)
    before = {one.id: at for at in range(1, 11) for one in schedule.due(float(at))}
    changed = [replace(hosts[0], address="127.0.0.9"), replace(hosts[1], interval_s=2.0), replace(hosts[2], paused=True), hosts[3]]
    schedule.replace(changed, 10.0)
    assert len(schedule) == 3
    counted: Counter[str] = Counter()
    for at in range(11, 21):
        for one in schedule.due(float(at)):
            counted[one.id] += 1
            if one.id == "host-0":
                assert (one.address, at - 10) == ("127.0.0.9", before["host-0"])
    assert counted == {"host-0": 1, "host-1": 5, "host-3": 1}


def test_many_changes_leave_nothing_behind() -> None:
    """The heap stays of the size of the hosts, however often the inventory changes."""
    schedule = Schedule()
    for turn in range(2000):
        schedule.replace([host(number, interval_s=10.0 + turn % 2) for number in range(10)], float(turn))
    assert len(schedule._heap) < 200
    schedule.replace([], 3000.0)
    assert schedule.due(4000.0) == []
