"""The probe itself cut off: one notice, and nothing of any host."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.netmonitor.values import Limits, State, Window
from tests.adapters.netmonitor.judge.rig import Rig, at, host, made
from tests.clock import START

NAMES = [f"h{i:02}" for i in range(20)]


def many(count: int = 20, *, anchors: int = 1) -> Rig:
    """Hosts without parents, and gateways."""
    return Rig(*(host(name) for name in NAMES[:count]), *(host(f"anchor:{i}") for i in range(anchors)))


def all_of(letters: str, count: int = 20) -> dict[str, str]:
    """The same rounds for all."""
    return dict.fromkeys(NAMES[:count], letters)


def test_one_notice_for_all() -> None:
    """Everybody silent at once, the gateway too: one `blind`, all unknown, one `sighted`, no storm after it."""
    rig = many()
    assert rig.play(anchor__0="..xxxxxxxx......", **all_of("..xxxxxxxx......")) == ["30 blind", "110 sighted"]
    assert rig.states("h00") == ["30 unknown", "120 up"]
    assert rig.changes[-1].reason is None


def test_what_is_seen_meanwhile() -> None:
    """Every host is unknown, because the probe is blind, since when it is."""
    rig = many()
    rig.play(anchor__0="..xxxx", **all_of("..xxxx"))
    view = rig.network.view("h07")
    assert (view.state, view.reason, view.since, view.level) == (State.UNKNOWN, "blind", at(30), State.UP)
    assert (rig.network.blind_since, rig.network.blind_reason) == (at(30), "anchors")
    rig.play(anchor__0="......", **all_of("......"))
    assert (rig.network.blind_since, rig.network.blind_reason) == (None, None)


@pytest.mark.parametrize(
    ("anchor", "silent", "said"),
    [
        ("..xxxxx.....", 20, ["30 blind", "80 sighted"]),
        ("..xxxxx.....", 18, ["30 blind", "80 sighted"]),
        ("..xxxxx.....", 17, "downs at 50"),
        ("............", 20, "downs at 40"),
        ("..x.x.x.x.x.", 20, "downs at 70"),
    ],
)
def test_nearly_all(anchor: str, silent: int, said: object) -> None:
    """With nine in ten silent and no anchor answering it is the probe; otherwise it is the hosts."""
    rig = many()
    rounds = all_of("..xxxxx....." if isinstance(said, list) else "..xxxxxxxx..")
    rounds.update(dict.fromkeys(NAMES[silent:], "............"))
    got = rig.play(anchor__0=anchor, **rounds)
    if isinstance(said, str):
        assert [one.split()[1] for one in got] == ["down"] * silent + ["up"] * silent
        assert got[0].split()[0] == said.split()[-1]
    else:
        assert got == said


def test_one_anchor_of_several_is_enough() -> None:
    """While one gateway answers, the probe sees."""
    rig = many(2, anchors=2)
    assert len(rig.play(anchor__0="........", anchor__1="..xxxxxx", h00="..xxx...", h01="..xxx...")) == 4


def test_a_gateway_that_never_answers_is_no_witness() -> None:
    """Many do not answer echo requests: it says nothing when a host falls silent, at first or after ten minutes."""
    rig = many(1)
    assert rig.play(anchor__0="xxxxxxxx", h00="..xxxx..") == ["40 down h00", "70 up h00"]
    assert rig.play(anchor__0="." + "x" * 70, h00="." * 65 + "xxxx..") == ["750 down h00", "780 up h00"]


def test_hosts_that_were_down_are_no_evidence() -> None:
    """Of ten, nine were down before; the last falls silent with the gateway."""
    rig = many(10)
    rounds = all_of(".xxx..............", 10) | {"h09": ".....xxxxx........"}
    rounds |= dict.fromkeys(NAMES[:9], ".xxxxxxxxxxxxxxxxx")
    said = rig.play(anchor__0=".....xxxxx........", **rounds)
    assert said[9:] == ["60 blind", "110 sighted"]
    assert {one.split()[1] for one in said[:9]} == {"down"}


def test_a_down_from_before_ends_after() -> None:
    """What was announced before the probe was blind keeps its pair."""
    rig = many(2)
    said = rig.play(anchor__0=".....xxxxx......", h00=".xxxxxxxxx......", h01=".....xxxxx......")
    assert said == ["30 down h00", "60 blind", "110 sighted", "130 up h00"]
    assert rig.states("h00") == ["30 down", "60 unknown", "120 down", "130 up"]


def test_silent_still_after_it() -> None:
    """Rounds from the blindness count for nothing; new ones do."""
    rig = many(2)
    assert rig.play(anchor__0="..xxxx........", h00="..xxxxxxxxxxxx", h01="..xxxx........") == ["30 blind", "70 sighted", "100 down h00"]


def test_rounds_that_began_before_it_ended() -> None:
    """They were under way when the probe saw again, and say nothing either."""
    rig = Rig(host("a", limits=Limits(raise_bad=1)), host("b"), host("anchor:0"))
    assert rig.play(anchor__0="..xxxx..", a="..xxxx..", b="..xxxx..") == ["30 blind", "70 sighted"]
    rig.network.take("a", made("x", at(69)), rig.now)
    assert rig.play(anchor__0="..", a=" .", b=" .") == []


@pytest.mark.parametrize("letters", ["n", "p"])
@pytest.mark.parametrize("count", [1, 3, 20])
def test_nothing_can_be_sent(letters: str, count: int) -> None:
    """Whatever the reason, and however few hosts there are, without any anchor."""
    rig = many(count, anchors=0)
    assert rig.play(**all_of(".." + letters * 6 + ".....", count)) == ["30 blind", "90 sighted"]
    assert {one.reason for one in rig.pairs.all} == {"unsent"}


def test_a_short_blink_is_nothing() -> None:
    """One lost round of everybody's, and the next is good."""
    rig = many()
    assert rig.play(anchor__0="..x.....", **all_of("..x.....")) == []


def test_without_anchors_it_takes_many() -> None:
    """Ten hosts without parents, at least; fewer may well fall together."""
    rig = many(10, anchors=0)
    assert rig.play(**all_of("..xxxxxx....", 10)) == ["30 blind", "90 sighted"]
    assert {one.reason for one in rig.pairs.all} == {"hosts"}
    rig = many(9, anchors=0)
    assert len(rig.play(**all_of("..xxxxxx....", 9))) == 18


def test_without_anchors_one_parent_is_one_notice() -> None:
    """All hosts lie behind a gateway that is watched itself: it is down, not the probe."""
    rig = Rig(host("gw"), *(host(name, "gw") for name in NAMES))
    said = rig.play(gw="..xxxxx....", **all_of("..xxxxx...."))
    assert said == ["40 down gw +" + ",".join(NAMES), "80 up gw"]


def test_while_all_is_in_maintenance() -> None:
    """It is announced when the window ends, if it lasts; one that came and went is not."""
    everything = Window(id=1, host=None, group=None, starts=START, ends=at(100))
    rig = many(2)
    rig.maintain(everything)
    assert rig.play(anchor__0="..xxxxxxxxxxxx....", h00="..xxxxxxxxxxxx....", h01="..xxxxxxxxxxxx....") == ["100 blind", "150 sighted"]
    rig = many(2)
    rig.maintain(everything)
    assert rig.play(anchor__0="..xxx........", h00="..xxx........", h01="..xxx........") == []


def test_a_removed_host_is_closed_even_then() -> None:
    """Nobody will ever say that it is up again."""
    rig = many(2)
    rig.play(anchor__0=".....xxx", h00=".xxxxxxx", h01=".....xxx")
    rig.remove("h00")
    assert rig.play(anchor__0="x", h01="x") == ["80 up h00"]


def test_a_restart_while_blind() -> None:
    """It stays so, is not announced again, and its end is."""
    rig = many(3)
    said = rig.play(anchor__0="..xxxx", **all_of("..xxxx", 3))
    rig.restart()
    assert rig.network.view("h00").reason == "blind"
    said += rig.play(anchor__0="xxxx....", **all_of("xxxx....", 3))
    assert said == ["30 blind", "110 sighted"]


def test_a_thousand_become_unknown_by_shares() -> None:
    """So that no tick takes long."""
    names = [f"h{i}" for i in range(2500)]
    rig = Rig(*(host(name) for name in names), host("anchor:gw"))
    rig.play(anchor__gw="..", **dict.fromkeys(names, ".."))
    begun = len(rig.changes)
    rig.play(anchor__gw="x", **dict.fromkeys(names, "x"))
    for expected in (1000, 2000, 2500, 2500):
        rig.tick()
        assert len(rig.changes) - begun == expected
        rig.now += timedelta(seconds=1)
    assert all(rig.network.view(name).state is State.UNKNOWN for name in names)


@settings(deadline=None, max_examples=25)
@example([(1.0, 0.0)] * 11 + [(1.0, 0.5)], 100.0, 3.0)  # one is noticed when the others already answer again
@example([(1.0, 0.0)] * 11 + [(1.0, 0.5)], 121.0, 5.0)  # and the anchor does not yet
@example([(1.0, 0.0)] * 11 + [(1.0, 0.25)], 116.0, 4.5)  # and the anchor was not asked meanwhile
@given(
    st.lists(st.tuples(st.sampled_from([1.0, 5.0, 10.0, 20.0]), st.floats(0, 0.99)), min_size=12, max_size=20),
    st.floats(100, 130),
    st.floats(1, 200),
)
def test_however_often_each_is_asked(asked: list[tuple[float, float]], begins: float, lasts: float) -> None:
    """All fall silent at one moment and come back at another: at most one `blind`, no host is ever announced, if the anchor was
    asked meanwhile."""
    hosts = [host(f"h{i}", interval_s=every) for i, (every, _) in enumerate(asked)]
    rig = Rig(*hosts, host("anchor:gw"))
    starts = [(one.id, every * share, every) for one, (every, share) in zip(hosts, asked, strict=True)] + [("anchor:gw", 0.5, 5.0)]
    rounds = sorted((first + every * i, id) for id, first, every in starts for i in range(int(600 / every)))
    for seconds, id in rounds:
        while (rig.now - START).total_seconds() < seconds:
            rig.tick()
            rig.now += timedelta(seconds=1)
        rig.network.take(id, made("x" if begins <= seconds < begins + lasts else ".", at(seconds)), at(seconds))
    told = [one.kind for one in rig.pairs.all]
    if any(begins <= seconds < begins + lasts for seconds, id in rounds if id == "anchor:gw"):
        assert told in ([], ["blind", "sighted"])
    else:  # the anchor answers before and after, and knows of nothing: who is asked every second may be blamed, in pairs
        assert set(told) <= {"down", "up"}
    assert lasts < 40 or rig.pairs.all
    rig.tick()
    assert {rig.network.view(one.id).state for one in hosts} == {State.UP}
