"""Which sign-ins are open, at any node."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hub.messages import Present, RollCall, decode, encode
from hub.presence import Presence
from hub.roll_call import Roll
from hub.session import Limits, Session
from tests.hub.driving import principal


class Nodes:
    """Nodes whose messages go round when they are told to."""

    def __init__(self, *names: str) -> None:
        self.deaf: set[str] = set()
        self.presence = {name: Presence() for name in names}
        self.rolls = {
            name: Roll(name, self.presence[name], others=lambda name=name: [n for n in names if n != name], send=self.send)
            for name in names
        }
        self.sent: list[RollCall | Present] = []

    def send(self, message: RollCall | Present) -> None:
        """To everybody, the sender too, as the bus does it."""
        self.sent.append(message)
        again = decode(encode(message))
        for name, roll in self.rolls.items():
            if name in self.deaf:
                continue
            if isinstance(again, RollCall):
                roll.called(again)
            elif isinstance(again, Present):
                roll.answered(again)

    def enter(self, node: str, session_hash: str) -> None:
        """A session opens there."""
        who = replace(principal(1), session_hash=session_hash)
        self.presence[node].enter(Session(who, "d", "json", Limits(), lambda: None))


async def test_every_node_answers_for_its_own() -> None:
    """What is open anywhere is found, and nothing else."""
    nodes = Nodes("a", "b", "c")
    nodes.enter("a", "s1")
    nodes.enter("b", "s2")
    nodes.enter("c", "s3")
    assert await nodes.rolls["a"].online(["s1", "s2", "s3", "s4"]) == {"s1", "s2", "s3"}
    assert nodes.sent[0] == RollCall("a", 1, ("s2", "s3", "s4"))


async def test_nobody_is_asked_for_what_is_known_here() -> None:
    """A node alone, or one that has all of them, sends nothing."""
    alone, pair = Nodes("a"), Nodes("a", "b")
    alone.enter("a", "s1")
    pair.enter("a", "s1")
    assert await alone.rolls["a"].online(["s1", "s2"]) == {"s1"}
    assert await pair.rolls["a"].online(["s1"]) == {"s1"}
    assert alone.sent == pair.sent == []


async def test_a_node_that_does_not_answer_counts_as_having_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others' answers are taken all the same, and nothing is left of the call."""
    monkeypatch.setattr("hub.roll_call._ANSWER_S", 0.02)
    nodes = Nodes("a", "b", "c")
    nodes.deaf = {"c"}
    nodes.enter("b", "s2")
    nodes.enter("c", "s3")
    assert await nodes.rolls["a"].online(["s2", "s3"]) == {"s2"}
    nodes.rolls["a"].answered(Present("a", 1, "c", ("s3",)))
    assert nodes.rolls["a"]._open == {}


async def test_calls_under_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound a call is answered from this node alone."""
    monkeypatch.setattr("hub.roll_call._ANSWER_S", 0.02)
    nodes = Nodes("a", "b")
    nodes.deaf = {"b"}
    await asyncio.gather(*(nodes.rolls["a"].online([f"s{n}"]) for n in range(100)))
    assert len(nodes.sent) == 64
