"""The monitor over a prober that a test moves: what is judged is told once, whatever fails on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from adapters.netmonitor.feed import empty, fold_net
from adapters.netmonitor.monitor import Monitor
from adapters.netmonitor.notices import Notices
from adapters.netmonitor.source import Outbox
from adapters.netmonitor.values import Ack, Host, Inventory, Limits, Round, State, Window
from adapters.netmonitor.watch import Known
from hub.event import rfc3339
from hub.hub import utc_now
from hub.notification import Address, TopicEvent
from hub.writer import StoreUnavailable

WATCHER = Address("id", "1")
LIMITS = Limits(raise_bad=1, raise_of=1, clear_good=1)
HOSTS = tuple(Host(id=name, name=name.upper(), address="127.0.0.1", interval_s=0.1, limits=LIMITS) for name in ("gw", "web"))


class Prober:
    """The outermost edge: each host answers, or not, as the test says."""

    def __init__(self) -> None:
        self.silent: set[str] = set()

    def begin(self, host: Host, done: Callable[[str, Round], None]) -> None:
        """A round that ends at once."""
        lost = host.id in self.silent
        done(host.id, Round(at=utc_now(), rtts=(None if lost else 1.5,) * 3))


class History:
    """Keeps what it is given, unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.rounds: list[tuple[str, Round, State]] = []
        self.states: list[tuple[str, State, datetime, bool, str]] = []
        self.since: dict[str, datetime] = {}

    def _here(self) -> None:
        if self.away:
            raise StoreUnavailable("away")

    async def append(self, rounds: Sequence[tuple[str, Round, State]]) -> None:
        """As history.store.History."""
        self._here()
        self.rounds += rounds

    async def state(self, changes: Sequence[tuple[str, State, datetime, bool, str]]) -> None:
        """As history.store.History."""
        self._here()
        self.states += changes

    async def compact(self) -> int:
        """Nothing is due."""
        return 0

    async def up_since(self, hosts: Sequence[str]) -> dict[str, datetime]:
        """As history.store.History, as the test says."""
        return {host: at for host, at in self.since.items() if host in hosts}

    async def newest(self) -> datetime | None:
        """As history.store.History."""
        self._here()
        return self.rounds[-1][1].at if self.rounds else None


class Watch:
    """What is watched, as the test says."""

    def __init__(self) -> None:
        self.known = known()
        self.changed = asyncio.Event()

    async def first(self) -> Known:
        """At once."""
        return self.known

    async def newer(self, than: Known) -> Known:
        """When the test has changed it."""
        while self.known is than:
            await self.changed.wait()
        return self.known

    def change(self, fresh: Known) -> None:
        """Another one."""
        self.known = fresh
        self.changed.set()
        self.changed.clear()


def known(hosts: tuple[Host, ...] = HOSTS, *, windows: tuple[Window, ...] = (), acks: tuple[Ack, ...] = ()) -> Known:
    """Without anchors: the machine that runs the tests may have no gateway that answers."""
    inventory = Inventory(hosts=hosts, anchors=())
    return Known(inventory=inventory, by_id={host.id: host for host in hosts}, windows=windows, acks=acks)


class Standing:
    """Acknowledgements that were cleared."""

    def __init__(self) -> None:
        self.cleared: list[tuple[str, datetime | None]] = []

    async def clear_ack(self, host: str, *, at: datetime | None = None) -> None:
        """As standing.Standing."""
        self.cleared.append((host, at))


@dataclass
class Rig:
    """A monitor and everything around it."""

    prober: Prober = field(default_factory=Prober)
    history: History = field(default_factory=History)
    watch: Watch = field(default_factory=Watch)
    standing: Standing = field(default_factory=Standing)
    outbox: Outbox = field(default_factory=Outbox)
    net: dict[str, Any] = field(default_factory=empty)
    others: list[TopicEvent] = field(default_factory=list)
    read: set[str] = field(default_factory=set)
    leads: bool = True

    def publish(self, item: TopicEvent) -> None:
        """Folds the topic as every node does."""
        if item.topic == "net":
            fold_net(self.net, item.event)
        else:
            self.others.append(item)

    def states(self) -> dict[str, str]:
        """As people see them."""
        return {id: row["state"] for id, row in self.net["hosts"].items()}

    def tell(self) -> Mapping[str, Any] | None:
        """What the source does: everything that waits becomes durable. The memory that then has."""
        memory = None
        while (pending := self.outbox.first()) is not None:
            memory = pending.memory
            self.outbox.told(pending)
        return memory

    def waiting(self) -> list[str]:
        """The announcements in the outbox, in order."""
        return [one.kind for pending in self.outbox for one in pending.announcements]


@asynccontextmanager
async def at_work(rig: Rig, memory: Mapping[str, Any] | None = None) -> AsyncIterator[Monitor]:
    """A monitor that has begun with this memory."""

    async def watchers() -> frozenset[Address]:
        return frozenset({WATCHER})

    monitor = Monitor(
        prober=rig.prober,  # type: ignore[arg-type]
        history=rig.history,  # type: ignore[arg-type]
        watch=rig.watch,  # type: ignore[arg-type]
        standing=rig.standing,  # type: ignore[arg-type]
        outbox=rig.outbox,
        notices=Notices(watchers),
        leads=lambda: rig.leads,
        publish=rig.publish,
        reads=rig.read.__contains__,
        shown=lambda: rig.net,
        now=utc_now,
    )
    monitor.begin(memory)
    task = asyncio.create_task(monitor.run(), name="monitor")
    try:
        yield monitor
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(condition: Callable[[], bool]) -> None:
    """Waits for it."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # what comes is many things
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn takes a twentieth of a second instead of one."""
    monkeypatch.setattr("adapters.netmonitor.monitor._TICK_S", 0.05)


async def test_a_host_that_falls_silent_is_told_seen_and_kept() -> None:
    """One batch with the announcement and the memory that it leaves; the same when it is back; nothing between."""
    rig = Rig()
    async with at_work(rig):
        await until(lambda: rig.states() == {"gw": "up", "web": "up"})
        rig.prober.silent.add("gw")
        await until(lambda: rig.waiting() == ["down"])
        assert rig.states()["gw"] == "down"
        memory = rig.tell()
        assert memory is not None
        assert "gw" in memory["judge"]["hosts"]
        rig.prober.silent.clear()
        await until(lambda: rig.waiting() == ["up"])
        memory = rig.tell()
        assert memory is not None
        assert memory["judge"]["hosts"] == {}
        await until(lambda: [state for host, state, *_ in rig.history.states if host == "gw"][-2:] == [State.DOWN, State.UP])
        assert {host for host, _, _ in rig.history.rounds} == {"gw", "web"}


async def test_what_was_announced_survives_a_restart() -> None:
    """The next run neither tells it again nor forgets that its end has to be told."""
    rig = Rig()
    async with at_work(rig):
        await until(lambda: "gw" in rig.states())
        rig.prober.silent.add("gw")
        await until(lambda: rig.waiting() == ["down"])
        memory = rig.tell()
    async with at_work(rig, memory):
        await until(lambda: rig.states().get("gw") == "down" and len(rig.history.rounds) > 4)
        await asyncio.sleep(0.4)
        assert rig.waiting() == []
        rig.prober.silent.clear()
        await until(lambda: rig.waiting() == ["up"])


async def test_a_commit_in_doubt_is_settled_by_what_the_store_says() -> None:
    """After an error the source starts again with what has committed: what that includes is dropped, what it lacks is told again."""
    rig = Rig()
    async with at_work(rig) as monitor:
        await until(lambda: "gw" in rig.states())
        rig.prober.silent |= {"gw"}
        await until(lambda: rig.waiting() == ["down"])
        first = rig.outbox.first()
        assert first is not None
        monitor.begin(None)  # nothing had committed: it waits as before
        assert rig.waiting() == ["down"]
        monitor.begin(first.memory)  # it had, and only the answer was lost
        assert rig.waiting() == []
        await asyncio.sleep(0.3)
        assert rig.states()["gw"] == "down"
        assert rig.waiting() == []


async def test_another_nodes_memory_makes_it_begin_anew() -> None:
    """Who gains the lead knows only what has committed: what it had in hand of an earlier term is not told."""
    rig = Rig()
    async with at_work(rig) as monitor:
        await until(lambda: "gw" in rig.states())
        rig.prober.silent |= {"gw"}
        await until(lambda: rig.waiting() == ["down"])
        memory = {"version": 1, "by": "another", "serial": 7, "judge": None}
        monitor.begin(memory)
        assert rig.waiting() == []
        await until(lambda: rig.waiting() == ["down"])  # judged again, by rounds of its own


async def test_who_leads_no_more_measures_no_more() -> None:
    """And goes on when the source starts again."""
    rig = Rig()
    async with at_work(rig) as monitor:
        await until(lambda: len(rig.history.rounds) > 2)
        rig.leads = False
        await asyncio.sleep(0.6)
        count = len(rig.history.rounds)
        await asyncio.sleep(0.4)
        assert len(rig.history.rounds) == count
        rig.leads = True
        monitor.begin(rig.tell())
        await until(lambda: len(rig.history.rounds) > count)


async def test_a_restart_keeps_since_when_hosts_are_up() -> None:
    """As the history has it, if the pause was short; what is not known there begins with the first round."""
    rig = Rig()
    long_ago = utc_now() - timedelta(days=40)
    rig.history.since = {"gw": long_ago}
    rig.history.rounds.append(("gw", Round(at=utc_now(), rtts=(1.0,)), State.UP))
    async with at_work(rig):
        await until(lambda: set(rig.states().values()) == {"up"})
        rows = rig.net["hosts"]
        assert rows["gw"]["since"] == rfc3339(long_ago)
        assert rows["web"]["since"] > rfc3339(utc_now() - timedelta(minutes=1))
        rig.prober.silent.add("gw")
        await until(lambda: rig.states()["gw"] == "down")
        rig.prober.silent.clear()
        await until(lambda: rig.states()["gw"] == "up")
        assert rows["gw"]["since"] > rfc3339(utc_now() - timedelta(minutes=1))
    rig = Rig()
    rig.history.since = {"gw": long_ago}
    rig.history.rounds.append(("gw", Round(at=utc_now() - timedelta(hours=1), rtts=(1.0,)), State.UP))
    async with at_work(rig):
        await until(lambda: set(rig.states().values()) == {"up"})
        assert rig.net["hosts"]["gw"]["since"] > rfc3339(utc_now() - timedelta(minutes=1))


async def test_the_history_waits_for_its_store() -> None:
    """Rounds and states that could not be written are written when it is back, once, in their order."""
    rig = Rig()
    async with at_work(rig):
        await until(lambda: len(rig.history.rounds) > 2)
        rig.history.away = True
        rig.prober.silent.add("web")
        await until(lambda: rig.states()["web"] == "down")
        await asyncio.sleep(0.5)
        count = len(rig.history.rounds)
        rig.history.away = False
        await until(lambda: any(state is State.DOWN for _, state, *_ in rig.history.states))
        await until(lambda: len(rig.history.rounds) >= count + 4)
        times = [found.at for host, found, _ in rig.history.rounds if host == "web"]
        assert times == sorted(set(times))
        assert max(b - a for a, b in pairwise(times)) < timedelta(seconds=2)


async def test_changes_of_the_inventory_take_effect_at_once() -> None:
    """A host that is taken away closes its notice and leaves the board; a new one comes; maintenance shows."""
    rig = Rig()
    async with at_work(rig):
        await until(lambda: "gw" in rig.states())
        rig.prober.silent.add("gw")
        await until(lambda: rig.waiting() == ["down"])
        new = Host(id="new", name="New", address="127.0.0.1", interval_s=0.1, limits=LIMITS)
        rig.watch.change(known((HOSTS[1], new)))
        await until(lambda: rig.waiting() == ["down", "up"])
        await until(lambda: rig.states() == {"web": "up", "new": "up"})
        now = utc_now()
        window = Window(id=1, host="web", group=None, starts=now, ends=now + timedelta(hours=1), why="ремонт")
        rig.watch.change(known((HOSTS[1], new), windows=(window,)))
        await until(lambda: rig.states() == {"web": "maintenance", "new": "up"})
        assert rig.net["hosts"]["web"]["maintenance"]["why"] == "ремонт"


async def test_an_acknowledgement_ends_with_the_recovery() -> None:
    """It is taken out of the store, too."""
    rig = Rig()
    async with at_work(rig):
        await until(lambda: "gw" in rig.states())
        rig.prober.silent.add("gw")
        await until(lambda: rig.states()["gw"] == "down")
        ack = Ack(host="gw", by="Мария", why="меняю", at=utc_now())
        rig.watch.change(known(acks=(ack,)))
        await until(lambda: (rig.net["hosts"]["gw"]["ack"] or {}).get("by") == "Мария")
        rig.prober.silent.clear()
        await until(lambda: rig.standing.cleared == [("gw", ack.at)])
        assert rig.net["hosts"]["gw"]["ack"] is None


async def test_rounds_of_a_host_are_told_while_somebody_looks_at_it() -> None:
    """And only then."""
    rig = Rig()
    rig.read.add("net:web")
    async with at_work(rig):
        await until(lambda: len(rig.others) > 1)
    assert {item.topic for item in rig.others} == {"net:web"}
    assert rig.others[0].event.data["p50"] == 1.5


async def test_a_bug_does_not_end_the_watching(monkeypatch: pytest.MonkeyPatch) -> None:
    """The term ends, the next begins with what has committed."""
    rig = Rig()
    monkeypatch.setattr("adapters.netmonitor.monitor._AFTER_A_BUG_S", 0.05)
    async with at_work(rig):
        await until(lambda: "gw" in rig.states())
        with monkeypatch.context() as patched:
            patched.setattr("adapters.netmonitor.board.Board.turn", _broken)
            await asyncio.sleep(0.3)
        rig.net.clear()
        rig.net.update(empty())
        await until(lambda: rig.states() == {"gw": "up", "web": "up"})


def _broken(*_args: object) -> None:
    raise RuntimeError("a bug")
