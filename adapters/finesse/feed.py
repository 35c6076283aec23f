"""Topics `finesse:{agent}`: what the panel of one agent shows. The state is what the events made of it, at every node and in every page.

State: {"service", "platform", "agent", "reasons", "dialogs": {id: dialog}, "asked": {request: …}, "missed": [newest first]}.
Events: `finesse.all` (the whole), `finesse.service`, `finesse.agent`, `finesse.dialog`, `finesse.dialog_gone`, `finesse.asked`,
`finesse.answered`, `finesse.reasons`, `finesse.missed`. `clients/js/src/calls` folds alike: `tests/vectors/finesse_fold.json` tries both.

Times are RFC 3339, UTC, by the hub's clock: `skew` is what Finesse's is ahead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from adapters.finesse.asked import Asked
from adapters.finesse.errors import WORDS
from adapters.finesse.values import Agent, Call, Leg, Missed, Reason, Reasons, Service
from hub.event import Event, Text, rfc3339

__all__ = [
    "FINESSE",
    "Say",
    "agent_json",
    "asked_json",
    "dialog_json",
    "empty",
    "error_json",
    "fold",
    "missed_json",
    "reasons_json",
    "service_json",
]

FINESSE = "finesse:"
Say = Callable[[str], Text]
"""A message of the server's catalogs in both languages: events go to all screens of an agent, and each picks its own."""
_NO_SKEW = timedelta(0)


def empty() -> dict[str, Any]:
    """The state before anything was told: not signed in."""
    return {
        "service": {"state": "off", "since": None, "why": None, "node": None},
        "platform": None,
        "agent": None,
        "reasons": reasons_json(Reasons()),
        "dialogs": {},
        "asked": {},
        "missed": [],
    }


def fold(state: dict[str, Any], event: Event) -> None:
    """Applies an event to the state of `finesse:{agent}`. What names a call or request that is not there changes nothing."""
    data = event.data
    match event.type:
        case "finesse.all":
            state.clear()
            state.update({**empty(), **data})
            for name in ("dialogs", "asked"):
                state[name] = dict(state[name])
        case "finesse.service":
            state["service"] = data["service"]
        case "finesse.agent":
            state["agent"] = data["agent"]
        case "finesse.reasons":
            state["reasons"] = data["reasons"]
        case "finesse.dialog":
            state["dialogs"][data["dialog"]["id"]] = data["dialog"]
        case "finesse.dialog_gone":
            state["dialogs"].pop(data["id"], None)
        case "finesse.asked":
            state["asked"][data["request"]] = {name: data[name] for name in ("action", "dialog", "at", "detail")}
        case "finesse.answered":
            state["asked"].pop(data["request"], None)
        case "finesse.missed":
            state["missed"] = data["missed"]
        case _:
            pass  # of a newer version


# -- values as JSON ---------------------------------------------------------------------------------------


def _time(at: datetime | None, skew: timedelta = _NO_SKEW) -> str | None:
    if at is None:
        return None
    try:
        return rfc3339(at - skew)
    except OverflowError:  # the year 1 or 9999: nobody's clock
        return None


def service_json(service: Service) -> dict[str, Any]:
    """How the connection is."""
    return {"state": service.state, "since": _time(service.since), "why": service.why, "node": service.node}


def _reason_json(reason: Reason) -> dict[str, Any]:
    return {"id": reason.id, "code": reason.code, "label": reason.label}


def reasons_json(reasons: Reasons) -> dict[str, Any]:
    """What may be chosen; reasons that only Finesse itself sets are left out."""
    return {
        "not_ready": [_reason_json(reason) for reason in reasons.not_ready if not reason.system],
        "logout": [_reason_json(reason) for reason in reasons.logout if not reason.system],
        "wrap_up": [{"id": reason.id, "label": reason.label} for reason in reasons.wrap_up],
    }


def _reason_of(agent: Agent, reasons: Reasons) -> dict[str, Any] | None:
    if agent.reason is not None:
        return _reason_json(agent.reason)
    if agent.reason_id is None:
        return None
    known = next((reason for reason in (*reasons.not_ready, *reasons.logout) if reason.id == agent.reason_id), None)
    return {"id": agent.reason_id, "code": "", "label": ""} if known is None else _reason_json(known)


def agent_json(agent: Agent, reasons: Reasons, skew: timedelta = _NO_SKEW) -> dict[str, Any]:
    """The agent; a reason that Finesse only numbered is looked up among `reasons`."""
    return {
        "id": agent.id,
        "login": agent.login,
        "first_name": agent.first_name,
        "last_name": agent.last_name,
        "extension": agent.extension,
        "state": agent.state,
        "since": _time(agent.since, skew),
        "pending": agent.pending or None,
        "reason": _reason_of(agent, reasons),
        "team": None if agent.team is None else {"id": agent.team.id, "name": agent.team.name},
        "supervises": [{"id": team.id, "name": team.name} for team in agent.supervises],
        "wrap_up": {"incoming": agent.wrap_up.incoming, "outgoing": agent.wrap_up.outgoing, "seconds": agent.wrap_up.seconds},
    }


def _leg_json(leg: Leg, skew: timedelta) -> dict[str, Any]:
    since = _time(leg.since, skew)
    return {"address": leg.address, "state": leg.state, "since": since, "cause": leg.cause, "actions": list(leg.actions)}


def dialog_json(call: Call, skew: timedelta = _NO_SKEW) -> dict[str, Any]:
    """A call as the agent has it. `started`: when their own leg began, else the first one."""
    dialog, own = call.dialog, call.leg
    begun = own.started if own is not None and own.started is not None else min((x.started for x in dialog.legs if x.started), default=None)
    return {
        "id": dialog.id,
        "direction": call.direction,
        "state": dialog.state,
        "type": dialog.type,
        "number": call.number,
        "from": dialog.from_address,
        "to": dialog.to_address,
        "queue": dialog.queue,
        "started": _time(begun, skew),
        "leg": None if own is None else _leg_json(own, skew),
        "others": [
            {"address": leg.address, "state": leg.state, "since": _time(leg.since, skew), "kind": leg.kind}
            for leg in dialog.legs
            if leg is not own
        ],
        "variables": dict(dialog.variables),
        "wrap_up": dialog.wrap_up,
        "of": call.of,
    }


def asked_json(asked: Asked) -> dict[str, Any]:
    """A request on its way, without its id."""
    return {"action": asked.action, "dialog": asked.dialog, "at": _time(asked.at), "detail": asked.detail}


def missed_json(missed: Iterable[Missed]) -> list[dict[str, Any]]:
    """The missed calls, newest first."""
    return [{"id": one.id, "number": one.number, "queue": one.queue, "at": _time(one.at), "why": one.why} for one in missed]


def error_json(code: str, say: Say, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What went wrong, for programs and, in both languages, for people. A code that nobody knows is worded as a refusal."""
    text = say(WORDS.get(code, WORDS["finesse_refused"]))
    filled = fields or {"data": ""}
    return {"code": code, "message": Text(ru=text["ru"].format(**filled), en=text["en"].format(**filled))}
