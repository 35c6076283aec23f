"""The picture and the truth: whatever happens in a contact centre and however its notifications come, they are the same in the end."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse.asked import UNSURE, Asked, Ended
from adapters.finesse.feed import empty, events, fold, state_json
from adapters.finesse.picture import Change, Doubt, Gone, Picture
from adapters.finesse.values import Service, Update
from hub.event import Event, Text
from tests.adapters.finesse.centre import AGENT, MINE, OPERATIONS, Centre, system_at
from tests.clock import START

TIMED = [name for name in OPERATIONS if name not in ("describe", "rest")]
"""After which some time says that it was later."""
_SCENES = (
    ("ring", "answer", "consult", "callee_answers", "transfer"),
    ("ring", "answer", "consult", "callee_answers", "conference"),
    ("dial", "callee_answers", "ring", "answer", "hang_up"),
    ("ring", "ring_out", "come_back", "answer"),
    ("ring_hidden", "answer_elsewhere"),
    ("ring", "answer", "hang_up", "classify"),
)
"""What chance alone would seldom come upon."""


def _told(operations: list[str]) -> st.SearchStrategy[list[str]]:
    part = st.one_of(st.sampled_from(operations).map(lambda name: (name,)), st.sampled_from(_SCENES))
    return st.lists(part, min_size=1, max_size=7).map(lambda parts: [name for part in parts for name in part])


stories, timed_stories = _told(list(OPERATIONS)), _told(TIMED)


def say(message: str) -> Text:
    """As the catalogs, which are not needed here."""
    return Text(ru=message, en=message)


thorough = settings(max_examples=80, deadline=None)
"""By hand also with thousands."""


class Panel:
    """A picture, and what the topic's fold makes of its events."""

    def __init__(self) -> None:
        self.picture = Picture(id="1001", service=Service(state="off", since=START))
        self.state: dict[str, Any] = empty()
        self.changes: list[Change] = []
        self.told: list[str] = []
        self.state["service"]["since"] = state_json(self.picture)["service"]["since"]

    def took(self, result: tuple[Picture, tuple[Change, ...]]) -> tuple[Change, ...]:
        """The next picture: its events make the topic's state what the picture is, and change no event of before."""
        before, (self.picture, changes) = self.picture, result
        for type, data in events(before, self.picture, changes, say):
            kept = copy.deepcopy(data)
            fold(self.state, Event(source="/f", id="1", type=type, time=START, data=data))
            assert data == kept
            self.told.append(type)
        assert self.state == state_json(self.picture)
        self.changes += changes
        return changes

    def read(self, centre: Centre, during: Iterable[Update] = ()) -> tuple[Change, ...]:
        """A full read of what is true."""
        self.picture = self.picture.reading()
        for update in during:
            self.took(self.picture.apply(update, centre.now))
        return self.took(self.picture.snapshot(centre.agent, centre.dialogs.values(), system_at(centre.now), centre.now))

    def hear(self, update: Update, centre: Centre) -> tuple[Change, ...]:
        """One notification."""
        return self.took(self.picture.apply(update, centre.now))

    def equals(self, centre: Centre) -> bool:
        """What the panel shows is what is true."""
        true = {id: dialog for id, dialog in centre.dialogs.items() if (leg := dialog.leg(MINE)) is None or leg.state != "DROPPED"}
        return self.picture.dialogs == true and self.picture.agent == centre.agent


def begun(wrap_up: bool = False) -> tuple[Centre, Panel]:
    """A panel that is live."""
    centre, panel = Centre(wrap_up), Panel()
    panel.took(panel.picture.serve("connecting", START))
    panel.read(centre)
    assert panel.picture.service.state == "live"
    centre.now += timedelta(seconds=5)
    return centre, panel


@thorough
@given(story=stories, wrap_up=st.booleans(), data=st.data())
def test_with_no_loss_the_notifications_alone_are_enough(story: list[str], wrap_up: bool, data: st.DataObject) -> None:
    """Both nodes in their own order, copies in between: a read afterwards changes nothing at all."""
    centre, panel = begun(wrap_up)
    heard: list[Update] = []
    for name in story:
        first = len(centre.updates)
        OPERATIONS[name](centre)
        fresh = centre.updates[first:]
        for update in _interleaved(fresh, data):
            panel.hear(update, centre)
            heard.append(update)
            if data.draw(st.integers(0, 5)) == 0:
                panel.hear(data.draw(st.sampled_from(heard)), centre)
        assert panel.equals(centre)
    told = len(panel.told)
    assert panel.read(centre) == ()
    assert panel.told[told:] == []


def _interleaved(updates: list[Update], data: st.DataObject) -> list[Update]:
    users = [update for update in updates if update.agent is not None]
    calls = [update for update in updates if update.agent is None]
    merged = []
    while users and calls:
        merged.append((users if data.draw(st.booleans()) else calls).pop(0))
    return merged + users + calls


@thorough
@given(story=stories, wrap_up=st.booleans(), data=st.data())
def test_whatever_was_lost_doubled_or_late_a_read_mends_it(story: list[str], wrap_up: bool, data: st.DataObject) -> None:
    """The last read wins over everything that came before it."""
    centre, panel = begun(wrap_up)
    for name in story:
        OPERATIONS[name](centre)
    for update in _broken(centre.updates, data):
        panel.hear(update, centre)
    panel.read(centre)
    assert panel.equals(centre)


@thorough
@given(story=timed_stories, wrap_up=st.booleans(), data=st.data())
def test_what_comes_after_the_read_though_it_was_before_changes_nothing(story: list[str], wrap_up: bool, data: st.DataObject) -> None:
    """Late ones of calls that go on, of calls that are gone, and of calls that nobody had heard of."""
    centre, panel = begun(wrap_up)
    for name in story:
        OPERATIONS[name](centre)
    before, after = _split(_broken(centre.updates, data), data)
    for update in before:
        panel.hear(update, centre)
    centre.now += timedelta(seconds=5)
    panel.read(centre)
    for update in after:
        panel.hear(update, centre)
    assert panel.equals(centre)


@thorough
@given(story=timed_stories, wrap_up=st.booleans(), data=st.data())
def test_in_any_order_the_picture_is_true_or_asks_for_a_read(story: list[str], wrap_up: bool, data: st.DataObject) -> None:
    """Nothing lost, all shuffled: it is never wrong and sure of itself."""
    centre, panel = begun(wrap_up)
    for name in story:
        OPERATIONS[name](centre)
    for update in data.draw(st.permutations(centre.updates)):
        panel.hear(update, centre)
    assert panel.equals(centre) or any(isinstance(change, Doubt) for change in panel.changes)
    panel.read(centre)
    assert panel.equals(centre)


@thorough
@given(story=stories, more=stories, wrap_up=st.booleans(), data=st.data())
def test_a_read_while_notifications_come(story: list[str], more: list[str], wrap_up: bool, data: st.DataObject) -> None:
    """Some of them before Finesse answered, some after; the answer comes last of all: nothing is lost between the two."""
    centre, panel = begun(wrap_up)
    for name in story:
        OPERATIONS[name](centre)
    first = len(centre.updates)  # all so far were lost
    panel.picture = panel.picture.reading()
    at, answered = centre.now, data.draw(st.integers(0, len(more)))
    agent, dialogs = centre.agent, dict(centre.dialogs)
    for place, name in enumerate(more):
        if place == answered:
            agent, dialogs = centre.agent, dict(centre.dialogs)
        OPERATIONS[name](centre)
    for update in centre.updates[first:]:
        panel.hear(update, centre)
    panel.took(panel.picture.snapshot(agent, dialogs.values(), system_at(at), centre.now, told_at=at))
    assert panel.equals(centre)


def _broken(updates: list[Update], data: st.DataObject) -> list[Update]:
    """Some lost, some twice, some later than they should."""
    kept: list[tuple[int, Update]] = []
    for place, update in enumerate(updates):
        times = data.draw(st.sampled_from((0, 1, 1, 1, 2)))
        kept += [(place + data.draw(st.sampled_from((0, 0, 0, 1, 4, 100))), update) for _ in range(times)]
    return [update for _, update in sorted(kept, key=lambda pair: pair[0])]


def _split(updates: list[Update], data: st.DataObject) -> tuple[list[Update], list[Update]]:
    at = data.draw(st.integers(0, len(updates)))
    return updates[:at], updates[at:]


@thorough
@given(story=stories, data=st.data())
def test_each_request_ends_once(story: list[str], data: st.DataObject) -> None:
    """By its id, by what it asked for, by a failure, by the read after its time, or by giving up: whatever is first."""
    centre, panel = begun()
    actions = ("answer", "hold", "retrieve", "drop", "consult", "conference", "transfer", "direct_transfer", "dtmf", "wrap_up", "variables",
               "state", "sign_out", "make_call", "drop_party", "future")  # fmt: skip
    asked: list[str] = []
    for name in story:
        if data.draw(st.booleans()):
            asked.append(f"r{len(asked)}")
            action = data.draw(st.sampled_from(actions))
            dialog = None if action in ("state", "sign_out", "make_call") else data.draw(st.sampled_from([*centre.dialogs, "16801"]))
            panel.took(panel.picture.ask(Asked(request=asked[-1], action=action, dialog=dialog, at=centre.now, detail="NOT_READY")))
        first = len(centre.updates)
        OPERATIONS[name](centre)
        for update in centre.updates[first:]:
            panel.hear(update, centre)
        if asked and data.draw(st.booleans()):
            error = data.draw(st.sampled_from((None, "finesse_invalid_state", "finesse_away")))
            panel.took(panel.picture.answered(data.draw(st.sampled_from(asked)), error, centre.now))
    centre.now += timedelta(seconds=5)
    if data.draw(st.booleans()):
        panel.read(centre)
    else:
        panel.took(panel.picture.give_up(centre.now))
        centre.now += timedelta(seconds=25)
        panel.took(panel.picture.give_up(centre.now))
    assert not panel.picture.asked
    ended = [change for change in panel.changes if isinstance(change, Ended)]
    first_ends = {end.request: end for end in reversed(ended)}
    assert set(first_ends) == set(asked)
    for request in asked:
        ends = [end.code for end in ended if end.request == request]
        # a failure is told after it seemed done, or lost, and then never again
        assert len(ends) == 1 or (len(ends) == 2 and ends[0] in (None, *UNSURE) and ends[1] not in (None, *UNSURE))


@thorough
@given(story=timed_stories, wrap_up=st.booleans())
def test_each_call_goes_once_and_missed_ones_were_missed(story: list[str], wrap_up: bool) -> None:
    """A call that somebody took is never a missed one; one that nobody took always is."""
    centre, panel = begun(wrap_up)
    missed = 0
    for name in story:
        first, ringing = len(centre.updates), centre.own("ALERTING")
        OPERATIONS[name](centre)
        gone = [change for update in centre.updates[first:] for change in panel.hear(update, centre) if isinstance(change, Gone)]
        assert len({change.id for change in gone}) == len(gone)
        if name in ("ring_out", "give_up", "answer_elsewhere") and ringing:
            why = {"ring_out": "missed", "give_up": "abandoned", "answer_elsewhere": "answered_elsewhere"}[name]
            assert [(change.id, change.why) for change in gone] == [(ringing[0].id, why)]
            missed += name != "answer_elsewhere"
        elif name == "transfer":
            assert {change.why for change in gone} <= {"transferred", "merged", "ended"}
        else:
            assert not {change.why for change in gone} & {"missed", "abandoned", "answered_elsewhere"}
    assert len(panel.picture.missed) <= min(20, missed)
    assert AGENT.id == panel.picture.id
