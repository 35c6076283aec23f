"""The history in the store, on both back ends: nothing is lost or doubled, whoever is stopped where."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.netmonitor.history import History, open_history
from adapters.netmonitor.history.blocks import RAW, TIERS, rollups, rounds
from adapters.netmonitor.history.kept import Kept, keep
from adapters.netmonitor.history.moving import by_step
from adapters.netmonitor.values import Round, State
from hub.lease import Fenced
from hub.network_tables import net_blocks, net_outages, net_rounds, net_seen
from hub.writer import StoreUnavailable
from tests.adapters.netmonitor.history.values import round_of
from tests.clock import START, Clock

_HOUR = timedelta(hours=1)
Rounds = list[tuple[str, Round, State]]


class _Stopped(Exception):
    """The end of a process, as far as its transaction can tell."""


@asynccontextmanager
async def _history(store: AsyncEngine, clock: Clock) -> AsyncIterator[History]:
    async with open_history(store, now=clock, monotonic=lambda: clock.at.timestamp()) as history:
        yield history


@pytest.fixture
async def history(store: AsyncEngine, clock: Clock) -> AsyncIterator[History]:
    """Over a fresh store; its clocks are the test's."""
    async with _history(store, clock) as opened:
        yield opened


def _hour(at: datetime, hosts: Sequence[str] = ("gw-1",), *, every_s: int = 60, seed: int = 0) -> Rounds:
    """Rounds of an hour, the last of five echoes lost now and then."""
    chance = random.Random(seed)
    return [
        (host, Round(at=at + timedelta(seconds=second, milliseconds=number), rtts=_rtts(chance)), State.UP)
        for second in range(0, 3600, every_s)
        for number, host in enumerate(hosts)
    ]


def _rtts(chance: random.Random) -> tuple[float | None, ...]:
    return (*(chance.lognormvariate(0, 1) for _ in range(4)), chance.choice([1.0, None]))


async def _all(store: AsyncEngine, history: History, clock: Clock) -> None:
    """Moves all that is closed."""
    clock.advance(7200)
    while await history.compact():
        pass


async def _whole(store: AsyncEngine, host: str = "gw-1") -> list[Kept]:
    """All rounds of a host that lie anywhere; fails when one lies twice, or a tier does not hold what the rounds give."""
    b = net_blocks.c
    async with store.connect() as connection:
        blocks = (await connection.execute(sa.select(net_blocks).where(b.host == host))).all()
        rows = await connection.scalar(sa.select(sa.func.count()).select_from(net_rounds).where(net_rounds.c.host == host))
    found = [one for row in blocks if row.tier == RAW.step_s for one in rounds(row.packed, row.start)]
    assert len({one.at for one in found}) == len(found)
    for tier in TIERS[1:]:
        there = {at: point for row in blocks if row.tier == tier.step_s for at, point in rollups(row.packed, tier, row.start).items()}
        assert there == by_step(found, tier.step_s)
    assert sum(row.count for row in blocks) == len(found) * len(TIERS)
    assert rows is not None
    return sorted(found) if not rows else found


def _kept(given: Rounds, host: str = "gw-1") -> list[Kept]:
    return sorted(keep(found, state) for name, found, state in given if name == host)


async def test_a_thousand_rounds_are_one_transaction_of_two_statements(store: AsyncEngine, history: History) -> None:
    """One for the rounds, one for the hosts that were never seen; of known hosts it is the rounds alone."""
    statements: list[str] = []
    commits: list[int] = []
    sa.event.listen(history.writes, "before_cursor_execute", lambda _c, _cursor, text, *_more: statements.append(text))
    sa.event.listen(history.writes, "commit", lambda _connection: commits.append(1))
    hosts = [f"host-{number}" for number in range(1000)]
    await history.append([(host, round_of(START, 1.0, None), State.UP) for host in hosts])
    assert sum("INSERT" in text for text in statements) == 2
    assert len(commits) == 1
    statements.clear()
    await history.append([(host, round_of(START, 1.0, after_s=10), State.UP) for host in hosts])
    assert sum("INSERT" in text for text in statements) == 1
    async with store.connect() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(net_rounds)) == 2000
        assert await connection.scalar(sa.select(sa.func.count()).select_from(net_seen)) == 1000


async def test_an_append_may_be_repeated(store: AsyncEngine, history: History, clock: Clock) -> None:
    """Before and after the rounds have moved: whoever does not know whether it was committed just does it again."""
    given = _hour(START)
    await history.append([])
    for _ in range(2):
        await history.append(given)
    await _all(store, history, clock)
    await history.append(given[:7])
    await _all(store, history, clock)
    assert await _whole(store) == _kept(given)


async def test_a_round_that_cannot_be_kept_leaves_the_others_out_too(store: AsyncEngine, history: History) -> None:
    """The caller is told, and nothing is half done."""
    with pytest.raises(ValueError, match="at most 20"):
        await history.append([("a", round_of(START, 1.0), State.UP), ("b", round_of(START, *[1.0] * 21), State.UP)])
    assert await history.first_seen() == {}


async def test_an_hour_moves_when_it_is_over(store: AsyncEngine, history: History, clock: Clock) -> None:
    """Not while rounds of it may still come; then whole, into every tier, for each host, whatever its name."""
    hosts = ["Gw-1", "gw-1", *(f"h{number:02}" for number in range(30))]
    given = _hour(START, hosts, every_s=300)
    await history.append(given)
    clock.advance(3600 + 60)
    assert await history.compact() == 0
    clock.advance(61)
    moved = [await history.compact() for _ in range(4)]
    assert (sum(moved), moved[-1]) == (len(hosts), 0)
    assert moved[0] < len(hosts)
    for host in hosts:
        assert await _whole(store, host) == _kept(given, host)


async def test_late_rounds_join_the_blocks_of_their_hour(store: AsyncEngine, history: History, clock: Clock) -> None:
    """After a step of the clock or a change of the leader: in the hour before, and years ago."""
    early = _hour(START)
    late = [(host, Round(at=found.at + timedelta(seconds=7), rtts=found.rtts), state) for host, found, state in early[::5]]
    ancient = [("gw-1", round_of(START - timedelta(days=40), 5.0), State.UP)]
    await history.append(early)
    await _all(store, history, clock)
    await history.append([*late, *ancient])
    assert await history.compact() == 1
    assert await history.compact() == 1
    assert await _whole(store) == _kept([*early, *late, *ancient])


async def test_a_move_that_is_stopped_anywhere_is_made_good(store: AsyncEngine, history: History, clock: Clock) -> None:
    """After each of its statements, the last one before the commit too: all rounds are there, none twice; the next one moves them."""
    first, second = _hour(START), _hour(START, seed=1)
    second = [(host, Round(at=found.at + timedelta(seconds=9), rtts=found.rtts), state) for host, found, state in second]
    await history.append(first)
    await _all(store, history, clock)
    left = [0]

    def stop(*_more: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise _Stopped

    sa.event.listen(history.writes, "after_cursor_execute", stop)
    stopped = 0
    await history.append(second)
    while True:
        left[0] = stopped + 1
        try:
            await history.compact()
        except _Stopped:
            stopped += 1
            async with store.connect() as connection:
                assert await connection.scalar(sa.select(sa.func.count()).select_from(net_rounds)) == len(second)
                held = await connection.scalar(sa.select(sa.func.sum(net_blocks.c.count)))
                assert int(held or 0) == len(first) * len(TIERS)
        else:
            break
    assert stopped >= 3
    assert await _whole(store) == _kept([*first, *second])


async def test_two_that_move_at_once_move_once(store: AsyncEngine, clock: Clock) -> None:
    """Nodes that both believe to lead read the same rows: one moves them, and the other finds that they are gone."""
    given = _hour(START, ["gw-1", "gw-2"])
    async with _history(store, clock) as one, _history(store, clock) as other:
        await one.append(given)
        clock.advance(7200)
        for _ in range(3):
            await asyncio.gather(one.compact(), other.compact())
        late = [("gw-1", round_of(START, 3.0, after_s=1), State.UP)]
        await other.append(late)
        await asyncio.gather(one.compact(), other.compact())
        while await one.compact():
            pass
    assert await _whole(store) == _kept([*given, *late])
    assert await _whole(store, "gw-2") == _kept(given, "gw-2")


async def test_rows_that_come_between_reading_and_moving_stay(
    store: AsyncEngine, history: History, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The move finds that there are more than it read, and begins anew."""
    given = _hour(START)
    late = [("gw-1", round_of(START, 3.0, after_s=1), State.UP)]
    await history.append(given)
    clock.advance(7200)
    gather = history._gather

    async def then_more(*arguments: Any) -> Any:
        found = await gather(*arguments)
        monkeypatch.setattr(history, "_gather", gather)
        await history.append(late)
        return found

    monkeypatch.setattr(history, "_gather", then_more)
    assert await history.compact() == 1
    assert await _whole(store) == _kept([*given, *late])


async def test_who_does_not_lead_any_more_writes_nothing(store: AsyncEngine, clock: Clock) -> None:
    """Neither rounds nor states nor moves."""
    led = [True]

    def guard(_connection: sa.Connection) -> None:
        if not led[0]:
            raise Fenced("netmonitor", 1, 2)

    async with open_history(store, now=clock, fence=lambda: guard) as history:
        await history.append(_hour(START))
        led[0] = False
        clock.advance(7200)
        for write in (
            lambda: history.append([("new", round_of(START, 1.0), State.UP)]),
            lambda: history.state([("gw-1", State.DOWN, START, False, "silent")]),
            history.compact,
        ):
            with pytest.raises(Fenced):
                await write()
    async with store.connect() as connection:
        counts = [await connection.scalar(sa.select(sa.func.count()).select_from(table)) for table in (net_blocks, net_outages, net_seen)]
    assert counts == [0, 0, 1]


async def test_what_is_too_old_is_forgotten_tier_by_tier(store: AsyncEngine, history: History, clock: Clock) -> None:
    """Each tier's blocks go when their whole span is older than the tier is kept, and no earlier; ended intervals after two years."""
    await history.append(_hour(START))
    await history.state([("gw-1", State.DOWN, START, False, ""), ("gw-1", State.UP, START + _HOUR, False, "")])
    await history.state([("gw-1", State.DOWN, START + 2 * _HOUR, False, "")])
    await _all(store, history, clock)
    left: list[set[int]] = []
    for tier in TIERS:
        for after_s in (tier.keep_s - 3600, tier.keep_s + 2 * tier.span_s):
            clock.at = START + timedelta(seconds=after_s)
            await history.compact()  # after the leap of the clock it waits
            clock.advance(3601)
            await history.compact()
            async with store.connect() as connection:
                left.append(set((await connection.execute(sa.select(net_blocks.c.tier).distinct())).scalars()))
                outages = (await connection.execute(sa.select(net_outages.c.ended).order_by(net_outages.c.began))).scalars().all()
            assert len(outages) == (2 if after_s < 732 * 86_400 else 1)
    steps = [tier.step_s for tier in TIERS]
    assert left == [set(steps[number:]) for place in range(5) for number in (place, place + 1)]
    assert outages == [None]


async def test_a_clock_that_leaps_forgets_nothing_for_an_hour(store: AsyncEngine, clock: Clock) -> None:
    """So long a wrong year can be put right; then what is old by it goes."""
    ticking = [0.0]
    async with open_history(store, now=clock, monotonic=lambda: ticking[0]) as history:
        await history.append(_hour(START))
        clock.advance(7200)
        ticking[0] += 7200
        await history.compact()
        clock.advance(20 * 366 * 86_400)
        for _ in range(3):
            ticking[0] += 1000
            clock.advance(1000)
            await history.compact()
        assert len(await _whole(store)) == 60
        ticking[0] += 2000
        clock.advance(2000)
        await history.compact()
        assert await _whole(store) == []


async def test_a_series_is_the_same_before_and_after_the_move(store: AsyncEngine, history: History, clock: Clock) -> None:
    """In single rounds and in points of each size, with what came since; a node that only reads sees the same."""
    given = _hour(START) + _hour(START + _HOUR, seed=1) + _hour(START + 3 * _HOUR, seed=2)
    await history.append(given)
    clock.at = START + 4 * _HOUR
    asked = [(START, 4, 2000), (START, 4, 100), (START - timedelta(days=1), 28, 2000), (START - timedelta(days=300), 7204, 2000)]

    async def series(which: History) -> list[Any]:
        return [await which.series("gw-1", since, since + hours * _HOUR, most_points=most) for since, hours, most in asked]

    before = await series(history)
    assert [(one.tier_s, one.step_s) for one in before] == [(0, 0), (60, 180), (0, 0), (3600, 14_400)]
    exact = [keep(found, state) for _, found, state in given]
    points = before[0].points
    assert [at for at, sent in zip(points.at, points.sent, strict=True) if sent] == [one.at / 1000 for one in exact]
    assert len(points.at) == len(exact) + 1  # the hour without a round is a gap
    for one in before[1:]:
        assert sum(filter(None, one.points.rounds)) == len(given)
        assert None in one.points.rounds or not one.step_s
    assert await history.compact() == 1
    assert await series(history) == before
    async with _history(store, clock) as reader:
        assert await series(reader) == before
    assert await history.compact() == 1
    assert await series(history) == before


async def test_a_series_of_nothing_is_a_gap(history: History, clock: Clock) -> None:
    """A host that was never measured; a time to come; and no time at all is refused."""
    day = await history.series("nobody", START - timedelta(days=20), START)
    assert set(day.points.rounds) == {None}
    ahead = await history.series("nobody", START + _HOUR, START + 2 * _HOUR)
    assert [value for value in ahead.points.rounds if value] == []
    assert await history.newest() is None
    with pytest.raises(ValueError, match="beginning before its end"):
        await history.series("nobody", START, START)


async def test_the_newest_round_is_known_after_a_restart(store: AsyncEngine, history: History, clock: Clock) -> None:
    """To the millisecond while it has not moved, then to the hour."""
    await history.append(_hour(START, ["a", "b"]))
    assert await history.newest() == START + timedelta(minutes=59, milliseconds=1)
    await _all(store, history, clock)
    assert await history.newest() == START + _HOUR


async def test_since_when_hosts_are_up(history: History) -> None:
    """Since the last outage, else since the first round; who is not up, or was never measured, is not among them."""
    await history.append(_hour(START, ["a", "b", "c"]))
    first = (await history.first_seen())["a"]
    back = START + timedelta(minutes=5)
    await history.state([("b", State.DOWN, START, False, "silent"), ("c", State.DOWN, START, False, "silent")])
    await history.state([("b", State.UP, back, False, "")])
    assert await history.up_since(["a", "b", "c", "d"]) == {"a": first, "b": back}
    assert await history.up_since(["b"]) == {"b": back}
    assert await history.up_since([]) == {}


async def test_states_are_told_as_intervals(history: History) -> None:
    """Those that overlap the time asked for, in their order, with what was said of them; one host's, whatever others are called."""
    down, back = START + timedelta(microseconds=1), START + timedelta(minutes=5)
    await history.state([("gw-1", State.DOWN, down, False, "silent"), ("Gw-1", State.DOWN, START, True, "")])
    await history.state([("gw-1", State.DOWN, START + timedelta(minutes=1), False, "silent")])
    await history.state([("gw-1", State.UP, back, False, ""), ("gw-1", State.DEGRADED, START + _HOUR, False, "loss")])
    found = await history.outages("gw-1", START, START + 2 * _HOUR)
    assert [(one.began, one.ended, one.state, one.maintenance, one.reason) for one in found] == [
        (down, back, State.DOWN, False, "silent"),
        (START + _HOUR, None, State.DEGRADED, False, "loss"),
    ]
    assert await history.outages("gw-1", back, START + _HOUR) == []
    assert [one.maintenance for one in await history.outages("Gw-1", START, back)] == [True]


async def test_uptime_is_exact_and_reads_no_measurements(store: AsyncEngine, history: History, clock: Clock) -> None:
    """Second by second the same as counted by hand, for random states of hosts of any age; what is set aside does not count."""
    chance = random.Random(5)
    spans = {"short": timedelta(seconds=500), "long": timedelta(seconds=5000)}
    begin, now = 0, 4000
    clock.at = START + timedelta(seconds=now)
    by_hand: dict[str, dict[str, tuple[int, int, int]]] = {}
    for number in range(12):
        host = f"h{number}"
        first = chance.choice([0, 1500, 3700])
        await history.append([(host, round_of(START, 1.0, after_s=first), State.UP)])
        times = sorted(chance.sample(range(begin, now), 20))
        changes = [(at, chance.choice(list(State)), chance.random() < 0.2) for at in times]
        await history.state([(host, state, START + timedelta(seconds=at), maintained, "") for at, state, maintained in changes])
        by_hand[host] = {}
        for name, span in spans.items():
            down = aside = 0
            since = max(first, now - int(span.total_seconds()))
            for second in range(since, now):
                state, maintained = next(((s, m) for at, s, m in reversed(changes) if at <= second), (State.UP, False))
                if maintained or state in (State.UNKNOWN, State.MAINTENANCE, State.PAUSED):
                    aside += 1
                elif state in (State.DOWN, State.UNREACHABLE):
                    down += 1
            by_hand[host][name] = (now - since - aside, down, aside)
    async with store.begin() as connection:
        await connection.execute(sa.delete(net_rounds))
    for hosts in (None, list(by_hand), ["h3", "nobody", "h1"]):
        found = await history.uptime(hosts, spans)
        assert list(found) == [host for host in (hosts or found) if host in by_hand]
        assert len(found) == (2 if hosts and len(hosts) == 3 else 12)
        for host, of_host in found.items():
            told = {name: tuple(part.total_seconds() for part in (one.counted, one.down, one.aside)) for name, one in of_host.items()}
            assert told == by_hand[host]


async def test_a_host_that_is_down_for_ever_has_no_uptime(history: History, clock: Clock) -> None:
    """Nought percent in all spans from its first round on; one that is always maintained has none to tell."""
    await history.append([("a", round_of(START, None), State.DOWN), ("b", round_of(START, None), State.DOWN)])
    await history.state([("a", State.DOWN, START - _HOUR, False, ""), ("b", State.DOWN, START - _HOUR, True, "")])
    clock.advance(3600)
    found = await history.uptime()
    assert {one.percent for one in found["a"].values()} == {0.0}
    assert {one.percent for one in found["b"].values()} == {None}
    assert list(found["a"]) == ["24h", "7d", "30d", "90d", "1y"]


async def test_sizes_tell_what_lies_there(store: AsyncEngine, history: History, clock: Clock) -> None:
    """Rows, blocks and their bytes by tier."""
    await history.append(_hour(START, ["a", "b"]))
    clock.advance(7200)
    await history.compact()
    await history.append(_hour(START + _HOUR, ["a"]))
    sizes = await history.sizes()
    assert (sizes.open_rounds, sizes.hosts, sizes.outages) == (60, 2, 0)
    async with store.connect() as connection:
        rows = (await connection.execute(sa.select(net_blocks.c.tier, net_blocks.c.packed))).all()
    expected = {tier.step_s: (2, sum(len(row.packed) for row in rows if row.tier == tier.step_s)) for tier in TIERS}
    assert sizes.blocks == expected
    assert sizes.store_bytes > sum(size for _, size in expected.values())


async def test_a_store_that_is_away_is_told(store: AsyncEngine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading, and writing against a lock that somebody else holds: StoreUnavailable; afterwards the same again works."""
    monkeypatch.setattr("adapters.netmonitor.history.store._WRITE_S", 1.0)
    given = _hour(START)
    async with _history(store, clock) as history:
        await history.append(given[:1])
        async with store.connect() as connection:
            if store.dialect.name == "sqlite":
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                await connection.exec_driver_sql("LOCK TABLES net_rounds WRITE")
            with pytest.raises(StoreUnavailable):
                await history.append(given)
            if store.dialect.name != "sqlite":
                await connection.exec_driver_sql("UNLOCK TABLES")
        await history.append(given)
        await _all(store, history, clock)
        assert await _whole(store) == _kept(given)
