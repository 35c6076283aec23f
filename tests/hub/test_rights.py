"""Open sessions follow what changes about their people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from hub.presence import Presence
from hub.principal import Principal, Viewer
from hub.rights import Rights
from hub.session import Limits, Session
from hub.topic import Topic, Topics, fold_by_key
from hub.writer import StoreUnavailable
from tests.hub.driving import principal

BOSS = Viewer(user_id=9, name="boss", display_name="Boss")


async def admins(who: Principal, _name: str) -> bool:
    """The rule of the topic `net`."""
    return "admin" in who.permissions


class World:
    """Sessions, and what the store says of them."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.presence = Presence()
        topics = Topics(Topic(name="net", fold=fold_by_key, may_read=admins), Topic(name="all", fold=fold_by_key))
        self.rights = Rights(self.presence, topics, unsubscribe=self.presence.unsubscribe, clock=lambda: self.now)
        self.rights.look_up = self.look_up
        self.truth: dict[str, Principal] = {}
        self.asked: list[set[str]] = []
        self.away = 0

    async def look_up(self, hashes: Collection[str]) -> Mapping[str, Principal]:
        """What the store says, unless it is away."""
        self.asked.append(set(hashes))
        await asyncio.sleep(0)
        if self.away:
            self.away -= 1
            raise StoreUnavailable("away")
        return {name: self.truth[name] for name in hashes if name in self.truth}

    def enter(self, user_id: int, *permissions: str, viewer: Viewer | None = None, topics: tuple[str, ...] = ()) -> Session:
        """An open session."""
        who = replace(principal(user_id), permissions=frozenset(permissions), session_hash=f"s{user_id}", viewer=viewer)
        session = Session(who, "d", "json", Limits(), lambda: None)
        session.welcomed = True
        self.truth[who.session_hash] = who
        self.presence.enter(session)
        for topic in topics:
            self.presence.subscribe(session, topic, 0)
        return session

    def now_is(self, session: Session, **changes: Any) -> None:
        """The store says something else of it from now on."""
        self.truth[session.principal.session_hash] = replace(session.principal, **changes)


def told(session: Session) -> list[dict[str, Any]]:
    """What the client was told."""
    return [msgspec.json.decode(frame) for frame in session.take()]


async def until(true: Any) -> None:
    """Waits for a condition."""
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110  # turns of the loop are what is waited for
            await asyncio.sleep(0)


@asynccontextmanager
async def running(world: World) -> AsyncIterator[None]:
    """The task, while the block runs."""
    task = asyncio.create_task(world.rights.run(), name="rights")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
def world() -> World:
    """What is tested."""
    return World()


async def test_only_those_concerned_are_asked_for(world: World) -> None:
    """A person's own sessions, those that look as them, and those in which they look as somebody."""
    one, other = world.enter(1), world.enter(2)
    looking = world.enter(3, viewer=BOSS)
    async with running(world):
        world.rights.changed([1])
        await until(lambda: world.asked)
        world.rights.changed([9])
        await until(lambda: len(world.asked) == 2)
        world.rights.anything_changed()
        await until(lambda: len(world.asked) == 3)
    assert world.asked == [{"s1"}, {"s3"}, {"s1", "s2", "s3"}]
    assert [told(session) for session in (one, other, looking)] == [[], [], []]


async def test_a_topic_is_left_before_the_client_hears_what_it_may(world: World) -> None:
    """Taken rights end the reading first; what everybody may read goes on."""
    session = world.enter(1, "admin", topics=("net", "all"))
    world.now_is(session, permissions=frozenset({"reports"}))
    async with running(world):
        world.rights.changed([1])
        await until(lambda: session.queued_frames == 2)
    assert told(session) == [
        {"t": "left", "topic": "net", "reason": "no_longer_allowed"},
        {"t": "you", "user": 1, "permissions": ["reports"], "read_only": False},
    ]
    assert session.topics == ("all",)
    assert not world.presence.reads("net")


async def test_one_that_is_no_more_ends_and_one_that_is_another_comes_back(world: World) -> None:
    """4501 for a session that ended, 4003 for one that is seen as somebody else."""
    ended, other = world.enter(1), world.enter(2)
    del world.truth["s1"]
    world.now_is(other, user_id=5, viewer=BOSS)
    async with running(world):
        world.rights.anything_changed()
        await until(lambda: ended.closing and other.closing)
    assert ended.closing is not None
    assert other.closing is not None
    assert (int(ended.closing.code), int(other.closing.code)) == (4501, 4003)


async def test_nothing_is_said_before_the_welcome(world: World) -> None:
    """A session that still opens gets its new principal, and is told all of it with the welcome."""
    session = world.enter(1, "admin")
    session.welcomed = False
    world.now_is(session, permissions=frozenset())
    async with running(world):
        world.rights.changed([1])
        await until(lambda: session.principal.permissions == frozenset())
    assert told(session) == []


async def test_a_session_that_opens_after_a_change_is_looked_up_once_more(world: World) -> None:
    """For as long as a hello may have waited; later it cannot be stale any more."""
    session = world.enter(1)
    async with running(world):
        world.rights.entered(session)
        await asyncio.sleep(0.01)
        assert world.asked == []
        world.rights.changed([2])
        await asyncio.sleep(0.01)
        world.rights.entered(session)
        await until(lambda: world.asked == [{"s1"}])
        world.now += 36
        world.rights.entered(session)
        await asyncio.sleep(0.01)
    assert world.asked == [{"s1"}]


async def test_while_the_store_is_away_the_question_stays_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody loses or keeps a right for good because the store could not be asked."""
    monkeypatch.setattr("hub.rights._RETRY_S", 0.0)
    session = world.enter(1, "admin")
    world.now_is(session, permissions=frozenset())
    world.away = 3
    async with running(world):
        world.rights.changed([1])
        await until(lambda: session.principal.permissions == frozenset())
    assert len(world.asked) == 4


async def test_changes_meanwhile_are_joined(world: World) -> None:
    """However often something changes while the store is asked, one more look is enough."""
    session = world.enter(1)
    async with running(world):
        world.rights.changed([1])
        await until(lambda: world.asked)
        for _ in range(50):
            world.rights.changed([1])
        await asyncio.sleep(0.02)
    assert len(world.asked) <= 3
    assert session.closing is None
