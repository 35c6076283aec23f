"""The kernel's times on the monotonic clock, by values."""

from __future__ import annotations

from adapters.netmonitor.probe.stamps import Stamps

MS = 1_000_000


class Clocks:
    """Two clocks that stand until the test moves them; `slow_ns` passes between two readings."""

    def __init__(self) -> None:
        self.at, self.offset, self.slow_ns = 5_000 * MS, 1_700_000_000_000 * MS, 50

    def monotonic(self) -> int:
        self.at += self.slow_ns
        return self.at

    def wall(self) -> int:
        return self.at + self.offset

    def stamps(self) -> Stamps:
        return Stamps(self.monotonic, self.wall)


def test_a_stamp_is_brought_onto_the_monotonic_clock() -> None:
    """To within what lies between two readings."""
    clocks = Clocks()
    stamps = clocks.stamps()
    clocks.at += 10 * MS
    stamps.look()
    assert abs(stamps.arrival(clocks.wall() - 3 * MS) - (clocks.at - 3 * MS)) <= 100


def test_the_closest_reading_is_kept() -> None:
    """A process that was put aside between two readings spoils nothing."""
    clocks = Clocks()
    stamps = clocks.stamps()
    clocks.slow_ns = 7 * MS
    stamps.look()
    clocks.slow_ns = 50
    assert abs(stamps.arrival(clocks.wall()) - clocks.at) <= 100


def test_a_clock_that_is_set_changes_no_round_trip() -> None:
    """Set forth or back, by little or by much: what came before and what came after is both right, and so is what comes later."""
    for step in (3_600_000 * MS, -3_600_000 * MS, 40 * MS, -40 * MS):
        clocks = Clocks()
        stamps = clocks.stamps()
        stamps.look()
        clocks.at += 4 * MS
        before, before_at = clocks.wall(), clocks.at
        clocks.at += 1 * MS
        clocks.offset += step
        clocks.at += 1 * MS
        after, after_at = clocks.wall(), clocks.at
        clocks.at += 4 * MS
        stamps.look()
        assert abs(stamps.arrival(before) - before_at) <= 1000
        assert abs(stamps.arrival(after) - after_at) <= 1000
        clocks.at += 10 * MS
        stamps.look()
        assert abs(stamps.arrival(clocks.wall() - MS) - (clocks.at - MS)) <= 1000


def test_a_stamp_that_no_clock_explains_is_now() -> None:
    """The clock was set twice between two looks: the packet came when it was read."""
    clocks = Clocks()
    stamps = clocks.stamps()
    stamps.look()
    clocks.offset += 500_000 * MS
    clocks.at += 1 * MS
    between = clocks.wall()
    clocks.offset += 500_000 * MS
    clocks.at += 9 * MS
    now = stamps.look()
    assert stamps.arrival(between) == now


def test_a_small_step_is_followed() -> None:
    """A tenth of a millisecond, as daemons set clocks that are nearly right."""
    clocks = Clocks()
    stamps = clocks.stamps()
    clocks.offset += MS // 10
    clocks.at += 10 * MS
    stamps.look()
    assert abs(stamps.arrival(clocks.wall()) - clocks.at) <= 1000
