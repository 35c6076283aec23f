"""When a host was not plainly up: intervals of a state, made of changes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from adapters.netmonitor.values import State

__all__ = ["Outage", "StateChange", "follow"]

_MOST_REASON = 64


class StateChange(NamedTuple):
    """A host is in a state from now on."""

    host: str
    state: State
    at: datetime
    maintenance: bool
    """Whether its maintenance goes on; it may do so whatever the state."""
    reason: str = ""
    """A stable code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which a host was in one state other than up, or in maintenance."""

    host: str
    began: datetime
    ended: datetime | None
    """None: it goes on."""
    state: State
    maintenance: bool
    reason: str
    """Of its beginning."""


def follow(last: Outage | None, changes: Iterable[StateChange]) -> list[Outage]:
    """What becomes of a host's last interval, and those after it, by changes in their order.

    A repeated state changes nothing. A change that claims to be earlier than what is known (a clock was set back) counts from there, so
    that intervals never overlap; one that lasted no time at all is forgotten.
    """
    found = [] if last is None else [last]
    known = None if last is None else last.ended or last.began
    for change in changes:
        top = found[-1] if found and found[-1].ended is None else None
        if top is not None and (top.state, top.maintenance) == (change.state, change.maintenance):
            continue
        at = change.at if known is None else max(change.at, known)
        if top is not None:
            known = at
            if at == top.began:
                found.pop()
            else:
                found[-1] = replace(top, ended=at)
        if change.state is not State.UP or change.maintenance:
            known = at
            reason = change.reason[:_MOST_REASON]
            found.append(Outage(host=change.host, began=at, ended=None, state=change.state, maintenance=change.maintenance, reason=reason))
    return found
