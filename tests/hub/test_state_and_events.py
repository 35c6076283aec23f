"""State + events = state: whoever followed ends where a fresh one begins, whatever happened on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.event import Event, Format
from hub.hub import Hub
from hub.levels import Change, Mark
from hub.notification import Address, Notification
from hub.session import Limits
from hub.store import users
from hub.topic import Topic, fold_by_key
from tests.clock import Clock
from tests.follower import Follower
from tests.hub.driving import Line, running

CHANGES: tuple[Change, ...] = ("shown", "read", "unread", "done", "undone")


@pytest.fixture
async def hub(store: AsyncEngine) -> AsyncIterator[Hub]:
    """A running hub with one person and small replay pages."""
    async with store.begin() as connection:
        await connection.execute(sa.insert(users), [{"id": 1, "name": "u1", "display_name": "", "created_at": Clock()()}])
    made = Hub(store, now=Clock(), limits=Limits(replay_page=4))
    made.topics.add(Topic(name="app:", fold=fold_by_key, publishable=True))
    async with running(made):
        yield made


async def settle(hub: Hub) -> None:
    """Lets what is on the bus arrive."""
    for _ in range(20):
        await asyncio.sleep(0)
    await asyncio.sleep(0.005)


class World:
    """What happens to a hub with one follower, step by step, by dice."""

    def __init__(self, hub: Hub, wire: Format, dice: random.Random) -> None:
        self.hub, self.wire, self.dice = hub, wire, dice
        self.follower = Follower("mine", since=0, topics=("app:duty",))
        self.line: Line | None = None
        self.ids: list[str] = []
        self.count = 0

    async def act(self) -> None:
        """One thing happens."""
        match self.dice.choices(("notice", "topic", "mark", "own", "step", "drop", "connect", "leave"), (5, 5, 3, 2, 9, 1, 3, 1))[0]:
            case "notice":
                self.count += 1
                event = self._event({"n": self.count})
                self.ids.append(event.id)
                await self.hub.publish(Notification(event=event, to=frozenset({Address("id", "1")})))
            case "topic":
                self.count += 1
                value = None if self.dice.random() < 0.2 else self.count
                self.hub.publish_topic("app:duty", self._event({"key": f"k{self.dice.randrange(4)}", "value": value}))
            case "mark" if self.ids:
                ids = tuple(self.dice.sample(self.ids, min(len(self.ids), 2)))
                await self.hub.mark(Mark(user_id=1, change=self.dice.choice(CHANGES), device="other", now=self.hub.now(), ids=ids))
            case "own" if self.line and self.follower.accepted:
                item = self.dice.choice(self.follower.accepted)
                change = self.dice.choice(CHANGES)
                if change in ("shown", "read"):
                    self.follower.ack(change, ids=[item.id])
                else:
                    self.follower.call(f"inbox.{change}", ids=[item.id])
            case "step" if self.line:
                await self.line.step()
                self.follower.flush()
            case "drop" if self.line:
                self.line.drop()
                self.line = None
            case "connect":
                await self.connect()
            case "leave" if self.line and self.dice.random() < 0.5:
                self.follower.unsubscribe("app:duty")
                await self.line.step()
                self.follower.subscribe("app:duty")
        if self.dice.random() < 0.3:
            await asyncio.sleep(0)

    async def connect(self) -> None:
        """A connection, if there is none, or if the follower has lost its place on the one there is."""
        if self.line is not None and self.follower.lost_place:
            self.line.drop()
            self.line = None
        if self.line is None:
            self.line = Line(self.hub, self.follower, self.wire)
            await self.line.open()

    async def rest(self) -> None:
        """Until nothing moves any more."""
        quiet = 0
        while quiet < 3:
            await settle(self.hub)
            await self.connect()
            assert self.line is not None
            moved = await self.line.step()
            self.follower.flush()
            quiet = 0 if moved or self.follower.lost_place or self.follower.up else quiet + 1

    def _event(self, data: dict[str, Any]) -> Event:
        return Event(source="/world", id=f"e{self.count}", type="t", time=self.hub.now(), data=data)


async def told(hub: Hub, follower: Follower) -> dict[str, Any]:
    """What a follower holds, in comparable form."""
    return {
        "items": {seq: (item.id, item.level) for seq, item in follower.items.items()},
        "unseen": follower.unseen,
        "topics": {name: (view.epoch, view.offset, view.state) for name, view in follower.topics.items()},
    }


@pytest.mark.parametrize(
    ("store_url", "wire", "seed"),
    [
        *(pytest.param("sqlite", wire, seed) for wire in ("json", "msgpack") for seed in range(10)),
        *(pytest.param("mariadb", "json", seed, marks=pytest.mark.mariadb) for seed in range(3)),  # each takes three seconds there
    ],
    indirect=["store_url"],
)
async def test_following_equals_fetching(hub: Hub, wire: Format, seed: int) -> None:
    """Random interleavings of publish, mark, subscribe, drop, resume: a follower equals a fresh client; each event came once, in order."""
    world = World(hub, wire, random.Random(seed))
    await world.connect()
    before = await told(hub, world.follower)
    for _ in range(120):
        await world.act()
    await world.rest()
    followed = await told(hub, world.follower)

    fresh = Follower("fresh", since=0, topics=("app:duty",))
    line = Line(hub, fresh, wire)
    await line.open()
    while await line.step():
        fresh.flush()
    assert followed == await told(hub, fresh)
    assert followed != before  # something did happen
    seqs = [item.seq for item in world.follower.accepted]
    assert seqs == sorted(set(seqs))
    assert seqs == list(range(1, len(world.ids) + 1))
    levels, unseen, head = await hub.ledger.levels(1, 0, hub.now())
    assert (unseen, head) == (fresh.unseen, len(world.ids))
    assert {level: sorted(seq for seq, (_, own) in followed["items"].items() if own == level) for level in levels} == {
        level: sorted(seqs) for level, seqs in levels.items()
    }
