"""One agent's holder over a little Finesse of two nodes, and a line of which a test says what it tells: what is tried until it is done."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.finesse.asked import Asked
from adapters.finesse.credentials import CredentialStore, Kept
from adapters.finesse.feed import empty
from adapters.finesse.holder import Holder
from adapters.finesse.missed import MOST, MissedCalls
from adapters.finesse.notify.line import Connected, End, Event, Heard, Line, Replaced, WrongPassword
from adapters.finesse.notify.manners import Manners
from adapters.finesse.parts import Parts
from adapters.finesse.rest.client import open_finesse
from adapters.finesse.values import Credentials, Missed
from hub.event import Text, rfc3339
from hub.hub import utc_now
from hub.tasks import end
from tests.adapters.finesse.documents import DIALOG, update
from tests.adapters.finesse.rest.little import ADA, SITES, Little, answer, api_error, user
from tests.conftest import sqlite_copy

FIRST, SECOND = SITES
WITHIN_S = 20.0
DIALOGS = b"<Dialogs></Dialogs>"
WORKING = user(state="NOT_READY").replace(b"<state>", b"<extension>4001</extension><state>")
AWAY = user(state="LOGOUT")


class Store(MissedCalls):
    """The real one, which is away when a test says so."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine)
        self.away = False
        self.refused = 0

    def _reach(self) -> None:
        if self.away:
            self.refused += 1
            raise OperationalError("the store is away", None, Exception())

    async def of(self, agent: str) -> tuple[Missed, ...]:
        """See the base class."""
        self._reach()
        return await super().of(agent)

    async def add(self, agent: str, missed: Missed) -> None:
        """See the base class."""
        self._reach()
        await super().add(agent, missed)

    async def clear(self, agent: str, ids: Collection[str] | None = None) -> None:
        """See the base class."""
        self._reach()
        await super().clear(agent, ids)


class _Told(Line):
    """A line that stands at once, tells what is put into it, and ends with an End."""

    def __init__(self, told: asyncio.Queue[Event]) -> None:
        self._told = told

    async def events(self) -> AsyncIterator[Event]:
        """See the base class."""
        yield Connected("1001@fin-a.lab.test/navigator")
        while True:
            yield (event := await self._told.get())
            if isinstance(event, End):
                return

    async def subscribe(self, node: str) -> None:
        """Nothing."""

    async def unsubscribe(self, node: str) -> None:
        """Nothing."""


@dataclass
class Desk:
    """The agent's holder and all round it."""

    little: Little
    store: Store
    holder: Holder
    parts: Parts
    told: asyncio.Queue[Event]
    dialled: list[Credentials] = field(default_factory=list)
    """For each line that was begun, by whom."""
    signed_in: list[str] = field(default_factory=list)
    """The nodes that were asked to sign the agent in, in order."""
    answers: list[httpx.Response] = field(default_factory=list)
    """What they answer, the last one for ever."""

    async def until(self, true: Callable[[], object]) -> None:
        """Waits for a condition."""
        async with asyncio.timeout(WITHIN_S):
            while not true():  # noqa: ASYNC110  # what comes is many things
                await asyncio.sleep(0.005)

    async def move(self) -> None:
        """Everybody goes to the second node."""
        self.parts.finesse.nodes.follow(SECOND)
        self.holder.look()
        await self.until(lambda: self.holder.service.state == "live" and self.holder.service.node == "fin-b.lab.test")

    def ring_out(self, id: str) -> None:
        """A call rings, and nobody takes it."""
        dialog = re.sub(r"2026-11-23T[^<]*", rfc3339(utc_now()), DIALOG.replace("16801", id))
        gone = dialog.replace("<state>ALERTING</state><stateCause>", "<state>DROPPED</state><stateCause>")
        for event, inside in (("POST", dialog), ("DELETE", gone)):
            text = update(inside, event, "/finesse/api/User/1001/Dialogs")
            self.told.put_nowait(Heard("/finesse/api/User/1001/Dialogs", f"{id}-{event}", text))

    def shown(self) -> list[str]:
        """The missed calls of the picture, the newest first."""
        return [one.id for one in self.holder.picture.missed]


@pytest.fixture
def store_url(store_file: Path, tmp_path: Path) -> str:
    """It makes no difference here which store it is."""
    return sqlite_copy(store_file, tmp_path)


@contextmanager
def hasty() -> Iterator[None]:
    """What is otherwise tried again within seconds is tried again at once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("adapters.finesse.holder._AGAIN_S", (0.01,))
        patched.setattr("adapters.finesse.errands.AGAIN_S", 0.01)
        yield


@asynccontextmanager
async def open_desk(engine: AsyncEngine, *, working: bool = True) -> AsyncIterator[Desk]:
    """An agent at work at the first node, of whom everything was read; or one who is still signed out."""
    little, told, store = Little(), asyncio.Queue[Event](), Store(engine)

    @asynccontextmanager
    async def connect(who: Credentials, _domain: str, _pubsub: str) -> AsyncIterator[Line]:
        desk.dialled.append(who)
        yield _Told(told)

    def user_of(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return answer(200, WORKING if working else AWAY)
        desk.signed_in.append(request.url.host)
        return desk.answers.pop(0) if len(desk.answers) > 1 else desk.answers[0]

    little.answers |= {"/User/1001": user_of, "/User/1001/Dialogs": DIALOGS}
    transport, tls = httpx.MockTransport(little), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with open_finesse(SITES, tls=tls, transport=transport) as finesse:
        parts = Parts(
            finesse=finesse,
            connectors=dict.fromkeys(SITES, connect),
            manners=Manners(),
            credentials=CredentialStore(engine, MultiFernet([Fernet(Fernet.generate_key())])),
            missed=store,
            publish=lambda _agent, _type, _data: None,
            say=lambda message: Text(ru=message, en=message),
            now=utc_now,
            leads=lambda: True,
        )
        since = utc_now() - (timedelta(minutes=1) if working else timedelta())
        kept = Kept(user_id=1, agent="1001", extension="4001", at=since, credentials=ADA)
        holder = Holder(kept, parts)
        desk = Desk(little, store, holder, parts, told)
        task = asyncio.create_task(holder.run(), name="finesse_1001")
        try:
            await desk.until(lambda: holder.service.state == "live")
            yield desk
        finally:
            await end([task])


# -- lines ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("over", "why"), [(WrongPassword(), "finesse_wrong_password"), (Replaced(), "finesse_replaced")])
async def test_what_only_a_person_can_mend_is_not_dialled_again(store: AsyncEngine, over: End, why: str) -> None:
    """Not after a wrong password, not after somebody else has come; a person's word begins anew."""
    async with open_desk(store) as desk:
        desk.told.put_nowait(over)
        await desk.until(lambda: desk.holder.service.state == "refused")
        assert desk.holder.service.why == why
        desk.holder.look()
        for _ in range(50):  # a dial takes some turns
            await asyncio.sleep(0)
        assert desk.holder.service.state == "refused"
        assert len(desk.dialled) == 1
        desk.holder.asked(Asked(request="r", action="refresh", dialog=None, at=utc_now()))
        await desk.until(lambda: desk.holder.service.state == "live")
        assert len(desk.dialled) == 2


async def test_who_was_at_work_signed_out_without_a_reason(store: AsyncEngine) -> None:
    """A sign-in that was refused, for they were at work already, is not why they go home."""
    async with open_desk(store) as desk:
        desk.holder.asked(Asked(request="r", action="sign_in", dialog=None, at=utc_now()))
        desk.holder.answered("r", "finesse_invalid_state")
        desk.little.answers["/User/1001"] = AWAY
        desk.holder.asked(Asked(request="s", action="refresh", dialog=None, at=utc_now()))
        await desk.until(lambda: desk.holder.over)
        assert desk.holder.service.state == "off"
        assert desk.holder.service.why is None


async def test_ended_from_outside_it_says_why(store: AsyncEngine) -> None:
    """Who refused the sign-in has deleted the password, and ends the holder: what the topic tells has the reason."""
    async with open_desk(store, working=False) as desk:
        desk.holder.asked(Asked(request="r", action="sign_in", dialog=None, at=utc_now()))
        desk.holder.answered("r", "finesse_device_invalid")
        desk.holder.closed()
        assert desk.holder.service.state == "off"
        assert desk.holder.service.why == "finesse_device_invalid"


# -- signing in again ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        answer(503, api_error("Service Unavailable")),
        answer(500, api_error("Internal Server Error")),
        answer(400, api_error("Generic Error", "CF_RESOURCE_OUT_OF_SERVICE", "34")),
    ],
    ids=["out of service", "a fault of its own", "the telephone is not there yet"],
)
async def test_a_node_that_does_not_take_the_sign_in_is_asked_again(store: AsyncEngine, first: httpx.Response) -> None:
    """At the other node of a failover, until it takes it; then no more, whatever is read."""
    with hasty():
        async with open_desk(store) as desk:
            desk.answers = [first, first, answer(202)]
            await desk.move()
            await desk.until(lambda: len(desk.signed_in) == 3)
            for _ in range(2):
                reads = desk.little.paths().count("GET /User/1001")
                desk.told.put_nowait(Heard("/finesse/api/User/1001", "", "no update"))
                await desk.until(lambda reads=reads: desk.little.paths().count("GET /User/1001") > reads)  # type: ignore[misc]
            assert desk.signed_in == ["fin-b.lab.test"] * 3


@pytest.mark.parametrize(
    "refusal",
    [
        answer(401, api_error("Authorization Failure")),
        answer(400, api_error("Invalid State", "CF_INVALID_OBJECT_STATE", "22")),
        answer(401, api_error("Invalid Authorization User Specified")),
    ],
    ids=["another password", "signed in already", "not theirs"],
)
async def test_what_another_try_does_not_mend_is_not_tried_again(store: AsyncEngine, refusal: httpx.Response) -> None:
    """A password is not guessed, and who is signed in there already is left alone."""
    with hasty():
        async with open_desk(store) as desk:
            desk.answers = [refusal, answer(202)]
            await desk.move()
            await desk.until(lambda: desk.signed_in)
            for _ in range(2):
                reads = desk.little.paths().count("GET /User/1001")
                desk.told.put_nowait(Heard("/finesse/api/User/1001", "", "no update"))
                await desk.until(lambda reads=reads: desk.little.paths().count("GET /User/1001") > reads)  # type: ignore[misc]
            assert desk.signed_in == ["fin-b.lab.test"]


async def test_who_has_gone_back_meanwhile_is_signed_in_there(store: AsyncEngine) -> None:
    """The second node never took the sign-in; back at the first one, which may have been started anew, it is that which is asked."""
    with hasty():
        async with open_desk(store) as desk:
            desk.answers = [answer(503, api_error("Service Unavailable"))]
            await desk.move()
            await desk.until(lambda: len(desk.signed_in) > 2)
            desk.parts.finesse.nodes.follow(FIRST)
            desk.holder.look()
            await desk.until(lambda: desk.signed_in[-1] == "fin-a.lab.test")
            desk.answers = [answer(202)]
            asked = len(desk.signed_in)
            await desk.until(lambda: len(desk.signed_in) > asked)
            assert desk.signed_in[-1] == "fin-a.lab.test"


# -- missed calls ----------------------------------------------------------------------------------------


async def test_missed_calls_are_kept_when_the_store_is_back(store: AsyncEngine) -> None:
    """However many there were while it was away, and some cleared: then the store has what is shown, and nothing else."""
    with hasty():
        async with open_desk(store) as desk:
            desk.ring_out("1")
            desk.ring_out("2")
            async with asyncio.timeout(WITHIN_S):
                while [one.id for one in await desk.store.of("1001")] != ["2", "1"]:  # noqa: ASYNC110  # the store tells nobody
                    await asyncio.sleep(0.005)
            desk.store.away = True
            for number in range(100, 180):
                desk.ring_out(f"{number}")
            await desk.until(lambda: desk.shown()[:1] == ["179"] and desk.store.refused > 2)
            desk.holder.cleared(["170"], [])
            shown = desk.shown()
            assert len(shown) == MOST - 1
            assert "170" not in shown
            desk.store.away = False
            async with asyncio.timeout(WITHIN_S):
                while {one.id for one in await desk.store.of("1001")} != set(shown):  # noqa: ASYNC110  # the store tells nobody
                    await asyncio.sleep(0.005)
            assert desk.shown() == shown


async def test_a_new_leader_keeps_what_another_could_not(store: AsyncEngine) -> None:
    """What the topic shows and the store has not is written; what only the store has is shown."""
    calls = MissedCalls(store)
    await calls.add("1001", Missed(id="1", number="+74951234567", queue="5022", at=utc_now()))
    one = {"id": "2", "number": "+74957654321", "queue": "", "at": "2026-11-23T07:08:09Z", "why": "abandoned"}
    async with open_desk(store) as desk:
        state = {**empty(), "missed": [one]}
        kept = Kept(user_id=1, agent="1001", extension="4001", at=utc_now(), credentials=ADA)
        second = Holder(kept, desk.parts, state)
        task = asyncio.create_task(second.run(), name="finesse_1001")
        try:
            async with asyncio.timeout(WITHIN_S):
                while {one.id for one in await calls.of("1001")} != {"1", "2"}:  # noqa: ASYNC110  # the store tells nobody
                    await asyncio.sleep(0.005)
            assert {one.id for one in second.picture.missed} == {"1", "2"}
        finally:
            await end([task])
