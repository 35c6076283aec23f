"""Delivery policy by values: first deadlines, quiet hours, digests, verdicts, back-off."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.policy import (
    Drop,
    Hold,
    Policy,
    Preferences,
    PushNow,
    QuietWindow,
    Rule,
    Timing,
    Verdict,
    decide,
    first_deadline,
    next_digest,
    quiet_until,
    retry_delay,
)
from tests.clock import START

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
NIGHT = QuietWindow(EVERY_DAY, time(22), time(7))


def moscow(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November 2026 in Moscow; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("policy", "connected", "wait_s"),
    [
        (Policy.ALWAYS_PUSH, True, 0),
        (Policy.ALWAYS_PUSH, False, 0),
        (Policy.LIVE_ONLY, False, 8),
        (Policy.LIVE_THEN_PUSH, True, 8),
        (Policy.LIVE_THEN_PUSH, False, 2),
        (Policy.DIGEST, True, 21 * 3600),
    ],
)
def test_first_deadlines(policy: Policy, connected: bool, wait_s: float) -> None:
    """Each policy has its own first wait; a digest waits for nine o'clock local time (it is noon)."""
    at = first_deadline(policy, now=START, connected=connected, prefs=Preferences(), timing=Timing())
    assert at - START == timedelta(seconds=wait_s)


def test_a_digest_at_its_very_hour_is_tomorrows() -> None:
    """The next digest lies strictly ahead."""
    nine = moscow(23, 9)
    assert next_digest(nine, Preferences(), Timing()) == moscow(24, 9)
    assert next_digest(nine - timedelta(microseconds=1), Preferences(), Timing()) == nine


def test_a_digest_keeps_its_wall_time_over_summer_time() -> None:
    """The night the clocks change, the digest still comes at nine on the wall."""
    prefs = Preferences(zone=BERLIN)
    before = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert next_digest(before, prefs, Timing()) - before.astimezone(UTC) == timedelta(hours=20)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (moscow(23, 21, 59), None),
        (moscow(23, 22), moscow(24, 7)),
        (moscow(23, 23, 30), moscow(24, 7)),
        (moscow(24, 0), moscow(24, 7)),
        (moscow(24, 6, 59), moscow(24, 7)),
        (moscow(24, 7), None),
    ],
)
def test_a_window_passes_midnight(now: datetime, until: datetime | None) -> None:
    """The end of a night belongs to the evening before; the end itself is not quiet."""
    assert quiet_until(now, Preferences(quiet=(NIGHT,))) == until


def test_a_window_belongs_to_the_day_it_begins_on() -> None:
    """Sunday's night runs into Monday over the week's end; Monday's own night is not quiet."""
    sunday = Preferences(quiet=(QuietWindow(frozenset({6}), time(22), time(7)),))
    assert quiet_until(moscow(23, 3), sunday) == moscow(23, 7)
    assert quiet_until(moscow(24, 3), sunday) is None


def test_windows_that_touch_or_overlap_are_one_quiet_time() -> None:
    """A quiet weekend between two nights ends on Monday morning."""
    weekend = QuietWindow(frozenset({5, 6}), time(0), time(0))
    assert quiet_until(moscow(20, 23), Preferences(quiet=(NIGHT, weekend))) == moscow(23, 7)


def test_many_small_windows_are_one_quiet_time() -> None:
    """A day cut into half hours without a pause is one quiet time, however many pieces it has."""
    pieces = tuple(QuietWindow(frozenset({1}), time(n // 2, n % 2 * 30), time((n + 1) // 2 % 24, (n + 1) % 2 * 30)) for n in range(48))
    assert quiet_until(moscow(24, 0), Preferences(quiet=pieces)) == moscow(25, 0)


def test_quiet_for_ever_ends_somewhere() -> None:
    """Somebody who is never to be disturbed gets an end beyond any notification's life, not an endless search."""
    always = Preferences(quiet=(QuietWindow(EVERY_DAY, time(0), time(0)),))
    end = quiet_until(START, always)
    assert end is not None
    assert end - START > Timing().expire


@pytest.mark.parametrize(
    ("now", "until"),
    [
        # 29 March 2026: 02:00 CET becomes 03:00 CEST
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
        # 25 October 2026: 03:00 CEST becomes 02:00 CET
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
    ],
)
def test_a_night_is_an_hour_shorter_or_longer_with_summer_time(now: datetime, until: datetime) -> None:
    """A window ends at its wall time, whatever the clocks did in between."""
    assert quiet_until(now, Preferences(zone=BERLIN, quiet=(NIGHT,))) == until


def test_a_window_inside_the_skipped_hour_disturbs_nothing() -> None:
    """A window whose wall times do not exist that day is no quiet time and no endless one."""
    skipped = Preferences(zone=BERLIN, quiet=(QuietWindow(EVERY_DAY, time(2, 10), time(2, 50)),))
    for minute in range(0, 180, 5):
        now = datetime(2026, 3, 29, 0, 0, tzinfo=UTC) + timedelta(minutes=minute)
        end = quiet_until(now, skipped)
        assert end is None or now < end <= now + timedelta(hours=1)


windows = st.builds(
    QuietWindow,
    st.frozensets(st.integers(0, 6)),
    st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45])),
    st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45])),
)
instants = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC))


@given(st.lists(windows, max_size=6), instants, st.sampled_from([MOSCOW, BERLIN, ZoneInfo("America/St_Johns")]))
def test_the_end_of_quiet_time_is_not_quiet(quiet: list[QuietWindow], now: datetime, zone: ZoneInfo) -> None:
    """Whoever waits for the end may speak then, unless it is never; the end lies ahead."""
    prefs = Preferences(zone=zone, quiet=quiet)
    end = quiet_until(now, prefs)
    if end is not None:
        assert end > now
        assert quiet_until(end, prefs) is None or end - now > timedelta(days=7)


def verdict(
    policy: Policy = Policy.LIVE_THEN_PUSH,
    *,
    critical: bool = False,
    prefs: Preferences | None = None,
    now: datetime = START,
    life: timedelta = timedelta(days=3),
) -> Verdict:
    """What becomes of a ticket's notification."""
    return decide(
        policy, kind="ticket", critical=critical, expires=START + life, now=now, prefs=prefs or Preferences(), timing=Timing()
    )  # fmt: skip


IN_THE_NIGHT = moscow(23, 23)
MUTED = Preferences(rules={"ticket": Rule(push=False)})
QUIET = Preferences(quiet=(NIGHT,))
STRICT = Preferences(quiet=(NIGHT,), critical_pierces=False)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (verdict(), PushNow()),
        (verdict(Policy.ALWAYS_PUSH), PushNow()),
        (verdict(Policy.DIGEST), PushNow()),
        (verdict(Policy.LIVE_ONLY), Drop("live_only")),
        (verdict(prefs=MUTED), Drop("muted")),
        (verdict(prefs=MUTED, critical=True), Drop("muted")),
        (verdict(Policy.LIVE_ONLY, prefs=MUTED), Drop("live_only")),
        (verdict(life=timedelta(0)), Drop("expired")),
        (verdict(Policy.LIVE_ONLY, life=timedelta(0)), Drop("expired")),
        (verdict(prefs=QUIET, now=IN_THE_NIGHT), Hold(moscow(24, 7), summary=True)),
        (verdict(Policy.ALWAYS_PUSH, prefs=QUIET, now=IN_THE_NIGHT), Hold(moscow(24, 7), summary=True)),
        (verdict(prefs=QUIET, now=IN_THE_NIGHT, critical=True), PushNow()),
        (verdict(prefs=STRICT, now=IN_THE_NIGHT, critical=True), Hold(moscow(24, 7), summary=True)),
        (verdict(prefs=QUIET, now=IN_THE_NIGHT, life=timedelta(hours=12)), Drop("expired")),
        (verdict(prefs=QUIET), PushNow()),
    ],
)
def test_verdicts(got: Verdict, expected: Verdict) -> None:
    """Expired before live-only before muted before quiet; only what is critical, and allowed to, pierces the night."""
    assert got == expected


def test_another_kinds_rule_does_not_mute() -> None:
    """A rule silences its own kind only."""
    assert verdict(prefs=Preferences(rules={"network": Rule(push=False)})) == PushNow()


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_back_off_grows_and_stays_bounded(attempt: int, jitter: float) -> None:
    """The wait is between half and all of 1, 2, 4 … seconds, never above the cap."""
    wait = retry_delay(attempt, jitter)
    assert min(300.0, 2.0 ** min(attempt - 1, 30)) / 2 <= wait <= min(300.0, 2.0 ** min(attempt - 1, 30))
