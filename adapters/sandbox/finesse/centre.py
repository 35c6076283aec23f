"""The contact centre: calls between agents and the world, and what agents ask of them.

The order of what is told follows Cisco's guide ("Dialog notification"), and what is allowed when follows its table of actions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from adapters.sandbox.finesse.board import invalid_state
from adapters.sandbox.finesse.facts import LIVE, Agent, Call, Failed, Leg, Queue, Reason, Refusal, Told
from adapters.sandbox.finesse.flavours import Flavour
from adapters.sandbox.finesse.roster import Roster

__all__ = ["ACTIONS", "Centre"]

ACTIONS = frozenset(
    {"ANSWER", "HOLD", "RETRIEVE", "DROP", "CONSULT_CALL", "TRANSFER", "CONFERENCE", "TRANSFER_SST", "SEND_DTMF", "PARTICIPANT_DROP"}
)
"""What `act` takes; UPDATE_CALL_DATA is `update_data`."""
_NEEDS_TO = frozenset({"CONSULT_CALL", "TRANSFER_SST"})
_FIRST_CALL = 16801
_DIALLABLE = re.compile(r"[0-9*#+]+\Z")
_CALL_VARIABLE = re.compile(r"callVariable(10|[1-9])\Z")
_ECC = re.compile(r"user\.[A-Za-z0-9_.]+(\[\d+\])?\Z")
_CALL_VARIABLE_BYTES, _ECC_BYTES = 40, 2000
_RESERVED = Failed(kind="Generic Error", code="20999", constant="CF_GENERIC_UNSPECIFIED_REJECTION")


class Centre(Roster):
    """Calls and commands. Every public method returns what is to be told, in order; see `Roster` for what is raised."""

    def __init__(
        self,
        agents: Iterable[Agent],
        flavour: Flavour,
        clock: Callable[[], datetime],
        *,
        reasons: Iterable[Reason] = (),
        queues: Iterable[Queue] = (),
        busy: Iterable[str] = (),
        unassigned: Iterable[str] = (),
        answers_s: float | None = None,
        keeps: Literal["original", "consult"] = "original",
        most_parties: int = 8,
    ) -> None:
        """`busy` and `unassigned` are numbers that fail so when dialled. `answers_s`: after how long the world answers by itself;
        None: only by `customer_answers`. `keeps`: which call survives a transfer or conference, which depends on the switch's mood."""
        super().__init__(agents, flavour, clock, reasons=reasons, queues=queues)
        self.busy, self.unassigned = set(busy), set(unassigned)
        self.answers_s = answers_s
        self.keeps = keeps
        self.most_parties = most_parties
        self._next = _FIRST_CALL
        self._answers: list[tuple[datetime, str, str]] = []

    # -- what the world does

    def ring(
        self,
        agent: str,
        number: str,
        *,
        queue: str | None = None,
        variables: Mapping[str, str] | None = None,
        hidden: bool = False,
    ) -> tuple[str, tuple[Told, ...]]:
        """A call from outside rings at an agent: (its id, what is to be told).

        With a queue it comes through that one, and the agent has to be READY; without, it was dialled directly.

        Raises:
            ValueError: the agent is not signed in, or not READY; or there is no such queue.
        """
        self._request = ((), "")
        one = self.agents[agent]
        if not one.signed_in:
            raise ValueError(f"{agent} is signed out: nothing can ring")
        if queue is not None and queue not in self.queues:
            raise ValueError(f"{queue} is no queue: {', '.join(self.queues)}")
        if queue is not None and one.state != "READY":
            raise ValueError(f"{agent} is {one.state}, not READY: no call from a queue")
        line, now = self.queues[queue] if queue is not None else None, self.clock()
        called = line.number if line else one.extension
        legs = (
            Leg(address=one.extension, state="ALERTING", agent=True, since=now, started=now),
            Leg(address=number or "?", state="INITIATED", hidden=hidden, since=now, started=now),
        )
        call = Call(
            id=self._number(),
            type=self.flavour.queue_type if line else "OTHER_IN",
            caller="" if hidden else number,
            called=called,
            dialled=called,
            started=now,
            legs=legs,
            queue=line,
            variables=dict(variables or {}),
        )
        self._place(call)
        self._settle(agent)
        return call.id, self._said()

    def answer_elsewhere(self, call: str, agent: str | None = None) -> tuple[Told, ...]:
        """Somebody else takes a call that rings: another agent, or (None) somebody whom Finesse does not know."""
        self._request = ((), "")
        one = self._ringing(call)
        ringing = next(leg for leg in one.live if leg.state == "ALERTING" and leg.agent)
        gone = self._with(one, {ringing.address: "DROPPED"})
        if agent is None:
            self._place(self._end(gone), moved=False)
        else:
            other, now = self.agents[agent], self.clock()
            if not other.signed_in or self.legs_of(other):
                raise ValueError(f"{agent} cannot take a call now")
            taken = Leg(address=other.extension, state="ALERTING", agent=True, since=now, started=now)
            self._place(replace(gone, legs=_joined(gone.legs, [taken])), moved=True)
            self._settle()
            self._answer(self.calls[call], other.extension)
        self._settle()
        return self._said()

    def hang_up(self, call: str, address: str | None = None) -> tuple[Told, ...]:
        """A party outside hangs up: the one at `address`, or the first."""
        self._request = ((), "")
        one = self.calls[call]
        party = next((leg for leg in one.live if not leg.agent and address in (None, leg.address)), None)
        if party is None:
            raise ValueError(f"call {call} has nobody outside to hang up")
        self._leave(one, party.address)
        self._settle()
        return self._said()

    def customer_answers(self, call: str) -> tuple[Told, ...]:
        """Whoever was dialled outside answers.

        Raises:
            ValueError: nobody outside is being rung.
        """
        self._request = ((), "")
        one = self.calls[call]
        party = next((leg for leg in one.live if leg.state == "ALERTING" and not leg.agent), None)
        if party is None:
            raise ValueError(f"call {call} rings nobody outside")
        self._answer(one, party.address)
        self._settle()
        return self._said()

    def ring_out(self, call: str) -> tuple[Told, ...]:
        """The agent has not answered in time: the call goes away, and a call from a queue makes them NOT_READY."""
        self._request = ((), "")
        one = self._ringing(call)
        ringing = next(leg for leg in one.live if leg.state == "ALERTING" and leg.agent)
        agent = self.agent_at(ringing.address)
        if agent is not None and one.queue is not None and agent.base == "READY":
            self.agents[agent.id] = replace(agent, base="NOT_READY", base_reason=self._system(*self.flavour.rang_out))
        self._leave(one, ringing.address)
        self._settle()
        return self._said()

    def tick(self) -> tuple[Told, ...]:
        """What is due by now: wrap-up that ends, the world that answers."""
        self._request = ((), "")
        now = self.clock()
        for agent in tuple(self.agents.values()):
            if agent.wrap_until is not None and agent.wrap_until <= now:
                self._end_wrap_up(agent)
                self._settle(agent.id)
        due = [plan for plan in self._answers if plan[0] <= now]
        self._answers = [plan for plan in self._answers if plan[0] > now]
        for _, call, address in due:
            leg = self.calls[call].leg(address) if call in self.calls else None
            if leg is not None and leg.state == "ALERTING":
                self._answer(self.calls[call], address)
                self._settle()
        return self._said()

    def due(self) -> datetime | None:
        """When `tick` has something to do next; None: never, as it is now."""
        times = [agent.wrap_until for agent in self.agents.values() if agent.wrap_until is not None]
        return min([*times, *(plan[0] for plan in self._answers)], default=None)

    def again(self) -> tuple[Told, ...]:
        """The last state of everything, as it is told after a failover."""
        self._request = ((), "")
        for agent in self.agents.values():
            if agent.signed_in:
                self._tell_agent(agent)
                for call in self.list_of(agent.id):
                    self._tell_call(agent.id, "PUT", call)
        return self._said()

    # -- what agents ask

    def make_call(
        self, agent: str, caller: str, to: str, *, request: str = "", variables: Mapping[str, str] | None = None
    ) -> tuple[Told, ...]:
        """What POST User/{id}/Dialogs with MAKE_CALL does."""
        one = self._known(agent)
        self._request = ((agent,), request)
        for name, value in (("fromAddress", caller), ("toAddress", to)):
            if not value:
                raise Refusal(400, "Parameter Missing", f"{name} is missing", name)
        if variables is not None and not self.flavour.data_on_make_call:
            raise Refusal(400, "Invalid Input", "mediaProperties cannot be given here", "mediaProperties")
        if not one.signed_in:
            raise Refusal(400, "Invalid State", "the agent is signed out", agent)
        if caller != one.extension:
            raise Refusal(400, "Invalid Input", "fromAddress is not the agent's extension", "fromAddress")
        if to == caller:
            raise Refusal(400, "Invalid Destination", "one cannot call oneself", "toAddress")
        if any(leg.state in LIVE - {"HELD"} for _, leg in self.legs_of(one)):
            self._fail(agent, invalid_state("the phone is in use"))
            return self._said()
        if one.base == "READY" and self.flavour.every_call_counts:  # dialling makes them NOT_READY first, and for after the call
            self.agents[agent] = replace(one, base="NOT_READY", base_reason=self._system(*self.flavour.dialled))
            self._settle(agent)
        kind = self.flavour.inside_type if self.agent_at(to) else "OUT"
        self._dial(one, to, kind, variables=self._data(variables or {}, {}))
        self._settle()
        return self._said()

    def act(
        self, agent: str, call: str, action: str, *, request: str = "", target: str = "", to: str = "", digits: str | None = None
    ) -> tuple[Told, ...]:
        """What PUT Dialog/{id} does. `target` is the targetMediaAddress: the agent's own extension, or whom PARTICIPANT_DROP drops."""
        one = self._known(agent)
        self._request = ((agent,), request)
        if not action:
            raise Refusal(400, "Parameter Missing", "requestedAction is missing", "requestedAction")
        if action not in ACTIONS:
            raise Refusal(400, "Invalid Input", f"{action} is unknown", "requestedAction")
        found = self._dialog(one, call)
        if not target:
            raise Refusal(400, "Parameter Missing", "targetMediaAddress is missing", "targetMediaAddress")
        aim = found.leg(target)
        if aim is None or (aim.address != one.extension and action != "PARTICIPANT_DROP"):
            raise Refusal(400, "Invalid Input", "targetMediaAddress is not usable", "targetMediaAddress")
        if action in _NEEDS_TO:
            if not to:
                raise Refusal(400, "Parameter Missing", "toAddress is missing", "toAddress")
            if to == one.extension:
                raise Refusal(400, "Invalid Destination", "toAddress is one's own", "toAddress")
        mine = found.leg(one.extension)
        assert mine is not None  # noqa: S101  # `_dialog` found it
        if action == "SEND_DTMF":
            self._check_digits(mine, digits)
        refused = self._do(one, found, mine, action, target, to, digits or "")
        if refused is not None:
            self._fail(agent, refused, call)
        self._settle()
        return self._said()

    def update_data(
        self, agent: str, call: str, *, request: str = "", wrap_up: str | None = None, variables: Mapping[str, str] | None = None
    ) -> tuple[Told, ...]:
        """What UPDATE_CALL_DATA does. Names that do not exist are ignored, values that are too long cut."""
        one = self._known(agent)
        self._request = ((agent,), request)
        found = self._dialog(one, call)
        if wrap_up is None and variables is None:
            raise Refusal(400, "Parameter Missing", "mediaProperties has nothing to change", "mediaProperties")
        self._place(
            replace(
                found,
                wrap_up=found.wrap_up if wrap_up is None else wrap_up,
                variables=self._data(variables or {}, found.variables),
            )
        )
        return self._said()

    # -- how

    def _do(self, agent: Agent, call: Call, mine: Leg, action: str, target: str, to: str, digits: str) -> Failed | None:
        """Does it; what the switch refuses is returned."""
        own = agent.extension
        match action:
            case "ANSWER" if mine.state == "ALERTING":
                self._answer(call, own)
            case "HOLD" if mine.state == "ACTIVE":
                self._place(self._with(call, {own: "HELD"}))
            case "RETRIEVE" if mine.state == "HELD":
                self._hold_others(agent, call.id)
                self._place(self._with(self.calls[call.id], {own: "ACTIVE"}))
            case "DROP" if mine.state in LIVE and mine.state != "ALERTING":
                self._leave(call, own)
            case "SEND_DTMF" if mine.state == "ACTIVE":
                self.calls[call.id] = replace(call, digits=call.digits + digits)
            case "PARTICIPANT_DROP" if len(call.live) > 2 or call.controller:
                if call.controller != own:
                    return self._not_controller()
                self._leave(call, target)
            case "CONSULT_CALL" if mine.state == "ACTIVE":
                if call.consults or self.consult_of(call, own) is not None:
                    return _RESERVED
                self._place(self._with(call, {own: "HELD"}))
                self._dial(agent, to, "CONSULT", original=self.calls[call.id])
            case "TRANSFER_SST" if mine.state == "ACTIVE":
                return self._send_on(agent, call, to)
            case "TRANSFER" | "CONFERENCE" if mine.state == "HELD":
                return self._join(agent, call, action)
            case _:
                return invalid_state(f"{action} while {mine.state}")
        return None

    def _dialog(self, agent: Agent, call: str) -> Call:
        found = self.calls.get(call)
        if found is None:
            raise Refusal(404, "Dialog Not Found", "there is no such dialog", call)
        mine = found.leg(agent.extension)
        if mine is None or mine.state == "DROPPED" or not mine.agent:
            raise Refusal(401, "Invalid Authorization User Specified", "not a participant of this dialog", agent.id)
        return found

    def _check_digits(self, mine: Leg, digits: str | None) -> None:
        if not digits:
            raise Refusal(400, "Parameter Missing", "dtmfString is missing", "dtmfString")
        if not set(digits) <= set(self.flavour.digits):
            raise Refusal(400, "Invalid Input", "dtmfString holds what has no tone", "dtmfString")
        if mine.state == "HELD":
            raise Refusal(401, "Invalid State", "the call is held", "SEND_DTMF")  # 401, really

    def _data(self, variables: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
        data = dict(before)
        for name, value in variables.items():
            raw = value.encode()
            if _CALL_VARIABLE.match(name):
                if len(raw) > _CALL_VARIABLE_BYTES:
                    raise Refusal(400, "Invalid Input", f"{name} is longer than {_CALL_VARIABLE_BYTES} bytes", name)
                data[name] = value
            elif _ECC.match(name):
                used = sum(len(old.encode()) for other, old in data.items() if other.startswith("user.") and other != name)
                data[name] = raw[: max(_ECC_BYTES - used, 0)].decode(errors="ignore")
        return data

    def _dial(self, agent: Agent, to: str, kind: str, *, original: Call | None = None, variables: Mapping[str, str] | None = None) -> None:
        """A new call of the agent's, as far as ringing; or as its failing."""
        own, now = agent.extension, self.clock()
        call = Call(
            id=self._number(),
            type=kind,
            caller=own,
            called=to,
            dialled=to,
            started=now,
            legs=(Leg(address=own, state="INITIATING", agent=True, since=now, started=now),),
            consults=original.id if original else "",
            queue=None,
            variables=dict(original.variables if original else variables or {}),
        )
        self._place(call)
        self._settle(agent.id)
        call = self._with(call, {own: "INITIATED"})
        self._place(call)
        cause = self._cause(to)
        if cause:
            self._place(self._with(call, {own: "FAILED"}, cause))
            return
        self._place(replace(call, legs=(*call.legs, self._rung(call.id, to))))

    def _cause(self, to: str) -> str:
        """Why a number cannot be reached; empty: it can."""
        if not _DIALLABLE.match(to) or to in self.unassigned:
            return "BAD_DESTINATION"
        other = self.agent_at(to)
        busy = to in self.busy or (other is not None and any(leg.state in LIVE for _, leg in self.legs_of(other)))
        return "BUSY" if busy else ""

    def _rung(self, call: str, to: str) -> Leg:
        now, other = self.clock(), self.agent_at(to)
        if other is None and self.answers_s is not None:
            self._answers.append((now + timedelta(seconds=self.answers_s), call, to))
        return Leg(address=to, state="ALERTING", agent=other is not None, since=now, started=now)

    def _answer(self, call: Call, address: str) -> None:
        states = {leg.address: "ACTIVE" for leg in call.live if leg.state in ("INITIATING", "INITIATED")} | {address: "ACTIVE"}
        for one in states:
            agent = self.agent_at(one)
            if agent is not None:
                self._hold_others(agent, call.id)
        self._place(self._with(self.calls[call.id], states))

    def _hold_others(self, agent: Agent, call: str) -> None:
        """A phone talks to one at a time."""
        for other, leg in self.legs_of(agent):
            if other.id != call and leg.state == "ACTIVE":
                self._place(self._with(other, {leg.address: "HELD"}))

    def _leave(self, call: Call, address: str) -> None:
        """A party goes. With at most one left, the call is over for all."""
        leaving = next(leg for leg in call.live if leg.address == address)
        rest = [leg for leg in call.live if leg is not leaving]
        if len(rest) > 1:
            self._place(self._with(call, {address: self._after(call, leaving)}))
            return
        if any(leg.agent for leg in rest) and leaving.state in ("ACTIVE", "HELD"):
            call = self._with(call, {address: self._after(call, leaving)})
            self._place(call)
        self._place(self._end(call))

    def _end(self, call: Call) -> Call:
        return self._with(call, {leg.address: self._after(call, leg) for leg in call.live})

    def _after(self, call: Call, leg: Leg) -> str:
        """What becomes of a leg when its call is over for it."""
        agent = self.agent_at(leg.address) if leg.agent else None
        if agent is None or call.consults or leg.state not in ("ACTIVE", "HELD"):
            return "DROPPED"
        outgoing = call.caller == leg.address
        if not outgoing and call.queue is None:
            return "DROPPED"  # nothing follows what came past the queues
        if outgoing and not self.flavour.every_call_counts:
            return "DROPPED"
        mode = agent.wrap_outgoing if outgoing else agent.wrap_incoming
        return "WRAP_UP" if mode.startswith("REQUIRED") else "DROPPED"

    def _send_on(self, agent: Agent, call: Call, to: str) -> Failed | None:
        """The direct transfer: the other number rings, the agent is out of it at once."""
        if len(call.live) != 2 or call.consults or self.consult_of(call, agent.extension) is not None:
            return invalid_state("neither a conference nor a consultation can be sent on")
        if self._cause(to) or any(leg.address == to for leg in call.live):
            return Failed(kind="Generic Error", code="20999", constant="CF_GENERIC_UNSPECIFIED_REJECTION", text=self._cause(to) or "BUSY")
        own = call.leg(agent.extension)
        assert own is not None  # noqa: S101  # it is ACTIVE
        left = self._with(call, {own.address: self._after(call, own)})
        self._place(replace(left, type="TRANSFER", called=to, legs=_joined(left.legs, [self._rung(call.id, to)])), moved=True)
        return None

    def _join(self, agent: Agent, call: Call, action: str) -> Failed | None:
        """Makes one call of a held one and its consultation: with the agent (CONFERENCE) or without (TRANSFER)."""
        own, consult = agent.extension, self.consult_of(call, agent.extension)
        theirs = consult.leg(own) if consult is not None else None
        if consult is None or theirs is None or theirs.state != "ACTIVE":
            return invalid_state("there is no consultation to finish")
        if action == "CONFERENCE" and call.controller not in ("", own):
            return self._not_controller()
        stays = action == "CONFERENCE"
        # who is in both is there once
        there = {leg.address for leg in call.live}
        added = [leg for leg in consult.live if leg.address not in there]
        if len(call.live) + len(added) - (0 if stays else 1) > self.most_parties:
            return Failed(kind="Generic Error", code="20700", constant="CF_CONFERENCE_FULL")
        mine = call.leg(own)
        assert mine is not None  # noqa: S101  # it is HELD
        joined = self._with(call, {own: "ACTIVE" if stays else self._after(call, mine)})
        kept, gone = (call, consult) if self.keeps == "original" else (consult, call)
        survivor = replace(
            joined,
            id=kept.id,
            secondary=gone.id,
            type=action,
            caller=kept.caller,
            called=kept.called,
            consults="",
            controller=(call.controller or own) if stays else call.controller if call.controller != own else "",
            legs=_joined(joined.legs, added),
        )
        over = replace(self._with(gone, {leg.address: "DROPPED" for leg in gone.live}), secondary=kept.id)
        self._place(over, moved=True)
        self._place(survivor, moved=True)
        for other in [one for one in self.calls.values() if one.consults == gone.id]:  # another party's consultation follows the call
            self._place(replace(other, consults=kept.id))
        return None

    def _not_controller(self) -> Failed:
        code, constant = self.flavour.not_controller
        return Failed(kind="Generic Error", code=code, constant=constant, text="not the conference's controller")

    def _ringing(self, call: str) -> Call:
        one = self.calls[call]
        if not any(leg.state == "ALERTING" and leg.agent for leg in one.live):
            raise ValueError(f"call {call} does not ring at an agent")
        return one

    def _number(self) -> str:
        number, self._next = self._next, self._next + 1
        return str(number)


def _joined(legs: tuple[Leg, ...], added: Iterable[Leg]) -> tuple[Leg, ...]:
    """Legs with more legs: who comes back to a call is there once."""
    more = tuple(added)
    back = {leg.address for leg in more}
    return (*(leg for leg in legs if leg.address not in back), *more)
