"""What an agent asked for and nobody has confirmed yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.finesse.values import Agent, Call, Dialog, Failure

__all__ = ["GIVE_UP", "LIMIT", "QUIET", "SIGNING_IN", "UNSURE", "Asked", "Ended", "is_shown", "patience"]

LIMIT = timedelta(seconds=5)
"""After this a GET tells what is true: the requestId in notifications is "best effort" (Developer Guide, "Notifications")."""
SIGNING_IN = timedelta(seconds=15)
"""The same for a sign-in: it is sent when the agent's line stands, and a busy contact centre takes its time over it."""
GIVE_UP = timedelta(seconds=30)
"""After this nobody waits any more, though Finesse could not even be read."""
UNSURE = frozenset({"finesse_away", "finesse_unconfirmed"})
"""Codes of a request that may have been done, or may still be."""
QUIET = frozenset({"dtmf", "variables"})
"""Nothing need change by them: silence is no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request on its way, as the panel shows it."""

    request: str
    """The requestId that went along."""
    action: str
    """`sign_in`, `sign_out`, `state`, `make_call`, or what `finesse.dialog` takes."""
    dialog: str | None
    at: datetime
    """By the hub's clock."""
    detail: str = ""
    """Of `state`: `READY`, `NOT_READY` or `NOT_READY:16` with the reason's id; of a call's actions the number, the label or the party."""
    had: frozenset[str] = field(default=frozenset(), repr=False)
    """The calls that there were when it was asked; the picture fills it in, as the next one."""
    was: Dialog | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A request's end. It comes once; a failure that Finesse tells after it seemed done, or lost, comes once more."""

    request: str
    code: str | None = None
    """Of `adapters.finesse.errors`; None: it was done."""
    failure: Failure | None = None


def patience(asked: Asked, limit: timedelta) -> timedelta:
    """How long this request may go unconfirmed where others may for `limit`."""
    return max(limit, SIGNING_IN) if asked.action == "sign_in" else limit


def is_shown(asked: Asked, agent: Agent | None, calls: Mapping[str, Call]) -> bool:
    """Whether what is there now is what was asked for."""
    match asked.action:
        case "sign_in":
            return agent is not None and agent.signed_in
        case "sign_out":
            return agent is None or not agent.signed_in or agent.pending == "LOGOUT"
        case "state":
            return agent is not None and _in_state(asked.detail, agent)
        case "make_call" | "consult":
            return any(id not in asked.had and call.direction != "in" for id, call in calls.items())
        case _:
            return asked.dialog is not None and _done_to(asked, calls.get(asked.dialog))


def _in_state(detail: str, agent: Agent) -> bool:
    state, _, reason = detail.partition(":")
    if agent.pending == state:
        return True
    if state == "READY" and agent.state.startswith("RESERVED"):  # a call was waiting
        return True
    return agent.state == state and (not reason or agent.reason_id == reason)


def _done_to(asked: Asked, call: Call | None) -> bool:
    if call is None or call.over is not None:
        return True
    state = call.leg.state if call.leg is not None else ""
    match asked.action:
        case "answer":
            return state in ("ACTIVE", "HELD", "WRAP_UP")
        case "hold":
            return state == "HELD"
        case "retrieve":
            return state == "ACTIVE"
        case "drop":
            return state == "WRAP_UP"
        case "conference":
            return sum(leg.live for leg in call.dialog.legs) >= 3
        case "wrap_up":
            return call.dialog.wrap_up == asked.detail
        case "variables":
            return asked.was is not None and call.dialog.variables != asked.was.variables
        case "drop_party":
            return not any(leg.live and leg.address == asked.detail for leg in call.dialog.legs)
        case _:
            return False
