"""Who reads a topic: hot ones share a write, the others are served one by one, and nobody misses or repeats anything."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.event import Format
from hub.readers import FLUSH_BYTES, Readers, Waiting
from hub.session import Limits, Session
from tests.hub.values import principal


def session(wire: Format = "json", *, direct: list[bytes] | None = None) -> Session:
    """A session that can be written to at once when there is a list to write to."""
    made = Session(principal(), "device", wire, Limits(), lambda: None)
    made.direct = None if direct is None else direct.append
    return made


def wait(readers: Readers, *offsets: int, size: int = 100) -> None:
    """Events that have come for the next flush."""
    readers.waiting += [Waiting(offset, size, {"json": b"%d" % offset, "msgpack": b"\x93%d" % offset}) for offset in offsets]


def serve(readers: Readers, events: Sequence[Waiting]) -> None:
    """All cold ones, as one flush does."""
    for one in readers.cold:
        readers.serve(one, events)


def test_who_stands_where_the_others_are_is_hot() -> None:
    """One that can be written to and has everything is hot; one behind, ahead or slow has a position of its own."""
    readers = Readers(5)
    here, ahead, slow = session(direct=[]), session(direct=[]), session()
    readers.add(here, 5)
    readers.add(ahead, 6)
    readers.add(slow, 5)
    wait(readers, 6)
    readers.take()
    assert {group: list(owed) for group, owed in readers.owed.items()} == {("json", False): [here]}
    assert (len(readers), set(readers)) == (3, {here, ahead, slow})


def test_cold_readers_get_what_they_lack_and_turn_hot() -> None:
    """Each from its own position; one that can be written to is then served with the others."""
    readers, behind, ahead = Readers(0), session(), session(direct=[])
    readers.add(behind, 0)
    readers.add(ahead, 2)
    wait(readers, 1, 2, 3)
    events = readers.take()
    assert readers.owed == {}
    serve(readers, events)
    assert behind.take() == [b"1", b"2", b"3"]
    wait(readers, 4)
    readers.take()
    assert {group: list(owed) for group, owed in readers.owed.items()} == {("json", False): [ahead]}


def test_a_reader_that_is_paused_keeps_its_place() -> None:
    """Its position is that of the last flush: the next one queues for it what comes after."""
    readers, one = Readers(3), session(direct=[])
    readers.add(one, 3)
    one.direct = None
    readers.cool(one)
    wait(readers, 4)
    serve(readers, readers.take())
    assert one.take() == [b"4"]


def test_a_flush_takes_so_many_bytes() -> None:
    """What is more waits for the next one; an event that is larger by itself goes alone."""
    readers = Readers(0)
    wait(readers, 1, 2, 3, size=FLUSH_BYTES // 2)
    wait(readers, 4, size=FLUSH_BYTES + 1)
    wait(readers, 5)
    taken = []
    while events := readers.take():
        taken.append([event.offset for event in events])
        assert readers.sent == taken[-1][-1]
    assert taken == [[1, 2], [3], [4], [5]]


def test_cooling_a_stranger_does_nothing() -> None:
    """Neither one that is cold already nor one that does not read at all gets another place."""
    readers, cold = Readers(3), session()
    readers.add(cold, 1)
    readers.cool(cold)
    readers.cool(session())
    wait(readers, 2)
    serve(readers, readers.take())
    assert (cold.take(), len(readers)) == ([b"2"], 1)


@pytest.mark.parametrize("direct", [None, []])
def test_who_leaves_is_owed_nothing(direct: list[bytes] | None) -> None:
    """Leaving counts at once, in the middle of a flush too; a second time is nothing."""
    readers, one = Readers(0), session(direct=direct)
    readers.add(one, 0)
    wait(readers, 1)
    readers.take()
    readers.discard(one)
    readers.discard(one)
    assert (one in readers, len(readers), [list(owed) for owed in readers.owed.values() if owed]) == (False, 0, [])


def test_nothing_waits() -> None:
    """Taking nothing is no flush: what one before it still owes is owed."""
    readers, one = Readers(0), session(direct=[])
    readers.add(one, 0)
    wait(readers, 1)
    readers.take()
    assert readers.take() == []
    assert {group: list(owed) for group, owed in readers.owed.items()} == {("json", False): [one]}


@given(joins=st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.sampled_from(["json", "msgpack"]))), count=st.integers(0, 6))
def test_everybody_ends_with_everything(joins: list[tuple[int, bool, Format]], count: int) -> None:
    """Whoever joined at whatever position has exactly the events after it, from the flush or from the queue."""
    readers = Readers(3)
    for offset, can_direct, wire in joins:
        readers.add(session(wire, direct=[] if can_direct else None), offset)
    wait(readers, *range(4, 4 + count))
    events = readers.take()
    owed = {one for hot in readers.owed.values() for one in hot}
    assert all(one.direct is not None for one in owed)
    direct = {one: one.direct.__self__ for one in readers if one.direct is not None}  # type: ignore[attr-defined]  # a list's append
    serve(readers, events)
    told = [len(one.take()) + len(direct.get(one, [])) for one in readers if one not in owed]
    assert sorted(told) == sorted(
        sum(4 + n > offset for n in range(count)) for offset, can_direct, _ in joins if not (can_direct and offset == 3 and count)
    )
