"""What is asked about agents: signing in and out, ready or not, wrap-up, the dead man's switch."""

from __future__ import annotations

from dataclasses import replace

from adapters.sandbox.finesse.board import NOTHING, Board
from adapters.sandbox.finesse.facts import LIVE, Agent, Failed, Reason, Refusal, Told

__all__ = ["FORCED", "MOBILE_MODES", "Roster"]

FORCED = Reason(id="9255", code="255", label="Connection Failure", category="LOGOUT", system=True)
"""Why Finesse signs out an agent whose presence has gone."""
MOBILE_MODES = ("CALL_BY_CALL", "NAILED_CONNECTION")
_SETTABLE = ("LOGIN", "READY", "NOT_READY", "LOGOUT")


class Roster(Board):
    """The agents' side of the contact centre. Every public method returns what is to be told, in order.

    Raises:
        Refusal: by what Finesse refuses at once. What the contact centre refuses is told as `Failed`.
    """

    def change(
        self,
        agent: str,
        state: str,
        *,
        by: str = "",
        request: str = "",
        reason: str = "",
        extension: str = "",
        mobile: tuple[str, str] | None = None,
    ) -> tuple[Told, ...]:
        """What PUT User does. `by` is the supervisor who asks; empty: the agent. `reason` is a reason's id; `mobile` mode and number."""
        one = self._known(agent)
        self._request = ((by, agent), request)
        if not state:
            raise Refusal(400, "Parameter Missing", "state is missing", "state")
        if state not in _SETTABLE:
            raise Refusal(400, "Invalid Input", f"{state} cannot be set", "state")
        if by and by != agent:
            self._supervised(by, one, state, reason)
        elif state == "LOGIN":
            self._sign_in(one, extension, mobile)
            return self._said()
        chosen = self._reason(state, reason, needed=not by or by == agent)
        if not one.signed_in:
            self._fail(by or agent, Failed(kind="Invalid State", code="22", constant="CF_INVALID_OBJECT_STATE", text="signed out"))
        elif state == "LOGOUT":
            self._sign_out(one, chosen, by or agent)
        else:
            self._set(one, state, chosen, by or agent)
        return self._said()

    def force_out(self, agent: str) -> tuple[Told, ...]:
        """Signs out whoever's presence has gone: at once, or after the calls that are still there."""
        one = self.agents[agent]
        self._request = ((), "")
        if not one.signed_in:
            return NOTHING
        if any(leg.state in LIVE for _, leg in self.legs_of(one)):
            self._keep(replace(one, pending="LOGOUT", pending_reason=FORCED))
        else:
            self._leave_work(one, FORCED)
        return self._said()

    # -- signing in and out

    def _sign_in(self, agent: Agent, extension: str, mobile: tuple[str, str] | None) -> None:
        if not extension:
            raise Refusal(400, "Parameter Missing", "extension is missing", "extension")
        if not extension.isdecimal():
            raise Refusal(400, "Invalid Input", "extension is not a number", "extension")
        if mobile is not None:
            if not self.flavour.mobile_agents:
                raise Refusal(501, "Not Implemented", "mobile agents", "mobileAgent")
            if mobile[0] not in MOBILE_MODES:
                raise Refusal(400, "Invalid Input", "mode is unknown", "mode")
            if not mobile[1]:
                raise Refusal(400, "Parameter Missing", "dialNumber is missing", "dialNumber")
        taken = self.agent_at(extension)
        if extension not in self.devices or (taken is not None and taken.id != agent.id):
            text = "the extension is another agent's" if taken else "there is no such device"
            failed = Failed(kind="Invalid Input", code="260", constant="CF_INVALID_LOGON_DEVICE_SPECIFIED", text=text)
            self._fail(agent.id, failed)
        elif not agent.signed_in:
            signed = replace(agent, state="NOT_READY", base="NOT_READY", base_reason=None, reason=None, extension=extension, mobile=mobile)
            self._keep(replace(signed, pending="", pending_reason=None, wrap_until=None))
        elif agent.extension != extension:
            failed = Failed(kind="Invalid State", code="22", constant="CF_INVALID_OBJECT_STATE", text="signed in elsewhere")
            self._fail(agent.id, failed)
        else:  # keeps the state, and says which it is
            self.agents[agent.id] = replace(agent, mobile=mobile or agent.mobile)
            self._tell_agent(self.agents[agent.id])

    def _sign_out(self, agent: Agent, reason: Reason | None, asked_by: str) -> None:
        busy = any(leg.state in LIVE for _, leg in self.legs_of(agent))
        if busy or (agent.state == "READY" and not self.flavour.logout_from_ready):
            failed = Failed(kind="Invalid State", code="22", constant="CF_INVALID_OBJECT_STATE", text="not from this state")
            self._fail(asked_by, failed)
            return
        self._leave_work(agent, reason)

    def _leave_work(self, agent: Agent, reason: Reason | None) -> None:
        self._end_wrap_up(agent)
        kept = self.agents[agent.id]
        left = replace(kept, state="LOGOUT", base="LOGOUT", base_reason=reason, reason=reason, extension="", mobile=None)
        self._keep(replace(left, pending="", pending_reason=None, wrap_until=None))

    # -- ready or not

    def _set(self, agent: Agent, state: str, reason: Reason | None, asked_by: str) -> None:
        legs = self.legs_of(agent)
        queued = any(leg.state in LIVE and call.queue is not None for call, leg in legs)
        busy = any(leg.state in LIVE - {"ALERTING"} for _, leg in legs) or queued
        if not busy:
            if state == "READY" and self._owes_wrap_up(agent):
                self._fail(asked_by, Failed(kind="Invalid State", code="22", constant="CF_INVALID_OBJECT_STATE", text="no wrap-up reason"))
                return
            self._end_wrap_up(agent)
            chosen = replace(self.agents[agent.id], base=state, base_reason=reason, pending="", pending_reason=None)
            self._keep(self._settled(chosen))
        elif state == "READY" and not self.flavour.pending_ready:
            failed = Failed(kind="Invalid State", code="33", constant="CF_RESOURCE_BUSY")
            if queued:
                failed = Failed(kind="Invalid State", code="265", constant="CF_INVALID_AGENT_WORKMODE")
            self._fail(asked_by, failed)
        elif agent.state == "NOT_READY":  # a call beside the queues: the state is not the call's
            self._keep(replace(agent, base=state, base_reason=reason, reason=reason))
        else:
            pending = replace(agent, pending=state, pending_reason=reason)
            self.agents[agent.id] = pending  # a second choice of the same state shows nothing new, but was taken
            self._tell_agent(pending)

    def _owes_wrap_up(self, agent: Agent) -> bool:
        strict = agent.wrap_incoming == "REQUIRED_WITH_WRAP_UP_DATA"
        return strict and any(leg.state == "WRAP_UP" and not call.wrap_up for call, leg in self.legs_of(agent))

    def _end_wrap_up(self, agent: Agent) -> None:
        for call, leg in self.legs_of(agent):
            if leg.state == "WRAP_UP":
                self._place(self._with(call, {leg.address: "DROPPED"}))
        self.agents[agent.id] = replace(self.agents[agent.id], wrap_until=None)

    def _reason(self, state: str, number: str, *, needed: bool) -> Reason | None:
        choices = [one for one in self.reasons.values() if one.category == state and not one.system]
        if number and number != "-1":
            found = next((one for one in choices if one.id == number), None)
            if found is None:
                raise Refusal(400, "Invalid Input", "reasonCodeId is unknown, or of another state", "reasonCodeId")
            return found
        if choices and needed:
            raise Refusal(400, "Parameter Missing", "reasonCodeId is missing", "reasonCodeId")
        return None

    def _supervised(self, by: str, agent: Agent, state: str, reason: str) -> None:
        if agent.team not in self._known(by).supervises:
            raise Refusal(401, "Invalid Authorization User Specified", "not a supervisor of this agent", agent.id)
        if state == "LOGIN":
            raise Refusal(400, "Invalid Input", "a supervisor cannot sign in somebody else", "state")
        if reason:
            raise Refusal(400, "Invalid Input", "a supervisor gives no reason", "reasonCodeId")
