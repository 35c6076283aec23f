"""Signs of life: everybody is pinged in time, and ended when nothing is heard, and only then."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.close import CloseCode
from hub.event import Format
from hub.keepalive import Keepalive
from hub.presence import Presence
from hub.session import Limits
from tests.hub.ends import End


class Wheel:
    """A keepalive, its clock, and who is on it."""

    def __init__(self, **limits: float) -> None:
        self.limits = Limits(**limits)  # type: ignore[arg-type]  # seconds
        self.keepalive, self.presence, self.now = Keepalive(self.limits), Presence(), 100.0
        self.pings: dict[End, list[float]] = {}

    def end(self, wire: Format = "json", *, direct: bool = True) -> End:
        """A session that has opened now."""
        made = End(self.presence, wire, self.limits, direct=direct)
        self.keepalive.add(made.session, self.now)
        self.pings[made] = []
        return made

    def tick(self, *, answer: bool = True) -> None:
        """One tick; who is pinged answers at once, or nobody does."""
        self.now += self.keepalive.tick_s
        self.keepalive.tick(self.now)
        for end, pings in self.pings.items():
            if not end.hot:
                end.resume()
            if end.got:
                assert [message["t"] for message in end.got] == ["ping"]
                end.got.clear()
                pings.append(self.now)
                if answer:
                    end.session.heard_at = self.now


@pytest.mark.parametrize("wire", ["json", "msgpack"])
@pytest.mark.parametrize("direct", [True, False])
def test_pings_come_every_ping_s(wire: Format, direct: bool) -> None:
    """The first within `ping_s`, then one each `ping_s`; an answer keeps the session."""
    wheel = Wheel(ping_s=25.0, pong_s=8.0)
    end = wheel.end(wire, direct=direct)
    for _ in range(100):
        wheel.tick()
    assert len(wheel.pings[end]) == 4
    assert wheel.pings[end][0] <= 125.0
    assert {b - a for a, b in zip(wheel.pings[end], wheel.pings[end][1:], strict=False)} == {25.0}
    assert end.session.closing is None


def test_silence_ends_the_session() -> None:
    """Who says nothing after a ping is ended with 4002 `pong_s` later, not sooner."""
    wheel = Wheel(ping_s=25.0, pong_s=8.0)
    end = wheel.end()
    while end.session.closing is None:
        wheel.tick(answer=False)
    assert end.session.closing.code is CloseCode.NO_PONG
    assert wheel.now - wheel.pings[end][0] == 8.0


def test_any_word_is_a_sign_of_life() -> None:
    """It need not be a pong, nor come before the deadline's last tick."""
    wheel = Wheel(ping_s=25.0, pong_s=8.0)
    end = wheel.end()
    while not wheel.pings[end]:
        wheel.tick(answer=False)
    for _ in range(7):
        wheel.tick(answer=False)
    end.session.heard_at = wheel.now
    for _ in range(3):
        wheel.tick(answer=False)
    assert end.session.closing is None


def test_pings_are_spread() -> None:
    """A thousand sessions that came at once are not pinged at once."""
    wheel = Wheel(ping_s=25.0, pong_s=8.0)
    for _ in range(100):
        wheel.end()
    before = 0
    for _ in range(25):
        wheel.tick()
        count = sum(map(len, wheel.pings.values()))
        assert count - before == 4
        before = count


def test_who_has_left_is_not_pinged() -> None:
    """Nor does the wheel hold on to it; leaving twice, or without ever having been on it, is nothing."""
    wheel = Wheel(ping_s=25.0, pong_s=8.0)
    end = wheel.end()
    wheel.keepalive.discard(end.session)
    wheel.keepalive.discard(end.session)
    wheel.keepalive.discard(End(wheel.presence, "json", wheel.limits).session)
    for _ in range(60):
        wheel.tick()
    assert (wheel.pings[end], end.session.closing) == ([], None)


@given(
    ping_s=st.floats(0.05, 60), pong_s=st.floats(0.05, 60), gaps=st.lists(st.integers(0, 40), min_size=1, max_size=5), silent=st.booleans()
)
def test_whatever_the_times(ping_s: float, pong_s: float, gaps: list[int], silent: bool) -> None:
    """Also with a pong time beyond the ping time: the living stay, the silent end within both times and three ticks."""
    wheel = Wheel(ping_s=ping_s, pong_s=pong_s)
    tick_s = wheel.keepalive.tick_s
    ends = []
    for gap in gaps:
        ends.append((wheel.now, wheel.end()))
        for _ in range(gap):
            wheel.tick(answer=not silent)
    for _ in range(int((ping_s + pong_s) / tick_s) + 5):
        wheel.tick(answer=not silent)
    for _, end in ends:
        assert (end.session.closing is not None) is silent
        if silent:
            assert len(wheel.pings[end]) <= 1 + pong_s / ping_s + 1
