"""What rounds are worth, and what they make of one host by itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.netmonitor.judge.hysteresis import Hysteresis
from adapters.netmonitor.judge.trace import silent, unsent
from adapters.netmonitor.judge.watched import Outcome, judge_round
from adapters.netmonitor.values import Limits, Round
from tests.adapters.netmonitor.judge.rig import Rig, host, made
from tests.clock import START

P95 = Limits(p95_raise_ms=50.0, p95_clear_ms=20.0)
SLOW = {"limits": P95}
HASTY = {"limits": Limits(raise_bad=1, raise_of=1, clear_good=1)}


@pytest.mark.parametrize(
    ("letter", "limits", "worth", "reason"),
    [
        (".", Limits(), Outcome.GOOD, None),
        ("-", Limits(), Outcome.BETWEEN, None),
        ("-", Limits(loss_clear=0.2), Outcome.GOOD, None),
        ("~", Limits(), Outcome.POOR, "loss"),
        ("~", Limits(loss_raise=0.4), Outcome.BETWEEN, None),
        ("s", Limits(), Outcome.GOOD, None),
        ("s", P95, Outcome.POOR, "p95"),
        ("m", P95, Outcome.POOR, "p95"),
        ("m", Limits(p95_raise_ms=60.0, p95_clear_ms=59.0), Outcome.BETWEEN, None),
        ("m", Limits(p95_raise_ms=60.0), Outcome.GOOD, None),
        ("~", P95, Outcome.POOR, "loss"),
        ("w", Limits(), Outcome.POOR, "certificate_ends"),
        ("x", Limits(loss_raise=1.0), Outcome.LOST, "silent"),
        ("t", Limits(), Outcome.LOST, "timeout"),
        ("r", Limits(), Outcome.LOST, "refused"),
        ("h", Limits(), Outcome.LOST, "http_status"),
        ("n", Limits(), Outcome.LOST, "no_route"),
    ],
)
def test_worth(letter: str, limits: Limits, worth: Outcome, reason: str | None) -> None:
    """A round is bad above the level that raises, good at most at the one that clears, neither between them; lost without a good answer."""
    assert judge_round(made(letter, START), limits) == (worth, reason)


@pytest.mark.parametrize(
    ("letter", "is_silent", "is_unsent"),
    [
        (".", False, False),
        ("~", False, False),
        ("x", True, False),
        ("t", True, False),
        ("n", True, False),
        ("r", False, False),
        ("h", False, False),
        ("d", False, True),
        ("p", False, True),
    ],
)
def test_silence(letter: str, is_silent: bool, is_unsent: bool) -> None:
    """A bad answer is an answer; what could not be sent says nothing, but for want of a route."""
    assert (silent(made(letter, START)), unsent(made(letter, START)) and not silent(made(letter, START))) == (is_silent, is_unsent)


def test_empty_round_says_nothing() -> None:
    """Nothing sent, and nobody says why."""
    assert unsent(Round(at=START, rtts=()))


SCENES: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("two lost of five are nothing", "..xx...xx.....xx", {}, []),
    ("three lost in a row", "..xxx......", {}, ["40 down a", "60 up a"]),
    ("three of five", "x.x.x......", {}, ["40 down a", "60 up a"]),
    ("three of six are nothing", "x..x.x..x..x", {}, []),
    ("one good round clears nothing", "xxx.x.x.x..", {}, ["20 down a", "100 up a"]),
    ("after it cleared, old rounds count no more", "xxx..x.x....", {}, ["20 down a", "40 up a"]),
    ("one round is enough if so told", ".x.x.", HASTY, ["10 down a", "20 up a", "30 down a", "40 up a"]),
    ("loss", ".~~~...", {}, ["30 degraded a", "50 recovered a"]),
    ("between the levels nothing is raised", ".-------------", {}, []),
    ("nor cleared", ".~~~-.-.-.-.-..", {}, ["30 degraded a", "140 recovered a"]),
    ("slow", ".sss...", SLOW, ["30 degraded a", "50 recovered a"]),
    ("a certificate that ends", ".www...", {}, ["30 degraded a", "50 recovered a"]),
    ("bad answers are down", "..hhhh....", {}, ["40 down a", "70 up a"]),
    ("lost and poor together are degraded", ".x~x~...", {}, ["30 degraded a", "60 recovered a"]),
    ("worse and worse, one notice of recovery", ".~~~xxx...", {}, ["30 degraded a", "60 down a", "80 up a"]),
    ("answers again, but poorly", ".xxx~~~~...", {}, ["30 down a", "50 up a", "50 degraded a", "90 recovered a"]),
    ("no route is down", "..nnn..", {}, ["40 down a", "60 up a"]),
    ("a name that is not found says nothing", ".ddddddddd..", {}, []),
    ("nor does a probe without its right", ".ppppppp.xxx..", {}, ["110 down a", "130 up a"]),
]


@pytest.mark.parametrize(("letters", "members", "said"), [scene[1:] for scene in SCENES], ids=[scene[0] for scene in SCENES])
def test_one_host(letters: str, members: dict[str, Any], said: list[str]) -> None:
    """Raised after so many bad of the last, cleared after so many good in a row. Another host, which is well, says that the probe is."""
    rig = Rig(host("a", **members), host("anchor:gw"))
    assert rig.play(anchor__gw="." * len(letters), a=letters) == said


def test_an_announcement_says_what_was_measured() -> None:
    """Loss, p95 and reason are the last round's; a pair has one number and one beginning."""
    rig = Rig(host("a"))
    rig.play(a=".~~~..rrr..")
    degraded, recovered, down, up = rig.pairs.all
    assert (degraded.loss, degraded.p95, degraded.reason) == (0.4, 1.4, "loss")
    assert (down.loss, down.p95, down.reason) == (1.0, None, "refused")
    assert (up.loss, up.p95, up.reason) == (0.0, 1.4, None)
    assert degraded.number == recovered.number < down.number == up.number
    assert down.since == up.since == START.replace(minute=1, second=20)
    assert (recovered.at - recovered.since).total_seconds() == 20


def test_the_reason_follows_the_rounds() -> None:
    """A host that is down for another reason than before says so in its view, and is not announced again."""
    rig = Rig(host("a"))
    assert rig.play(a=".xxxrr") == ["30 down a"]
    assert rig.network.view("a").reason == "refused"


@given(
    st.lists(st.sampled_from(["good", "between", "bad"]), max_size=60),
    st.integers(1, 6).flatmap(lambda of: st.tuples(st.integers(1, of), st.just(of))),
    st.integers(1, 4),
)
def test_hysteresis_is_what_it_says(rounds: list[str], raises: tuple[int, int], clears: int) -> None:
    """Against the rule spelled out: k bad of the last n since it changed raise, m good in a row since it changed clear."""
    limits = Limits(raise_bad=raises[0], raise_of=raises[1], clear_good=clears)
    level, raised, since = Hysteresis(), False, list[str]()
    for one in rounds:
        since.append(one)
        if raised:
            changes = since[-clears:] == ["good"] * clears
        else:
            changes = one == "bad" and since[-limits.raise_of :].count("bad") >= limits.raise_bad
        assert level.take(bad=one == "bad", good=one == "good", limits=limits) is changes
        if changes:
            raised, since = not raised, []
        assert level.raised is raised


def test_new_limits_hold_at_once() -> None:
    """A host keeps its state and what was counted; the next round is judged by the new limits."""
    rig = Rig(host("a"))
    rig.play(a=".xx")
    rig.change("a", limits=Limits(raise_bad=3, raise_of=3))
    assert rig.play(a="x") == ["30 down a"]
    rig.change("a", limits=Limits(clear_good=4), name="Another")
    assert rig.play(a="......") == ["70 up a"]
    rig.change("a", limits=Limits(loss_raise=0.1, loss_clear=0.1))
    assert rig.play(a="---") == ["120 degraded a"]
