"""Finesse's XML as values: by local name, in any case, any order and any namespace; what is missing and what is empty are alike.

Open lists stay open (a state, action or call type that nobody knows is kept); a time or number that is none is as if it was left out.
What lacks its id is refused: nothing could be done with it. Source: Developer Guide 12.5(1); real dumps, see the traps at each place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from adapters.finesse.elements import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, Element, Unreadable, parse, parsing
from adapters.finesse.values import (
    Agent,
    Contact,
    Dialog,
    Failure,
    Kind,
    Leg,
    Platform,
    Reason,
    SystemInfo,
    Team,
    Update,
    WrapUp,
    WrapUpReason,
)
from hub.turns import Stepwise, at_once

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_ELEMENTS",
    "MAX_UPDATE_BYTES",
    "Unreadable",
    "read_dialogs",
    "read_failures",
    "read_phone_books",
    "read_reasons",
    "read_system",
    "read_team",
    "read_update",
    "read_user",
    "read_wrap_up_reasons",
    "reading_phone_books",
]

MAX_UPDATE_BYTES = 512 * 1024
"""Of one notification: a conference with full variables has 20 kB, a whole team of 300 about 200."""
_KINDS: dict[str, Kind] = {"": "PUT", "POST": "POST", "PUT": "PUT", "DELETE": "DELETE"}
_MOST_SECONDS = 7 * 24 * 3600


# -- responses --------------------------------------------------------------------------------------------


def read_user(xml: bytes) -> Agent:
    """`GET /User/{id}`. Raises Unreadable, as all here do."""
    return _agent(_root(xml, "user"))


def read_dialogs(xml: bytes) -> tuple[Dialog, ...]:
    """`GET /User/{id}/Dialogs`."""
    return _dialogs(_root(xml, "dialogs"))


def read_system(xml: bytes) -> SystemInfo:
    """`GET /SystemInfo`."""
    root = _root(xml, "systeminfo")
    status = root.say("status")
    if not status:
        raise Unreadable("a SystemInfo without status")
    return SystemInfo(
        status=status,
        status_reason=root.say("statusreason"),
        now=_time(root.say("currenttimestamp")),
        platform=_platform(root.say("deploymenttype")),
        auth=root.say("systemauthmode"),
        domain=root.say("xmppdomain"),
        pubsub=root.say("xmpppubsubdomain"),
        primary=root.say("primarynode", "host"),
        secondary=root.say("secondarynode", "host"),
    )


def read_reasons(xml: bytes) -> tuple[Reason, ...]:
    """`GET /User/{id}/ReasonCodes?category=…`, in Finesse's order; one without an id cannot be chosen and is left out."""
    return tuple(
        reason for element in _root(xml, "reasoncodes").each("reasoncode") if (reason := _reason(element)) is not None and reason.id
    )


def read_wrap_up_reasons(xml: bytes) -> tuple[WrapUpReason, ...]:
    """`GET /User/{id}/WrapUpReasons`."""
    found = (WrapUpReason(id=_id(element), label=element.say("label")) for element in _root(xml, "wrapupreasons").each("wrapupreason"))
    return tuple(reason for reason in found if reason.label)


def read_phone_books(xml: bytes) -> tuple[Contact, ...]:
    """`GET /User/{id}/PhoneBooks`: the contacts of all books, each with the name of its own; one without a number is left out."""
    return at_once(reading_phone_books(xml))


def reading_phone_books(xml: bytes) -> Stepwise[tuple[Contact, ...]]:
    """The same, with pauses: there may be thousands."""
    root = _named((yield from parsing(xml)), "phonebooks")
    found = []
    for book in root.each("phonebook"):
        for contact in _contacts(book, book.say("name")):
            found.append(contact)
            yield
    return tuple(found)


def read_team(xml: bytes) -> tuple[Team, tuple[Agent, ...]]:
    """`GET /Team/{id}`: the team and summaries of its agents."""
    root = _root(xml, "team")
    team = _team(root)
    if team is None:
        raise Unreadable("a team without an id")
    return team, _team_agents(root)


def read_failures(xml: bytes) -> tuple[Failure, ...]:
    """The ApiErrors of a response; () for anything else, also for what cannot be read: the status then has to do."""
    try:
        root = parse(xml, most=MAX_UPDATE_BYTES)
    except Unreadable:
        return ()
    return _failures(root) if root.name in ("apierrors", "apierror") else ()


# -- notifications ----------------------------------------------------------------------------------------


def read_update(xml: str | bytes, *, node: str, item: str) -> Update:
    """An `<Update>` as it came by `node`. What nobody knows (queues, media) is an Update without an object.

    Raises Unreadable. Traps: `event` in either case; objects in either case; `data` that holds nothing (a deleted user); a SystemInfo under
    a name that is shown nowhere, so that only its `status` is looked for; an `<Update>` that is still inside its `<notification>`.
    """
    root = parse(xml, most=MAX_UPDATE_BYTES)
    if root.name == "notification":
        root = root.first("update") or root
    if root.name != "update":
        raise Unreadable("no Update")
    kind = _KINDS.get(root.say("event").upper())
    if kind is None:
        raise Unreadable("an event that is neither POST nor PUT nor DELETE")
    source, data = root.say("source"), root.first("data") or Element("data")
    agent: Agent | None = None
    dialogs: tuple[Dialog, ...] = ()
    team: tuple[Agent, ...] = ()
    system: str | None = None
    failures: tuple[Failure, ...] = ()
    for child in data.children:
        match child.name:
            case "user":
                agent = _agent(child)
            case "dialog":
                dialogs += (_dialog(child),)
            case "dialogs":
                dialogs += _dialogs(child)
            case "team":
                team = _team_agents(child)
            case "apierrors" | "apierror":
                failures += _failures(child)
            case _:
                pass
    if "/systeminfo" in f"{node} {source}".lower() and not failures:
        system = next((element.text for element in data.everywhere("status") if element.text), None)
    return Update(
        node=node,
        item=item,
        kind=kind,
        source=source,
        request=root.say("requestid"),
        agent=agent,
        dialogs=dialogs,
        team=team,
        system=system,
        failures=failures,
    )


# -- elements ---------------------------------------------------------------------------------------------


def _root(xml: bytes, *names: str) -> Element:
    return _named(parse(xml), *names)


def _named(root: Element, *names: str) -> Element:
    if root.name not in names:
        raise Unreadable(f"no {names[0]}")
    return root


def _last(uri: str) -> str:
    """The last part of `/finesse/api/Dialog/16801`."""
    return uri.rstrip("/").rpartition("/")[2]


def _id(element: Element) -> str:
    return element.say("id") or _last(element.say("uri"))


def _time(text: str) -> datetime | None:
    """An instant in UTC; without an offset it is taken for UTC, as all of Finesse's are. Not of our time (1970): none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= at.year < 2200:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _seconds(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 and 0 < int(text) <= _MOST_SECONDS else None


def _platform(deployment: str) -> Platform | None:
    """UCCX; UCCE, PCCE, PACKAGED_CCE, …"""
    upper = deployment.upper()
    return "ccx" if "CCX" in upper else "cce" if "CCE" in upper else None


def _reason(element: Element) -> Reason | None:
    reason = Reason(
        id=_id(element),
        code=element.say("code"),
        label=element.say("label"),
        category=element.say("category"),
        system=element.say("systemcode").lower() == "true",
    )
    return reason if reason.id or reason.code or reason.label else None


def _team(element: Element) -> Team | None:
    id = _id(element)
    return Team(id=id, name=element.say("name")) if id else None


def _team_agents(element: Element) -> tuple[Agent, ...]:
    users = element.first("users") or element
    return tuple(_agent(user) for user in users.each("user"))


def _agent(element: Element) -> Agent:
    id = element.say("loginid") or _last(element.say("uri"))
    if not id:
        raise Unreadable("a user without an id")
    found = element.first("reasoncode")
    reason = _reason(found) if found is not None else None
    reason_id = element.say("reasoncodeid")  # -1: none
    if not reason_id or reason_id == "-1":
        reason_id = reason.id if reason is not None else ""
    teams, settings = element.first("teams"), element.first("settings") or Element("settings")
    roles = element.first("roles")
    team_id = element.say("teamid")
    return Agent(
        id=id,
        login=element.say("loginname") or id,
        first_name=element.say("firstname"),
        last_name=element.say("lastname"),
        extension=element.say("extension"),
        state=element.say("state"),
        since=_time(element.say("statechangetime")),
        pending=element.say("pendingstate"),
        reason=reason,
        reason_id=reason_id or None,
        roles=frozenset(role.text for role in roles.each("role") if role.text) if roles is not None else frozenset(),
        team=Team(id=team_id, name=element.say("teamname")) if team_id else None,
        supervises=tuple(team for each in teams.each("team") if (team := _team(each)) is not None) if teams is not None else (),
        wrap_up=WrapUp(
            incoming=settings.say("wrapuponincoming") or "NOT_ALLOWED",
            outgoing=settings.say("wrapuponoutgoing") or "NOT_ALLOWED",
            seconds=_seconds(element.say("wrapuptimer")),
        ),
    )


def _dialogs(element: Element) -> tuple[Dialog, ...]:
    return tuple(_dialog(each) for each in element.each("dialog"))


def _dialog(element: Element) -> Dialog:
    id = _id(element)
    if not id:
        raise Unreadable("a dialog without an id")
    media = element.first("mediaproperties") or Element("mediaproperties")
    variables, participants = media.first("callvariables"), element.first("participants")
    return Dialog(
        id=id,
        state=element.say("state"),
        type=media.say("calltype"),
        from_address=element.say("fromaddress"),
        to_address=element.say("toaddress"),
        legs=tuple(_leg(each) for each in participants.each("participant")) if participants is not None else (),
        secondary_id=element.say("secondaryid"),
        associated_id=_last(element.say("associateddialoguri")),
        media=element.say("mediatype") or "Voice",
        dnis=media.say("dnis"),
        dialed=media.say("dialednumber"),
        queue_id=media.say("queuenumber"),
        queue=media.say("queuename"),
        wrap_up=media.say("wrapupreason"),
        variables={name: each.say("value") for each in variables.each("callvariable") if (name := each.say("name"))}
        if variables is not None
        else {},
    )


def _leg(element: Element) -> Leg:
    actions = element.first("actions")
    return Leg(
        address=element.say("mediaaddress"),
        state=element.say("state"),
        cause=element.say("statecause"),
        kind=element.say("mediaaddresstype"),
        since=_time(element.say("statechangetime")),
        started=_time(element.say("starttime")),
        actions=tuple(action.text for action in actions.each("action") if action.text) if actions is not None else (),
    )


def _contacts(element: Element, book: str) -> Iterator[Contact]:
    for each in element.everywhere("contact"):
        if number := each.say("phonenumber"):
            yield Contact(
                first_name=each.say("firstname"),
                last_name=each.say("lastname"),
                number=number,
                description=each.say("description"),
                book=book,
            )


def _failures(element: Element) -> tuple[Failure, ...]:
    """Capitals in responses, none in notifications: all is lower case here."""
    errors = [element] if element.name == "apierror" else list(element.each("apierror"))
    return tuple(
        Failure(
            type=error.say("errortype"),
            message=error.say("errormessage"),
            data=error.say("errordata"),
        )
        for error in errors
    )
