"""The calls of the socket: what an agent does. Every one checks the right and that the agent is the person's own; a viewer may do nothing.

Arguments are never logged: a password is among them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapters.finesse import bodies
from adapters.finesse.bodies import BadValue
from adapters.finesse.credentials import Kept
from adapters.finesse.errors import Away, FinesseError, WrongPassword
from adapters.finesse.feed import missed_json
from adapters.finesse.platform import rules_of
from adapters.finesse.rest.proof import account_of
from adapters.finesse.values import Agent, Credentials
from hub.conversation import CallError
from hub.principal import Principal
from hub.session import Session
from hub.writer import StoreUnavailable
from web.audit import Origin
from web.errors import BadField, Forbidden, StoreAway, WebError
from web.finesse.desk import AGENT, Acting, Desk
from web.finesse.failures import finesse_error
from web.finesse.own import AnotherAgent, TakenAgent
from web.i18n import N_
from web.throttle import Limit, Throttle

__all__ = ["AgentCalls", "transfer"]

Args = Mapping[str, Any]
_Do = Callable[[Principal, Args], Awaitable[Any]]
_READ_ONLY = N_("You are looking as somebody else: nothing can be changed.")
_REQUIRED = N_("This is required.")
_LONGEST = 256
_IDS = 100
_TRIES = Limit(4, 15 * 60.0)
"""Of one person, whatever they type for the agent: five refusals in a row lock an account of Finesse, and it may be a colleague's."""
_FINISHING = ("transfer", "conference")
_SPOILT = N_("This cannot be sent.")
_SSO = N_("Finesse signs people in by single sign-on here, which the Navigator cannot do: a user of the contact centre is needed.")
_log = structlog.get_logger("web.finesse")


class AgentCalls:
    """By name in `all`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tries = Throttle(_TRIES)
        self.all: dict[str, Callable[[Session, Args], Awaitable[Any]]] = {
            f"finesse.{name}": self._guarded(do)
            for name, do in (
                ("sign_in", self._sign_in),
                ("sign_out", self._sign_out),
                ("state", self._state),
                ("make_call", self._make_call),
                ("dialog", self._dialog),
                ("refresh", self._refresh),
                ("clear_missed", self._clear_missed),
            )
        }

    def _guarded(self, do: _Do) -> Callable[[Session, Args], Awaitable[Any]]:
        async def call(session: Session, args: Args) -> Any:
            principal = session.principal
            try:
                if principal.viewer is not None:
                    raise WebError(403, "read_only", _READ_ONLY)
                if not principal.may("finesse"):
                    raise Forbidden
                try:
                    return await do(principal, args)
                except (FinesseError, BadValue) as error:
                    raise finesse_error(error) from None
                except (SQLAlchemyError, StoreUnavailable, TimeoutError):
                    raise StoreAway from None
            except WebError as error:
                message = self._desk.i18n.text(principal.locale, error.message, **error.fields)
                raise CallError(error.code, message, temporary=error.status in (429, 503), field=error.field) from None

        return call

    # -- signing in and out ---------------------------------------------------------------------------

    async def _sign_in(self, principal: Principal, args: Args) -> dict[str, str]:
        """Proves the password, makes the agent the person's own, keeps what reconnecting needs, and signs in."""
        desk, finesse = self._desk, self._desk.finesse
        own = await desk.own.of(principal.user_id)
        typed = _text(args, "agent", default=own)
        extension = bodies.dialable(_text(args, "extension"), "extension")
        password = _text(args, "password", strip=False)
        # before Finesse is asked: nobody shall lock a colleague's account by guessing
        accounts = desk.accounts(typed)
        owners = await desk.own.owners(accounts)
        if owners and principal.user_id not in owners:
            raise _taken()
        if own is not None and account_of(own) not in accounts:
            raise _another(own)
        key = str(principal.user_id)
        if (wait := self._tries.take(key, time.monotonic())) > 0:
            raise WebError(429, "throttled", N_("Too many attempts. Try again in {minutes} min."), minutes=math.ceil(wait / 60))
        given = Credentials(agent=typed, password=password)
        try:
            if (await finesse.system(who=given)).auth == "SSO":  # some nodes tell how they are to their agents alone
                raise WebError(409, "finesse_sso", _SSO)
            found = await finesse.user(given)
        except FinesseError as error:
            if not isinstance(error, WrongPassword):  # nothing was guessed
                self._tries.give_back(key)
            raise
        if not AGENT.fullmatch(found.id):
            raise BadField("agent", _SPOILT)
        credentials = Credentials(agent=found.id, password=password, login=typed if typed != found.id else None)
        origin = Origin(user_id=principal.user_id, name=principal.name)
        try:
            await desk.own.claim(principal.user_id, found.id, origin)
        except TakenAgent:
            raise _taken() from None
        except AnotherAgent as other:
            raise _another(other.agent) from None
        self._tries.forget(key)
        kept = await desk.credentials.keep(principal.user_id, credentials, extension)
        body = bodies.sign_in(extension)

        async def send(request: str) -> None:
            await desk.line_up(found.id)
            try:
                await finesse.change(credentials, body, request=request)
            except FinesseError as error:
                await self._undo(kept, found, error)
                raise

        return {"request": await desk.ask(found.id, "sign_in", send, detail=extension), "agent": found.id}

    async def _undo(self, kept: Kept, before: Agent, error: FinesseError) -> None:
        """What was kept for a sign-in that did not come about is deleted, unless the agent was at work before, or may be now."""
        if before.signed_in or (isinstance(error, Away) and error.sent):
            return
        try:
            await self._desk.credentials.forget(kept)
        except (SQLAlchemyError, TimeoutError):  # the leader's line finds the agent signed out, and forgets it then
            _log.warning("finesse_credentials_not_forgotten", agent=kept.agent)

    async def _sign_out(self, principal: Principal, args: Args) -> dict[str, str]:
        acting = await self._desk.acting(principal)
        body = bodies.sign_out(_optional(args, "reason"))

        async def send(request: str) -> None:
            try:
                await self._desk.finesse.change(acting.credentials, body, request=request)
            except WrongPassword:
                # whose password is another by now cannot sign out by this one: their line ends, and Finesse does it by force
                await self._desk.credentials.forget(acting.kept)
                raise

        return {"request": await self._desk.ask(acting.agent, "sign_out", send)}

    # -- state and calls ------------------------------------------------------------------------------

    async def _state(self, principal: Principal, args: Args) -> dict[str, str]:
        state, reason = _text(args, "state"), _optional(args, "reason")
        body = bodies.set_state(state, reason)
        acting = await self._desk.acting(principal)
        detail = state if reason is None else f"{state}:{reason}"
        return {"request": await self._ask_change(acting, "state", body, detail)}

    async def _ask_change(self, acting: Acting, action: str, body: bytes, detail: str) -> str:
        async def send(request: str) -> None:
            await self._desk.finesse.change(acting.credentials, body, request=request)

        return await self._desk.ask(acting.agent, action, send, detail=detail)

    async def _make_call(self, principal: Principal, args: Args) -> dict[str, str]:
        to = bodies.dialable(_text(args, "to"))
        acting = await self._desk.acting(principal)
        body = bodies.make_call(acting.extension, to)

        async def send(request: str) -> None:
            await self._desk.finesse.make_call(acting.credentials, body, request=request)

        return {"request": await self._desk.ask(acting.agent, "make_call", send, detail=to)}

    async def _dialog(self, principal: Principal, args: Args) -> dict[str, str]:
        dialog, action = _text(args, "dialog"), _text(args, "action")
        acting = await self._desk.acting(principal)
        return {"request": await act(self._desk, acting, dialog, action, args)}

    async def _refresh(self, principal: Principal, _args: Args) -> dict[str, str]:
        """Has the leader read everything anew, and connect again where somebody else had taken the agent's connection."""
        acting = await self._desk.acting(principal)

        async def send(_request: str) -> None:
            return  # what is asked of is our own leader, who hears it like all others

        return {"request": await self._desk.ask(acting.agent, "refresh", send)}

    async def _clear_missed(self, principal: Principal, args: Args) -> dict[str, Any]:
        ids = args.get("ids")
        if ids is not None and not (isinstance(ids, list) and len(ids) <= _IDS and all(isinstance(id, str) for id in ids)):
            raise BadField("ids")
        agent = await self._desk.own.of(principal.user_id)
        if agent is None:
            return {}
        await self._desk.missed.clear(agent, ids)
        self._desk.publish(agent, "finesse.missed", {"missed": missed_json(await self._desk.missed.of(agent)), "cleared": ids})
        return {}


async def act(desk: Desk, acting: Acting, dialog: str, action: str, args: Args) -> str:
    """Does something to one of the agent's calls; the request's id. Raises WebError, BadValue."""
    dialogs = acting.state["dialogs"]
    if action in _FINISHING:  # they are asked of the call that is held, wherever the panel's button stands
        held = dialogs.get(dialog, {}).get("of")
        dialog = held if held in dialogs else dialog
    if dialog not in dialogs:
        raise WebError(404, "finesse_not_found", N_("Finesse does not know this agent or call: it may have ended."))
    to, digits, party = (_optional(args, name) for name in ("to", "digits", "party"))
    detail = ""
    match action:
        case "wrap_up":
            label = _text(args, "wrap_up" if "wrap_up" in args else "reason")
            body, detail = bodies.call_data(wrap_up=label), label
        case "variables":
            body = bodies.call_data(variables=_variables(args))
        case _:
            letters = rules_of(acting.state["platform"]).dtmf_letters
            body = bodies.dialog_action(acting.extension, action, to=to, digits=digits, target=party, letters=letters)
            detail = (bodies.dialable(to) if to is not None else None) or party or ""

    async def send(request: str) -> None:
        await desk.finesse.act(acting.credentials, dialog, body, request=request)

    return await desk.ask(acting.agent, action, send, dialog=dialog, detail=detail)


async def transfer(desk: Desk, principal: Principal, args: Args) -> str:
    """Gives a call away: to whom is consulted about it, else straight to `to`. Raises WebError, BadValue, SQLAlchemyError."""
    dialog = _text(args, "dialog")
    acting = await desk.acting(principal)
    dialogs = acting.state["dialogs"]
    held = dialogs.get(dialog, {}).get("of") or dialog
    consults = any(one["of"] == held and one["leg"] and one["leg"]["state"] == "ACTIVE" for one in dialogs.values())
    if consults:
        return await act(desk, acting, held, "transfer", {})
    return await act(desk, acting, dialog, "direct_transfer", {"to": _text(args, "to")})


def _text(args: Args, name: str, *, default: str | None = None, strip: bool = True) -> str:
    value = args.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value.strip():
        raise BadField(name, _REQUIRED)
    if len(value) > _LONGEST:
        raise BadField(name, N_("At most {most} characters."), most=_LONGEST)
    return value.strip() if strip else value


def _optional(args: Args, name: str) -> str | None:
    return None if args.get(name) is None else _text(args, name)


def _variables(args: Args) -> Mapping[str, str]:
    given = args.get("variables")
    if not isinstance(given, dict) or not given or len(given) > _IDS or not all(isinstance(value, str) for value in given.values()):
        raise BadField("variables", _REQUIRED)
    return given


def _taken() -> WebError:
    return WebError(409, "finesse_taken", N_("This agent belongs to somebody else. Ask an administrator."), field="agent")


def _another(agent: str) -> WebError:
    message = N_("You are agent {agent} here. Ask an administrator if that is wrong.")
    return WebError(409, "finesse_another", message, field="agent", agent=agent)
