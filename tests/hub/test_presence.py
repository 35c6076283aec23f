"""Who is here, by person and by topic."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.presence import Presence
from hub.session import Limits, Session
from tests.hub.values import principal


def session(user_id: int = 1) -> Session:
    """A session of a person."""
    return Session(principal(user_id), "device", "json", Limits(), lambda: None)


def test_a_person_has_any_number_of_sessions() -> None:
    """One, several, and after the last one has left the person is not here."""
    presence, mine, other = Presence(), [session() for _ in range(3)], session(2)
    for count, one in enumerate(mine, 1):
        presence.enter(one)
        assert list(presence.of(1)) == mine[:count]
    presence.enter(other)
    assert (len(presence), presence.users()) == (4, 2)
    for one in mine:
        assert presence.connected(1)
        assert presence.leave(one)
    assert (presence.connected(1), list(presence.of(1)), list(presence)) == (False, [], [other])


def test_leaving_twice_is_leaving_once() -> None:
    """The second time, and one who never came, changes nothing and says so; also while others of the person are here."""
    presence, one, two = Presence(), session(), session()
    presence.enter(one)
    assert not presence.leave(two)
    presence.enter(two)
    assert [presence.leave(one), presence.leave(one), presence.leave(session(3))] == [True, False, False]
    assert (len(presence), list(presence)) == (1, [two])


def test_leaving_leaves_the_topics() -> None:
    """Of a session that is over nothing is left in any topic, and a topic without readers is forgotten."""
    presence, one, two = Presence(), session(), session(2)
    for each in (one, two):
        presence.enter(each)
        presence.subscribe(each, "a", 0)
    presence.subscribe(one, "b", 0)
    presence.leave(one)
    assert (presence.reads("a"), presence.reads("b"), one.topics) == (True, False, ())
    readers = presence.readers("a")
    assert readers is not None
    assert list(readers) == [two]


def test_a_topic_is_joined_once() -> None:
    """A second `sub` moves the position and adds no second reader; leaving then leaves."""
    presence, one = Presence(), session()
    presence.enter(one)
    presence.subscribe(one, "a", 1)
    presence.subscribe(one, "a", 2)
    readers = presence.readers("a")
    assert readers is not None
    assert (one.topics, len(readers)) == (("a",), 1)
    presence.unsubscribe(one, "a")
    presence.unsubscribe(one, "a")
    assert (presence.reads("a"), one.topics) == (False, ())


def test_a_pause_counts_for_all_topics_of_the_session() -> None:
    """From then on every topic queues for it."""
    presence, one = Presence(), session()
    one.direct = [].append
    presence.enter(one)
    for topic in ("a", "b"):
        presence.subscribe(one, topic, 0)
    presence.cool(one)
    for topic in ("a", "b"):
        readers = presence.readers(topic)
        assert readers is not None
        readers.take()
        assert (one in readers, readers.owed) == (True, {})


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["enter", "leave", "a", "b", "quit"]))))
def test_the_counts_agree_whatever_happens(steps: list[tuple[int, str]]) -> None:
    """People, sessions and topics are what a plain set says."""
    presence, all_sessions = Presence(), [session(number // 2) for number in range(6)]
    here: set[int] = set()
    for number, step in steps:
        one = all_sessions[number]
        match step:
            case "enter" if number not in here:
                presence.enter(one)
                here.add(number)
            case "leave":
                assert presence.leave(one) is (number in here)
                here.discard(number)
            case "a" | "b" if number in here:
                presence.subscribe(one, step, 0)
            case "quit":
                presence.unsubscribe(one, "a")
        assert {all_sessions.index(each) for each in presence} == here
        assert (len(presence), presence.users()) == (len(here), len({each // 2 for each in here}))
        for topic in ("a", "b"):
            assert set(presence.readers(topic) or ()) == {each for each in all_sessions if topic in each.topics}
