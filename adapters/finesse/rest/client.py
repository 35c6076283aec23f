"""The process's one way to Finesse's REST API: agents' requests with deadlines and bounds, to the one node that all are at."""

from __future__ import annotations

import asyncio
import base64
import random
import re
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Literal, TypeVar

import httpx

from adapters.finesse import reading
from adapters.finesse.errors import Away, OutOfService, WrongPassword
from adapters.finesse.rest.answers import problem_of
from adapters.finesse.rest.books import MOST_CONTACTS, Directory, directory_of, fetch_contacts
from adapters.finesse.rest.failover import Pace
from adapters.finesse.rest.health import Health, read_health
from adapters.finesse.rest.jars import Jars
from adapters.finesse.rest.kept import Kept
from adapters.finesse.rest.nodes import Nodes, Pause, pause
from adapters.finesse.rest.proof import proof_of
from adapters.finesse.rest.sites import segment, site_of
from adapters.finesse.rest.skew import of_date_header, of_timestamp
from adapters.finesse.rest.tries import Tries
from adapters.finesse.rest.turns import Turns
from adapters.finesse.rest.wire import LOOKING, Answer, NoAnswer, Wire, make_http
from adapters.finesse.tls import tls_context
from adapters.finesse.values import Agent, Category, Contact, Credentials, Dialog, Reason, SystemInfo, Team, WrapUpReason
from hub.tasks import end
from hub.turns import in_turns

__all__ = ["Finesse", "open_finesse"]

_T = TypeVar("_T")
_LOOK_S = 4.0
"""A look at a node's SystemInfo, at most."""
_KEEP_S, _STALE_S = 600.0, 6 * 3600.0
"""Lists change when somebody works at the configuration; old ones are better than none while Finesse is away."""
_MOST_LISTS = 2000
_MOST_AGENTS = 10_000
_BOOKS_TIMES = 4
"""A whole set of phone books may take so many deadlines."""
_IN_THREAD = 256 * 1024
"""Bytes; what is longer is read in a thread, for it takes the loop more than some milliseconds."""
_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")
_XML = "application/xml"
_TOO_FAR = 416


class Finesse:
    """One for a process. Every call may raise a FinesseError and ends within the deadline; cancelling one ends its request.

    A read is sent once more when its connection breaks, a write never. No request is repeated after a refused password.
    """

    nodes: Nodes

    def __init__(
        self,
        sites: Sequence[str],
        http: httpx.AsyncClient,
        *,
        looking: httpx.AsyncClient | None = None,
        timeout_s: float = 8.0,
        pace: Pace | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        wait: Pause = pause,
        jitter: Callable[[], float] = random.random,
        tries: Tries | None = None,
        turns: Turns | None = None,
    ) -> None:
        """See `open_finesse`, which makes one and runs `nodes`. `looking`: for looks at nodes; None: `http`."""
        self.nodes = Nodes([site_of(site) for site in sites], self._look, pace=pace, now=now, clock=clock, wait=wait, jitter=jitter)
        self._timeout_s, self._clock = timeout_s, clock
        self._wire = Wire(http, now=now, clock=clock)
        self._looking = self._wire if looking is None else Wire(looking, now=now, clock=clock, at_once=LOOKING, for_writes=0)
        self._tries = tries or Tries(clock=clock)
        self._turns = turns or Turns()
        self._jars = Jars()
        self._shy: set[str] = set()
        self._teams: OrderedDict[str, tuple[bytes, str, float]] = OrderedDict()
        self._reasons: Kept[tuple[Reason, ...]] = Kept(keep_s=_KEEP_S, stale_s=_STALE_S, most=_MOST_LISTS, clock=clock)
        self._wrap_up: Kept[tuple[WrapUpReason, ...]] = Kept(keep_s=_KEEP_S, stale_s=_STALE_S, most=_MOST_LISTS, clock=clock)
        self._books: Kept[Directory] = Kept(
            keep_s=_KEEP_S, stale_s=_STALE_S, most=2 * MOST_CONTACTS, weigh=lambda books: len(books.contacts) + 1, clock=clock
        )

    @property
    def sent(self) -> int:
        """Requests sent so far."""
        return self._wire.sent + (0 if self._looking is self._wire else self._looking.sent)

    def account(self, name: str) -> str:
        """One for an agent's id and login name, in whatever case: the id, once the agent was read; else what was given."""
        return self._tries.account(name)

    async def user(self, who: Credentials) -> Agent:
        """The agent, as Finesse has them now. The first request with a password: it proves it."""
        agent = await self._read(who, f"/User/{segment(who.agent)}", reading.read_user)
        for name in (who.agent, who.login or "", agent.login):
            self._tries.same(name, agent.id)
        self._teams[who.agent] = proof_of(who), agent.team.id if agent.team is not None else "", self._clock()
        self._teams.move_to_end(who.agent)
        while len(self._teams) > _MOST_AGENTS:
            self._teams.popitem(last=False)
        return agent

    async def dialogs(self, who: Credentials) -> tuple[Dialog, ...]:
        """All calls that the agent is in."""
        return await self._read(who, f"/User/{segment(who.agent)}/Dialogs", reading.read_dialogs)

    async def team(self, who: Credentials, id: str) -> tuple[Team, tuple[Agent, ...]]:
        """A team and its agents, for whoever supervises it."""
        return await self._read(who, f"/Team/{segment(id)}", reading.read_team)

    async def reasons(self, who: Credentials, category: Category) -> tuple[Reason, ...]:
        """Why the agent may be not ready, or may sign out. Kept ten minutes for all of a team."""

        async def fetch() -> tuple[Reason, ...]:
            path = f"/User/{segment(who.agent)}/ReasonCodes?category={category}"
            return await self._read(who, path, reading.read_reasons)

        async with _by(self._timeout_s) as until:
            return await self._reasons.get((await self._team_of(who), category), fetch, until=until)

    async def wrap_up_reasons(self, who: Credentials) -> tuple[WrapUpReason, ...]:
        """How the agent may classify a call. Kept ten minutes for all of a team."""

        async def fetch() -> tuple[WrapUpReason, ...]:
            return await self._read(who, f"/User/{segment(who.agent)}/WrapUpReasons", reading.read_wrap_up_reasons)

        async with _by(self._timeout_s) as until:
            return await self._wrap_up.get(await self._team_of(who), fetch, until=until)

    async def directory(self, who: Credentials) -> Directory:
        """The contacts of the agent's books with an index. Kept ten minutes for all of a team, which is what Finesse assigns books to; at
        most 100,000 contacts are kept in all, those used lately."""

        async def fetch() -> Directory:
            path = f"/User/{segment(who.agent)}/PhoneBooks"
            contacts = await fetch_contacts(lambda range: self._page(who, path, range), _contacts)
            return await in_turns(directory_of(contacts))

        async with _by(self._timeout_s * _BOOKS_TIMES) as until:
            return await self._books.get(await self._team_of(who), fetch, until=until)

    async def system(self, node: str | None = None, who: Credentials | None = None) -> SystemInfo:
        """How a node is: the one in use, or another address of `nodes.sites`. What it says is told to `nodes` too.

        Asked without a password, for any user may; with that of `who` where the node wants one.
        """
        site = self.nodes.current if node is None else node
        health = await self._look(site, who)
        self.nodes.learn_health(site, health)
        return health.info

    async def change(self, who: Credentials, body: bytes, *, request: str) -> None:
        """Asks for another state, or to be signed in or out (PUT User). Returns when Finesse took it; what comes of it comes as an update.

        `request`: the requestId, 1 to 128 printable ASCII characters (ValueError). Raises Away with `sent` when the answer was lost.
        """
        await self._write(who, "PUT", f"/User/{segment(who.agent)}", body, request)

    async def make_call(self, who: Credentials, body: bytes, *, request: str) -> None:
        """Dials (POST Dialogs). As `change`."""
        await self._write(who, "POST", f"/User/{segment(who.agent)}/Dialogs", body, request)

    async def act(self, who: Credentials, dialog: str, body: bytes, *, request: str) -> None:
        """Does something with a call (PUT Dialog). As `change`."""
        await self._write(who, "PUT", f"/Dialog/{segment(dialog)}", body, request)

    def forget(self, who: Credentials) -> None:
        """Ends an agent's sessions for us, when they have signed out."""
        for site in self.nodes.sites:
            self._jars.forget(site, who.agent)

    async def _team_of(self, who: Credentials) -> tuple[str, str]:
        """What agents share lists by: their team; for somebody without one, they themselves."""
        known = self._teams.get(who.agent)
        if known is None or known[0] != proof_of(who) or self._clock() - known[2] >= _KEEP_S:
            try:
                await self.user(who)
            except (Away, OutOfService):
                if known is None or known[0] != proof_of(who):
                    raise
            known = self._teams.get(who.agent, known)
        team = known[1] if known is not None else ""
        return ("team", team) if team else ("agent", who.agent)

    async def _page(self, who: Credentials, path: str, range: str) -> Answer:
        return await self._call(who, "GET", path, headers={"Range": range}, good=(_TOO_FAR,))

    async def _read(self, who: Credentials, path: str, read: Callable[[bytes], _T]) -> _T:
        return await _as_read((await self._call(who, "GET", path)).body, read)

    async def _write(self, who: Credentials, method: str, path: str, body: bytes, request: str) -> None:
        if not _REQUEST_ID.fullmatch(request):
            raise ValueError("request: 1 to 128 printable ASCII characters without blanks")
        await self._call(who, method, path, body=body, headers={"requestId": request, "Content-Type": _XML})

    async def _call(
        self,
        who: Credentials,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        good: tuple[int, ...] = (),
    ) -> Answer:
        """An agent's request to the node in use, in their turn."""
        until = _in(self._timeout_s)
        return await self._signed(self.nodes.current, who, method, path, until, body=body, headers=headers, good=good, proves=True)

    async def _signed(
        self,
        site: str,
        who: Credentials,
        method: str,
        path: str,
        until: float,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        good: tuple[int, ...] = (),
        proves: bool = False,
        wire: Wire | None = None,
    ) -> Answer:
        """`good`: statuses that the caller reads; `proves`: Finesse looks at the password, so that a good answer says that it is right."""
        proof = proof_of(who)
        signing = _signing(who)
        kind: Literal["read", "write"] = "read" if method == "GET" else "write"
        refused = self._tries.times(who.agent, proof)
        async with self._turns.hold(self._tries.account(who.agent), kind, lambda: self._tries.is_proven(who.agent, proof), until):
            if self._tries.times(who.agent, proof) > refused:
                raise WrongPassword()  # of one who was before us: all who waited with the same password were one try
            self._tries.check(who.agent, proof)
            cookie = self._jars.header(site, who.agent, proof)
            made = {"Accept": _XML, **signing, **({} if cookie is None else {"Cookie": cookie}), **(headers or {})}
            again = kind == "read" and self._tries.is_proven(who.agent, proof)
            answer = await self._exchange(site, method, path, made, body, until, again=again, wire=wire or self._wire)
            if (problem := None if answer.status in good else problem_of(answer, sent=kind == "write")) is None:
                if proves:
                    self._tries.proven(who.agent, proof)
                    self._jars.learn(site, who.agent, proof, answer.set_cookies)
                return answer
            if isinstance(problem, WrongPassword):
                self._tries.refused(who.agent, proof)
                self._jars.forget(site, who.agent)
            elif isinstance(problem, (Away, OutOfService)):
                self.nodes.doubt(site)
            raise problem

    async def _exchange(
        self,
        site: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        until: float,
        *,
        again: bool,
        wire: Wire,
    ) -> Answer:
        """Sends a request, a read once more when its connection broke. Raises Away."""
        url = f"{site}/finesse/api{path}"
        try:
            try:
                answer = await wire.send(method, url, headers, body, until)
            except NoAnswer as broken:
                if not (again and broken.broke):
                    raise
                answer = await wire.send(method, url, headers, body, until)
        except NoAnswer as error:
            self.nodes.doubt(site)
            away = Away(error.reason, sent=error.sent and method != "GET")
        else:
            if (sample := of_date_header(answer.headers.get("date"), answer.asked, answer.took_s)) is not None:
                self.nodes.learn(site, sample)
            return answer
        raise away

    async def _look(self, site: str, who: Credentials | None) -> Health:
        """A node's SystemInfo, without a word to `nodes`, which asks for it itself."""
        until = _in(min(self._timeout_s, _LOOK_S))
        if who is not None and site in self._shy:
            answer = await self._signed(site, who, "GET", "/SystemInfo", until, wire=self._looking)
        else:
            answer = await self._exchange(site, "GET", "/SystemInfo", {"Accept": _XML}, None, until, again=True, wire=self._looking)
            if (problem := problem_of(answer, sent=False)) is not None:
                if not isinstance(problem, WrongPassword):
                    raise problem
                self._shy.add(site)
                if who is None:
                    raise problem
                answer = await self._signed(site, who, "GET", "/SystemInfo", until, wire=self._looking)
        health = await _as_read(answer.body, read_health)
        if health.info.now is not None:
            self.nodes.learn(site, of_timestamp(health.info.now, answer.asked, answer.took_s))
        return health


def _in(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


@asynccontextmanager
async def _by(seconds: float) -> AsyncIterator[float]:
    """Ends the block after so many seconds, by raising Away; yields its end in the loop's time."""
    until = _in(seconds)
    try:
        async with asyncio.timeout_at(until):
            yield until
    except TimeoutError:
        raise Away("its lists did not come in time", sent=False) from None


def _signing(who: Credentials) -> Mapping[str, str]:
    """Raises WrongPassword for a name that Basic cannot hold (RFC 7617, 2): Finesse can have no such agent."""
    login = who.login or who.agent
    if not login or ":" in login or not login.isprintable() or any(ord(c) < 32 or ord(c) == 127 for c in who.password):
        raise WrongPassword()
    pair = f"{login}:{who.password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}


async def _as_read(body: bytes, read: Callable[[bytes], _T]) -> _T:
    with _readable():
        return await asyncio.to_thread(read, body) if len(body) > _IN_THREAD else read(body)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except reading.Unreadable as error:
        # what was wrong, never what it said
        raise Away(f"its answer is not of its API: {error}", sent=False) from None


async def _contacts(body: bytes) -> Sequence[Contact]:
    with _readable():
        return await in_turns(reading.reading_phone_books(body))


@asynccontextmanager
async def open_finesse(
    sites: Sequence[str],
    *,
    tls: ssl.SSLContext | None = None,
    timeout_s: float = 8.0,
    pace: Pace | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    clock: Callable[[], float] = time.monotonic,
    wait: Pause = pause,
    jitter: Callable[[], float] = random.random,
) -> AsyncIterator[Finesse]:
    """A client for the cluster of these nodes, for the block. Proxies of the environment are not used.

    `sites`: addresses such as `https://fin-a.example.com:8445`, the preferred one first; ValueError names what is wrong with one.
    `tls`: of `adapters.finesse.tls.tls_context`; None: the system's authorities. `timeout_s`: for a call's turn, request and whole answer.
    `transport`, `now`, `clock`, `wait`, `jitter`: for tests.
    """
    context = await asyncio.to_thread(tls_context) if tls is None else tls
    # looks have connections of their own: where one node holds up all the others, nobody would see that the other one is well
    async with make_http(context, transport) as http, make_http(context, transport, connections=LOOKING) as looking:
        finesse = Finesse(sites, http, looking=looking, timeout_s=timeout_s, pace=pace, now=now, clock=clock, wait=wait, jitter=jitter)
        task = asyncio.create_task(finesse.nodes.run(), name="finesse_nodes")
        try:
            yield finesse
        finally:
            await end((task,))
