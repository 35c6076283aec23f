"""Flapping, acknowledgements, silence of the probe, and hosts that nobody watches any more (UX B2, B4, B7, B8)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.netmonitor.judge.flapping import Flapping
from adapters.netmonitor.judge.network import Network
from adapters.netmonitor.values import Ack, Limits, State, Window
from tests.adapters.netmonitor.judge.rig import Rig, at, host
from tests.clock import START

FLAP = "xxx.."
"""Down after its third round, up after its fifth."""
STREAM = ["20 down a", "40 up a", "70 down a", "90 up a", "120 flapping a"]


def one(*, restarts: tuple[int, ...] = ()) -> Rig:
    """A host and an anchor that is well."""
    return Rig(host("a"), host("anchor:gw"), restarts=restarts)


def play(rig: Rig, letters: str) -> list[str]:
    """Rounds of the host."""
    return rig.play(anchor__gw="." * len(letters), a=letters)


def test_one_notice_instead_of_a_stream() -> None:
    """From the fifth change in 21 rounds on it flaps; when two are left it is calm."""
    assert play(one(), FLAP * 10 + "." * 21) == [*STREAM, "650 calm a"]


def test_calm_while_down() -> None:
    """Its being down was not announced while it flapped; now it is, and then its end."""
    assert play(one(), FLAP * 6 + "x" * 22 + "...") == [*STREAM, "480 calm a", "480 down a", "530 up a"]


def test_down_before_it_flaps_ends_first() -> None:
    """The notice that is open is closed by a true `up` before the flapping is told."""
    rig = Rig(host("a", limits=Limits(flap_high=0.3)), host("anchor:gw"))
    assert play(rig, "xxx..xxx..xxx..")[:4] == ["20 down a", "40 up a", "70 flapping a"]
    rig = Rig(host("a", limits=Limits(flap_high=0.45)), host("anchor:gw"))
    assert play(rig, "xxx..xxx..xxx..") == ["20 down a", "40 up a", "70 down a", "90 up a", "90 flapping a"]


def test_what_is_seen_of_flapping() -> None:
    """The state goes on; the mark stands beside it."""
    rig = one()
    play(rig, FLAP * 4)
    assert rig.network.view("a").flapping
    assert rig.states("a")[-2:] == ["170 down", "190 up"]


def test_a_parent_that_flaps_takes_its_children_with_it() -> None:
    """One notice, of the parent."""
    rig = Rig(host("gw"), host("a", "gw"), host("anchor:gw"))
    letters = FLAP * 8 + "." * 25
    said = rig.play(anchor__gw="." * len(letters), gw=letters, a=letters)
    assert {line.split()[2] for line in said} == {"gw"}
    assert [line.split()[1] for line in said][-2:] == ["flapping", "calm"]


def test_even_if_the_child_is_noticed_first() -> None:
    """The parent is on the move, too."""
    rig = Rig(host("gw"), host("a", "gw"), host("anchor:gw"))
    said = rig.play(anchor__gw="." * 66, a=FLAP * 8 + "." * 26, gw="." + FLAP * 8 + "." * 25)
    assert {line.split()[2] for line in said} == {"gw"}


def test_flapping_that_is_nearly_over_is_not_announced() -> None:
    """It began in maintenance; when the window ends, what is left of it is less than would begin it."""
    rig = one()
    rig.maintain(Window(id=1, host="a", group=None, starts=at(0), ends=at(265)))
    assert play(rig, FLAP * 3 + "." * 12) == []
    assert rig.network.view("a").flapping
    assert play(rig, "." * 21) == []


def test_another_process_knows_that_a_host_flaps() -> None:
    """It is calm when its rounds have been so, not because nobody remembers them."""
    rig = one()
    assert play(rig, FLAP * 3) == STREAM
    rig.restart()
    assert play(rig, "." * 8) == []
    assert play(rig, "." * 21)[0].endswith("calm a")


@given(st.lists(st.booleans(), max_size=80))
def test_flapping_is_what_it_says(changes: list[bool]) -> None:
    """Against the rule spelled out: five changes in the last 21 rounds begin it, two or fewer end it."""
    flapping, on = Flapping(), False
    for count in range(1, len(changes) + 1):
        recent = sum(changes[max(0, count - 21) : count])
        before = on
        on = recent > 2 if on else recent > 4
        assert flapping.take(changed=changes[count - 1], limits=Limits()) is (on is not before)
        assert flapping.on is on


def test_an_acknowledgement_ends_with_recovery() -> None:
    """Its `up` comes, because its `down` was announced; the next `down` is announced again."""
    rig = one()
    assert play(rig, ".xxx") == ["30 down a"]
    ack = Ack(host="a", by="Иванов", why="power", at=at(40))
    rig.acknowledge(ack)
    said = play(rig, "x")
    assert rig.network.view("a").ack == ack
    said += play(rig, "xx..")
    assert rig.network.view("a").ack is None
    assert rig.acks_over == [ack]
    rig.acknowledge(ack)  # it is still written
    rig.restart()
    said += play(rig, ".xxx..")
    assert said == ["80 up a", "120 down a", "140 up a"]
    assert rig.acks_over == [ack]


def test_while_acknowledged_nothing_more_is_announced() -> None:
    """Nor that it got worse, until the time that was given."""
    rig = one()
    assert play(rig, ".~~~") == ["30 degraded a"]
    rig.acknowledge(Ack(host="a", by="Иванов", why="", at=at(40), until=at(95)))
    assert play(rig, "~xxxxxxx..") == ["95 down a", "130 up a"]
    assert len(rig.acks_over) == 1


def test_an_acknowledgement_is_taken_back() -> None:
    """What it held is told; a new one holds anew."""
    rig = one()
    play(rig, ".~~~")
    rig.acknowledge(Ack(host="a", by="Иванов", why="", at=at(40)))
    assert play(rig, "~xxx") == []
    rig.acknowledge()
    assert play(rig, "x") == ["80 down a"]
    rig.acknowledge(Ack(host="a", by="Иванов", why="again", at=at(90)))
    play(rig, "x")
    view = rig.network.view("a")
    assert view.ack is not None
    assert view.ack.why == "again"


def test_one_of_a_host_that_is_well_is_over_at_once() -> None:
    """There is nothing to take on."""
    rig = one()
    play(rig, "..")
    rig.acknowledge(Ack(host="a", by="Иванов", why="", at=at(20)))
    play(rig, ".")
    assert rig.network.view("a").ack is None
    assert len(rig.acks_over) == 1


def test_unknown_after_three_intervals() -> None:
    """A probe that is silent says nothing of a host; what was announced stands."""
    rig = one()
    assert play(rig, ".xxx" + " " * 8 + "x..") == ["30 down a", "140 up a"]
    assert rig.states("a") == ["30 down", "60 unknown", "120 down", "140 up"]


@pytest.mark.parametrize(("letter", "reason"), [(" ", "no_rounds"), ("d", "no_name"), ("p", "no_permission")])
def test_why_it_is_unknown(letter: str, reason: str) -> None:
    """The probe says why, if it can."""
    rig = Rig(host("a"), host("b"), host("c"), host("anchor:gw"))
    length = 8
    rig.play(anchor__gw="." * length, b="." * length, c="." * length, a="." + letter * (length - 1))
    view = rig.network.view("a")
    assert (view.state, view.reason, view.since) == (State.UNKNOWN, reason, at(30))


def test_never_measured() -> None:
    """A new host is unknown, first because it is new."""
    rig = Rig(host("a"), host("b"))
    assert (rig.network.view("a").state, rig.network.view("a").reason) == (State.UNKNOWN, "new")
    rig.play(a=".", b=" ")
    assert (rig.network.view("a").state, rig.network.view("b").reason) == (State.UP, "new")
    rig.play(a="....", b=" ")
    assert rig.network.view("b").reason == "no_rounds"
    assert rig.states("b") == ["30 unknown"]


def test_a_host_that_is_asked_every_second_may_miss_some() -> None:
    """A pause of the probe is no silence: fifteen seconds at least."""
    rig = Rig(host("a", interval_s=1), step_s=1)
    rig.play(a="." * 5 + " " * 14 + ".")
    assert [line.split()[1] for line in rig.states("a")] == []
    rig.play(a=" " * 20)
    assert rig.states("a") == ["34 unknown"]


@pytest.mark.parametrize(("letters", "kind"), [(".xxx", "up"), (".~~~", "recovered"), (FLAP * 4, "calm"), ("....", None)])
@pytest.mark.parametrize("how", ["removed", "paused"])
@pytest.mark.parametrize("restarted", [False, True])
def test_nobody_looks_any_more(letters: str, kind: str | None, how: str, restarted: bool) -> None:
    """What was announced is closed, even if the host went while another process led."""
    rig = one()
    play(rig, letters)
    begun = len(rig.pairs.all)
    if how == "paused":
        rig.change("a", paused=True)
    else:
        rig.remove("a")
    if restarted:
        rig.restart()
    rig.tick()
    assert [(told.kind, told.host_id, told.reason) for told in rig.pairs.all[begun:]] == ([(kind, "a", how)] if kind else [])
    assert rig.memory["hosts"] == {}
    rig.play(anchor__gw="....", a="xxxx")
    assert len(rig.pairs.all) == begun + bool(kind)
    assert rig.network.knows("a") is (how == "paused")
    if how == "paused":
        assert rig.network.view("a").state is State.PAUSED


def test_the_last_change_of_a_removed_host() -> None:
    """Its history ends."""
    rig = one()
    play(rig, ".xxx")
    rig.remove("a")
    rig.tick()
    change = rig.changes[-1]
    assert (change.host_id, change.before, change.after, change.reason) == ("a", State.DOWN, State.PAUSED, "removed")
    with pytest.raises(KeyError):
        rig.network.view("a")


def test_paused_and_back() -> None:
    """It begins anew, unknown until its first round."""
    rig = one()
    said = play(rig, ".xxx")
    rig.change("a", paused=True)
    said += play(rig, "xxxxx")
    rig.change("a", paused=False)
    rig.tick()
    assert (rig.network.view("a").state, rig.network.view("a").reason) == (State.UNKNOWN, "new")
    said += play(rig, "xxx..")
    assert said == ["30 down a", "40 up a", "110 down a", "130 up a"]
    assert rig.states("a") == ["30 down", "40 paused", "90 unknown", "90 up", "110 down", "130 up"]


def test_removed_and_written_again_within_a_second() -> None:
    """As if nothing had been."""
    rig = one()
    said = play(rig, ".xxx")
    hosts = rig.hosts
    rig.remove("a")
    rig.hosts = hosts
    rig.network.replace(hosts, rig.now)
    assert [*said, *play(rig, "x..")] == ["30 down a", "60 up a"]


def test_memory_is_small() -> None:
    """Plain JSON, and nothing of hosts that are well."""
    rig = Rig(*(host(f"h{i}") for i in range(50)), host("a"), host("anchor:gw"))
    rig.play(anchor__gw="....", a=".xxx", **{f"h{i}": "...." for i in range(50)})
    since = at(30).isoformat()
    assert json.loads(json.dumps(rig.network.memory())) == {
        "version": 1,
        "hosts": {"a": {"level": "down", "since": since, "reason": "silent", "told": {"kind": "down", "since": since}}},
        "blind": None,
        "spent": {},
    }


def test_memory_of_another_version_is_not_read() -> None:
    """It begins as if nothing had been announced."""
    network = Network([host("a")], memory={"version": 2, "hosts": 7}, now=START)
    assert network.tick(START).announcements == ()


def test_remembered_hosts_are_as_they_were() -> None:
    """Until their first round, or until no round came for three intervals."""
    rig = one()
    play(rig, ".xxx")
    rig.restart()
    view = rig.network.view("a")
    assert (view.state, view.since, view.reason) == (State.DOWN, at(30), "silent")
    begun = len(rig.changes)
    play(rig, "  ")
    assert len(rig.changes) == begun
    play(rig, "  ")
    assert rig.network.view("a").reason == "no_rounds"


def test_a_remembered_level_clears_like_any_other() -> None:
    """After two good rounds, not after one."""
    rig = one()
    said = play(rig, ".~~~")
    rig.restart()
    assert [*said, *play(rig, "...")] == ["30 degraded a", "50 recovered a"]


def test_the_clock_may_be_set_back() -> None:
    """Rounds still count, and no state begins before the one it follows."""
    rig = Rig(host("a"), host("b"), host("anchor:gw"))
    rig.play(anchor__gw="..xxx...", a="..xxx...", b="..xxx...")
    assert [told.kind for told in rig.pairs.all] == ["blind", "sighted"]
    rig.now -= timedelta(hours=1)
    rig.play(anchor__gw=".......", a=".xxxx..", b=".......")
    assert [told.kind for told in rig.pairs.all][2:] == ["down", "up"]
    times = [change.at for change in rig.changes if change.host_id == "a" and change.before is not change.after]
    assert times == sorted(set(times))


def test_maintenance_and_pause_in_one() -> None:
    """A paused host is paused, whatever is planned."""
    rig = one()
    rig.maintain(Window(id=1, host="a", group=None, starts=at(0), ends=at(100)))
    rig.change("a", paused=True)
    rig.tick()
    assert rig.network.view("a").state is State.PAUSED
