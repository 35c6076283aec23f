"""What the lines of all agents share."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.finesse.credentials import CredentialStore
from adapters.finesse.feed import Say, empty
from adapters.finesse.missed import MissedCalls
from adapters.finesse.notify.line import Connector
from adapters.finesse.notify.manners import Manners
from adapters.finesse.rest.client import Finesse
from hub.event import rfc3339

__all__ = ["Parts"]


@dataclass(slots=True, kw_only=True)
class Parts:
    """What all holders of a node share."""

    finesse: Finesse
    connectors: Mapping[str, Connector]
    """By the address of the node, as `Finesse.nodes` has it."""
    manners: Manners
    credentials: CredentialStore
    missed: MissedCalls
    publish: Callable[[str, str, Mapping[str, Any]], None]
    """Agent, type and data of an event of the agent's topic."""
    say: Say
    now: Callable[[], datetime]
    leads: Callable[[], bool]
    observe: Callable[[float], None] = lambda _seconds: None
    """Told how long it took from a notification to what tells of it."""
    dialled: Callable[[str, bool], None] = lambda _site, _reached: None
    """Told that a node was dialled, and whether its service was reached."""
    clock: Callable[[], float] = time.monotonic

    def off(self, agent: str, why: str | None) -> None:
        """Tells that an agent of whom only the topic knows is not signed in through us."""
        state = empty()
        self.publish(agent, "finesse.all", {**state, "service": {**state["service"], "since": rfc3339(self.now()), "why": why}})
