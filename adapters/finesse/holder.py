"""One agent at the node that leads: a notification connection that is made again and again, and the picture that it and reads keep true.

After every connect, and whenever something was passed over, User and Dialogs are read in full; what comes meanwhile is applied again
(`adapters.finesse.picture`). A request that nobody confirms within its time makes another read, which says what is true. However it goes
wrong, the topic's `service` says how old what is shown is, and why: nothing here ends quietly.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapters.finesse.asked import GIVE_UP, LIMIT, UNSURE, Asked, Ended, patience
from adapters.finesse.bodies import BadValue, sign_in
from adapters.finesse.credentials import Kept
from adapters.finesse.errands import Errands
from adapters.finesse.errors import Away, Busy, FinesseError, Locked, NotFound, NotTheirs, OutOfService, Refused, WrongPassword
from adapters.finesse.feed import empty, events, missed_json, resumed, service_json, whole
from adapters.finesse.missed import Keeping, joined
from adapters.finesse.notify.line import Connected, End, FinessePresence, Heard, Line, Lost, Replaced
from adapters.finesse.notify.line import WrongPassword as LineRefused
from adapters.finesse.notify.manners import pause_s
from adapters.finesse.parts import Parts
from adapters.finesse.picture import Change, Doubt, Picture
from adapters.finesse.reading import Unreadable, read_update
from adapters.finesse.values import Reasons, Service, SystemInfo
from hub.tasks import end, heed_cancellation

__all__ = ["GRACE", "Holder"]

GRACE = timedelta(seconds=10)
"""So long after signing in an agent may still be found signed out: Finesse takes the request first, and does it then."""
UNSURE_GRACE = timedelta(seconds=60)
"""The same where nobody knows what became of the request: signed in without a line, Finesse would sign the agent out in about that time."""
_SOON_S = 0.2
"""Between a doubt and the read that it asks for: others of the same moment are answered by the same."""
_APART_S = 1.0
"""Between two reads that doubts ask for."""
_AGAIN_S = (1.0, 2.0, 5.0)
"""Between tries to read while Finesse does not answer."""
_HELD_S = 60.0
"""A line that has lasted so long was a good one: the next wait begins small again."""
_DOUBTFUL = frozenset({"finesse_not_found", "finesse_not_theirs", "finesse_invalid_state"})
_PASSING = frozenset({"finesse_internal", "finesse_device_busy", "finesse_device_out_of_service"})
"""Refusals of a sign-in that another time may not meet: telephones register anew where their own server has failed, too."""
_NOWHERE = ""
_STORE_S = 2.0
_LONGEST_S = 30.0
_log = structlog.get_logger("adapters.finesse")

_Over: TypeAlias = Literal["lost", "moved", "replaced", "refused", "signed_out"]


class Holder:
    """Made for one sign-in; `run` it until it returns or is cancelled."""

    def __init__(self, kept: Kept, parts: Parts, state: Mapping[str, Any] | None = None) -> None:
        """`state`: of the topic, where another leader has told of the agent: good until there is a newer one."""
        self._kept, self._parts, self._agent = kept, parts, kept.agent
        now = parts.now()
        known = state if state is not None else empty()
        shown = known["agent"] is not None
        service = Service(state="stale" if shown else "connecting", since=now, why="finesse_away" if shown else None)
        self._picture = replace(resumed(kept.agent, known, now), service=service)
        self._news = asyncio.Event()
        self._read_at: float | None = None
        self._read_began = float("-inf")
        self._read_failures = 0
        self._outages = 0
        self._was_live, self._again, self._connected = shown, False, False
        self._at_work = False
        """The agent was seen signed in since this sign-in."""
        self._signs_in = next((request for request, one in self._picture.asked.items() if one.action == "sign_in"), None)
        """The sign-in's request, if it is known."""
        self._failed: str | None = None
        """Why the sign-in itself was refused."""
        self._unsure: str | None = None
        """Why it is not known what became of it."""
        self._left: str | None = known["service"]["node"] if shown else None
        """The host where another leader has had the agent."""
        self._site = _NOWHERE
        """The node that has taken the agent's sign-in."""
        self._unsigned = 0
        """Tries to sign in again that failed in a row."""
        self._keeping = Keeping(parts.missed, kept.agent)
        self._errands = Errands(kept.agent, clock=parts.clock)
        self.over = False
        """It has ended by itself, and has told so."""
        self.ended: str | None = None
        """Why it ended; None: the agent signed out."""

    # -- what others ask ------------------------------------------------------------------------------

    @property
    def agent(self) -> str:
        """Whose it is."""
        return self._agent

    @property
    def service(self) -> Service:
        """How the connection is."""
        return self._picture.service

    @property
    def picture(self) -> Picture:
        """As it is now."""
        return self._picture

    def knows(self, request: str) -> bool:
        """Whether the request is on its way, and will be answered."""
        return request in self._picture.asked

    def asked(self, asked: Asked) -> None:
        """Somebody has asked for something, at whichever node."""
        if asked.action == "sign_in":
            self._signs_in = asked.request
        self._become(*self._picture.ask(asked))
        if asked.action == "refresh":
            self._again = True
            self._want_read(0.0)
        self._news.set()

    def answered(self, request: str, code: str | None) -> None:
        """What came of a request at the node that sent it. Not to know whether it was done is reason enough to look."""
        if request in self._picture.asked:
            picture, changes = self._picture.answered(request, code, self._parts.now())
            # the node that says so has told everybody
            self._become(picture, tuple(change for change in changes if not (isinstance(change, Ended) and change.request == request)))
        self._failing(request, code)

    def cleared(self, ids: list[str] | None, told: Sequence[Mapping[str, Any]]) -> None:
        """The agent has cleared missed calls. Who did it has told what the store has left: what is not there yet is told again."""
        self._picture = self._picture.clear_missed(ids)
        self._keeping.changed()
        self._errands.want(self._keep_missed)
        if {one["id"] for one in told} != {one.id for one in self._picture.missed}:
            self._tell("finesse.missed", {"missed": missed_json(self._picture.missed)})

    def look(self) -> None:
        """Something that is nobody's in particular has changed: the node, the lead."""
        self._news.set()

    def closed(self) -> None:
        """It was ended from outside, for what the store says now: tells that the agent is not signed in through us."""
        if not self.over:
            self.ended = self.ended or self._came_to()
            self._off()

    # -- running --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until the agent is signed out, here or elsewhere; then nothing is kept of them."""
        await self._missed_kept()
        self._tell("finesse.service", {"service": service_json(self._picture.service)})
        self._tell("finesse.missed", {"missed": missed_json(self._picture.missed)})
        errands = asyncio.create_task(self._errands.run(), name=f"finesse_errands_{self._agent}")
        try:
            if self._kept.credentials is None:
                await self._refused("finesse_sealed")
            async with self._parts.finesse.nodes.needed(self._kept.credentials):
                await self._try_for_ever()
        finally:
            await end([errands])
        await self._leave_nothing()

    async def _try_for_ever(self) -> None:
        failures = 0
        while True:
            heed_cancellation()
            await self._parts.finesse.nodes.looked()
            if not await self._await_service():
                continue
            began = self._parts.clock()
            over = await self._dial()
            if self._parts.clock() - began >= _HELD_S or over == "moved":
                failures = 0
            match over:
                case "signed_out":
                    return
                case "moved":
                    if not self._parts.leads():  # soon this is ended, and nobody shall spin until then
                        await self._pause(_SOON_S)
                case "lost":
                    failures += 1
                    await self._pause(pause_s(failures))
                case "replaced":
                    await self._refused("finesse_replaced")
                    failures = 0
                case "refused":
                    await self._refused(self.ended or "finesse_wrong_password")
                    failures, self.ended = 0, None

    async def _await_service(self) -> bool:
        """Whether the node in use serves; else waits for a moment."""
        nodes = self._parts.finesse.nodes
        standing = nodes.standing
        if nodes.info is not None and standing.state in ("in_service", "partial", "unknown"):
            return True
        self._serve("stale" if self._was_live else "connecting", _why_of(standing.state), standing.host)
        await self._pause(_APART_S)
        return False

    async def _dial(self) -> _Over:
        """One try, from the dial to its end."""
        parts, nodes = self._parts, self._parts.finesse.nodes
        site, info, credentials = nodes.current, nodes.info, self._kept.credentials
        if info is None or credentials is None:
            return "lost"
        self._connected = False
        self._serve("stale" if self._was_live else "connecting", self._picture.service.why, nodes.host)
        async with AsyncExitStack() as stack:
            async with parts.manners.place():
                if not parts.leads():
                    return "moved"  # meanwhile another node has the lead, and the agents
                line = await stack.enter_async_context(parts.connectors[site](credentials, info.domain, info.pubsub))
            return await self._hold(line, site)

    async def _hold(self, line: Line, site: str) -> _Over:
        listening = asyncio.create_task(self._listen(line, site), name=f"finesse_listen_{self._agent}")
        listening.add_done_callback(lambda _task: self._news.set())
        nodes = self._parts.finesse.nodes
        try:
            while True:
                self._news.clear()
                if listening.done():
                    return self._ended_by(listening.result(), site)
                if nodes.current != site or not self._parts.leads():
                    self._serve("stale", "finesse_away", None)
                    return "moved"
                if self._connected and self._read_at is not None and self._read_at <= self._parts.clock():
                    if (over := await self._read()) is not None:
                        return over
                    continue
                if self._signed_out():
                    return "signed_out"
                await self._tick()
        finally:
            await end([listening])

    def _ended_by(self, ending: End, site: str) -> _Over:
        """What the end of a line means; tells that what is shown is as of now."""
        match ending:
            case Replaced():
                self._parts.dialled(site, True)
                return "replaced"
            case LineRefused():
                self._parts.dialled(site, True)
                self.ended = "finesse_wrong_password"
                return "refused"
            case Lost(why, detail):
                _log.debug("finesse_line_lost", agent=self._agent, why=why, detail=detail)
                self._parts.finesse.nodes.doubt(site)
                if not self._connected:
                    self._parts.dialled(site, False)
        self._serve("stale" if self._was_live else "connecting", "finesse_away", None)
        return "lost"

    async def _listen(self, line: Line, site: str) -> End:
        """Everything that is told, until the end of the line."""
        async for event in line.events():
            match event:
                case Heard(node, item, payload):
                    began = time.perf_counter()
                    self._heard(node, item, payload)
                    self._parts.observe(time.perf_counter() - began)
                case Connected():
                    self._connected = True
                    self._parts.dialled(site, True)
                    self._picture = self._picture.reading()  # from now on events come
                    self._want_read(0.0)
                case FinessePresence(available):
                    if available:
                        self._want_read(self._soon())  # told as the line connects, it asks for no second read
                    else:
                        self._out(site)
                case _:
                    return event
        return Lost("closed")

    def _heard(self, node: str, item: str, payload: str) -> None:
        try:
            update = read_update(payload, node=node, item=item)
        except Unreadable as error:
            _log.info("finesse_update_unreadable", agent=self._agent, why=str(error))
            self._want_read(_SOON_S)
            return
        self._become(*self._picture.apply(update, self._parts.now()))
        if update.system is not None and update.system != "IN_SERVICE":
            self._out(self._parts.finesse.nodes.current)
        if self._signed_out():
            self._news.set()

    def _out(self, site: str) -> None:
        """Finesse itself is out while its notification service is not: stay, and wait."""
        self._outages += 1
        if self._picture.service.state == "live":
            self._serve("stale", "finesse_out_of_service", None)
        self._parts.finesse.nodes.doubt(site)
        self._want_read(_AGAIN_S[-1])

    # -- reading --------------------------------------------------------------------------------------

    def _failing(self, request: str, code: str | None) -> None:
        """A request ended so. It may say that what is shown is not what is there: an end was lost, or another has been faster."""
        if code is not None and request == self._signs_in:
            if code in UNSURE:
                self._unsure = code
            else:
                self._failed = code
            self._want_read(self._soon())
        if code == "finesse_away":
            self._want_read(0.0)
        elif code in _DOUBTFUL:
            self._want_read(self._soon())

    def _soon(self) -> float:
        """Seconds until the read that a doubt asks for."""
        return max(_SOON_S, _APART_S - (self._parts.clock() - self._read_began))

    def _want_read(self, seconds: float) -> None:
        at = self._parts.clock() + seconds
        if self._read_at is None or at < self._read_at:
            self._read_at = at
        self._news.set()

    async def _read(self) -> _Over | None:
        """A full read, or word of why there is none; what ends the line, if anything does."""
        finesse, credentials = self._parts.finesse, self._kept.credentials
        assert credentials is not None  # noqa: S101  # without them there is no line
        self._read_at, self._read_began, outages = None, self._parts.clock(), self._outages
        if self._picture.recorded is None:
            self._picture = self._picture.reading()
        began = self._parts.now()
        user = asyncio.create_task(finesse.user(credentials), name=f"finesse_user_{self._agent}")
        dialogs = asyncio.create_task(finesse.dialogs(credentials), name=f"finesse_dialogs_{self._agent}")
        try:
            # no TaskGroup: Python 3.11 leaves whoever had one of which a member failed looking cancelled for ever
            await asyncio.wait((user, dialogs), return_when=asyncio.FIRST_EXCEPTION)
        finally:
            await end([user, dialogs])
        error = _worst(task.exception() for task in (user, dialogs) if not task.cancelled())
        if error is not None:
            heed_cancellation()
            return self._not_read(error)
        self._read_failures, site = 0, finesse.nodes.current
        system = self._system(began)
        picture, changes = self._picture.snapshot(user.result(), dialogs.result(), system, self._parts.now(), told_at=began)
        self._become(picture, changes)
        self._was_live = self._was_live or self._picture.service.state == "live"
        if outages != self._outages:
            self._want_read(_APART_S)
        for request, asked in list(self._picture.asked.items()):
            if asked.action == "refresh":
                self._become(*self._picture.answered(request, None, self._parts.now()))
        self._again = False
        self._errands.want(self._read_reasons)
        if self._signed_out():
            return "signed_out"
        if self._at_work and self._site != site and not self._errands.waits(self._sign_in_again):
            if self._site != _NOWHERE:
                self._site, self._unsigned = _NOWHERE, 0
            self._errands.want(self._sign_in_again)
        return None

    def _system(self, at: datetime) -> SystemInfo | None:
        """SystemInfo as of `at`: nodes are asked for it once for all agents, and their clock is known from that."""
        nodes = self._parts.finesse.nodes
        info = nodes.info
        # whoever answers User and Dialogs is in service, whatever the last look said
        return None if info is None else replace(info, now=at + nodes.skew, status="IN_SERVICE")

    def _not_read(self, error: FinesseError) -> _Over | None:
        match error:
            case WrongPassword() | NotTheirs() | NotFound():
                self.ended = error.code
                return "refused"
            case Locked():
                wait_s = error.retry_after
            case Away() | OutOfService() | Busy():
                wait_s = _AGAIN_S[min(self._read_failures, len(_AGAIN_S) - 1)]
            case _:
                wait_s = _AGAIN_S[-1]
        self._read_failures += 1
        self._serve("stale" if self._was_live else "connecting", error.code, None)
        self._want_read(wait_s)
        return None

    async def _read_reasons(self) -> None:
        """What the agent may choose from; without it the panel has what it had."""
        finesse, credentials = self._parts.finesse, self._kept.credentials
        if credentials is None:
            return
        try:
            reasons = Reasons(
                not_ready=await finesse.reasons(credentials, "NOT_READY"),
                logout=await finesse.reasons(credentials, "LOGOUT"),
                wrap_up=await finesse.wrap_up_reasons(credentials),
            )
        except FinesseError as error:
            heed_cancellation()
            _log.info("finesse_reasons_not_read", agent=self._agent, error=error.code)
            return
        self._become(self._picture.with_reasons(reasons), ())

    async def _sign_in_again(self) -> float | None:
        """At the other node of a failover: the agent's state there stays as it is (Developer Guide, "Failure Scenarios").

        Until that node has taken it, for it is harmless to repeat. Only of an agent of whom it was just read that they are at work: where
        that is not known, the next read asks for it.
        """
        credentials, agent, nodes = self._kept.credentials, self._picture.agent, self._parts.finesse.nodes
        site = nodes.current
        if credentials is None or agent is None or not agent.signed_in or self._site == site or self.service.state != "live":
            return None
        if agent.pending == "LOGOUT" or any(asked.action == "sign_out" for asked in self._picture.asked.values()):
            return _AGAIN_S[0]  # they are leaving: this would undo it
        try:
            body = sign_in(agent.extension or self._kept.extension)
            await self._parts.finesse.change(credentials, body, request=f"again-{secrets.token_hex(6)}")
        except (FinesseError, BadValue) as error:
            heed_cancellation()
            again_s = self._until_again_s(error)
            if again_s is None or not self._unsigned:
                _log.warning("finesse_not_signed_in_again", agent=self._agent, error=str(error), tried_again=again_s is not None)
            if again_s is not None:
                self._unsigned += 1
                return again_s
        self._site, self._unsigned = site, 0
        return None if nodes.current == site else 0.0  # meanwhile everybody may have gone on

    def _until_again_s(self, error: FinesseError | BadValue) -> float | None:
        """Seconds until another try to sign in makes sense; None: none does."""
        match error:
            case Locked():
                return error.retry_after
            case Away() | OutOfService() | Busy():
                return _AGAIN_S[min(self._unsigned, len(_AGAIN_S) - 1)]
            case Refused() if error.code in _PASSING:
                return _AGAIN_S[-1]
            case _:  # wrong by now, or there is nothing to be done: the agent is signed in there
                return None

    # -- the picture ----------------------------------------------------------------------------------

    def _become(self, picture: Picture, changes: tuple[Change, ...]) -> None:
        """The picture is another: tells what of it is."""
        before, self._picture = self._picture, picture
        for type, data in events(before, picture, changes, self._parts.say):
            if type != "finesse.asked":  # who asked has told it
                self._tell(type, data)
        if not self._at_work and picture.agent is not None and picture.agent.signed_in:
            self._at_work, nodes = True, self._parts.finesse.nodes
            self._site = nodes.current if self._left in (None, nodes.host) else _NOWHERE
        for change in changes:
            if isinstance(change, Doubt):
                self._want_read(self._soon())
            elif isinstance(change, Ended) and change.code is not None:
                self._failing(change.request, change.code)
        if picture.missed != before.missed:
            self._errands.want(self._keep_missed)

    async def _keep_missed(self) -> None:
        """Has the store have what is shown."""
        if (before := await self._keeping.read()) is not None:
            missed = joined(self._picture.missed, before)  # another leader may have told of a call, and not have kept it
            self._become(replace(self._picture, missed=missed), ())
        await self._keeping.keep(lambda: self._picture.missed)

    async def _missed_kept(self) -> bool:
        """The same at once, if the store lets it."""
        try:
            async with asyncio.timeout(_STORE_S):
                await self._keep_missed()
        except (SQLAlchemyError, TimeoutError) as error:
            heed_cancellation()
            _log.warning("finesse_missed_not_kept", agent=self._agent, error=type(error).__name__)
            self._errands.want(self._keep_missed)
            return False
        return True

    def _serve(self, state: Any, why: str | None, node: str | None) -> None:
        self._become(*self._picture.serve(state, self._parts.now(), why, node))

    def _tell(self, type: str, data: Mapping[str, Any]) -> None:
        if self._parts.leads():  # who leads now tells
            self._parts.publish(self._agent, type, data)

    def _signed_out(self) -> bool:
        """Whether the contact centre has signed the agent out, and it is not that they are only just signing in."""
        agent = self._picture.agent
        if agent is None or agent.signed_in or (self._at_work and agent.state != "LOGOUT"):
            return False
        if self._at_work or self._failed is not None:
            return True
        return self._parts.now() - self._kept.at >= self._grace() and not self._signing_in()

    def _grace(self) -> timedelta:
        return UNSURE_GRACE if self._unsure else GRACE

    def _signing_in(self) -> bool:
        return any(asked.action == "sign_in" for asked in self._picture.asked.values())

    # -- waiting --------------------------------------------------------------------------------------

    async def _tick(self, most_s: float = _LONGEST_S) -> None:
        """Ends requests whose time is over, then waits for news or for what is due next, so many seconds at most."""
        now, clock = self._parts.now(), self._parts.clock()
        asked = list(self._picture.asked.values())
        if any(now - one.at >= GIVE_UP for one in asked):
            self._become(*self._picture.give_up(now))
        waits = [most_s]
        if self._connected and self._read_at is not None:
            waits.append(self._read_at - clock)
        limit = LIMIT if self._connected and self._read_at is None else GIVE_UP
        waits += [(patience(one, limit) - (now - one.at)).total_seconds() for one in asked]
        if not self._at_work:
            left_s = (self._grace() - (now - self._kept.at)).total_seconds()
            waits += [left_s] if left_s > 0 else []
            if limit is LIMIT and (self._unsure or self._signing_in()):  # the word of it may be lost: look now and then
                waits.append(LIMIT.total_seconds() - (clock - self._read_began))
        if min(waits) <= 0 and limit is LIMIT:  # nobody has confirmed it: a read says what is true
            self._want_read(max(0.0, _APART_S - (clock - self._read_began)))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(max(min(waits), 0.05)):
                await self._news.wait()

    async def _pause(self, seconds: float) -> None:
        """Waits, and keeps requests' times meanwhile."""
        self._connected = False
        until = self._parts.clock() + seconds
        while (left := until - self._parts.clock()) > 0 and not self._again:
            self._news.clear()
            await self._tick(left)  # with no time limit around it: that would end what it is about, half done
        self._again = False

    async def _refused(self, why: str) -> None:
        """A person must act: nothing is tried until they do. Signing in again begins another holder, `refresh` goes on with this one."""
        self._serve("refused", why, None)
        self._connected, self._again = False, False
        while not self._again or self._kept.credentials is None:
            self._news.clear()
            await self._tick()
        self._again = False

    async def _leave_nothing(self) -> None:
        self.ended = self.ended or self._came_to()
        if self._kept.credentials is not None:
            self._parts.finesse.forget(self._kept.credentials)
        try:
            kept = await self._missed_kept()
        except Exception:  # a bug with missed calls must not keep the password
            heed_cancellation()
            _log.exception("finesse_missed_not_kept", agent=self._agent)
            kept = True
        forgotten = await self._forgotten()  # first: who reads that they are signed out finds it so
        self._off()
        self.over = True
        while not (kept and forgotten):  # the store is away, and tells nobody when it is back
            await asyncio.sleep(_APART_S)
            forgotten = forgotten or await self._forgotten()
            kept = kept or await self._missed_kept()

    def _came_to(self) -> str | None:
        """Why the sign-in came to nothing; None: it did not, or the agent was at work all the same."""
        return None if self._at_work else self._failed or self._unsure

    def _off(self) -> None:
        self._serve("off", self.ended, None)
        self._tell(*whole(self._picture))

    async def _forgotten(self) -> bool:
        try:
            async with asyncio.timeout(_STORE_S):
                await self._parts.credentials.forget(self._kept)
        except (SQLAlchemyError, TimeoutError) as error:  # not yet: the password must not stay for that
            heed_cancellation()
            _log.warning("finesse_credentials_not_forgotten", agent=self._agent, error=type(error).__name__)
            return False
        return True


def _worst(ends: Iterable[BaseException | None]) -> FinesseError | None:
    """Of what failed that which a person must mend, else the first; None: nothing did. Raises what is a fault of ours."""
    errors: list[FinesseError] = []
    for error in ends:
        if isinstance(error, FinesseError):
            errors.append(error)
        elif error is not None:
            raise error
    return next((error for error in errors if isinstance(error, WrongPassword | NotTheirs | NotFound | Locked)), next(iter(errors), None))


def _why_of(state: str) -> str:
    """The code for a node that does not serve."""
    return "finesse_away" if state in ("away", "unknown") else "finesse_out_of_service"
