"""The client against the product as an operator starts it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from navigator_client import (
    CallError,
    Event,
    Fault,
    Notification,
    OutEvent,
    PublishError,
    RevokedError,
    Timing,
    UnauthenticatedError,
    connect,
    publishing,
)
from navigator_client.messages import Wire
from tests.live.product import PUBLISH_TOKEN, Product

TITLE = {"kind": "system", "title": {"ru": "Тест", "en": "Test"}}


def notice(number: int, user: str = "ann") -> OutEvent:
    """A notification for one user."""
    return OutEvent(type="test.notice", source="/tests", id=f"n:{number}", navuser=user, data=TITLE | {"n": number})


async def test_reading_all_as_it_comes(product: Product) -> None:
    """Each of 500 is marked as read while it is read: the session goes on, and the hub has all the marks when the block ends."""
    async with product.running(), token_of(product) as token, publishing(product.url, token=PUBLISH_TOKEN) as publisher:
        await publisher.publish(*map(notice, range(500)))
        async with asyncio.timeout(60), connect(product.url, token=token, since=0) as hub:
            async for item in hub.inbox():
                assert isinstance(item, Notification)
                await item.read()
                if item.seq == 500:
                    break
        assert product.rows("SELECT count(*) FROM inbox WHERE read_at IS NULL") == [(0,)]


@asynccontextmanager
async def token_of(product: Product, name: str = "ann") -> AsyncIterator[str]:
    """The token of a session, which lives on after the block."""
    async with product.signed_in(name) as http:
        yield http.cookies["navigator_session"]


@pytest.mark.parametrize("wire", ["json", "msgpack"])
async def test_kill_9_in_the_middle_of_two_thousand(product: Product, wire: Wire) -> None:
    """The server is killed twice while it takes and tells 2,000 notifications: each comes exactly once and in order."""
    got: list[tuple[int, int]] = []
    async with (
        product.running(),
        token_of(product) as token,
        publishing(product.url, token=PUBLISH_TOKEN) as publisher,
        connect(product.url, token=token, wire=wire, timing=Timing(backoff_max=0.5)) as hub,
        asyncio.timeout(90),
    ):
        inbox = hub.inbox()
        sending = asyncio.create_task(publisher.publish(*map(notice, range(2000))), name="publish")
        async for item in inbox:
            assert isinstance(item, Notification)
            got.append((item.seq, item.data["n"]))
            if len(got) in (300, 1200):
                await product.kill()
                product.start()
            if len(got) == 2000:
                break
        assert (await sending).ids == [f"n:{number}" for number in range(2000)]
        with pytest.raises(TimeoutError):  # nothing comes a second time
            async with asyncio.timeout(1):
                await anext(inbox)
    assert got == [(number + 1, number) for number in range(2000)]


async def test_resume_calls_marks_and_topics(product: Product) -> None:
    """A second run begins where the first ended; calls answer, marks count, and a topic's state follows its events."""
    async with product.running(), token_of(product) as token, publishing(product.url, token=PUBLISH_TOKEN) as publisher:
        async with connect(product.url, token=token) as hub:
            inbox = hub.inbox()
            assert (await publisher.publish(notice(1), notice(2))).accepted == 2
            one = await anext(inbox)
            assert isinstance(one, Notification)
            await one.read()
        async with connect(product.url, token=token, since=one.seq) as hub, hub.topic("app:x") as topic:
            two = await anext(hub.inbox())
            assert isinstance(two, Notification)
            assert (two.seq, two.id, two.event.replay, hub.unseen) == (2, "n:2", True, 1)
            assert await hub.call("inbox.done", ids=[two.id]) == {"unseen": 0}
            with pytest.raises(CallError, match="bad_field"):
                await hub.call("inbox.done", ids="all")
            assert topic.state == {}
            for number in range(3):
                await publisher.publish(OutEvent(type="t", source="/tests", navtopic="app:x", data={"key": "n", "value": number}))
            changes = [await anext(topic) for _ in range(3)]
            assert [change.data["value"] for change in changes if isinstance(change, Event)] == [0, 1, 2]
            assert topic.state == {"n": 2}
            with pytest.raises(CallError, match="no_such_topic"):
                async with hub.topic("nobody:knows"):
                    pass


async def test_credentials_end_a_client(product: Product) -> None:
    """A bad token is refused where the block begins; a session that is revoked ends the reader with a typed error."""
    async with product.running(), token_of(product) as token:
        with pytest.raises(UnauthenticatedError):
            async with connect(product.url, token="wrong"):
                pass
        async with connect(product.url, token=token) as hub:
            waiting = asyncio.create_task(anext(hub.inbox()), name="reader")
            await asyncio.to_thread(product.navigator, "user", "disable", "ann")
            with pytest.raises((RevokedError, UnauthenticatedError)):
                async with asyncio.timeout(60):
                    await waiting


async def test_publishing_is_refused_with_its_faults(product: Product) -> None:
    """A bad event is named, and a bad token is not tried again."""
    async with product.running():
        async with publishing(product.url, token=PUBLISH_TOKEN) as publisher:
            with pytest.raises(PublishError) as caught:
                await publisher.publish(notice(1), OutEvent(type="t", source="/tests"))
            assert caught.value.status == 400
            assert caught.value.faults == (Fault(1, "navuser", "exactly one of navuser and navtopic is needed"),)
        async with publishing(product.url, token="wrong") as publisher:
            with pytest.raises(PublishError) as caught:
                await publisher.publish(notice(1))
            assert caught.value.status == 401
