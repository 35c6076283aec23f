"""Topics `finesse:{agent}`: what the panel of one agent shows. The state is what the events made of it, at every node and in every page.

State: {"service", "platform", "agent", "reasons", "dialogs": {id: dialog}, "asked": {request: …}, "missed": [newest first]}.
Events: `finesse.all` (the whole), `finesse.service`, `finesse.agent`, `finesse.dialog`, `finesse.dialog_gone`, `finesse.asked`,
`finesse.answered`, `finesse.reasons`, `finesse.missed`. `clients/js/src/calls` folds alike: `tests/vectors/finesse_fold.json` tries both.

Times are RFC 3339, UTC, by the hub's clock: `skew` is what Finesse's is ahead of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast, get_args

from adapters.finesse.asked import Asked, Ended
from adapters.finesse.errors import WORDS
from adapters.finesse.order import Memory
from adapters.finesse.picture import Change, Gone, Picture
from adapters.finesse.values import Agent, Call, Dialog, Direction, Leg, Missed, Reason, Reasons, Service
from hub.event import Event, Text, rfc3339

__all__ = [
    "FINESSE",
    "Say",
    "agent_json",
    "asked_json",
    "dialog_json",
    "empty",
    "error_json",
    "events",
    "fold",
    "missed_json",
    "reasons_json",
    "resumed",
    "service_json",
    "state_json",
    "whole",
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


# -- a picture as state and events ------------------------------------------------------------------------


def state_json(picture: Picture) -> dict[str, Any]:
    """The state of the topic that this picture is."""
    skew = picture.skew or _NO_SKEW
    return {
        "service": service_json(picture.service),
        "platform": picture.platform,
        "agent": None if picture.agent is None else agent_json(picture.agent, picture.reasons, skew),
        "reasons": reasons_json(picture.reasons),
        "dialogs": {id: dialog_json(call, skew) for id, call in picture.shown.items()},
        "asked": {request: asked_json(asked) for request, asked in picture.asked.items()},
        "missed": missed_json(picture.missed),
    }


def whole(picture: Picture) -> tuple[str, dict[str, Any]]:
    """The event that says everything: for a new leader, or after a connection that was away for long."""
    return "finesse.all", state_json(picture)


def events(before: Picture, after: Picture, changes: Iterable[Change], say: Say) -> list[tuple[str, dict[str, Any]]]:
    """Types and data of the events that make `before`'s state `after`'s, where `changes` came with it; [] where nothing is to be seen.

    Calls that go come first, so that nothing rings a moment longer than it must; answers come last, when what they mean is there.
    """
    told: list[tuple[str, dict[str, Any]]] = [
        ("finesse.dialog_gone", {"id": change.id, "why": change.why}) for change in changes if isinstance(change, Gone)
    ]
    if (before.skew or _NO_SKEW) != (after.skew or _NO_SKEW) or before.platform != after.platform:
        told.append(whole(after))  # all times are others
    else:
        old, new = state_json(before), state_json(after)
        parts = [part for part in ("service", "agent", "reasons", "missed") if old[part] != new[part]]
        told += [(f"finesse.{part}", {part: new[part]}) for part in parts]
        told += [("finesse.dialog", {"dialog": dialog}) for id, dialog in new["dialogs"].items() if old["dialogs"].get(id) != dialog]
        told += [("finesse.asked", {"request": id, **asked}) for id, asked in new["asked"].items() if old["asked"].get(id) != asked]
    return told + [("finesse.answered", _answered(change, say)) for change in changes if isinstance(change, Ended)]


def _answered(ended: Ended, say: Say) -> dict[str, Any]:
    data = ended.failure.data if ended.failure is not None else ""
    return {"request": ended.request, "error": None if ended.code is None else error_json(ended.code, say, {"data": data})}


def resumed(id: str, state: Mapping[str, Any], at: datetime) -> Picture:
    """A picture for a new leader, before it has read anything: what no read tells is taken from the topic's `state`.

    Missed calls and requests on their way are kept, and of each call who called and whether the agent has been in it. It is `off` at `at`.
    """
    calls = {dialog["id"]: _remembered(dialog) for dialog in state["dialogs"].values()}
    return Picture(
        id=id,
        service=Service(state="off", since=at),
        asked={
            request: Asked(
                request=request,
                action=one["action"],
                dialog=one["dialog"],
                at=_when(one["at"]) or at,
                detail=one["detail"],
                had=frozenset(calls),
            )
            for request, one in state["asked"].items()
        },
        missed=tuple(
            Missed(
                id=one["id"],
                number=one["number"],
                queue=one["queue"],
                at=_when(one["at"]) or at,
                why="abandoned" if one.get("why") == "abandoned" else "missed",
            )
            for one in state["missed"]
        ),
        memory=Memory(gone=calls),
    )


def _remembered(dialog: Mapping[str, Any]) -> Call:
    leg = dialog["leg"]
    state = leg["state"] if leg is not None else ""
    direction = dialog["direction"] if dialog["direction"] in get_args(Direction) else "in"
    return Call(
        dialog=Dialog(
            id=dialog["id"], state=dialog["state"], type=dialog["type"], from_address=dialog["from"], to_address=dialog["to"], legs=()
        ),
        leg=None,
        direction=cast("Direction", direction),
        of=dialog["of"],
        number=dialog["number"],
        sure=True,
        rang=state == "ALERTING" and direction == "in",
        answered=state in ("ACTIVE", "HELD", "WRAP_UP"),
    )


def _when(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
