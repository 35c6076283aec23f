"""Who is there, which calls there are, who has to be told what: the part of the contact centre that knows no commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.sandbox.finesse.facts import LIVE, Agent, Call, Failed, Kind, Leg, Queue, Reason, Refusal, Told
from adapters.sandbox.finesse.flavours import Flavour

__all__ = ["API", "NOTHING", "Board", "invalid_state"]

API = "/finesse/api"
NOTHING: tuple[Told, ...] = ()
_ENGAGED = frozenset({"INITIATING", "INITIATED", "ACTIVE", "FAILED"})


def invalid_state(text: str = "") -> Failed:
    """The contact centre's usual no."""
    return Failed(kind="Generic Error", code="22", constant="CF_INVALID_OBJECT_STATE", text=text)


class Board:
    """Agents and calls as of now. Every change goes through `_keep` or `_place`, which find out who is to be told.

    Pure but for the clock that it is given: no I/O, no tasks. What is to be told gathers until `_said` takes it.
    """

    def __init__(
        self,
        agents: Iterable[Agent],
        flavour: Flavour,
        clock: Callable[[], datetime],
        *,
        reasons: Iterable[Reason] = (),
        queues: Iterable[Queue] = (),
    ) -> None:
        self.flavour = flavour
        self.clock = clock
        self.agents = {one.id: one for one in agents}
        self.calls: dict[str, Call] = {}
        """Calls that an agent has in their list; others are of no interest to Finesse."""
        self.reasons = {one.id: one for one in reasons}
        self.queues = {one.id: one for one in queues}
        self.devices = {one.device for one in self.agents.values()}
        """Extensions at which one can sign in."""
        self._lists: dict[str, set[str]] = {one: set() for one in self.agents}
        self._out: list[Told] = []
        self._offered: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {}  # by agent and call, as they were told last
        self._request: tuple[tuple[str, ...], str] = ((), "")  # whose objects were asked about, or by whom, and the request's id

    # -- reading

    def agent_at(self, address: str) -> Agent | None:
        """The agent who is signed in at this extension."""
        return next((one for one in self.agents.values() if address and one.extension == address), None)

    def list_of(self, agent: str) -> tuple[Call, ...]:
        """The calls in an agent's list, oldest first."""
        return tuple(self.calls[one] for one in sorted(self._lists[agent], key=int))

    def legs_of(self, agent: Agent) -> list[tuple[Call, Leg]]:
        """An agent's own legs that are in their list."""
        found = ((call, call.leg(agent.extension)) for call in self.list_of(agent.id))
        return [(call, leg) for call, leg in found if leg is not None and leg.state != "DROPPED"]

    def actions(self, call: Call, leg: Leg) -> tuple[str, ...]:
        """What may be asked of a leg now."""
        match leg.state:
            case "INITIATING" | "INITIATED":
                return ("DROP", "UPDATE_CALL_DATA")
            case "ALERTING":
                return ("ANSWER",) if leg.agent else ("DROP",)
            case "FAILED":
                return ("DROP",)
            case "WRAP_UP":
                return ("UPDATE_CALL_DATA",)
            case "ACTIVE" if not leg.agent:
                return ("UPDATE_CALL_DATA", "DROP")
            case "ACTIVE":
                more = () if call.consults or self.consult_of(call, leg.address) else ("CONSULT_CALL", "TRANSFER_SST")
                party = ("PARTICIPANT_DROP",) if call.controller == leg.address and len(call.live) > 2 else ()
                return ("HOLD", "DROP", "UPDATE_CALL_DATA", "SEND_DTMF", *more, *party)
            case "HELD":
                consult = self.consult_of(call, leg.address)
                mine = consult.leg(leg.address) if consult else None
                ends = ("TRANSFER", "CONFERENCE") if mine is not None and mine.state == "ACTIVE" else ()
                return ("RETRIEVE", "DROP", "UPDATE_CALL_DATA", *ends)
        return ()

    def consult_of(self, call: Call, address: str) -> Call | None:
        """The consultation that this party of a call has under way for it."""
        found = (one for one in self.calls.values() if one.consults == call.id and one.caller == address)
        return next((one for one in found if len(one.live) > 1), None)

    # -- telling

    def _said(self) -> tuple[Told, ...]:
        """What is to be told, with every call that another one has changed what it offers: TRANSFER comes when the consulted answers."""
        for (agent, number), offered in tuple(self._offered.items()):
            call = self.calls[number]
            if offered != tuple(self.actions(call, leg) for leg in call.legs):
                self._tell_call(agent, "PUT", call)
        said, self._out = tuple(self._out), []
        return said

    def _tell(self, agent: str, node: str, kind: Kind, source: str, body: Agent | Call | Failed) -> None:
        whose, request = self._request
        actions = tuple(self.actions(body, leg) for leg in body.legs) if isinstance(body, Call) else ()
        self._out.append(Told(node=node, kind=kind, source=source, body=body, request=request if agent in whose else "", actions=actions))

    def _tell_agent(self, agent: Agent) -> None:
        source = f"{API}/User/{agent.id}"
        self._tell(agent.id, source, "PUT", source, agent)
        self._tell(agent.id, f"{API}/Team/{agent.team.id}/Users", "PUT", source, agent)

    def _tell_call(self, agent: str, kind: Kind, call: Call) -> None:
        node = f"{API}/User/{agent}/Dialogs"
        if kind == "DELETE":
            self._offered.pop((agent, call.id), None)
        else:
            self._offered[agent, call.id] = tuple(self.actions(call, leg) for leg in call.legs)
        self._tell(agent, node, kind, f"{API}/Dialog/{call.id}" if kind == "PUT" else node, call)

    def _fail(self, agent: str, failed: Failed, call: str = "") -> None:
        node = f"{API}/User/{agent}"
        if call:
            self._tell(agent, f"{node}/Dialogs", "PUT", f"{API}/Dialog/{call}", failed)
        else:
            self._tell(agent, node, "PUT", node, failed)

    # -- changing

    def _known(self, agent: str) -> Agent:
        found = self.agents.get(agent)
        if found is None:
            raise Refusal(404, "User Not Found", "UNKNOWN_USER", agent)
        return found

    def _place(self, call: Call, *, moved: bool = False) -> None:
        """Keeps a call and tells every agent whose list it is in, comes into or leaves; `moved`: leaves by a transfer, not its end."""
        self.calls[call.id] = call
        for agent in [one for one in self.agents.values() if one.signed_in]:
            leg, had = call.leg(agent.extension), call.id in self._lists[agent.id]
            if leg is not None and leg.agent and leg.state != "DROPPED":
                self._lists[agent.id].add(call.id)
                self._tell_call(agent.id, "PUT" if had else "POST", call)
            elif had:
                if not moved:
                    self._tell_call(agent.id, "PUT", call)
                self._tell_call(agent.id, "DELETE", call)
                self._lists[agent.id].discard(call.id)
        if not any(call.id in listed for listed in self._lists.values()):
            del self.calls[call.id]

    def _with(self, call: Call, states: dict[str, str], cause: str = "") -> Call:
        """The call with other states for the legs at these addresses."""
        now = self.clock()

        def moved(leg: Leg) -> Leg:
            state = states.get(leg.address, leg.state) if leg.state in LIVE or leg.state == "WRAP_UP" else leg.state
            return leg if state == leg.state else replace(leg, state=state, since=now, cause=cause if state == "FAILED" else leg.cause)

        return replace(call, legs=tuple(moved(leg) for leg in call.legs))

    def _keep(self, agent: Agent) -> None:
        """Keeps an agent, and tells it when something changed that shows."""
        before = self.agents[agent.id]
        if (before.state, before.reason) != (agent.state, agent.reason):
            agent = replace(agent, since=self.clock())
        self.agents[agent.id] = agent
        if _shown(before) != _shown(agent):
            self._tell_agent(agent)

    def _settle(self, *agents: str) -> None:
        """Finds the state that each agent's calls put them into; all agents when none are named."""
        for one in agents or tuple(self.agents):
            agent = self.agents[one]
            if agent.signed_in:
                self._keep(self._settled(agent))

    def _settled(self, agent: Agent) -> Agent:
        flavour = self.flavour
        legs = self.legs_of(agent)
        counted = [(call, leg) for call, leg in legs if flavour.every_call_counts or call.queue is not None]
        states = {leg.state for _, leg in counted}
        if states & _ENGAGED or ("HELD" in states and not flavour.has_hold):
            return replace(agent, state="TALKING", reason=None, wrap_until=None)
        if "HELD" in states:
            return replace(agent, state="HOLD", reason=None, wrap_until=None)
        if any(leg.state == "ALERTING" and call.queue is not None for call, leg in counted) and agent.base == "READY":
            return replace(agent, state="RESERVED", reason=None)
        busy = any(leg.state in _ENGAGED or leg.state == "HELD" for _, leg in legs)
        wrapping = "WRAP_UP" in states
        over = not any(leg.state in LIVE for _, leg in legs)
        if agent.pending and over and not (wrapping and agent.pending == "LOGOUT"):
            agent = replace(agent, base=agent.pending, base_reason=agent.pending_reason, pending="", pending_reason=None)
        if wrapping:
            state = "WORK_READY" if flavour.has_work_ready and agent.base == "READY" else "WORK"
            return replace(agent, state=state, reason=None, wrap_until=agent.wrap_until or self.clock() + timedelta(seconds=agent.wrap_s))
        if busy and agent.base == "READY":  # a call beside the queues, where those do not count
            return replace(agent, state="NOT_READY", reason=self._system(*flavour.dialled))
        agent = replace(agent, state=agent.base, reason=agent.base_reason, wrap_until=None)
        return agent if agent.state != "LOGOUT" else replace(agent, extension="", mobile=None)

    def _system(self, code: str, label: str) -> Reason:
        return Reason(id=f"9{code}", code=code, label=label, category="NOT_READY", system=True)


def _shown(agent: Agent) -> tuple[object, ...]:
    return agent.state, agent.reason, agent.extension, agent.pending, agent.mobile
