"""web.tickets.topic_rights by values: who is made to leave, who stays, and what a store or a Redmine that is away means."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from adapters.redmine.rest.errors import NotAllowed, RestAway
from hub.principal import Principal
from tests.hub.test_rights import World, told, until
from web.tickets import topic_rights
from web.tickets.topic_rights import TopicRights


async def test_who_is_refused_leaves_and_who_cannot_be_asked_about_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty pages; those of one person are refused, though Redmine or the store fails the first questions. Eight at a time."""
    monkeypatch.setattr(topic_rights, "_AGAIN_S", 0.0)
    world = World()
    pages = [world.enter(user_id, topics=(f"ticket:{user_id}", "all")) for user_id in range(1, 21)]
    failures: list[Exception] = [RestAway("it is down"), sa.exc.OperationalError("select", None, Exception("locked")), TimeoutError()]
    asking = most = 0

    async def read(principal: Principal, id: int) -> None:
        nonlocal asking, most
        assert id == principal.user_id
        asking += 1
        most = max(most, asking)
        await asyncio.sleep(0)
        asking -= 1
        if id == 7 and failures:
            raise failures.pop()
        if id == 7:
            raise NotAllowed()

    hub = SimpleNamespace(presence=world.presence, rights=world.rights)
    rights = TopicRights(hub, read)  # type: ignore[arg-type]  # as much of a hub as is used
    assert rights.any
    task = asyncio.create_task(rights.run(), name="topic_rights")
    rights.changed()
    await until(lambda: "ticket:7" not in pages[6].topics)
    assert not failures
    assert [(one["t"], one["topic"]) for one in told(pages[6])] == [("left", "ticket:7")]
    assert pages[6].topics == ("all",)
    assert all(f"ticket:{page.principal.user_id}" in page.topics for page in pages if page is not pages[6])
    assert most == 8
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
