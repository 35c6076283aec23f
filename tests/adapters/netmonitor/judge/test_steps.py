"""A change in steps is the same change: whatever comes between them, what is judged, told and remembered is as if they were one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.netmonitor.judge.network import Network, Verdict
from adapters.netmonitor.values import Ack, Host, Round, State, Window
from hub.turns import Stepwise, at_once
from tests.adapters.netmonitor.judge.rig import at, host, made
from tests.adapters.netmonitor.judge.test_properties import HOSTS, IDS, Story, stories
from tests.clock import START

Play = Callable[["Stepped"], None]


class Recorded(Network):
    """Remembers what was asked of it, and what it said."""

    def __init__(self, hosts: Iterable[Host], *, memory: Mapping[str, Any] | None, now: datetime) -> None:
        self.calls: list[Play] = []
        self.verdicts: list[Verdict] = []
        super().__init__(hosts, memory=memory, now=now)

    def take(self, host_id: str, found: Round, now: datetime) -> None:
        self.calls.append(lambda on: on.take(host_id, found, now))
        super().take(host_id, found, now)

    def replace(self, hosts: Iterable[Host], now: datetime) -> None:
        given = list(hosts)
        self.calls.append(lambda on: on.begin(lambda network: network.replacing(given, now)))
        super().replace(given, now)

    def maintain(self, windows: Iterable[Window], now: datetime) -> None:
        given = list(windows)
        self.calls.append(lambda on: on.begin(lambda network: network.maintaining(given, now)))
        super().maintain(given, now)

    def acknowledge(self, acks: Iterable[Ack], now: datetime) -> None:
        given = list(acks)
        self.calls.append(lambda on: on.acknowledge(given, now))
        super().acknowledge(given, now)

    def tick(self, now: datetime) -> Verdict:
        self.calls.append(lambda on: on.begin(lambda network: network.ticking(now)))
        self.verdicts.append(super().tick(now))
        return self.verdicts[-1]


class Stepped:
    """Does the same in steps; rounds come between them, after as many steps as it is told again and again."""

    def __init__(self, network: Network, pace: list[int]) -> None:
        self.network, self.pace = network, pace
        self.verdicts: list[Verdict] = []
        self._steps: Stepwise[Verdict | None] | None = None
        self._taken = 0

    def begin(self, change: Callable[[Network], Stepwise[Any]]) -> None:
        """Ends the change before it, and does the first step of this one."""
        self.end()
        self._steps = change(self.network)
        self._go(1)

    def take(self, host_id: str, found: Round, now: datetime) -> None:
        """A round ends, perhaps between two steps."""
        self._taken += 1
        self._go(self.pace[self._taken % len(self.pace)])
        self.network.take(host_id, found, now)

    def acknowledge(self, acks: list[Ack], now: datetime) -> None:
        """This is one step by itself."""
        self.end()
        self.network.acknowledge(acks, now)

    def end(self) -> None:
        """The rest of the steps."""
        while self._steps is not None:
            self._go(1)

    def _go(self, steps: int) -> None:
        for _ in range(steps):
            if self._steps is None:
                return
            try:
                next(self._steps)
            except StopIteration as over:
                self._steps = None
                if over.value is not None:
                    self.verdicts.append(over.value)


@settings(deadline=None, max_examples=80)
@given(stories(), st.lists(st.integers(0, 3), min_size=1, max_size=7))
def test_steps_are_as_one(story: Story, pace: list[int]) -> None:
    """The same rounds and changes, with rounds between the steps of whatever has steps: the same verdicts, views and memory."""
    rig = story.play(kind=Recorded, tail=dict.fromkeys(IDS, ".x" * 8))
    plain = rig.network
    assert isinstance(plain, Recorded)
    stepped = Stepped(Network(HOSTS, memory=None, now=START), pace)
    for call in plain.calls:
        call(stepped)
    stepped.end()
    assert stepped.verdicts == plain.verdicts
    assert stepped.network.memory() == plain.memory()
    assert [stepped.network.view(id) for id in IDS] == [plain.view(id) for id in IDS]


@settings(deadline=None, max_examples=40)
@given(stories(), st.integers(1, 200))
def test_building_in_steps(story: Story, lasts: int) -> None:
    """From the memory of any story: what is built in steps says the same as what is built at once."""
    rig = story.play(tail=dict.fromkeys(IDS, "x" * 8))
    memory = rig.network.memory()
    built = [Network(rig.hosts, memory=memory, now=rig.now), at_once(Network.building(rig.hosts, memory=memory, now=rig.now))]
    assert [built[0].view(id) for id in IDS] == [built[1].view(id) for id in IDS]
    for seconds in (0, lasts):
        assert built[0].tick(at(seconds)) == built[1].tick(at(seconds))
    assert built[0].memory() == built[1].memory()


def test_nothing_is_seen_of_a_change_before_its_end() -> None:
    """Between the steps hosts are as they were, the new ones are not there, and another change is refused."""
    network = Network([host("a"), host("b", "a")], memory=None, now=at(0))
    for id in ("a", "b"):
        network.take(id, made(".", at(0)), at(1))
    network.tick(at(1))
    steps = network.ticking(at(2))
    network.take("a", made("x", at(1)), at(2))  # a round that changes nothing yet
    changing = network.replacing([host("a"), host("c", "a")], at(2))
    next(changing)
    assert (network.knows("b"), network.knows("c"), network.view("b").state) == (True, False, State.UP)
    network.take("c", made(".", at(1)), at(2))  # it is there when the change is over
    for refused in (lambda: next(steps), lambda: network.tick(at(2)), lambda: network.acknowledge([], at(2))):
        with pytest.raises(RuntimeError):
            refused()
    at_once(changing)
    assert (network.knows("b"), network.knows("c")) == (False, True)
    changes = {change.host_id: change.after for change in network.tick(at(3)).changes}
    assert (changes["c"], network.view("c").state) == (State.UP, State.UP)
