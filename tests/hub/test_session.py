"""One session without I/O: bounds, positions, what ends it."""

from __future__ import annotations

import msgspec
import pytest

from hub.close import Close, CloseCode
from hub.event import Event, Format
from hub.protocol import event_frame
from hub.session import Limits, Session
from tests.clock import START
from tests.hub.values import principal

EVENT = Event(source="/test", id="1", type="t", time=START).encode()


def session(**limits: float) -> Session:
    """A session with these limits that counts its wake-ups in `client`."""
    made = Session(principal(), "device", "json", Limits(**limits), lambda: None)  # type: ignore[arg-type]  # numbers of the right kind
    made.live = True
    return made


def give(one: Session, seq: int) -> None:
    """What the fan-out does with a live notification."""
    if one.expects(seq):
        one.inbox(seq, event_frame(one.wire, "inbox", seq, EVENT))


def test_frames_come_out_in_order_and_wake_the_driver_once() -> None:
    """The driver is woken when there is something again, not for each frame."""
    woken: list[None] = []
    one = Session(principal(), "device", "json", Limits(), lambda: woken.append(None))
    for number in range(3):
        one.send_frame(b"%d" % number)
    assert one.take() == [b"0", b"1", b"2"]
    assert (len(woken), one.queued_bytes, one.take()) == (1, 0, [])
    one.send_frame(b"3")
    assert len(woken) == 2


@pytest.mark.parametrize(("limits", "frames"), [({"queue_bytes": 100}, 10), ({"queue_frames": 10}, 10)])
def test_a_slow_reader_is_closed_at_the_bound(limits: dict[str, float], frames: int) -> None:
    """One frame over the bound of bytes or of frames ends the session with 4001 and frees the queue."""
    one = session(**limits)
    for _ in range(frames):
        one.send_frame(b"x" * 10)
    assert one.closing is None
    one.send_frame(b"x" * 10)
    assert one.closing is not None
    assert one.closing.code is CloseCode.SLOW_CONSUMER
    assert one.take() == []
    one.send_frame(b"y")
    assert one.take() == []


def test_a_frame_larger_than_the_bound_goes_alone() -> None:
    """One frame over the bound is sent when nothing else waits: its reader gets past it."""
    one = session(queue_bytes=100)
    one.send_frame(b"x" * 200)
    assert one.take() == [b"x" * 200]
    one.send_frame(b"y")
    one.send_frame(b"x" * 200)
    assert one.closing is not None


def test_a_planned_end_keeps_the_queue() -> None:
    """What was queued before draining still goes out; the first reason stands."""
    one = session()
    one.send_frame(b"x")
    one.close(Close(CloseCode.DRAINING, "bye"))
    one.close(Close(CloseCode.REVOKED, "late"))
    assert one.closing == Close(CloseCode.DRAINING, "bye")
    assert one.take() == [b"x"]


def test_any_other_end_drops_the_queue() -> None:
    """Nobody whose sign-in has ended is sent what was waiting."""
    one = session()
    one.send_frame(b"x")
    one.close(Close(CloseCode.REVOKED, "signed out"))
    assert one.take() == []


@pytest.mark.parametrize("wire", ["json", "msgpack"])
def test_live_events_follow_the_position(wire: Format) -> None:
    """The next seq is queued, a known one dropped."""
    one = Session(principal(), "device", wire, Limits(), lambda: None)
    one.live = True
    for seq in (1, 2, 2, 1, 3):
        give(one, seq)
    decode = msgspec.json.decode if wire == "json" else msgspec.msgpack.decode
    assert [decode(frame)["seq"] for frame in one.take()] == [1, 2, 3]


def test_a_hole_sends_the_session_back_to_the_ledger() -> None:
    """A seq that is not the next one is not sent; the session is not live until a replay has caught up."""
    woken: list[None] = []
    one = Session(principal(), "device", "json", Limits(), lambda: woken.append(None))
    one.live = True
    give(one, 2)
    assert (one.live, one.sent_seq, one.head_seq, one.take()) == (False, 0, 2, [])
    assert woken
    give(one, 3)
    assert (one.live, one.head_seq, one.take()) == (False, 3, [])


def test_commands_have_a_rate_and_a_burst() -> None:
    """A burst passes, then as many a second as the rate; more ends the session with 4504."""
    one = session(commands_per_s=8, command_burst=20)
    assert all(one.count_command(100.0) for _ in range(20))
    assert all(one.count_command(100.0 + n / 8) for n in range(1, 50))
    assert one.count_command(100.0 + 49 / 8) is False
    assert one.closing is not None
    assert one.closing.code is CloseCode.TOO_MANY_ERRORS


def test_rest_refills_the_burst_and_no_more() -> None:
    """However long a client was quiet, the burst is the bound."""
    one = session(commands_per_s=10, command_burst=20)
    assert one.count_command(0.0)
    assert sum(one.count_command(1000.0) for _ in range(30)) == 20


def test_a_clock_that_stands_still_is_no_licence() -> None:
    """Without time passing nothing is refilled."""
    one = session(command_burst=3)
    assert [one.count_command(5.0) for _ in range(4)] == [True, True, True, False]


def test_twenty_errors_in_five_seconds_end_the_session() -> None:
    """The twentieth error within the window closes with 4504; spread wider they do not."""
    one = session()
    for number in range(19):
        one.count_error(number * 0.26)
    assert one.closing is None
    one.count_error(4.99)
    assert one.closing is not None
    assert one.closing.code is CloseCode.TOO_MANY_ERRORS
    patient = session()
    for number in range(100):
        patient.count_error(number * 0.27)
    assert patient.closing is None
