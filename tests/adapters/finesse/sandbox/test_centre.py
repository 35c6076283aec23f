"""The contact centre under anything that can happen: what is offered works, what is not is refused, what is told is what is."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.sandbox.finesse.centre import Centre
from adapters.sandbox.finesse.company import BUSY, QUEUES, REASONS, UNASSIGNED
from adapters.sandbox.finesse.facts import LIVE, Agent, Call, Failed, Leg, Refusal, Team, Told
from adapters.sandbox.finesse.flavours import CCE, CCX, Flavour
from tests.clock import Clock

TEAM = Team(id="5000", name="Blue")
OUTSIDE = ("+79160000001", "+79160000002")
MODES = ("REQUIRED", "OPTIONAL", "REQUIRED_WITH_WRAP_UP_DATA")
TO = st.sampled_from([OUTSIDE[1], "4001", "4002", "4003", "4004", BUSY[0]])
EVERY = ("ANSWER", "HOLD", "RETRIEVE", "DROP", "CONSULT_CALL", "TRANSFER", "CONFERENCE", "TRANSFER_SST", "SEND_DTMF")


def staff() -> tuple[Agent, ...]:
    """Four agents who wrap up in different ways."""
    return tuple(
        Agent(
            id=f"100{n}",
            login=f"agent{n}",
            first="A",
            last=str(n),
            device=f"400{n}",
            password="-",
            team=TEAM,
            supervises=(TEAM,) if n == 4 else (),
            wrap_incoming=MODES[n % 3],
            wrap_outgoing=MODES[(n + 1) % 3],
            wrap_s=30,
        )
        for n in range(1, 5)
    )


class Machine(RuleBasedStateMachine):
    """Anybody does anything; a shadow is kept of nothing but what was told."""

    flavour: ClassVar[Flavour]
    who = st.integers(0, 3)
    pick = st.integers(0, 50)

    @initialize(keeps=st.sampled_from(["original", "consult"]), answers_s=st.sampled_from([None, 3.0]))
    def begin(self, keeps, answers_s):  # type: ignore[no-untyped-def]
        """Everybody is READY."""
        self.clock = Clock()
        self.centre = Centre(
            staff(),
            self.flavour,
            self.clock,
            reasons=REASONS,
            queues=QUEUES,
            busy=BUSY,
            unassigned=UNASSIGNED,
            keeps=keeps,
            answers_s=answers_s,
            most_parties=4,
        )
        self.agents: dict[str, Agent] = dict(self.centre.agents)
        self.lists: dict[str, dict[str, Call]] = {agent: {} for agent in self.agents}
        self.offered: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {}
        for agent in self.agents.values():
            self.hear(self.centre.change(agent.id, "LOGIN", extension=agent.device))
            self.hear(self.centre.change(agent.id, "READY"))

    # -- what is told

    def hear(self, said: tuple[Told, ...]) -> list[Failed]:
        """Folds what was told, as strictly as no client would; what was refused."""
        failed: list[Failed] = []
        for told in said:
            parts = told.node.split("/")
            if isinstance(told.body, Failed):
                failed.append(told.body)
            elif isinstance(told.body, Agent):
                if parts[3] == "User":
                    self.agents[told.body.id] = told.body
            elif isinstance(told.body, Call):
                agent, call = parts[4], told.body
                known = call.id in self.lists[agent]
                assert known is (told.kind != "POST"), f"{told.kind} of {call.id} to {agent}, known: {known}"
                self.offered[agent, call.id] = told.actions
                if told.kind == "DELETE":
                    del self.lists[agent][call.id]
                else:
                    self.lists[agent][call.id] = call
        return failed

    def agent(self, number: int) -> Agent:
        """One of the four."""
        return self.centre.agents[f"100{number + 1}"]

    def legs(self, agent: Agent) -> list[tuple[Call, Leg]]:
        """Their own legs."""
        return self.centre.legs_of(agent)

    # -- agents

    @rule(who=who)
    def signs_in(self, who: int) -> None:
        """At their own device."""
        agent = self.agent(who)
        assert not self.hear(self.centre.change(agent.id, "LOGIN", extension=agent.device))

    @rule(who=who, state=st.sampled_from(["READY", "READY", "READY", "NOT_READY", "NOT_READY", "LOGOUT"]))
    def sets(self, who: int, state: str) -> None:
        """A state, with a reason where one is needed."""
        reason = {"NOT_READY": "16", "LOGOUT": "21"}.get(state, "")
        agent = self.agent(who)
        failed = self.hear(self.centre.change(agent.id, state, reason=reason))
        after = self.centre.agents[agent.id]
        if failed:
            assert (after.state, after.pending, after.base) == (agent.state, agent.pending, agent.base)
        else:
            assert after.base == state or after.pending == state

    @rule(who=who, really=st.integers(0, 3))
    def is_forced_out(self, who: int, really: int) -> None:
        """The dead man's switch; seldom."""
        if not really:
            self.hear(self.centre.force_out(self.agent(who).id))

    # -- the world

    @rule(who=who, queue=st.sampled_from([None, *[one.id for one in QUEUES]]), hidden=st.booleans())
    def rings(self, who: int, queue: str | None, hidden: bool) -> None:
        """A call comes in."""
        agent = self.agent(who)
        if not agent.signed_in or (queue is not None and agent.state != "READY"):
            with pytest.raises(ValueError, match=r"signed out|not READY"):
                self.centre.ring(agent.id, OUTSIDE[0], queue=queue)
            return
        _, said = self.centre.ring(agent.id, OUTSIDE[0], queue=queue, hidden=hidden)
        assert not self.hear(said)

    def some_call(self, pick: int) -> Call:
        """One of the calls there are."""
        calls = sorted(self.centre.calls)
        return self.centre.calls[calls[pick % len(calls)]]

    @precondition(lambda self: self.centre.calls)
    @rule(pick=pick)
    def outside_hangs_up(self, pick: int) -> None:
        """If there is somebody outside."""
        call = self.some_call(pick)
        if any(not leg.agent for leg in call.live):
            assert not self.hear(self.centre.hang_up(call.id))
        else:
            with pytest.raises(ValueError, match="nobody outside"):
                self.centre.hang_up(call.id)

    @precondition(lambda self: self.centre.calls)
    @rule(pick=pick)
    def outside_answers(self, pick: int) -> None:
        """If it rings there."""
        call = self.some_call(pick)
        if any(not leg.agent and leg.state == "ALERTING" for leg in call.live):
            assert not self.hear(self.centre.customer_answers(call.id))

    @precondition(lambda self: self.centre.calls)
    @rule(pick=pick, who=st.sampled_from([None, 0, 1, 2, 3]))
    def somebody_else_answers(self, pick: int, who: int | None) -> None:
        """Or it rings out."""
        call = self.some_call(pick)
        if not any(leg.agent and leg.state == "ALERTING" for leg in call.live):
            return
        if who is None:
            assert not self.hear(self.centre.answer_elsewhere(call.id) if pick % 2 else self.centre.ring_out(call.id))
        elif self.agent(who).signed_in and not self.legs(self.agent(who)):
            assert not self.hear(self.centre.answer_elsewhere(call.id, self.agent(who).id))

    @rule(seconds=st.sampled_from([1, 4, 31]))
    def time_passes(self, seconds: int) -> None:
        """Wrap-up ends, the world answers."""
        self.clock.advance(seconds)
        assert not self.hear(self.centre.tick())
        due = self.centre.due()
        assert due is None or due > self.clock()

    # -- what agents ask

    @rule(who=who, to=st.sampled_from(["4001", "4002", "4003", "4004", *OUTSIDE, BUSY[0], UNASSIGNED[0], "abc"]))
    def dials(self, who: int, to: str) -> None:
        """Anybody, anything."""
        agent = self.agent(who)
        if not agent.signed_in or to == agent.extension:
            with pytest.raises(Refusal):
                self.centre.make_call(agent.id, agent.extension or "4000", to)
            return
        idle = not any(leg.state in LIVE - {"HELD"} for _, leg in self.legs(agent))
        assert bool(self.hear(self.centre.make_call(agent.id, agent.extension, to))) is not idle

    @precondition(lambda self: self.centre.calls)
    @rule(pick=pick, who=who, to=TO, action=st.sampled_from(EVERY))
    def asks(self, pick: int, who: int, to: str, action: str) -> None:
        """What the leg offers is done; what it does not offer is refused, and changes nothing."""
        agent = self.agent(who)
        legs = self.legs(agent)
        if legs and to != agent.extension:
            self.ask(agent, *legs[pick % len(legs)], action, to)

    @precondition(lambda self: self.centre.calls)
    @rule(pick=pick, to=TO, wanted=st.permutations(EVERY))
    def does(self, pick: int, to: str, wanted: list[str]) -> None:
        """Something that is offered."""
        choices = [
            (agent, call, leg, action)
            for agent in self.centre.agents.values()
            for call, leg in self.legs(agent)
            for action in self.centre.actions(call, leg)
            if action == wanted[0] or (action in wanted[1:3] and action != "DROP")
        ]
        if choices:
            agent, call, leg, action = choices[pick % len(choices)]
            if to != agent.extension:
                self.ask(agent, call, leg, action, to)

    @precondition(lambda self: self.centre.calls)
    @rule(pick=pick, end=st.sampled_from(["CONFERENCE", "CONFERENCE", "TRANSFER", ""]), outside=st.booleans())
    def consults(self, pick: int, end: str, outside: bool) -> None:
        """From a call that is talked on: somebody free is consulted, answers, and perhaps joins."""
        offers = [
            (agent, call, leg)
            for agent in self.centre.agents.values()
            for call, leg in self.legs(agent)
            if "CONSULT_CALL" in self.centre.actions(call, leg)
        ]
        free = [one for one in self.centre.agents.values() if one.signed_in and not self.legs(one)]
        if not offers or not (outside or free):
            return
        agent, call, leg = offers[pick % len(offers)]
        to = OUTSIDE[1] if outside else free[pick % len(free)].extension
        if any(one.address == to for one in call.live):
            return
        self.ask(agent, call, leg, "CONSULT_CALL", to)
        consult = self.centre.consult_of(call, agent.extension)
        assert consult is not None
        if outside:
            assert not self.hear(self.centre.customer_answers(consult.id))
        else:
            partner = free[pick % len(free)]
            assert not self.hear(self.centre.act(partner.id, consult.id, "ANSWER", target=to))
        held = self.centre.calls[call.id]
        mine = held.leg(agent.extension)
        assert mine is not None
        assert {"TRANSFER", "CONFERENCE"} <= set(self.centre.actions(held, mine))
        if end:
            self.ask(agent, held, mine, end, "")

    def ask(self, agent: Agent, call: Call, leg: Leg, action: str, to: str) -> None:
        """One request, against what was offered."""
        offered = action in self.centre.actions(call, leg)
        before = (dict(self.centre.calls), dict(self.centre.agents))
        try:
            said = self.centre.act(agent.id, call.id, action, target=agent.extension, to=to, digits="1#")
        except Refusal:
            if offered or (action, leg.state) != ("SEND_DTMF", "HELD"):
                raise
            return
        failed = self.hear(said)
        if not offered:
            assert failed, f"{action} was not offered by a leg that is {leg.state}, and was done"
        elif failed:
            codes = {"CONFERENCE": {"20700", self.flavour.not_controller[0]}, "TRANSFER_SST": {"22", "20999"}, "TRANSFER": {"20700"}}
            assert failed[0].code in codes[action], f"{action} was offered by a leg that is {leg.state}, and refused"
        if failed:
            assert (self.centre.calls, self.centre.agents) == before

    @precondition(lambda self: any(call.controller for call in self.centre.calls.values()))
    @rule(pick=pick)
    def drops_a_party(self, pick: int) -> None:
        """The controller of a conference does."""
        call = next(one for one in self.centre.calls.values() if one.controller)
        boss = self.centre.agent_at(call.controller)
        leg = call.leg(call.controller)
        if boss is None or leg is None or "PARTICIPANT_DROP" not in self.centre.actions(call, leg):
            return
        shown = [one for one in call.live if not one.hidden and one is not leg]
        if not shown:
            return
        gone = shown[pick % len(shown)]
        assert not self.hear(self.centre.act(boss.id, call.id, "PARTICIPANT_DROP", target=gone.address))
        left = self.centre.calls.get(call.id)
        after = left.leg(gone.address) if left else None
        assert after is None or after.state in ("DROPPED", "WRAP_UP")

    @precondition(lambda self: self.centre.calls)
    @rule(who=who, pick=pick)
    def notes(self, who: int, pick: int) -> None:
        """Call data, also during wrap-up."""
        legs = self.legs(self.agent(who))
        if legs:
            call = legs[pick % len(legs)][0]
            assert not self.hear(self.centre.update_data(self.agent(who).id, call.id, wrap_up="Sold", variables={"user.ticket": "7"}))
            assert self.centre.calls[call.id].wrap_up == "Sold"

    # -- always

    @invariant()
    def what_was_told_is_what_is(self) -> None:
        """State and events are one."""
        for agent in getattr(self, "lists", {}):
            there = {call.id: call for call in self.centre.list_of(agent)}
            assert set(self.lists[agent]) == set(there)
            for number, call in there.items():
                told, leg = self.lists[agent][number], call.leg(self.centre.agents[agent].extension)
                assert (told.state, told.legs, told.type, told.secondary) == (call.state, call.legs, call.type, call.secondary)
                assert self.offered[agent, number] == tuple(self.centre.actions(call, one) for one in call.legs)
                assert leg is not None
                assert leg.state != "DROPPED"
            one, said = self.centre.agents[agent], self.agents[agent]
            assert (one.state, one.reason, one.pending, one.extension, one.since) == (
                said.state,
                said.reason,
                said.pending,
                said.extension,
                said.since,
            )

    @invariant()
    def one_talks_to_one_at_a_time(self) -> None:
        """No phone has two calls that are heard."""
        for agent in self.centre.agents.values() if hasattr(self, "centre") else ():
            states = [leg.state for _, leg in self.legs(agent)]
            assert states.count("ACTIVE") <= 1
            live = LIVE & set(states)
            if not agent.signed_in:
                assert (states, agent.extension) == ([], "")
            if agent.state in ("WORK", "WORK_READY"):
                assert "WRAP_UP" in states
                assert agent.wrap_until is not None
            if agent.pending:
                assert live or (agent.pending == "LOGOUT" and "WRAP_UP" in states)
            if agent.state == "RESERVED":
                assert "ALERTING" in states
            if agent.state == "HOLD":
                assert self.flavour.has_hold
                assert "HELD" in states
            if self.flavour.every_call_counts and "ACTIVE" in states:
                assert agent.state == "TALKING"

    @invariant()
    def no_call_is_nobodys(self) -> None:
        """A call that is in no list is forgotten, an address is in a call once, a consultation has two who talk or are about to."""
        for call in self.centre.calls.values() if hasattr(self, "centre") else ():
            assert any(call.id in listed for listed in self.lists.values())
            shown = [leg.address for leg in call.legs if not leg.hidden]
            assert len(shown) == len(set(shown))


class CcxMachine(Machine):
    """Unified CCX."""

    flavour = CCX


class CceMachine(Machine):
    """Unified CCE."""

    flavour = CCE


TestCcx = CcxMachine.TestCase
TestCce = CceMachine.TestCase
TestCcx.settings = TestCce.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
