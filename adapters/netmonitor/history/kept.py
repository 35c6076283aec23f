"""One round as the history keeps it: times in whole milliseconds, round trips in whole microseconds.

In the open hour it is a row whose text reads, for a host that is up and lost the second of three echoes,

    0|412,,398                      state, round trips; then, where there is one of them: late, duplicates, error, warning

The address and the certificate's days are not kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from adapters.netmonitor.history.sketch import MOST_US
from adapters.netmonitor.values import Round, State

__all__ = ["STATES", "Kept", "keep", "milliseconds", "moment", "read", "text"]

STATES = (State.UP, State.DEGRADED, State.DOWN, State.UNREACHABLE, State.UNKNOWN, State.MAINTENANCE, State.PAUSED)
"""By their numbers in the store: new ones come last."""
_NUMBER = {state: number for number, state in enumerate(STATES)}
_MOST_RTTS = 20
_MOST_CODE = 24
_MOST_STRAY = 255
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class Kept(NamedTuple):
    """A round of measurements."""

    at: int
    """When its first request went out, in whole milliseconds since 1970 UTC."""
    state: int
    """What the host was held to be after it: a place in `STATES`."""
    rtts: tuple[int | None, ...]
    """Microseconds, 1 to 60,000,000; None: lost."""
    late: int = 0
    """At most 255, and so are duplicates."""
    duplicates: int = 0
    error: str = ""
    """At most 24 characters, as the warning; empty: none."""
    warning: str = ""


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970 UTC, cut off below."""
    return (at - _EPOCH) // _MS


def moment(at_ms: int) -> datetime:
    """The other way round."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def keep(found: Round, state: State) -> Kept:
    """A round as it is kept. Raises ValueError for more than 20 round trips, or one that is no time at all."""
    if len(found.rtts) > _MOST_RTTS:
        raise ValueError(f"a round has at most {_MOST_RTTS} requests, not {len(found.rtts)}")
    rtts = tuple(None if rtt is None else min(max(round(rtt * 1000), 1), MOST_US) for rtt in found.rtts)
    stray = (min(found.late, _MOST_STRAY), min(found.duplicates, _MOST_STRAY))
    return Kept(milliseconds(found.at), _NUMBER[state], rtts, *stray, _code(found.error), _code(found.warning))


def _code(code: str | None) -> str:
    return "" if code is None else code[:_MOST_CODE].replace("|", "_").replace("\n", "_")


def text(kept: Kept) -> str:
    """Its row, without the time; at most 240 characters."""
    # one round trip that was lost is told apart from none that was sent
    rtts = "-" if not kept.rtts else ",".join(["" if rtt is None else str(rtt) for rtt in kept.rtts])
    if not (kept.late or kept.duplicates or kept.error or kept.warning):
        return f"{kept.state}|{rtts}"
    return f"{kept.state}|{rtts}|{kept.late}|{kept.duplicates}|{kept.error}|{kept.warning}"


def read(at_ms: int, row: str) -> Kept:
    """A row's round."""
    state, rtts, *more = row.split("|")
    times = () if rtts == "-" else tuple([int(rtt) if rtt else None for rtt in rtts.split(",")])
    if not more:
        return Kept(at_ms, int(state), times)
    late, duplicates, error, warning = more
    return Kept(at_ms, int(state), times, int(late), int(duplicates), error, warning)
