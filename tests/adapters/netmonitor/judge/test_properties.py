"""What holds whatever happens: pairs (UX B8), what is held is held, nothing is dropped, at any point another process may take over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.netmonitor.judge.network import Announcement, Network
from adapters.netmonitor.values import Ack, Limits, State, Window
from tests.adapters.netmonitor.judge.rig import Rig, at, host

IDS = ["gw", "a", "b", "c"]
PARENTS = {"a": "gw", "b": "a"}
HOSTS = [*(host(id, PARENTS.get(id), interval_s=10) for id in IDS), host("anchor:gw")]
GOOD_TAIL, BAD_TAIL = "." * 40, "x" * 80
"""Long enough for a host to calm, and for one to be held by anything that has a bound."""

letters = st.lists(
    st.tuples(st.sampled_from("......xxxx~-rwnd "), st.integers(1, 6)).map(lambda part: part[0] * part[1]), min_size=4, max_size=10
).map("".join)
"""Rounds come in rows, or nothing would ever be raised or cleared."""


@dataclass
class Story:
    """What happens to four hosts and an anchor, and when."""

    rounds: dict[str, str]
    doings: dict[int, list[Callable[[Rig], None]]] = field(default_factory=dict)
    """Before the columns of rounds with these numbers."""

    def play(self, *, restarts: Iterable[int] = (), tail: dict[str, str] | None = None, kind: type[Network] = Network) -> Rig:
        """From the beginning, with restarts after these ticks; `tail` are rounds after all has happened."""
        rig = Rig(*HOSTS, restarts=restarts, kind=kind)
        length = max(map(len, self.rounds.values()))
        for column in range(length):
            for do in self.doings.get(column, ()):
                do(rig)
            rig.play(**{id: rounds[column : column + 1] or "." for id, rounds in self.rounds.items()})
        if tail is not None:
            rig.maintain()
            rig.acknowledge()
            for id in IDS:
                rig.change(id, paused=False)
            rig.play(anchor__gw="." * max(map(len, tail.values())), **tail)
        return rig


def window(id: str | None, begins: int, lasts: int) -> Window:
    """Maintenance of a host or of everything."""
    return Window(id=1, host=id, group=None, starts=at(begins), ends=at(begins + lasts))


@st.composite
def stories(draw: st.DrawFn, *, calm: bool = False) -> Story:
    """`calm`: rounds alone."""
    rounds = {id: draw(letters) for id in IDS}
    rounds["anchor__gw"] = draw(st.sampled_from([".", ".....", "xxxxx"])) * 60 if draw(st.booleans()) else "." * 60
    if draw(st.booleans()):  # the probe is cut off for a while
        begins, lasts = draw(st.integers(2, 20)), draw(st.integers(1, 12))
        rounds = {id: (row.ljust(begins, ".")[:begins] + "x" * lasts + row[begins + lasts :]) for id, row in rounds.items()}
    doings: dict[int, list[Callable[[Rig], None]]] = {}
    for _ in range(0 if calm else draw(st.integers(0, 5))):
        doings.setdefault(draw(st.integers(0, 30)), []).append(draw(_doing()))
    return Story(rounds, doings)


def _doing() -> st.SearchStrategy[Callable[[Rig], None]]:
    ids = st.sampled_from(IDS)
    windows = st.lists(st.builds(window, st.none() | ids, st.integers(0, 300), st.integers(1, 200)), max_size=3)
    acks = st.lists(st.tuples(ids, st.none() | st.integers(0, 400)), max_size=3, unique_by=lambda pair: pair[0])
    limits = st.builds(Limits, raise_bad=st.integers(1, 3), raise_of=st.integers(3, 6), clear_good=st.integers(1, 3))
    members: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.fixed_dictionaries({"paused": st.booleans()}),
        st.fixed_dictionaries({"parent": st.none() | ids}),
        st.fixed_dictionaries({"limits": limits}),
        st.fixed_dictionaries({"interval_s": st.sampled_from([5.0, 10.0, 60.0])}),
    )
    return st.one_of(
        windows.map(lambda found: lambda rig: rig.maintain(*found)),
        acks.map(
            lambda found: (
                lambda rig: rig.acknowledge(
                    *(Ack(host=id, by="", why="", at=rig.now, until=None if until is None else at(until)) for id, until in found)
                )
            )
        ),
        st.tuples(ids, members).map(lambda change: lambda rig: rig.change(change[0], **change[1])),
    )


restarts_at = st.sets(st.integers(1, 400), max_size=6)


@settings(deadline=None, max_examples=120)
@given(stories(), restarts_at)
def test_pairs(story: Story, restarts: set[int]) -> None:
    """Whatever happens, wherever another process takes over: nothing is announced twice or ends that did not begin (the rig sees to it);
    and when all hosts are well for long, nothing is open."""
    rig = story.play(restarts=restarts, tail=dict.fromkeys(IDS, GOOD_TAIL))
    assert not any(rig.pairs.open.values())
    assert rig.memory["hosts"] == {}
    assert {rig.network.view(id).state for id in IDS} == {State.UP}


@settings(deadline=None, max_examples=80)
@given(stories(), restarts_at)
def test_nothing_is_dropped(story: Story, restarts: set[int]) -> None:
    """A host that stays down long enough has been announced, or its parent has; one that is well, beside it, has nothing open."""
    rig = story.play(restarts=restarts)
    for id in IDS:  # whatever became of them
        rig.change(id, parent=PARENTS.get(id), limits=Limits(), interval_s=10.0)
    rig.restart()
    rig.maintain()
    rig.acknowledge()
    for id in IDS:
        rig.change(id, paused=False)
    size = len(BAD_TAIL)
    rig.play(anchor__gw="." * size, gw="." * size, c="." * size, a=BAD_TAIL, b=BAD_TAIL)
    assert [one.kind for one in rig.pairs.open["a"]] == ["down"]
    assert not rig.pairs.open.get("gw")
    assert not rig.pairs.open.get("c")
    assert rig.network.view("b").state is State.UNREACHABLE


@settings(deadline=None, max_examples=50)
@given(stories(calm=True), st.integers(1, 300))
def test_another_process_makes_no_difference(story: Story, restart: int) -> None:
    """What is open in the end is the same with a restart and without, if the end lasts."""
    tail = {"gw": "." * 80, "a": BAD_TAIL, "b": BAD_TAIL, "c": "~" * 80}
    plain, restarted = story.play(tail=tail), story.play(restarts={restart}, tail=tail)
    assert _open(plain) == _open(restarted)
    assert [plain.network.view(id).state for id in IDS] == [restarted.network.view(id).state for id in IDS]


def _open(rig: Rig) -> dict[str | None, list[str]]:
    return {id: [one.kind for one in standing] for id, standing in rig.pairs.open.items() if standing}


@settings(deadline=None, max_examples=80)
@given(stories(), restarts_at)
def test_what_is_held_is_held(story: Story, restarts: set[int]) -> None:
    """Nothing begins in maintenance, while somebody has taken a host on, or while the probe sees nothing; no `down` while a host flaps."""
    seen: list[str] = []

    def watch(rig: Rig) -> None:
        inner = rig.pairs.take

        def take(one: Announcement) -> None:
            seen.append(one.kind)
            if one.host_id is not None and one.kind in ("down", "degraded", "flapping"):
                view = rig.network.view(one.host_id)
                assert (view.maintenance, view.ack, rig.network.blind_since) == (None, None, None)
                assert view.flapping is (one.kind == "flapping")
                assert view.flapping or view.state is State(one.kind)
            inner(one)

        rig.pairs.take = take  # type: ignore[method-assign]

    story.doings.setdefault(0, []).insert(0, watch)
    story.play(restarts=restarts, tail=dict.fromkeys(IDS, BAD_TAIL))
    assert "down" in seen


@settings(deadline=None, max_examples=60)
@given(stories(), restarts_at)
def test_changes_join(story: Story, restarts: set[int]) -> None:
    """Each change begins where the one before it left off, and later than that; without restarts the last is how the host is seen."""
    rig = story.play(restarts=restarts)
    for id in IDS:
        changes = [change for change in rig.changes if change.host_id == id]
        times = [change.at for change in changes if change.before is not change.after]
        assert times == sorted(set(times))
        if restarts:
            continue
        assert [change.before for change in changes] == [State.UP, *(change.after for change in changes)][: len(changes)]
        view = rig.network.view(id)
        if changes:
            assert (changes[-1].after, changes[-1].reason) == (view.state, view.reason)
