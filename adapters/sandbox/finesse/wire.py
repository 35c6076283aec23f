"""Finesse's XML: what it writes of agents, calls and updates, and what it reads of requests."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import escape

from adapters.sandbox.finesse.board import API
from adapters.sandbox.finesse.facts import Agent, Call, Failed, Leg, Queue, Reason, Refusal, Team, Told

__all__ = [
    "NAMESPACES",
    "Wording",
    "api_errors",
    "dialog",
    "dialogs",
    "el",
    "local",
    "parsed",
    "queue",
    "reason_codes",
    "stamp",
    "team",
    "text_of",
    "update",
    "user",
    "variables_of",
]

NAMESPACES = ("http://jabber.org/protocol/pubsub", "urn:xmpp:push:0")
"""Of `<notification>`: Finesse 11's and 12.5's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How updates are written: real ones differ in all of this."""

    namespace: str = NAMESPACES[0]
    upper: bool = True
    """Whether the event is in upper case; errors never are."""
    shuffled: int = 0
    """Seed of another order of the children of Update; 0: the usual one."""
    request_id: bool = True
    """Whether a request's id is told."""
    raw: bool = False
    """Whether the update is a child and not escaped text."""
    unparsable: bool = False


def el(name: str, *content: str) -> str:
    """An element of elements, or of text that is already escaped."""
    return f"<{name}>{''.join(content)}</{name}>"


def _text(name: str, value: object) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


def stamp(at: datetime | None) -> str:
    """A time as Finesse writes it; nothing for None."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z" if at is not None else ""


def user(agent: Agent, root: str = "User", *, summary: bool = False) -> str:
    """An agent; `summary` as a team lists them."""
    reason = agent.reason
    head = [
        _text("uri", f"{API}/User/{agent.id}"),
        _text("loginId", agent.id),
        _text("loginName", agent.login),
        _text("firstName", agent.first),
        _text("lastName", agent.last),
        _text("extension", agent.extension),
        _text("state", agent.state),
        _text("stateChangeTime", stamp(agent.since)),
        _text("pendingState", agent.pending),
        _text("reasonCodeId", reason.id if reason else -1),
        reason_code(reason) if reason else "",
    ]
    if summary:
        return el(root, *head, el("dialogs", f"{API}/User/{agent.id}/Dialogs"))
    roles = ["Agent", *(["Supervisor"] if agent.supervises else [])]
    mobile = el("mobileAgent", _text("mode", agent.mobile[0]), _text("dialNumber", agent.mobile[1])) if agent.mobile else ""
    return el(
        root,
        *head,
        el("roles", *(el("role", role) for role in roles)),
        el("settings", _text("wrapUpOnIncoming", agent.wrap_incoming), _text("wrapUpOnOutgoing", agent.wrap_outgoing)),
        _text("wrapUpTimer", agent.wrap_s),
        _text("mediaType", 1),
        mobile,
        _text("teamId", agent.team.id),
        _text("teamName", agent.team.name),
        el("teams", *(el("Team", _text("uri", f"{API}/Team/{t.id}"), _text("id", t.id), _text("name", t.name)) for t in agent.supervises)),
        el("dialogs", f"{API}/User/{agent.id}/Dialogs"),
    )


def reason_code(reason: Reason) -> str:
    """One reason."""
    return el(
        "ReasonCode",
        _text("uri", f"{API}/ReasonCode/{reason.id}"),
        _text("category", reason.category),
        _text("code", reason.code),
        _text("label", reason.label),
        _text("forAll", "true"),
        _text("systemCode", "true" if reason.system else "false"),
        _text("id", reason.id),
    )


def reason_codes(reasons: Iterable[Reason], category: str) -> str:
    """What an agent may choose from."""
    return f'<ReasonCodes category="{escape(category)}">{"".join(map(reason_code, reasons))}</ReasonCodes>'


def _participant(leg: Leg, actions: tuple[str, ...]) -> str:
    return el(
        "Participant",
        _text("mediaAddress", leg.address),
        _text("mediaAddressType", "AGENT_DEVICE" if leg.agent else ""),
        _text("state", leg.state),
        _text("stateCause", leg.cause),
        _text("startTime", stamp(leg.started)),
        _text("stateChangeTime", stamp(leg.since)),
        el("actions", *(_text("action", action) for action in actions)),
    )


def dialog(call: Call, actions: tuple[tuple[str, ...], ...], root: str = "Dialog") -> str:
    """A call. Who withholds the number is not among the participants."""
    line = call.queue
    variables = (el("CallVariable", _text("name", name), _text("value", value)) for name, value in call.variables.items())
    return el(
        root,
        _text("uri", f"{API}/Dialog/{call.id}"),
        _text("id", call.id),
        _text("secondaryId", call.secondary),
        _text("associatedDialogUri", f"{API}/Dialog/{call.consults}" if call.consults else ""),
        _text("mediaType", "Voice"),
        _text("state", call.state),
        _text("fromAddress", call.caller),
        _text("toAddress", call.called),
        el(
            "mediaProperties",
            _text("mediaId", 1),
            _text("callType", call.type),
            _text("DNIS", call.dialled),
            _text("dialedNumber", call.dialled),
            _text("queueNumber", line.id if line else ""),
            _text("queueName", line.name if line else ""),
            _text("wrapUpReason", call.wrap_up),
            _text("outboundClassification", ""),
            el("callvariables", *variables),
        ),
        el(
            "participants",
            *(_participant(leg, may) for leg, may in zip(call.legs, actions, strict=True) if not leg.hidden),
        ),
    )


def dialogs(shown: Iterable[str], root: str = "Dialogs") -> str:
    """Calls that are already written."""
    return el(root, *shown)


def queue(line: Queue, figures: dict[str, str]) -> str:
    """A queue with its figures."""
    return el(
        "Queue",
        _text("uri", f"{API}/Queue/{line.id}"),
        _text("name", line.name),
        el("statistics", *(_text(name, value) for name, value in figures.items())),
    )


def team(one: Team, agents: Iterable[Agent]) -> str:
    """A team with its agents."""
    users = el("users", *(user(agent, summary=True) for agent in agents))
    return el("Team", _text("uri", f"{API}/Team/{one.id}"), _text("id", one.id), _text("name", one.name), users)


def api_errors(refusal: Refusal) -> str:
    """The answer to what is refused at once."""
    error = (_text("ErrorType", refusal.kind), _text("ErrorMessage", refusal.message), _text("ErrorData", refusal.data))
    return el("ApiErrors", el("ApiError", *error))


def _failure(failed: Failed) -> str:
    more = (
        [_text("peripheralErrorCode", "10125"), _text("peripheralErrorMsg", "PERERR_X"), _text("peripheralErrorText", failed.text)]
        if failed.text
        else []
    )
    error = (_text("errorType", failed.kind), _text("errorMessage", failed.constant), _text("errorData", failed.code))
    return el("apiErrors", el("apiError", *error, *more))


def update(told: Told, wording: Wording) -> str:
    """The update of one notification."""
    body = told.body
    kind = told.kind if wording.upper and not isinstance(body, Failed) else told.kind.lower()
    if isinstance(body, Agent):
        data = user(body, "user")
    elif isinstance(body, Failed):
        data = _failure(body)
    elif isinstance(body, Call):
        data = dialog(body, told.actions, "dialog") if told.kind == "PUT" else dialogs([dialog(body, told.actions)], "dialogs")
    else:
        data = el("systemInfo", _text("status", body.status))
    request = _text("requestId", told.request if wording.request_id else "")
    parts = [el("data", data), _text("event", kind), request, _text("source", told.source)]
    if wording.shuffled:
        random.Random(wording.shuffled).shuffle(parts)  # noqa: S311 - an order, not a secret
    text = el("Update", *parts)
    return text[: len(text) // 2] if wording.unparsable else text


# -- reading


def parsed(body: bytes) -> Element:
    """The root of a request's body.

    Raises:
        Refusal: it is no XML, or declares what only attacks need.
    """
    if b"<!" in body:
        raise Refusal(400, "Bad Request", "declarations are not taken", "body")
    try:
        return fromstring(body)  # noqa: S314 - without declarations there are no entities
    except ParseError:
        raise Refusal(400, "Bad Request", "the body is no XML", "body") from None


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def text_of(element: Element, *path: str) -> str | None:
    """The text at the end of a path of local names; None when there is no such element."""
    found: Element | None = element
    for name in path:
        found = next((child for child in found if local(child) == name), None) if found is not None else None
    return (found.text or "").strip() if found is not None else None


def variables_of(element: Element) -> dict[str, str] | None:
    """The call variables of a request; None when it has none. An empty text is a value."""
    found: dict[str, Any] | None = None
    for holder in element.iter():
        if local(holder).lower() == "callvariables":
            found = found or {}
            for one in holder:
                name = text_of(one, "name")
                if name:
                    found[name] = next((child.text or "" for child in one if local(child) == "value"), "")
    return found
