"""Which of two states of a thing is the newer one, and what is remembered to know it: notifications come twice, late and out of order.

A dialog has no version. What there is: each leg's stateChangeTime, by Finesse's clock. The agent's own leg decides; where it is the same in
both, the other legs do, if they agree; what no time can tell apart is taken in the order of its coming, and the next GET says what is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.finesse.asked import Ended
from adapters.finesse.values import Agent, Call, Dialog, Kind, Update

__all__ = [
    "MARGIN",
    "MAX_REQUESTS",
    "MAX_SEEN",
    "MAX_TOMBSTONES",
    "Memory",
    "is_buried",
    "is_late",
    "is_late_agent",
    "is_unclear",
    "item_of",
    "stamp",
]

MAX_SEEN = 512
"""Items that are known again. Copies come within seconds; an agent at work has some 100 notifications an hour."""
MAX_TOMBSTONES = 64
"""Calls that have gone and are still known."""
MAX_REQUESTS = 256
MARGIN = timedelta(seconds=2)
"""A call whose own leg changed this long before the GET and that was not in it had gone by then."""


def stamp(dialog: Dialog, extension: str) -> datetime | None:
    """When the dialog changed last as the agent sees it: their own leg, else whichever leg was last."""
    leg = dialog.leg(extension)
    if leg is not None and leg.since is not None:
        return leg.since
    return max((leg.since for leg in dialog.legs if leg.since is not None), default=None)


def is_late(given: Dialog, known: Dialog, extension: str) -> bool:
    """Whether `given` is an older state of the same dialog than `known`."""
    ours, theirs = given.leg(extension), known.leg(extension)
    if ours is not None and theirs is not None and ours.since is not None and theirs.since is not None and ours.since != theirs.since:
        return ours.since < theirs.since
    times = _times(known)
    older = newer = False
    for address, since in _times(given).items():
        if address in times:
            older |= since < times[address]
            newer |= since > times[address]
    return older and not newer


def is_unclear(given: Dialog, known: Dialog) -> bool:
    """Whether no time tells which is newer though others take part: somebody left without a trace, or this is from before they came."""
    mine, times = _times(given), _times(known)
    if any(times[address] != since for address, since in mine.items() if address in times) or mine.keys() == times.keys():
        return False
    return max(mine.values(), default=None) == max(times.values(), default=None) or not mine.keys() > times.keys()


def _times(dialog: Dialog) -> dict[str, datetime]:
    times: dict[str, datetime] = {}
    for leg in dialog.legs:
        if leg.since is not None and (leg.address not in times or times[leg.address] < leg.since):
            times[leg.address] = leg.since
    return times


def is_buried(dialog: Dialog, kind: Kind, memory: Memory, extension: str) -> bool:
    """Whether word of a call that the agent does not have is late, and not of a new one: it was deleted later, or a GET had it no more."""
    at = stamp(dialog, extension)
    if dialog.id in memory.tombs:
        buried = memory.tombs[dialog.id]
        if at is None or buried is None:
            return kind != "POST"
        if at <= buried:
            return True
    return at is not None and memory.read_at is not None and at < memory.read_at - MARGIN


def item_of(update: Update) -> int | None:
    """What a copy of an update has in common with it; None where Finesse named no item."""
    if not update.item:
        return None
    times = tuple(leg.since for dialog in update.dialogs for leg in dialog.legs)
    return hash((update.node, update.item, update.kind, update.source, update.request, times))  # should an item's id ever stay the same


def is_late_agent(given: Agent, known: Agent | None) -> bool:
    """Whether `given` is an older state of the agent. Pending states change no time: then the later one counts."""
    return known is not None and given.since is not None and known.since is not None and given.since < known.since


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is not shown, of one agent: bounded, and replaced whole."""

    seen: tuple[int, ...] = ()
    """Items, as hashes, oldest first."""
    tombs: Mapping[str, datetime | None] = field(default_factory=dict)
    """Calls that have gone, oldest first, each with its last stamp."""
    gone: Mapping[str, Call] = field(default_factory=dict)
    """What was known of calls that have gone: a survivor of a transfer names one, a late word of it is judged by it."""
    ended: Mapping[str, Ended] = field(default_factory=dict)
    """Requests of the agent's that are over."""
    heard: Mapping[str, Ended] = field(default_factory=dict)
    """What came of requests that nobody has asked yet, as far as is known here; or that another client asked."""
    read_at: datetime | None = None
    """Finesse's time of the last full read."""
    lost_at: datetime | None = None
    """Since when notifications may have been lost; by the hub's clock."""
    extension: str = ""
    """The last one: an agent who signed out has none, their last call still has."""
