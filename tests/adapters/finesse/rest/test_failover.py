"""adapters.finesse.rest.failover and nodes: where everybody is, in made-up time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse.errors import Away, FinesseError, OutOfService, WrongPassword
from adapters.finesse.rest.failover import Failover, NodeState
from adapters.finesse.rest.health import Health, health_of, read_health
from adapters.finesse.rest.nodes import Nodes, Standing
from adapters.finesse.values import Credentials, SystemInfo
from tests.adapters.finesse.rest.little import ADA, SITES, Monotonic, system_info
from tests.clock import Clock

A, B = SITES
STATES: Sequence[NodeState] = ("in_service", "partial", "out_of_service", "maintenance", "away", "unknown")
LOOKS = st.lists(st.tuples(st.sampled_from(SITES), st.sampled_from(STATES), st.floats(0.1, 30.0)), max_size=80)


@settings(deadline=None)
@given(LOOKS)
def test_nobody_moves_but_from_a_useless_node_to_one_in_service(looks: list[tuple[str, NodeState, float]]) -> None:
    """And not before patience ends; and never back while the new one is of use."""
    failover, now = Failover(SITES), 0.0
    useless_since: dict[str, float | None] = dict.fromkeys(SITES)
    for node, state, seconds in looks:
        now += seconds
        failover.looked(node, state, now)
        if state in ("in_service", "partial", "unknown"):
            useless_since[node] = None
        elif useless_since[node] is None:
            useless_since[node] = now
        before = failover.current
        if failover.decide(now):
            assert failover.current != before
            assert failover.seen(failover.current).state == "in_service"
            looked = failover.seen(failover.current).looked
            assert looked is not None
            assert now - looked <= 15
            since = useless_since[before]
            assert since is not None
            assert failover.seen(before).state == "maintenance" or now - since >= 5
        else:
            assert failover.current == before


def test_a_short_glitch_moves_nobody() -> None:
    """Racing to the other node costs a forced sign-out on the first."""
    failover = Failover(SITES)
    for node in SITES:
        failover.looked(node, "in_service", 0.0)
    for n in range(20):
        failover.looked(A, "away", n * 20.0)
        failover.looked(B, "in_service", n * 20.0)
        failover.looked(A, "away", n * 20.0 + 8)
        failover.looked(B, "in_service", n * 20.0 + 8)
        assert not failover.decide(n * 20.0 + 9.9)
        failover.looked(A, "in_service", n * 20.0 + 10)
        assert not failover.decide(n * 20.0 + 15)


@pytest.mark.parametrize(("state", "patience"), [("away", 10.0), ("out_of_service", 40.0), ("maintenance", 0.0)])
def test_patience_is_of_the_kind(state: NodeState, patience: float) -> None:
    """One that answers nothing is left sooner than one that waits for its contact centre."""
    failover = Failover(SITES)
    failover.looked(A, "in_service", 0.0)
    failover.looked(A, state, 100.0)
    failover.looked(B, "in_service", 100.0 + patience)
    if patience:
        assert not failover.decide(100.0 + patience - 0.1)
    assert failover.decide(100.0 + patience)
    assert failover.current == B


def test_a_first_node_that_was_never_of_use_is_left_soon() -> None:
    """At the start nobody is signed in there. On CCX the spare node always says out of service."""
    failover = Failover(SITES)
    failover.looked(A, "out_of_service", 0.0)
    failover.looked(B, "in_service", 0.0)
    assert not failover.decide(4.9)
    assert failover.decide(5.0)


def test_a_node_without_notifications_is_left_and_not_gone_back_to_while_it_has_none() -> None:
    """SystemInfo is well, and nothing is heard."""
    failover = Failover(SITES)
    for node in SITES:
        failover.looked(node, "in_service", 0.0)
    assert failover.heard(A, False, 0.0)
    assert not failover.heard(A, False, 5.0)
    for at in (10.0, 20.0):
        failover.looked(B, "in_service", at)
    assert not failover.decide(19.0)
    assert failover.decide(20.0)
    failover.looked(B, "away", 30.0)
    failover.looked(A, "in_service", 40.0)
    assert not failover.decide(50.0)
    failover.heard(A, True, 50.0)
    assert failover.decide(50.0)


@pytest.mark.parametrize(
    ("status", "more", "state"),
    [
        ("IN_SERVICE", "", "in_service"),
        ("PARTIAL_SERVICE", "", "partial"),
        ("OUT_OF_SERVICE", "", "out_of_service"),
        ("SOMETHING_NEW", "", "out_of_service"),
        ("IN_SERVICE", "<finesseMMode>IN_PROGRESS</finesseMMode>", "maintenance"),
        ("OUT_OF_SERVICE", "<finesseMMode>COMPLETED</finesseMMode>", "maintenance"),
        ("IN_SERVICE", "<finesseMMode>FAILED</finesseMMode>", "in_service"),
        ("IN_SERVICE", "<finesseMMode></finesseMMode><ctiMMode>IN_PROGRESS</ctiMMode>", "in_service"),
    ],
)
def test_what_a_system_info_comes_to(status: str, more: str, state: NodeState) -> None:
    """Maintenance of the contact centre's server is not Finesse's own."""
    health = read_health(system_info(status, more=more))
    assert health.state == state
    assert bool(health.why) == (state != "in_service")


class World:
    """Two nodes, a clock that every wait moves, and what was asked when."""

    def __init__(self) -> None:
        self.clock, self.now = Monotonic(), Clock()
        self.said: dict[str, str | FinesseError] = dict.fromkeys(SITES, "IN_SERVICE")
        self.looks: list[tuple[float, str]] = []
        self.lent: list[Credentials | None] = []
        self.plan: list[tuple[float, str, str | FinesseError]] = []
        self.until = 0.0
        self.over = asyncio.Event()
        self.nodes = Nodes(SITES, self.look, now=self.now, clock=self.clock, wait=self.wait, jitter=lambda: 0.5)

    async def look(self, site: str, who: Credentials | None) -> Health:
        """Says what is planned."""
        self.looks.append((self.clock.at - 1000, site))
        self.lent.append(who)
        said = self.said[site]
        if isinstance(said, FinesseError):
            raise said
        return health_of(SystemInfo(status=said, platform="ccx"))

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Time passes at once, as far as the test wants."""
        end = self.clock.at + seconds
        if end - 1000 > self.until:
            self.over.set()
            await event.wait()
            return
        self.clock.at = end
        self.now.advance(seconds)
        for at, site, said in self.plan:
            if at <= self.clock.at - 1000:
                self.said[site] = said
        await asyncio.sleep(0)

    async def go(self, until: float) -> None:
        """Lets time pass to so many seconds after the start."""
        self.until = until
        self.over.clear()
        self.nodes.doubt(self.nodes.current)
        async with asyncio.timeout(30):
            await self.over.wait()


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """A world whose nodes are looked at."""
    made = World()
    task = asyncio.create_task(made.nodes.run(), name="finesse_nodes of a test")
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_nodes_are_looked_at_once_for_all_and_only_while_needed() -> None:
    """Six looks a minute at the one in use, two at the other, however many need it."""
    async with world() as here:
        await asyncio.sleep(0)
        assert not here.looks
        async with here.nodes.needed(), here.nodes.needed(), here.nodes.needed():
            await here.go(119)
        counts = {site: sum(each == site for _, each in here.looks) for site in SITES}
        assert 11 <= counts[A] <= 14
        assert 3 <= counts[B] <= 6
        before = len(here.looks)
        here.nodes.doubt(A)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(here.looks) == before


async def test_everybody_moves_after_patience_and_stays() -> None:
    """The first node goes away at 60 s and is back at 200 s: one move, between 70 and 90 s, told to who watches."""
    async with world() as here, here.nodes.needed():
        here.plan = [(60.0, A, Away("it cannot be reached", sent=False)), (200.0, A, "IN_SERVICE")]
        standings: list[Standing] = []
        changes = here.nodes.changes()

        async def watch() -> None:
            async for standing in changes:
                standings.append(standing)  # noqa: PERF401 – what came is there also when it is cancelled

        watching = asyncio.create_task(watch(), name="watching of a test")
        await here.go(400)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        assert here.nodes.current == B
        assert here.nodes.host == "fin-b.lab.test"
        moved = [standing for standing in standings if standing.current == B]
        assert [standing.current for standing in standings].count(A) >= 2
        assert moved
        assert standings.index(moved[0]) == len(standings) - len(moved), "it moved once"
        away = next(health for health in moved[0].nodes if health.node == A)
        assert away.state == "away"
        assert "reached" in away.why
        assert away.since is not None
        assert timedelta(seconds=60) <= away.since - Clock().at <= timedelta(seconds=75)
        assert here.nodes.standing.nodes[0].state == "in_service"
        assert here.nodes.platform == "ccx"


async def test_with_both_nodes_out_everybody_stays_and_looks_are_still_few() -> None:
    """Two seconds apart, for two minutes."""
    async with world() as here, here.nodes.needed():
        here.said = {A: OutOfService(), B: Away("gone")}
        await here.go(120)
        assert here.nodes.current == A
        assert here.nodes.standing.state == "out_of_service"
        for site in SITES:
            assert sum(each == site for _, each in here.looks) <= 65


async def test_who_follows_goes_where_it_is_told_and_decides_nothing() -> None:
    """One process decides for all."""
    async with world() as here, here.nodes.needed():
        here.nodes.follow("fin-b.lab.test")
        assert here.nodes.current == B
        here.said[B] = Away("gone")
        await here.go(100)
        assert here.nodes.current == B
        here.nodes.follow(None)
        await here.go(200)
        assert here.nodes.current == A
        with pytest.raises(ValueError, match=r"fin-c.*fin-a\.lab\.test"):
            here.nodes.follow("fin-c.lab.test")


async def test_a_doubt_brings_the_next_look_forward_but_not_more_than_one_a_second() -> None:
    """A hundred agents whose requests fail at once."""
    async with world() as here, here.nodes.needed():
        await here.go(1)
        for n in range(2, 8):
            for _ in range(100):
                here.nodes.doubt("fin-a.lab.test")
            await here.go(n)
        looks = [at for at, site in here.looks if site == A]
        assert len(looks) >= 5
        assert all(later - earlier >= 1 for earlier, later in pairwise(looks))


async def test_a_node_that_does_not_tell_strangers_is_not_left() -> None:
    """It answers, and who needs it lends a name; nothing says that it is out."""
    async with world() as here, here.nodes.needed(ADA):
        here.said[A] = WrongPassword()
        await here.go(300)
        assert here.nodes.current == A
        assert here.nodes.standing.state == "unknown"
        assert set(here.lent) == {ADA}


async def test_a_fault_of_ours_does_not_end_the_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is logged, and looks go on."""
    async with world() as here, here.nodes.needed():
        failing = [RuntimeError("a fault"), RuntimeError("a fault")]
        look = here.look

        async def faulty(site: str, who: Credentials | None) -> Health:
            if failing:
                raise failing.pop()
            return await look(site, who)

        monkeypatch.setattr(here.nodes, "_look", faulty)
        await here.go(60)
        assert not failing
        assert here.nodes.standing.state == "in_service"
