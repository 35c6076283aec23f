"""What the two contact centres under Finesse do differently, as data.

Source: Cisco Finesse Web Services Developer Guide 12.5(1), "User", "Dialog", "Dialog API errors".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CCE", "CCX", "FLAVOURS", "Flavour", "Platform"]

Platform = Literal["ccx", "cce"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flavour:
    """One kind of contact centre."""

    name: Platform
    deployment: str
    """SystemInfo's deploymentType."""
    every_call_counts: bool
    """Whether calls outside the queues make the agent TALKING; where not, the agent is NOT_READY while they last."""
    has_hold: bool
    """Whether a held call is a state of the agent's."""
    has_work_ready: bool
    """Whether wrap-up tells what follows it; where not, it is always WORK."""
    pending_ready: bool
    """Whether READY may be chosen during a call."""
    logout_from_ready: bool
    digits: str
    """What SEND_DTMF takes."""
    data_on_make_call: bool
    """Whether MAKE_CALL may carry call variables."""
    mobile_agents: bool
    queue_figures: bool
    queue_type: str
    """callType of a call from a queue."""
    inside_type: str
    """callType of a call between agents: CCX calls it outgoing on both sides."""
    not_controller: tuple[str, str]
    """Code and constant when somebody else than the controller adds or drops a party."""
    dialled: tuple[str, str]
    """Code and label of the system's reason when a READY agent dials."""
    rang_out: tuple[str, str]
    """Code and label of the system's reason when a call was not answered."""


CCX = Flavour(
    name="ccx",
    deployment="UCCX",
    every_call_counts=False,
    has_hold=False,
    has_work_ready=False,
    pending_ready=False,
    logout_from_ready=True,
    digits="0123456789*#",
    data_on_make_call=False,
    mobile_agents=False,
    queue_figures=False,
    queue_type="ACD_IN",
    inside_type="OUT",
    not_controller=("22", "CF_INVALID_OBJECT_STATE"),
    dialled=("32762", "Offhook"),
    rang_out=("32763", "Ring No Answer"),
)
CCE = Flavour(
    name="cce",
    deployment="UCCE",
    every_call_counts=True,
    has_hold=True,
    has_work_ready=True,
    pending_ready=True,
    logout_from_ready=False,
    digits="0123456789*#ABCD",
    data_on_make_call=True,
    mobile_agents=True,
    queue_figures=True,
    queue_type="PREROUTE_ACD_IN",
    inside_type="AGENT_INSIDE",
    not_controller=("20999", "CF_GENERIC_UNSPECIFIED_REJECTION"),
    dialled=("50006", "Outbound call"),
    rang_out=("32767", "Call Not Answered"),
)
FLAVOURS: dict[Platform, Flavour] = {"ccx": CCX, "cce": CCE}
