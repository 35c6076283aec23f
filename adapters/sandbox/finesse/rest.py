"""Finesse's REST API over the contact centre: what an agent's desktop needs, with the errors of Cisco's guide.

Commands are answered 202 with an empty body; what comes of them is told by events. Not here: recording, outbound campaigns, callbacks,
monitoring by supervisors (501), administration.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.sandbox.finesse import wire
from adapters.sandbox.finesse.board import API
from adapters.sandbox.finesse.centre import ACTIONS
from adapters.sandbox.finesse.facts import Agent, Refusal, Told
from adapters.sandbox.finesse.faults import take
from adapters.sandbox.finesse.site import Site
from adapters.sandbox.finesse.wire import el, local, text_of

__all__ = ["build_app"]

_RANGE = re.compile(r"objects=(\d+)-(\d+)\Z")
_MOST_CONTACTS = 6000
_LOOK_S = 0.05
_ABROAD = frozenset({"SILENT_MONITOR", "BARGE_CALL", "START_RECORDING", "ACCEPT", "REJECT", "CLOSE", "RECLASSIFY"})
"""Actions of Finesse that the sandbox has not."""

Say = Callable[[tuple[Told, ...]], Awaitable[None]]


@dataclass(slots=True)
class _Call:
    """One request of somebody who proved who they are."""

    site: Site
    request: Request
    agent: Agent
    say: Say

    @property
    def id(self) -> str:
        return self.request.headers.get("requestid", "")

    def named(self) -> Agent:
        """The agent in the path: by id, or by login name.

        Raises:
            Refusal: there is none.
        """
        wanted = self.request.path_params["id"]
        found = self.site.centre.agents.get(wanted) or next((a for a in self.site.centre.agents.values() if a.login == wanted), None)
        if found is None:
            raise Refusal(404, "User Not Found", "UNKNOWN_USER", wanted)
        return found

    def own(self) -> Agent:
        """The agent in the path, who has to be the one who asks."""
        found = self.named()
        if found.id != self.agent.id:
            raise Refusal(401, "Invalid Authorization User Specified", "the user is not the one of the resource", found.id)
        return self.site.centre.agents[found.id]

    def overseen(self) -> Agent:
        """The same, or one of the team that they supervise."""
        found = self.named()
        return found if found.team in self.agent.supervises else self.own()

    async def body(self, root: str) -> Element:
        """What was sent, with this root."""
        found = wire.parsed(await self.request.body())
        if local(found) != root:
            raise Refusal(400, "Bad Request", f"the body is no {root}", local(found))
        return found

    async def taken(self, said: tuple[Told, ...]) -> Response:
        """The answer to a command."""
        await self.say(said)
        return Response(status_code=202)


def build_app(site: Site, say: Say) -> Starlette:
    """The ASGI application of one node. `say` takes over what is to be told."""

    def route(path: str, handler: Callable[[_Call], Awaitable[Response]], method: str = "GET", *, anybody: bool = False) -> Route:
        async def endpoint(request: Request) -> Response:
            late = 0.0
            lost = False
            for fault in take(site.faults, f"{request.method} {request.url.path}"):
                match fault.action:
                    case "delay":
                        late += float(fault.arg)
                    case "lost":
                        lost = True
                    case "hang":
                        while not await request.is_disconnected():  # noqa: ASYNC110  # Starlette has no event for it
                            await asyncio.sleep(_LOOK_S)
                        return Response(status_code=499)
                    case "drop":
                        _cut(site, request)
                        return Response(status_code=499)
                    case "redirect":
                        return Response(status_code=301, headers={"location": str(fault.arg)})
                    case "status":
                        kind = fault.kind or _KINDS.get(int(fault.arg), "Finesse API Error")
                        return _refused(Refusal(int(fault.arg), kind, "a fault was asked for"))
            try:
                if anybody:
                    response = await handler(_Call(site, request, _NOBODY, say))
                else:
                    if site.status == "OUT_OF_SERVICE" or not site.xmpp.finesse:
                        raise Refusal(503, "Service Unavailable", "SERVER_OUT_OF_SERVICE")
                    response = await handler(_Call(site, request, _authenticated(site, request), say))
            except Refusal as refusal:
                response = _refused(refusal)
            if lost:
                _cut(site, request)
            if late:
                await asyncio.sleep(late)
            if "requestid" in request.headers:
                response.headers["requestId"] = request.headers["requestid"]
            if "JSESSIONID" not in request.cookies:
                response.set_cookie("JSESSIONID", secrets.token_hex(16).upper(), path="/finesse", httponly=True)
            return response

        return Route(f"{API}{path}", endpoint, methods=[method], name=f"{method} {path}")

    async def elsewhere(_request: Request) -> Response:
        return _refused(Refusal(404, "Not Found", "there is no such resource"))

    return Starlette(
        routes=[
            route("/SystemInfo", _system, anybody=True),
            route("/User/{id}", _user),
            route("/User/{id}", _change_user, "PUT"),
            route("/User/{id}/Dialogs", _dialogs),
            route("/User/{id}/Dialogs", _create_dialog, "POST"),
            route("/User/{id}/ReasonCodes", _reasons),
            route("/User/{id}/WrapUpReasons", _wrap_up_reasons),
            route("/User/{id}/PhoneBooks", _phone_books),
            route("/User/{id}/Queues", _queues),
            route("/Dialog/{id}", _dialog),
            route("/Dialog/{id}", _act, "PUT"),
            route("/Team/{id}", _team),
            route("/Queue/{id}", _queue),
            *(route("/{path:path}", _nothing, method, anybody=True) for method in ("GET", "POST", "PUT", "DELETE")),
            Route("/{path:path}", elsewhere, methods=["GET", "POST", "PUT", "DELETE"]),
        ]
    )


_NOBODY = Agent(id="", login="", first="", last="", device="", password="", team=None)  # type: ignore[arg-type]
_KINDS = {
    400: "Bad Request",
    401: "Authorization Failure",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


def _refused(refusal: Refusal) -> Response:
    headers = {"www-authenticate": 'Basic realm="Finesse"'} if refusal.status == 401 else None
    return Response(wire.api_errors(refusal), refusal.status, headers=headers, media_type="application/xml")


def _cut(site: Site, request: Request) -> None:
    if site.door is not None and request.client is not None:
        site.door.cut((request.client.host, request.client.port))


def _xml(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, headers=headers, media_type="application/xml")


def _authenticated(site: Site, request: Request) -> Agent:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    name = password = ""
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = ""
    agents = site.centre.agents
    agent = agents.get(name) or next((one for one in agents.values() if name and one.login == name), None)
    if agent is None or not site.prove(agent.id, password):
        raise Refusal(401, "Authorization Failure", "the user or the password is wrong, or the account is locked", name)
    return agent


# -- reading -----------------------------------------------------------------------------------------


async def _nothing(call: _Call) -> Response:
    raise Refusal(404, "Not Found", "there is no such resource", call.request.url.path)


async def _system(call: _Call) -> Response:
    site = call.site
    other = next((host for host in site.nodes if host != site.nodes[0]), "")
    status = site.status if site.xmpp.finesse else "OUT_OF_SERVICE"
    text = el(
        "SystemInfo",
        el("uri", f"{API}/SystemInfo"),
        el("status", status),
        el("statusReason", "" if status == "IN_SERVICE" else "CTI_LINK_LOST"),
        el("currentTimestamp", wire.stamp(site.centre.clock())),
        el("timezoneOffset", "-180"),
        el("deploymentType", site.centre.flavour.deployment),
        el("systemAuthMode", "NON_SSO"),
        el("xmppDomain", site.domain),
        el("xmppPubSubDomain", f"pubsub.{site.domain}"),
        el("primaryNode", el("host", site.nodes[0])),
        el("secondaryNode", el("host", other)) if other else "",
    )
    return _xml(text)


async def _user(call: _Call) -> Response:
    return _xml(wire.user(call.overseen()))


def _written(site: Site, agent: str) -> list[str]:
    centre = site.centre
    return [wire.dialog(one, tuple(centre.actions(one, leg) for leg in one.legs)) for one in centre.list_of(agent)]


async def _dialogs(call: _Call) -> Response:
    return _xml(wire.dialogs(_written(call.site, call.overseen().id)))


async def _dialog(call: _Call) -> Response:
    centre, number = call.site.centre, call.request.path_params["id"]
    if number not in centre.calls:
        raise Refusal(404, "Dialog Not Found", "there is no such dialog", number)
    found = next((one for one in centre.list_of(call.agent.id) if one.id == number), None)
    if found is None:
        raise Refusal(401, "Invalid Authorization User Specified", "not a participant of this dialog", number)
    return _xml(wire.dialog(found, tuple(centre.actions(found, leg) for leg in found.legs)))


async def _reasons(call: _Call) -> Response:
    call.own()
    category = call.request.query_params.get("category", "")
    if not category:
        raise Refusal(400, "Parameter Missing", "category is missing", "category")
    if category not in ("NOT_READY", "LOGOUT"):
        raise Refusal(400, "Invalid Input", "category is unknown", "category")
    found = [one for one in call.site.centre.reasons.values() if one.category == category and not one.system]
    return _xml(wire.reason_codes(found, category))


async def _wrap_up_reasons(call: _Call) -> Response:
    call.own()
    shown = (
        el("WrapUpReason", el("uri", f"{API}/WrapUpReason/{number}"), el("label", escape(label)), el("forAll", "true"))
        for number, label in call.site.wrap_up_reasons
    )
    return _xml(el("WrapUpReasons", *shown))


async def _phone_books(call: _Call) -> Response:
    call.own()
    total = sum(len(book.contacts) for book in call.site.books)
    header = call.request.headers.get("range")
    first, last = 1, _MOST_CONTACTS
    if header is not None:
        match = _RANGE.match(header)
        if match is None:
            raise Refusal(400, "Invalid Input", "Range is no objects=FIRST-LAST", "Range")
        first, last = int(match[1]), int(match[2])
        if not 1 <= first <= last or last - first >= _MOST_CONTACTS:
            raise Refusal(400, "Maximum Exceeded", f"at most {_MOST_CONTACTS} objects", "Range")
        if first > max(total, 1):
            raise Refusal(416, "Invalid Input", "there are not so many objects", "Range")
    shown, place = [], 0
    for book in call.site.books:
        part = [
            el(
                "Contact",
                el("firstName", escape(one.first)),
                el("lastName", escape(one.last)),
                el("phoneNumber", escape(one.number)),
                el("description", escape(one.description)),
            )
            for n, one in enumerate(book.contacts, start=place + 1)
            if first <= n <= last
        ]
        place += len(book.contacts)
        if part:
            uri = el("uri", f"{API}/PhoneBook/{book.id}")
            shown.append(el("PhoneBook", uri, el("name", escape(book.name)), el("type", book.kind), el("Contacts", *part)))
    partial = first > 1 or last < total
    headers = {"content-range": f"objects {first}-{min(last, total)}/{total}"}
    return _xml(el("PhoneBooks", *shown), 206 if partial else 200, headers)


def _figures(call: _Call, line: str) -> dict[str, str]:
    """A queue's figures; -1 where the contact centre has none."""
    centre = call.site.centre
    queued = [one for one in centre.calls.values() if one.queue is not None and one.queue.id == line]
    waiting = [one for one in queued if one.state == "ALERTING"]
    states = [agent.state for agent in centre.agents.values() if agent.signed_in]
    figures = {
        "callsInQueue": len(waiting),
        "agentsReady": states.count("READY"),
        "agentsNotReady": states.count("NOT_READY"),
        "agentsBusyOther": states.count("HOLD"),
        "agentsLoggedOn": len(states),
        "agentsTalkingInbound": states.count("TALKING"),
        "agentsTalkingOutbound": 0,
        "agentsTalkingInternal": 0,
        "agentsWrapUpNotReady": states.count("WORK"),
        "agentsWrapUpReady": states.count("WORK_READY"),
    }
    shown = {name: str(value) if centre.flavour.queue_figures else "-1" for name, value in figures.items()}
    oldest = min((one.started for one in waiting), default=None)
    return {"startTimeOfLongestCallInQueue": wire.stamp(oldest) if centre.flavour.queue_figures else "", **shown}


async def _queues(call: _Call) -> Response:
    call.own()
    return _xml(el("Queues", *(wire.queue(one, _figures(call, one.id)) for one in call.site.centre.queues.values())))


async def _queue(call: _Call) -> Response:
    number = call.request.path_params["id"]
    if number not in call.site.centre.queues:
        raise Refusal(404, "Not Found", "there is no such queue", number)
    return _xml(wire.queue(call.site.centre.queues[number], _figures(call, number)))


async def _team(call: _Call) -> Response:
    number = call.request.path_params["id"]
    team = call.site.team(number)
    if team is None:
        raise Refusal(404, "Not Found", "there is no such team", number)
    if team not in call.agent.supervises:
        raise Refusal(401, "Invalid Authorization User Specified", "not a supervisor of this team", number)
    return _xml(wire.team(team, (agent for agent in call.site.centre.agents.values() if agent.team == team)))


# -- commands ----------------------------------------------------------------------------------------


async def _change_user(call: _Call) -> Response:
    named = call.named()
    sent = await call.body("User")
    state, extension = text_of(sent, "state") or "", text_of(sent, "extension") or ""
    mode = text_of(sent, "mobileAgent", "mode")
    mobile = (mode, text_of(sent, "mobileAgent", "dialNumber") or "") if mode is not None else None
    if named.id != call.agent.id and not call.agent.supervises:
        call.own()
    said = call.site.centre.change(
        named.id,
        state,
        by=call.agent.id,
        request=call.id,
        reason=text_of(sent, "reasonCodeId") or "",
        extension=extension,
        mobile=mobile,
    )
    return await call.taken(said)


async def _create_dialog(call: _Call) -> Response:
    agent = call.own()
    sent = await call.body("Dialog")
    action = text_of(sent, "requestedAction") or ""
    if not action:
        raise Refusal(400, "Parameter Missing", "requestedAction is missing", "requestedAction")
    if action in _ABROAD:
        raise Refusal(501, "Not Implemented", action, "requestedAction")
    if action != "MAKE_CALL":
        raise Refusal(400, "Invalid Input", f"{action} makes no dialog", "requestedAction")
    given = any(local(child) == "mediaProperties" for child in sent)
    said = call.site.centre.make_call(
        agent.id,
        text_of(sent, "fromAddress") or "",
        text_of(sent, "toAddress") or "",
        request=call.id,
        variables=(wire.variables_of(sent) or {}) if given else None,
    )
    return await call.taken(said)


async def _act(call: _Call) -> Response:
    sent = await call.body("Dialog")
    centre, number = call.site.centre, call.request.path_params["id"]
    action = text_of(sent, "requestedAction") or ""
    if action == "UPDATE_CALL_DATA":
        wrap_up = text_of(sent, "mediaProperties", "wrapUpReason")
        return await call.taken(
            centre.update_data(call.agent.id, number, request=call.id, wrap_up=wrap_up, variables=wire.variables_of(sent))
        )
    if action in _ABROAD and action not in ACTIONS:
        raise Refusal(501, "Not Implemented", action, "requestedAction")
    digits = next(
        (text_of(one, "value") for one in sent.iter() if local(one) == "ActionParam" and text_of(one, "name") == "dtmfString"), None
    )
    said = centre.act(
        call.agent.id,
        number,
        action,
        request=call.id,
        target=text_of(sent, "targetMediaAddress") or "",
        to=text_of(sent, "toAddress") or "",
        digits=digits,
    )
    return await call.taken(said)
