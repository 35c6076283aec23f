"""What Finesse knows of agents and calls, as values: read once at the edge, compared and folded everywhere else.

Texts of Finesse are open lists (states, call types, actions): a value that nobody knows is kept and shown, never an error.
Sources: Cisco Finesse Web Services Developer Guide 12.5(1), "User", "Dialog", "SystemInfo".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

__all__ = [
    "READY_STATES",
    "Agent",
    "Call",
    "Category",
    "Contact",
    "Credentials",
    "Dialog",
    "Direction",
    "Failure",
    "Kind",
    "Leg",
    "Missed",
    "Over",
    "Platform",
    "Reason",
    "Reasons",
    "Service",
    "ServiceState",
    "SystemInfo",
    "Team",
    "Update",
    "WrapUp",
    "WrapUpReason",
]

Platform = Literal["ccx", "cce"]
"""`ccx`: Unified CCX with Finesse on board; `cce`: Unified or Packaged CCE. What they differ in is data of `adapters.finesse.platform`."""
Category = Literal["NOT_READY", "LOGOUT"]
Kind = Literal["POST", "PUT", "DELETE"]
"""What an update says of its object: appeared, is now, has gone."""
Direction = Literal["in", "out", "consult"]
"""Whose leg was alerting first: the other side called, the agent did, or the agent did beside a call that they hold."""
Over = Literal["ended", "answered_elsewhere", "missed", "abandoned", "transferred", "merged"]
"""How a call left an agent. `missed`: it rang out here; `abandoned`: the caller gave up; `merged`: it lives on as part of another one."""
ServiceState = Literal["off", "connecting", "live", "stale", "refused"]
"""`off`: not signed in through us; `stale`: the connection is lost, and what is shown was so at `since`; `refused`: a person must act."""
READY_STATES = frozenset({"READY", "NOT_READY"})
"""The states that an agent may set, beside signing in and out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who speaks to Finesse: every request and connection is one agent's."""

    agent: str
    """The agent id."""
    password: str = field(repr=False)
    login: str | None = None
    """The name for REST where it is not the id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an agent is not ready or signed out."""

    id: str
    """The database id: what a request names. Not the code."""
    code: str
    label: str
    category: str
    system: bool = False
    """Set by Finesse itself; nobody may choose it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpReason:
    """How a call may be classified."""

    id: str
    label: str
    """What a request names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUp:
    """Whether work follows a call: REQUIRED, REQUIRED_WITH_WRAP_UP_DATA, OPTIONAL, NOT_ALLOWED."""

    incoming: str = "NOT_ALLOWED"
    outgoing: str = "NOT_ALLOWED"
    seconds: int | None = None
    """After how long it ends by itself; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team of agents."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent, whole: a newer one replaces it."""

    id: str
    login: str
    first_name: str
    last_name: str
    extension: str
    """Empty while signed out."""
    state: str
    since: datetime | None
    """By Finesse's clock; None where it did not say."""
    pending: str
    """The state that follows the call; empty: none."""
    reason: Reason | None
    reason_id: str | None
    """Named also where the reason itself was left out."""
    roles: frozenset[str]
    team: Team | None
    supervises: tuple[Team, ...] = ()
    wrap_up: WrapUp = field(default_factory=WrapUp)

    @property
    def signed_in(self) -> bool:
        """Whether the contact centre has this agent at work."""
        return self.state not in ("", "LOGOUT", "UNKNOWN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One participant of a call."""

    address: str
    state: str
    cause: str = ""
    """Why a leg FAILED: BUSY, BAD_DESTINATION, OTHER, DEVICE_RESOURCE_NOT_AVAILABLE."""
    kind: str = ""
    """AGENT_DEVICE for an agent; empty for an outside party."""
    since: datetime | None = None
    started: datetime | None = None
    actions: tuple[str, ...] = ()
    """What may be asked of it now; only one's own leg's can be relied on."""

    @property
    def live(self) -> bool:
        """Whether it is still part of the call."""
        return self.state not in ("DROPPED", "FAILED", "WRAP_UP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """One call, whole: a newer one replaces it. Its id may change for good in a transfer or conference."""

    id: str
    state: str
    type: str
    """callType: an open list."""
    from_address: str
    """Empty when the caller hides the number."""
    to_address: str
    legs: tuple[Leg, ...]
    secondary_id: str = ""
    associated_id: str = ""
    """The last part of associatedDialogUri: the call that a consult call belongs to."""
    media: str = "Voice"
    dnis: str = ""
    dialed: str = ""
    queue_id: str = ""
    queue: str = ""
    wrap_up: str = ""
    """The label that was chosen."""
    variables: Mapping[str, str] = field(default_factory=dict)

    def leg(self, extension: str) -> Leg | None:
        """One's own leg: whose address is the extension; one that was dropped only where there is no other of them."""
        own = [leg for leg in self.legs if extension and leg.address == extension]
        return next((leg for leg in own if leg.live), own[0] if own else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemInfo:
    """How a node of Finesse is, and who is beside it."""

    status: str
    """IN_SERVICE, PARTIAL_SERVICE, OUT_OF_SERVICE."""
    status_reason: str = ""
    now: datetime | None = None
    """Finesse's clock."""
    platform: Platform | None = None
    auth: str = ""
    """NON_SSO, SSO, HYBRID."""
    domain: str = ""
    """xmppDomain: the host part of an agent's JID, and this node's name."""
    pubsub: str = ""
    primary: str = ""
    secondary: str = ""
    """Empty: a single node."""

    @property
    def in_service(self) -> bool:
        """Whether requests will be served."""
        return self.status == "IN_SERVICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A line of a phone book."""

    first_name: str
    last_name: str
    number: str
    description: str = ""
    book: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What the contact centre refused after the request was taken, or REST at once."""

    type: str
    """ErrorType: what decides; never the status alone."""
    message: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One notification, read. Exactly one of the objects is there, or none: a deleted agent, or what nobody knows."""

    node: str
    """The pubsub node that it came by, `/finesse/api/User/1001/Dialogs`."""
    item: str
    """The item's id: a second one with the same id is a copy."""
    kind: Kind
    source: str
    request: str = ""
    """The requestId of who asked for it; empty for unsolicited ones, and unreliable."""
    agent: Agent | None = None
    dialogs: tuple[Dialog, ...] = ()
    team: tuple[Agent, ...] = ()
    """Agents of a team, where a whole team was told."""
    system: str | None = None
    """The status of SystemInfo."""
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A dialog as one agent has it: with what only the order of things told."""

    dialog: Dialog
    leg: Leg | None
    """The agent's own; None where no participant is theirs."""
    direction: Direction
    of: str | None = None
    """The call that this consult call belongs to."""
    number: str = ""
    """The other party's; empty when hidden."""
    sure: bool = False
    """The direction was seen, not guessed."""
    rang: bool = False
    """It has been alerting at the agent's phone."""
    rang_at: datetime | None = None
    """Since when, by Finesse's clock."""
    answered: bool = False
    """The agent has been in it."""
    handed: bool = False
    """The agent asked to transfer it."""
    over: Over | None = None
    """Why it is over for this agent, while Finesse still has it in their list; None: it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A call that rang here and that nobody took."""

    id: str
    """The dialog's."""
    number: str
    queue: str
    at: datetime
    """By the hub's clock."""
    why: Literal["missed", "abandoned"] = "missed"
    """`missed`: it rang out here; `abandoned`: the caller gave up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How the connection of an agent is."""

    state: ServiceState
    since: datetime
    why: str | None = None
    """A code of `adapters.finesse.errors`."""
    node: str | None = None
    """The host that serves the agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What an agent may choose from."""

    not_ready: tuple[Reason, ...] = ()
    logout: tuple[Reason, ...] = ()
    wrap_up: tuple[WrapUpReason, ...] = ()
