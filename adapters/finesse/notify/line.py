"""One try of one agent's notification connection: what it tells, how it ends, and what every way of connecting shares.

Cisco Finesse Web Services Developer Guide 12.5(1), "Managing Notifications in Third Party Applications".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from adapters.finesse.values import Credentials

__all__ = [
    "Connected",
    "Connector",
    "End",
    "Event",
    "FinessePresence",
    "Heard",
    "Line",
    "LineEnded",
    "Lost",
    "NodeRefused",
    "Replaced",
    "Terms",
    "Why",
    "WrongPassword",
]

Why = Literal["unreachable", "certificate", "tls", "refused", "timeout", "silent", "closed", "garbage", "too_big", "behind", "left"]
"""`unreachable`: no connection, or no such name; `certificate`: it does not verify; `tls`: the rest of TLS; `refused`: the server will not
have us, for another reason than the password; `timeout`: a step of the beginning took too long; `silent`: pings went unanswered; `closed`:
the server ended it; `garbage`: what came is not XMPP; `too_big`: a stanza over the bound; `behind`: our own reader was too slow; `left`:
we ended it ourselves."""


@dataclass(frozen=True, slots=True)
class Connected:
    """Presence is sent, old subscriptions are cleaned up: from now on events come. Nothing was kept for us, so GET everything now."""

    jid: str
    """As the server has bound it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One item of a node. A second one with the same item id is a copy."""

    node: str
    item: str
    payload: str
    """The text of the escaped `<Update>`, or that of a real `<Update>` child, serialised; empty for an item without either."""


@dataclass(frozen=True, slots=True)
class FinessePresence:
    """Whether the XMPP user `finesse` is there: unavailable means that Finesse's web application is down. Told when it changes."""

    available: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """The end of this try; another may follow. Nothing that the server wrote is in here but the names of XMPP's conditions."""

    why: Why
    detail: str = ""
    """The step, XMPP's condition, or the system's word for it. For the log and for `administration`."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """The end: somebody connected with our own resource (`conflict`). Connecting again would throw them out: never by itself."""


@dataclass(frozen=True, slots=True)
class WrongPassword:
    """The end: the server did not take the password. Never tried again by itself: five wrong ones in a row lock the agent out."""


End = Lost | Replaced | WrongPassword
Event = Connected | Heard | FinessePresence | End


class LineEnded(Exception):
    """The connection ended before the server had answered."""


class NodeRefused(Exception):
    """The server would not have this subscription; `condition` is XMPP's name for why, `timeout` when it did not answer."""

    def __init__(self, node: str, condition: str) -> None:
        super().__init__(node, condition)
        self.node, self.condition = node, condition

    def __str__(self) -> str:
        return f"{self.node}: {self.condition}"


class Line(Protocol):
    """One try of one agent, as a connector gives it."""

    def events(self) -> AsyncIterator[Event]:
        """What is told, in the server's order, for one reader. The last one is an End, and always comes; then the iterator ends.

        A try that failed gives its End only. What was told and not read when the connection ended is still given before the End,
        except after Lost("behind"): then a full read must follow anyway.
        """
        ...

    async def subscribe(self, node: str) -> None:
        """Asks for a node beside the automatic ones, for as long as this connection lasts. For after Connected.

        Raises NodeRefused, LineEnded.
        """
        ...

    async def unsubscribe(self, node: str) -> None:
        """The reverse. Not to be subscribed is no error. Raises NodeRefused, LineEnded."""
        ...


Connector = Callable[[Credentials, str, str], AbstractAsyncContextManager[Line]]
"""Credentials, SystemInfo's xmppDomain, and its xmppPubSubDomain. Entering dials and returns when the line stands or the try has failed,
within the steps' deadlines; it raises nothing of the network's: the events say. Leaving takes leave and closes, within a second or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a connection behaves. The defaults are the product's; tests make them small. Times in seconds."""

    resource: str = "navigator"
    """Always the same, so that a second connection of ours ends the first. `desktop` is reserved for Cisco's own."""
    step_s: float = 8.0
    """The deadline of each step of the beginning: the dial with TLS, and each answer of the negotiation. Also of a subscription."""
    ping_s: float = 10.0
    """How often the server is pinged (XEP-0199)."""
    silent_s: float = 20.0
    """After this long without a word of the server, two pings among what it did not answer, the connection is dead."""
    leave_s: float = 1.0
    """How long the server may take to see us out."""
    max_bytes: int = 2 * 1024 * 1024
    """Of one stanza. The biggest real ones are whole teams: some 400 KiB for 500 agents."""
    max_events: int = 512
    """Told and not yet read; one more, and the line is Lost("behind")."""
    max_queued: int = 8 * 1024 * 1024
    """Characters of payloads told and not yet read; over it, the same."""
    max_unsubscribes: int = 64
    """Old subscriptions cleaned up at one connect; what is left over waits for the next."""

    def __post_init__(self) -> None:
        """Raises ValueError for what would never work."""
        if self.resource == "desktop" or not self.resource.isascii() or not self.resource.isalnum():
            raise ValueError("resource: letters and digits, and not Cisco's own `desktop`")
        if not 0 < self.ping_s < self.silent_s:
            raise ValueError("silent_s: longer than ping_s")
