"""What a contact centre is made of, as values: agents, calls and their legs, and what is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

__all__ = [
    "LIVE",
    "Agent",
    "Call",
    "Failed",
    "Kind",
    "Leg",
    "Queue",
    "Reason",
    "Refusal",
    "System",
    "Team",
    "Told",
    "dialog_state",
]

Kind = Literal["POST", "PUT", "DELETE"]

LIVE = frozenset({"INITIATING", "INITIATED", "ALERTING", "ACTIVE", "HELD", "FAILED"})
"""States of a leg that is still at the phone; WRAP_UP is over there, but still in the agent's list."""


class Refusal(Exception):
    """Refused at once, by Finesse itself: nothing has happened, nothing will be told."""

    def __init__(self, status: int, kind: str, message: str, data: str = "") -> None:
        super().__init__(f"{status} {kind}: {message}")
        self.status, self.kind, self.message, self.data = status, kind, message, data


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an agent is not ready, or signed out."""

    id: str
    """What a request names."""
    code: str
    label: str
    category: Literal["NOT_READY", "LOGOUT"]
    system: bool = False
    """Set by the contact centre; nobody may choose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team of agents."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Where calls wait for an agent."""

    id: str
    name: str
    number: str
    """What callers dial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent as of now."""

    id: str
    login: str
    first: str
    last: str
    device: str
    """The extension that they usually sign in at."""
    password: str = field(repr=False)
    team: Team
    supervises: tuple[Team, ...] = ()
    wrap_incoming: str = "OPTIONAL"
    wrap_outgoing: str = "NOT_ALLOWED"
    wrap_s: int = 20

    state: str = "LOGOUT"
    since: datetime | None = None
    reason: Reason | None = None
    extension: str = ""
    """Where they are signed in; empty when they are not."""
    pending: str = ""
    pending_reason: Reason | None = None
    base: str = "LOGOUT"
    """The state without calls: where they go when the last one is over."""
    base_reason: Reason | None = None
    wrap_until: datetime | None = None
    mobile: tuple[str, str] | None = None
    """Mode and dial number of a mobile agent."""

    @property
    def signed_in(self) -> bool:
        """Whether the contact centre has them at work."""
        return self.state != "LOGOUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One party of a call."""

    address: str
    state: str
    since: datetime
    started: datetime
    agent: bool = False
    """Whether an agent is signed in at this device."""
    cause: str = ""
    hidden: bool = False
    """Withholds the number: not shown at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as of now."""

    id: str
    type: str
    caller: str
    """fromAddress; empty when hidden."""
    called: str
    """toAddress."""
    started: datetime
    legs: tuple[Leg, ...]
    dialled: str = ""
    queue: Queue | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    wrap_up: str = ""
    """The label that was chosen."""
    secondary: str = ""
    consults: str = ""
    """The id of the call that this one is a consultation for."""
    controller: str = ""
    """Who made a conference of it: the address."""
    digits: str = ""
    """What was sent by SEND_DTMF, all of it."""

    def leg(self, address: str) -> Leg | None:
        """The leg of this address that has not been dropped; else the dropped one, or None."""
        found = [leg for leg in self.legs if leg.address == address and not leg.hidden]
        return next((leg for leg in found if leg.state != "DROPPED"), found[0] if found else None)

    @property
    def live(self) -> tuple[Leg, ...]:
        """The legs that are still at a phone."""
        return tuple(leg for leg in self.legs if leg.state in LIVE)

    @property
    def state(self) -> str:
        """The dialog's state."""
        return dialog_state(self.legs)


def dialog_state(legs: tuple[Leg, ...]) -> str:
    """The state of the whole: ACTIVE as soon and as long as one leg is, but ringing while there is only one to talk."""
    states = [leg.state for leg in legs]
    talking = states.count("ACTIVE") + states.count("HELD")
    if "FAILED" in states:
        return "FAILED"
    if "ALERTING" in states and talking < 2:
        return "ALERTING"
    if talking:
        return "ACTIVE"
    return next((state for state in ("INITIATED", "INITIATING") if state in states), "DROPPED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What the contact centre refused after the request had been taken."""

    kind: str
    """errorType."""
    code: str
    """errorData."""
    constant: str
    """errorMessage."""
    text: str = ""
    """In the words of the switch; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """How a node is."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that is told to whoever subscribed to a node."""

    node: str
    kind: Kind
    source: str
    body: Agent | Call | Failed | System
    request: str = ""
    """requestId of who asked for it."""
    actions: tuple[tuple[str, ...], ...] = ()
    """What each leg of a call may be asked, in the order of its legs."""
