"""Hosts behind others: one notice of the parent, none of those that are silent because it is (UX B5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.netmonitor.values import Host, Limits, State
from tests.adapters.netmonitor.judge.rig import Rig, at, host, made
from tests.clock import START

SCENES: list[tuple[str, dict[str, str], list[str]]] = [
    ("together", {"gw": "..xxxxx....", "a": "..xxxxx....", "b": "..xxxxx...."}, ["40 down gw +a,b", "80 up gw"]),
    ("the child first", {"b": "..xxxxxxxx..", "a": "...xxxxxxx..", "gw": "....xxxxx..."}, ["60 down gw +a,b", "100 up gw"]),
    ("the parent first", {"gw": "..xxxxx....", "a": "....xxx....", "b": "....xxx...."}, ["40 down gw +a,b", "80 up gw"]),
    ("only the parent", {"gw": "..xxxxx....", "a": "...........", "b": "..........."}, ["40 down gw", "80 up gw"]),
    ("only the child", {"gw": "...........", "a": "...........", "b": "..xxxxx...."}, ["40 down b", "80 up b"]),
    ("the one between", {"gw": "...........", "a": "..xxxxx....", "b": "..xxxxx...."}, ["40 down a +b", "80 up a"]),
    (
        "bad answers come through",
        {"gw": "..xxxxx....", "a": "..rrrrr....", "b": "..xxxxx...."},
        ["40 down gw", "40 down a", "40 down b", "80 up gw", "80 up a", "80 up b"],
    ),
    (
        "a parent that answers badly hides nobody",
        {"gw": "..rrrrr..", "a": "..xxxxx..", "b": "..xxxxx.."},
        ["40 down gw", "40 down a +b", "80 up gw", "80 up a"],
    ),
    (
        "still silent when the parent is back: after rounds of its own",
        {"gw": "..xxxx.........", "a": "..xxxxxxxxxxx..", "b": "..xxxxxxxxxxx.."},
        ["40 down gw +a,b", "70 up gw", "80 down a +b", "140 up a"],
    ),
    (
        "a child that was down before its parent",
        {"gw": "........xxxx.....", "a": "..xxxxxxxxxxxxxx.", "b": "................."},
        ["40 down a", "100 down gw", "130 up gw"],
    ),
    ("the parent had a hiccup: it has another round to answer", {"gw": "....x.....", "a": "..xxx.....", "b": ".........."}, []),
    ("and when the child is silent still", {"gw": "....x.....", "a": "..xxxxxx..", "b": ".........."}, ["70 down a", "90 up a"]),
    ("loss runs through", {"gw": "..~~~~~...", "a": "..~~~~~...", "b": "..~~~~~..."}, ["40 degraded gw", "80 recovered gw"]),
    ("loss behind a parent that is well", {"gw": "..........", "a": "..~~~~~...", "b": ".........."}, ["40 degraded a", "80 recovered a"]),
]


def family(**members: Any) -> tuple[Host, ...]:
    """gw, a behind it, b behind a; and an anchor."""
    return host("gw", **members), host("a", "gw", **members), host("b", "a", **members), host("anchor:gw")


@pytest.mark.parametrize(("rounds", "said"), [scene[1:] for scene in SCENES], ids=[scene[0] for scene in SCENES])
def test_families(rounds: dict[str, str], said: list[str]) -> None:
    """Whose rounds end first is no matter."""
    length = max(map(len, rounds.values()))
    rounds = {id: letters.ljust(length, ".") for id, letters in rounds.items()}
    for order in (list(rounds), list(reversed(rounds))):
        rig = Rig(*family())
        assert sorted(rig.play(anchor__gw="." * length, **{id: rounds[id] for id in order})) == sorted(said)


def test_the_silent_are_recorded() -> None:
    """Children are unreachable, with the parent as reason; the parent's view counts them."""
    rig = Rig(*family())
    rig.play(anchor__gw="......", gw="..xxxx", a="..xxxx", b="..xxxx")
    assert rig.states("b") == ["40 unreachable"]
    view = rig.network.view("b")
    assert (view.state, view.reason, view.children_silent) == (State.UNREACHABLE, "parent", 0)
    assert rig.network.view("gw").children_silent == 2
    rig.play(anchor__gw="....", gw="....", a="....", b="....")
    assert rig.states("b") == ["40 unreachable", "70 up"]
    assert rig.network.view("gw").children_silent == 0


def test_its_own_trouble_begins_after_its_parents() -> None:
    """When the parent is back and the child is not: since then it is down."""
    rig = Rig(*family())
    rig.play(anchor__gw="." * 15, gw="..xxxx.........", a="..xxxxxxxxxxx..", b="." * 15)
    assert rig.states("a") == ["40 unreachable", "80 down", "140 up"]
    assert [one.since for one in rig.pairs.all if one.host_id == "a"] == [at(80), at(80)]


def test_a_parent_is_not_watched_any_more() -> None:
    """Who lies behind it is judged anew at once, not only with a round of its own, and through another one that is not watched."""
    rig = Rig(host("gw"), host("a", "gw", paused=True), host("b", "a", interval_s=600, limits=Limits(raise_bad=1)), host("anchor:gw"))
    assert rig.play(anchor__gw="......", gw="..xxxx", b="..x   ") == ["40 down gw +b"]
    rig.change("gw", paused=True)
    assert rig.play(anchor__gw=".") == ["60 up gw", "60 down b"]


def test_loss_of_a_child_that_is_asked_seldom() -> None:
    """The parent has recovered before the child is asked again: what it lost before was the parent's."""
    rig = Rig(host("gw"), host("a", "gw", interval_s=20), host("anchor:gw"))
    said = rig.play(anchor__gw="." * 14, gw="..~~~~........", a="..~ ~ ~ . . . ")
    assert said == ["40 degraded gw", "70 recovered gw"]
    assert rig.states("a") == ["60 degraded", "100 up"]


def test_a_paused_parent_is_looked_through() -> None:
    """Who lies behind it lies behind its parent."""
    rig = Rig(host("gw"), host("a", "gw", paused=True), host("b", "a"), host("anchor:gw"))
    assert rig.play(anchor__gw="........", gw="..xxxx..", b="..xxxx..") == ["40 down gw +b", "70 up gw"]


def test_so_is_one_that_is_unknown() -> None:
    """Nobody hears of it, so it says nothing of its children."""
    rig = Rig(*family())
    assert rig.play(anchor__gw="." * 14, gw="." * 14, a="..", b=".......xxxx...") == ["90 down b", "120 up b"]


def test_other_parents_hold_at_once() -> None:
    """A host that has moved is judged by where it is."""
    rig = Rig(*family(), host("other"))
    said = rig.play(anchor__gw="......", gw="..xxxx", a="..xxxx", b="..xxxx", other="......")
    rig.change("a", parent="other")
    said += rig.play(anchor__gw="....", gw="xxxx", a="xxxx", b="xxxx", other="....")
    assert said == ["40 down gw +a,b", "60 down a +b"]


@pytest.mark.parametrize("parents", [{"gw": "gw"}, {"gw": "a"}, {"gw": "b"}, {"a": "b"}, {"a": "nobody"}])
def test_circles_do_no_harm(parents: dict[str, str]) -> None:
    """They are refused where hosts are written; here a link that would close one is none."""
    rig = Rig(*family())
    for id, parent in parents.items():
        rig.change(id, parent=parent)
    rig.play(gw="..xxxx...", a="..xxxx...", b="..xxxx...")
    assert {one.kind for one in rig.pairs.all} == {"down", "up"}
    assert not any(rig.pairs.open.values())


def test_the_wait_for_a_parent_has_a_bound() -> None:
    """A parent that answers now and then, holds nothing up for ever."""
    rig = Rig(host("gw", limits=Limits(raise_bad=3, raise_of=3)), host("a", "gw"), host("anchor:gw"))
    assert rig.play(anchor__gw="." * 40, gw="x." * 20, a="." + "x" * 39) == ["110 down a"]


def test_a_chain_of_thousands() -> None:
    """Each host is looked at once in a tick, however deep it lies."""
    hosts = [host("h0"), *(host(f"h{i}", f"h{i - 1}") for i in range(1, 3000))]
    rig = Rig(*hosts, host("anchor:gw"), step_s=1)
    for letter in ".....xxxxx":
        rig.play(anchor__gw=".", **{one.id: letter for one in hosts})
        rig.now += timedelta(seconds=9)
    assert [(one.kind, one.host_id, len(one.children)) for one in rig.pairs.all] == [("down", "h0", 2999)]


@st.composite
def _asked(draw: st.DrawFn) -> tuple[float, float]:
    """An interval, and when the first round is."""
    interval = draw(st.sampled_from([1.0, 2.0, 5.0, 10.0, 30.0, 60.0]))
    return interval, draw(st.floats(0, 0.99)) * interval


@settings(deadline=None, max_examples=40)
@example(((60.0, 0.0), (1.0, 0.99), (5.0, 2.38)), 326.2, 107.7, 2)  # the child's wait begins after its parent's
@example(((1.0, 0.99), (10.0, 2.55), (1.0, 0.99)), 268.3, 276.7, 3)  # it lasts as long as the child's rounds, too
@given(st.tuples(_asked(), _asked(), _asked()), st.floats(200, 400), st.floats(1, 1000), st.integers(0, 3))
def test_order_is_no_matter(asked: tuple[tuple[float, float], ...], begins: float, lasts: float, anchor_s: int) -> None:
    """However often parent, child and grandchild are asked, and whoever is noticed first: the two behind are never announced."""
    hosts = [
        host(id, parent, interval_s=every) for (id, parent), (every, _) in zip([("gw", None), ("a", "gw"), ("b", "a")], asked, strict=True)
    ]
    rig = Rig(*hosts, host("anchor:gw"))
    rounds = sorted(
        [(first + every * i, id.id) for id, (every, first) in zip(hosts, asked, strict=True) for i in range(int(2000 / every))]
        + [(anchor_s + 5.0 * i, "anchor:gw") for i in range(400)]
    )
    for seconds, id in rounds:
        while (rig.now - START).total_seconds() < seconds:
            rig.tick()
            rig.now += timedelta(seconds=1)
        lost = id != "anchor:gw" and begins <= seconds < begins + lasts
        rig.network.take(id, made("x" if lost else ".", at(seconds)), at(seconds))
    rig.tick()
    assert {one.host_id for one in rig.pairs.all} <= {"gw"}
    assert [one.kind for one in rig.pairs.all] in ([], ["down", "up"])
    assert lasts < 4 * asked[0][0] or rig.pairs.all
    assert {rig.network.view(one.id).state for one in hosts} == {State.UP}
