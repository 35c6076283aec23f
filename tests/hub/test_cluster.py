"""Who is connected where: told as changes and as a whole, and nobody stays who has gone."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hub.cluster import CHANGES_S, GONE_S, WHOLE_S, Cluster
from hub.messages import Goodbye, Here, decode, encode


def told(cluster: Cluster, now: float) -> Here:
    """What the node has to tell, after the way over the bus."""
    message = cluster.due(now)
    assert message is not None
    back = decode(encode(message))
    assert isinstance(back, Here)
    return back


def test_a_new_node_hears_everybody_at_once() -> None:
    """Who hears of a node for the first time tells it everybody without waiting for the turn."""
    a, b = Cluster("a"), Cluster("b")
    a.entered(1)
    told(a, 0)
    b.observe(told(b, 1), 1)
    assert a.observe(told(Cluster("b"), 1), 1) == (set(), set())
    assert b.observe(told(a, 1), 1) == ({1}, set())
    assert b.connected(1)
    assert not b.connected(2)


def test_changes_are_told_together_and_not_too_often() -> None:
    """Several changes within a fifth of a second are one message; one who came and went is told as gone."""
    a = Cluster("a")
    told(a, 0)
    for user_id in (1, 2, 2):
        a.entered(user_id)
    assert a.due(CHANGES_S / 2) is None
    assert sorted(told(a, CHANGES_S).users) == [(1, 1), (2, 2)]
    a.left(1)
    assert told(a, 2.5 * CHANGES_S).users == [(1, 0)]
    assert a.due(4 * CHANGES_S) is None


def test_a_node_that_is_silent_or_says_goodbye_takes_its_people_along() -> None:
    """After 15 s without a word, or at once with one, its people are gone; those who are elsewhere too stay."""
    here, a, b = Cluster("here"), Cluster("a"), Cluster("b")
    for node in (a, b):
        node.entered(7)
    a.entered(1)
    here.observe(told(a, 0), 0)
    here.observe(told(b, 0), 0)
    assert here.sessions_of(7) == 2
    assert here.observe(Goodbye("b"), 1) == (set(), set())
    assert here.sessions_of(7) == 1
    here.due(GONE_S)
    assert here.connected(1)
    here.due(GONE_S + 0.1)
    assert not here.connected(1)
    assert here.sessions_of(7) == 0


def test_what_is_read_anywhere_is_known_everywhere() -> None:
    """A topic that is published on demand is published by every node while somebody reads it at any."""
    a, b = Cluster("a", reads=lambda: ["ops"]), Cluster("b")
    b.observe(told(a, 0), 0)
    assert b.reads("ops")
    assert not b.reads("other")
    b.observe(Goodbye("a"), 1)
    assert not b.reads("ops")


class Nodes(RuleBasedStateMachine):
    """Three nodes, one of which listens; messages may be lost, and the next whole puts it right."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.listener = Cluster("listener")
        self.tellers = {name: Cluster(name) for name in ("a", "b")}
        self.truth: dict[tuple[str, int], int] = {}

    @rule(name=st.sampled_from("ab"), user_id=st.integers(1, 3))
    def enter(self, name: str, user_id: int) -> None:
        """Somebody comes."""
        self.tellers[name].entered(user_id)
        self.truth[name, user_id] = self.truth.get((name, user_id), 0) + 1

    @rule(name=st.sampled_from("ab"), user_id=st.integers(1, 3))
    def leave(self, name: str, user_id: int) -> None:
        """Somebody goes."""
        if self.truth.get((name, user_id)):
            self.tellers[name].left(user_id)
            self.truth[name, user_id] -= 1

    @rule(name=st.sampled_from("ab"), lost=st.booleans())
    def tell(self, name: str, lost: bool) -> None:
        """A node tells what it has to; the message may be lost."""
        self.now += 2 * CHANGES_S
        message = self.tellers[name].due(self.now)
        if message is not None and not lost:
            self.listener.observe(message, self.now)

    @rule()
    def whole(self) -> None:
        """After a whole from each, the listener knows the truth."""
        self.now += 2 * WHOLE_S
        for teller in self.tellers.values():
            self.listener.observe(told(teller, self.now), self.now)
        for user_id in (1, 2, 3):
            assert self.listener.sessions_of(user_id) == sum(self.truth.get((name, user_id), 0) for name in "ab")

    @invariant()
    def nobody_counts_less_than_nothing(self) -> None:
        """Whatever was lost, no count is negative."""
        assert all(self.listener.sessions_of(user_id) >= 0 for user_id in (1, 2, 3))


TestNodes = Nodes.TestCase
