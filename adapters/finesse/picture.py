"""One agent's picture: what GETs, notifications and requests say together. Pure: no clock, no I/O, every transition gives a new one.

How it is kept true:
- every update is a whole object and replaces what was there; copies (item ids), older states (`adapters.finesse.order`) and words of
  calls that are gone (tombstones, the time of the last GET) change nothing, but ask for a GET (`Doubt`) where Finesse could mean it;
- a GET replaces everything; what came while it was under way (`reading`) is applied to it again, so that none is lost between the two;
- requests end by their id, by what they asked for being there, by a failure, or by the GET after their time; each exactly once.

How the holder drives it: `reading()` as soon as notifications may come, then GET SystemInfo first, User and Dialogs; then `snapshot`.
On `Doubt`, and when nobody has confirmed a request in time (`patience`), the same again, one at a time. After a lost connection
`serve("stale")`, and from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from adapters.finesse.asked import GIVE_UP, LIMIT, QUIET, UNSURE, Asked, Ended, is_shown, patience
from adapters.finesse.calls import is_taken, learned, seen, why_gone
from adapters.finesse.errors import code_of
from adapters.finesse.order import (
    MARGIN,
    MAX_REQUESTS,
    MAX_SEEN,
    MAX_TOMBSTONES,
    Memory,
    is_buried,
    is_late,
    is_late_agent,
    is_unclear,
    item_of,
    stamp,
)
from adapters.finesse.values import (
    Agent,
    Call,
    Dialog,
    Failure,
    Kind,
    Missed,
    Over,
    Platform,
    Reasons,
    Service,
    ServiceState,
    SystemInfo,
    Update,
)

__all__ = ["GAP", "MAX_ASKED", "MAX_CALLS", "MAX_MISSED", "MAX_RECORDED", "Change", "Doubt", "Gone", "Picture"]

MAX_MISSED = 20
MAX_ASKED = 32
"""Requests on their way; the oldest ends unconfirmed for one too many."""
MAX_CALLS = 64
"""A phone has two lines or four: whatever is more is not of this world, and is left to the next GET."""
MAX_RECORDED = 256
"""Updates that may come during one GET; for more, another GET is asked for."""
GAP = timedelta(seconds=15)
"""A call that rang before an interruption of this length and is gone after it was missed: nobody takes and ends one in so short a time."""
_SKEW = timedelta(seconds=1)
"""What the clocks may differ by through the network alone."""


@dataclass(frozen=True, slots=True)
class Gone:
    """A call has left the panel."""

    id: str
    why: Over


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something was passed over that may have been meant: read again, soon. `why` is for logs."""

    why: Literal["late", "unclear", "buried", "deleted", "in_service", "too_many"]


Change: TypeAlias = Gone | Ended | Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Start with `Picture(id=…, service=Service(state="off", since=now))`. Transitions return the next picture and what happened to it."""

    id: str
    """The agent's id."""
    service: Service
    platform: Platform | None = None
    agent: Agent | None = None
    calls: Mapping[str, Call] = field(default_factory=dict)
    """All in Finesse's list; those with `over` are not shown."""
    asked: Mapping[str, Asked] = field(default_factory=dict)
    missed: tuple[Missed, ...] = ()
    """Newest first."""
    reasons: Reasons = field(default_factory=Reasons)
    skew: timedelta | None = None
    """What Finesse's clock is ahead of ours; None before it was read."""
    memory: Memory = field(default_factory=Memory, repr=False)
    recorded: tuple[Update, ...] | None = field(default=None, repr=False)
    """What came since `reading`; None: no GET is under way."""

    @property
    def shown(self) -> Mapping[str, Call]:
        """The calls that the agent has."""
        return {id: call for id, call in self.calls.items() if call.over is None}

    @property
    def dialogs(self) -> Mapping[str, Dialog]:
        """The dialogs of those."""
        return {id: call.dialog for id, call in self.shown.items()}

    @property
    def extension(self) -> str:
        """The agent's phone, or the last one that they had."""
        return (self.agent.extension if self.agent is not None else "") or self.memory.extension

    # -- what Finesse says ----------------------------------------------------------------------------------

    def reading(self) -> Picture:
        """A full read begins: call it before its first GET is sent, one read at a time. What comes from now on is applied to it again."""
        return replace(self, recorded=())

    def snapshot(
        self, agent: Agent, dialogs: Iterable[Dialog], system: SystemInfo | None, at: datetime, *, told_at: datetime | None = None
    ) -> tuple[Picture, tuple[Change, ...]]:
        """Everything as it was read, SystemInfo first: what is missing is gone. `at`: now; `told_at`: when SystemInfo was answered."""
        draft = _Draft(self, at)
        read = tuple(dialogs)
        draft.replace_all(agent, read, system, told_at or at)
        for update in self.recorded or ():
            draft.update(update, again=True)
        draft.doubts.clear()  # what was passed over is in what was read
        if draft.calls.keys() - {dialog.id for dialog in read}:  # newer than what was read; or gone, and the word of it was lost
            draft.doubts.append(Doubt("unclear"))
        if self.recorded is not None and len(self.recorded) >= MAX_RECORDED:
            draft.doubts.append(Doubt("too_many"))
        draft.recorded = None
        draft.end_overdue(LIMIT)
        return draft.done()

    def apply(self, update: Update, at: datetime) -> tuple[Picture, tuple[Change, ...]]:
        """One notification, in whatever order. `at`: now."""
        item = item_of(update)
        if item is not None and item in self.memory.seen:
            return self, ()
        draft = _Draft(self, at)
        if item is not None:
            draft.seen = (*draft.seen[-MAX_SEEN + 1 :], item)
        if draft.recorded is not None and len(draft.recorded) < MAX_RECORDED:
            draft.recorded = (*draft.recorded, update)
        draft.update(update)
        return draft.done()

    # -- what the agent asks --------------------------------------------------------------------------------

    def ask(self, asked: Asked) -> tuple[Picture, tuple[Change, ...]]:
        """A request is on its way. One whose end was heard of already ends at once; so does a state that is there."""
        if asked.request in self.asked:
            return self, ()
        draft = _Draft(self, asked.at)
        draft.ask(asked)
        return draft.done()

    def answered(self, request: str, error: Failure | str | None, at: datetime) -> tuple[Picture, tuple[Change, ...]]:
        """What came of a request by another way: a failure, the code of one, or None for done."""
        draft = _Draft(self, at)
        draft.end(request, error if isinstance(error, str) else None, error if isinstance(error, Failure) else None)
        return draft.done()

    def give_up(self, now: datetime) -> tuple[Picture, tuple[Change, ...]]:
        """Ends those that waited for a read that did not come either."""
        draft = _Draft(self, now)
        draft.end_overdue(GIVE_UP)
        return draft.done()

    # -- what the holder knows ------------------------------------------------------------------------------

    def serve(
        self, state: ServiceState, at: datetime, why: str | None = None, node: str | None = None
    ) -> tuple[Picture, tuple[Change, ...]]:
        """How the connection is. `off` forgets agent and calls; missed calls stay. Without `node` it stays the one it was."""
        draft = _Draft(self, at)
        draft.serve(state, why, node)
        if state == "off":
            draft.forget()
        return draft.done()

    def with_reasons(self, reasons: Reasons) -> Picture:
        """What may be chosen."""
        return replace(self, reasons=reasons)

    def clear_missed(self, ids: Iterable[str] | None = None) -> Picture:
        """Without these missed calls; None: without any."""
        without = set(ids) if ids is not None else None
        return replace(self, missed=() if without is None else tuple(one for one in self.missed if one.id not in without))


class _Draft:
    """The next picture, while it is made."""

    def __init__(self, before: Picture, at: datetime) -> None:
        self.before, self.at = before, at
        self.service, self.platform, self.agent, self.skew = before.service, before.platform, before.agent, before.skew
        self.calls, self.asked, self.missed = dict(before.calls), dict(before.asked), list(before.missed)
        self.recorded = before.recorded
        memory = before.memory
        self.seen, self.tombs, self.gone = memory.seen, dict(memory.tombs), dict(memory.gone)
        self.ended, self.heard = dict(memory.ended), dict(memory.heard)
        self.read_at, self.lost_at, self.extension = memory.read_at, memory.lost_at, before.extension
        self.doubts: list[Doubt] = []
        self.ends: list[Ended] = []

    def memory(self) -> Memory:
        """What is remembered as of now."""
        return Memory(
            seen=self.seen,
            tombs=self.tombs,
            gone=self.gone,
            ended=self.ended,
            heard=self.heard,
            read_at=self.read_at,
            lost_at=self.lost_at,
            extension=self.extension,
        )

    def done(self) -> tuple[Picture, tuple[Change, ...]]:
        """The picture and what happened, calls first."""
        for request, asked in self.before.asked.items():
            # before anything was read, a call that is not there is no sign
            if self.asked.get(request) is asked and self.agent is not None and is_shown(asked, self.agent, self.calls):
                self.end(request)
        if self._offers_are_old():
            self.doubts.append(Doubt("unclear"))
        before = self.before.shown
        left = [Gone(id, self._why(id)) for id in before if id not in self.calls or self.calls[id].over is not None]
        picture = Picture(
            id=self.before.id,
            service=self.service,
            platform=self.platform,
            agent=self.agent,
            calls=self.calls,
            asked=self.asked,
            missed=tuple(self.missed[:MAX_MISSED]),
            reasons=self.before.reasons,
            skew=self.skew,
            memory=self.memory(),
            recorded=self.recorded,
        )
        return picture, (*left, *self.ends, *self.doubts)

    def _offers_are_old(self) -> bool:
        """A held call can be finished as soon as its consultation is answered, and no longer when that is over; the guide's list of
        notifications has none of the held call then."""

        def states(calls: Mapping[str, Call]) -> dict[str, str]:
            return {id: call.leg.state for id, call in calls.items() if call.leg is not None and call.over is None}

        now = states(self.calls)
        if "HELD" not in now.values() or now == states(self.before.calls):
            return False
        for id, call in self.calls.items():
            untouched = (known := self.before.calls.get(id)) is not None and known.dialog is call.dialog
            if untouched and call.leg is not None and now.get(id) == "HELD":
                speaks = any(state == "ACTIVE" for other, state in now.items() if other != id)
                if speaks != bool({"TRANSFER", "CONFERENCE"} & set(call.leg.actions)):
                    return True
        return False

    def _why(self, id: str) -> Over:
        call = self.calls.get(id) or self.gone.get(id)
        return "ended" if call is None or call.over is None else call.over

    # -- reads and updates ----------------------------------------------------------------------------------

    def replace_all(self, agent: Agent, dialogs: tuple[Dialog, ...], system: SystemInfo | None, told_at: datetime) -> None:
        lost = self.lost_at is not None and self.at - self.lost_at > GAP
        if system is not None:
            self.platform = system.platform or self.platform
            self.read_at = system.now
            if system.now is not None:
                skew = system.now - told_at
                if self.skew is None or abs(skew - self.skew) >= _SKEW:
                    self.skew = skew
        else:
            self.read_at = None
        self._agent_is(agent)
        kept = self._heard_meanwhile()
        for id in [id for id in self.calls if id not in kept and all(dialog.id != id for dialog in dialogs)]:
            call = self.calls[id]
            if lost and call.over is None and not call.handed:
                call = replace(call, over="ended")  # what became of it nobody saw
            self._bury(id, call, None)
        for dialog in dialogs:
            self._put(dialog)
        self._talks()
        self.lost_at = None
        if system is not None and system.status == "OUT_OF_SERVICE":
            if self.service.state in ("connecting", "live", "stale"):
                self.serve("stale", "finesse_out_of_service", None)
        elif self.service.state in ("connecting", "stale"):
            self.serve("live", None, None)

    def _heard_meanwhile(self) -> set[str]:
        """Calls that were told of while the read was under way, and not too old for it: what was read may be older than they are."""
        kept: set[str] = set()
        for update in self.recorded or ():
            for dialog in update.dialogs:
                kept.discard(dialog.id)
                at = stamp(dialog, self.extension)
                if update.kind != "DELETE" and (at is None or self.read_at is None or at >= self.read_at - MARGIN):
                    kept.add(dialog.id)
        return kept

    def update(self, update: Update, *, again: bool = False) -> None:
        if not again:
            for failure in update.failures:
                if update.request:
                    self.end(update.request, code_of(failure), failure)
        if update.system is not None and not again:
            if update.system == "OUT_OF_SERVICE" and self.service.state == "live":
                self.serve("stale", "finesse_out_of_service", None)
            elif update.system == "IN_SERVICE" and self.service.state != "live":
                self.doubts.append(Doubt("in_service"))
        if update.agent is not None and update.agent.id == self.before.id:
            if is_late_agent(update.agent, self.agent):
                self.doubts.append(Doubt("late"))
            elif update.kind == "DELETE":
                self.doubts.append(Doubt("deleted"))
            else:
                self._agent_is(update.agent)
                self._talks()
        for dialog in update.dialogs:
            if update.kind == "DELETE":
                self._delete(dialog)
            else:
                self._update(dialog, update.kind)
        if update.request and not update.failures and not again:
            self.end(update.request)

    def _agent_is(self, agent: Agent) -> None:
        self.agent = agent
        if agent.extension and agent.extension != self.extension:
            self.extension = agent.extension
            for id, call in list(self.calls.items()):  # now it is known whose legs are theirs
                self.calls[id] = seen(call.dialog, self.extension, replace(call, over=None, leg=None), self._others(id))

    def _talks(self) -> None:
        """A call that rang and in which the agent now is, though nobody said so of the call: its update was lost or is still to come."""
        agent = self.agent
        if agent is None or agent.state not in ("TALKING", "HOLD") or agent.since is None:
            return
        legs = [call.leg for call in self.calls.values() if call.leg is not None]
        if any(leg.state in ("ACTIVE", "HELD") for leg in legs):
            return
        for id, call in self.calls.items():
            leg = call.leg
            if leg is not None and leg.state == "ALERTING" and not call.answered and (leg.since is None or leg.since <= agent.since):
                self.calls[id] = replace(call, answered=True)

    def _update(self, dialog: Dialog, kind: Kind) -> None:
        known = self.calls.get(dialog.id)
        if known is not None:
            if is_late(dialog, known.dialog, self.extension):
                self.calls[dialog.id] = learned(known, dialog, self.extension)
                self.doubts.append(Doubt("late"))
            else:
                if is_unclear(dialog, known.dialog):
                    self.doubts.append(Doubt("unclear"))
                self._put(dialog)
            return
        leg = dialog.leg(self.extension)
        over = dialog.state == "DROPPED" if leg is None else leg.state == "DROPPED"
        if is_buried(dialog, kind, self.memory(), self.extension):
            if not over:  # that it is over is known
                self.doubts.append(Doubt("buried"))
        elif not over:
            if len(self.calls) >= MAX_CALLS:
                self.doubts.append(Doubt("too_many"))
                return
            self._put(dialog)

    def _put(self, dialog: Dialog) -> None:
        id = dialog.id
        known = self.calls.get(id)
        remembered = self.gone.get(id) if known is None else None
        leg = dialog.leg(self.extension)
        if remembered is not None and (leg is None or leg.state != "ALERTING"):  # it rings again: then it is a new one
            known = replace(remembered, over=None, handed=False)
        call = seen(dialog, self.extension, known, self._others(id), asked_of=self._consulted(id, dialog))
        if id not in self.calls and call.over is not None:
            self.tombs.pop(id, None)
            self.tombs[id] = stamp(dialog, self.extension)
            return
        self.calls[id] = call
        self.tombs.pop(id, None)
        self.gone.pop(id, None)
        if call.over is None or call.over == "answered_elsewhere" or is_taken(dialog, self.extension, call):
            self.missed = [one for one in self.missed if one.id != id]
        else:
            self._miss(call)

    def _delete(self, dialog: Dialog) -> None:
        id = dialog.id
        known = self.calls.get(id)
        if known is None:
            at = stamp(dialog, self.extension)
            buried = self.tombs.pop(id, None)
            self.tombs[id] = max((time for time in (at, buried) if time is not None), default=None)
            self._forget_old()
            return
        mine, theirs = stamp(known.dialog, self.extension), stamp(dialog, self.extension)
        if mine is not None and theirs is not None and theirs < mine and known.leg is not None and dialog.leg(self.extension) is not None:
            self.doubts.append(Doubt("late"))
            return
        self._bury(id, known, dialog)

    def _bury(self, id: str, call: Call, last: Dialog | None) -> None:
        if call.over is None:
            call = replace(call, over=why_gone(call, call.dialog, last, self.extension, self._others(id)))
        elif call.over in ("missed", "abandoned") and last is not None and is_taken(last, self.extension, call):
            call = replace(call, over="answered_elsewhere")
            self.missed = [one for one in self.missed if one.id != id]
        self._miss(call)
        times = [time for time in (stamp(call.dialog, self.extension), stamp(last, self.extension) if last is not None else None) if time]
        self.calls.pop(id, None)
        self.tombs.pop(id, None)
        self.gone.pop(id, None)
        self.tombs[id] = max(times, default=None)
        self.gone[id] = call
        self._forget_old()

    def _forget_old(self) -> None:
        while len(self.tombs) > MAX_TOMBSTONES:
            del self.tombs[next(iter(self.tombs))]
        while len(self.gone) > MAX_TOMBSTONES:
            del self.gone[next(iter(self.gone))]

    def _others(self, id: str) -> dict[str, Call]:
        return {other: call for other, call in (self.gone | self.calls).items() if other != id}

    def _consulted(self, id: str, dialog: Dialog) -> str | None:
        """The call that a consultation was asked for, of which this may be the new one."""
        for asked in self.asked.values():
            if asked.action == "consult" and asked.dialog != id and asked.dialog in self.calls and id not in asked.had:
                return asked.dialog
        if dialog.type != "CONSULT":
            return None
        held = [other for other, call in self.calls.items() if other != id and call.leg is not None and call.leg.state == "HELD"]
        return held[0] if len(held) == 1 else None

    def _miss(self, call: Call) -> None:
        if call.over not in ("missed", "abandoned") or any(one.id == call.dialog.id for one in self.missed):
            return
        why: Literal["missed", "abandoned"] = "missed" if call.over == "missed" else "abandoned"
        self.missed.insert(0, Missed(id=call.dialog.id, number=call.number, queue=call.dialog.queue, at=self.at, why=why))

    # -- requests -------------------------------------------------------------------------------------------

    def ask(self, asked: Asked) -> None:
        heard = self.heard.pop(asked.request, None) or self.ended.get(asked.request)
        dialog = self.calls.get(asked.dialog or "")
        if asked.action in ("transfer", "direct_transfer") and (heard is None or heard.code is None):
            self._hand(asked.dialog, True)
        if heard is not None:
            self.ends.append(heard)
            self._keep(self.ended, heard)
            return
        asked = replace(asked, had=frozenset(self.calls), was=dialog.dialog if dialog is not None else None)
        if asked.dialog is None and asked.action != "make_call" and is_shown(asked, self.agent, self.calls):
            self.asked[asked.request] = asked
            self.end(asked.request)
            return
        if len(self.asked) >= MAX_ASKED:
            self.end(next(iter(self.asked)), "finesse_unconfirmed")
        self.asked[asked.request] = asked

    def _hand(self, dialog: str | None, handed: bool) -> None:
        """Marks a call and the consultation beside it, which both leave with a transfer."""
        asked = self.calls.get(dialog or "")
        pair = {dialog, asked.of if asked is not None else None}
        for id, call in self.calls.items():
            if id in pair or (call.of is not None and call.of == dialog):
                self.calls[id] = replace(call, handed=handed)

    def end(self, request: str, code: str | None = None, failure: Failure | None = None) -> None:
        """The request is over. A failure that Finesse tells after all is told once more, and once; what was not asked yet is remembered."""
        ended = Ended(request=request, code=code, failure=failure)
        asked = self.asked.pop(request, None)
        if asked is None:
            before = self.ended.get(request)
            if before is None:
                known = self.heard.get(request)
                self._keep(self.heard, known if known is not None and known.code is not None else ended)
                return
            if before.code not in (None, *UNSURE) or code in (None, *UNSURE):
                return
        elif code is not None and asked.action in ("transfer", "direct_transfer"):
            self._hand(asked.dialog, False)
        self.ends.append(ended)
        self._keep(self.ended, ended)

    @staticmethod
    def _keep(requests: dict[str, Ended], ended: Ended) -> None:
        requests.pop(ended.request, None)
        requests[ended.request] = ended
        while len(requests) > MAX_REQUESTS:
            del requests[next(iter(requests))]

    def end_overdue(self, limit: timedelta) -> None:
        for request, asked in list(self.asked.items()):
            if self.at - asked.at >= patience(asked, limit):
                done = asked.action in QUIET or is_shown(asked, self.agent, self.calls)
                self.end(request, None if done else "finesse_unconfirmed")

    # -- the connection -------------------------------------------------------------------------------------

    def serve(self, state: ServiceState, why: str | None, node: str | None) -> None:
        if state != "live" and self.service.state == "live":
            self.lost_at = self.at
        node = None if state == "off" else node or self.service.node
        if (state, why, node) != (self.service.state, self.service.why, self.service.node):
            since = self.service.since if state == self.service.state else self.at
            self.service = Service(state=state, since=since, why=why, node=node)

    def forget(self) -> None:
        for request, asked in list(self.asked.items()):
            self.end(request, None if asked.action == "sign_out" else "finesse_unconfirmed")
        for id, call in list(self.calls.items()):
            self._bury(id, call if call.over is not None else replace(call, over="ended"), None)
        self.agent, self.read_at, self.recorded = None, None, None
