"""What Unified CCX and Unified CCE do differently, as data: nothing else asks which one it is.

Source: Developer Guide 12.5(1), "User – change agent state", "Dialog"; Administration Guide 12.6(2), failover.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.finesse.values import Agent, Platform

__all__ = ["CCE", "CCX", "PLATFORMS", "Rules", "rules_of", "states_offered"]

_DIGITS = "0123456789*#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One platform. What is offered follows it; what Finesse shows is shown as it is."""

    name: Platform
    has_hold_state: bool
    """The agent's state follows the call to HOLD. Without it the agent stays TALKING, or NOT_READY with a call of their own."""
    talks_when_calling: bool
    """NOT_READY becomes TALKING when the agent places a call; else it stays."""
    pending_ready_allowed: bool
    """READY may be chosen during a call, for after it. Else it is refused later (265, 33)."""
    logout_from_ready: bool
    """Else NOT_READY comes first."""
    wrap_up_states: frozenset[str]
    """The agent's states while a call is being classified."""
    dtmf_letters: str
    """All that may be sent as digits."""
    call_data_on_make_call: bool
    """A new call may carry variables. Else such a request is refused (400)."""
    queue_figures: bool
    """`/Queue/{id}` has statistics and notifications."""
    mobile_agents: bool
    """Signing in with a phone of one's own: CALL_BY_CALL, NAILED_CONNECTION."""
    reclassified_logout: bool
    """A lost presence may end in NOT_READY (setting LOAD) and not in LOGOUT."""


CCX = Rules(
    name="ccx",
    has_hold_state=False,
    talks_when_calling=False,
    pending_ready_allowed=False,
    logout_from_ready=True,
    wrap_up_states=frozenset({"WORK"}),
    dtmf_letters=_DIGITS,
    call_data_on_make_call=False,
    queue_figures=False,
    mobile_agents=False,
    reclassified_logout=False,
)
CCE = Rules(
    name="cce",
    has_hold_state=True,
    talks_when_calling=True,
    pending_ready_allowed=True,
    logout_from_ready=False,
    wrap_up_states=frozenset({"WORK", "WORK_READY"}),
    dtmf_letters=_DIGITS + "ABCD",
    call_data_on_make_call=True,
    queue_figures=True,
    mobile_agents=True,
    reclassified_logout=True,
)
PLATFORMS: Mapping[Platform, Rules] = {"ccx": CCX, "cce": CCE}


def rules_of(platform: Platform | None) -> Rules:
    """The platform's rules; of the one that may less where Finesse did not say which it is."""
    return PLATFORMS[platform or "ccx"]


def states_offered(rules: Rules, agent: Agent, *, in_call: bool) -> tuple[str, ...]:
    """The states that make sense to be asked for now, READY first. Any other may still be right: Finesse decides."""
    if not agent.signed_in:
        return ("LOGIN",)
    ready = not in_call or rules.pending_ready_allowed
    offered = [state for state, sensible in (("READY", ready and agent.state != "READY"), ("NOT_READY", True)) if sensible]
    if not in_call and (agent.state == "NOT_READY" or (agent.state == "READY" and rules.logout_from_ready)):
        offered.append("LOGOUT")
    return tuple(offered)
