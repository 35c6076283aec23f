"""The Redmine source reads the sandbox as it reads a real Redmine."""

from __future__ import annotations

from contextlib import aclosing

from adapters.redmine.engine import create_engine
from adapters.redmine.source import RedmineSource
from adapters.sandbox.people import person
from adapters.sandbox.redmine import SandboxRedmine
from hub.notification import Address, Batch


async def look(source: RedmineSource) -> list[Batch]:
    """One look, all its batches committed."""
    async with aclosing(source.changes()) as batches:
        return [batch async for batch in batches]


async def test_every_act_is_told_to_others(sandbox: SandboxRedmine) -> None:
    """Each act of a colleague reaches somebody, never the colleague; people of the demo get their share."""
    engine = create_engine(sandbox.db_url)
    try:
        source = RedmineSource(engine)
        await source.start(None)
        assert not [one for batch in await look(source) for one in batch.notifications]
        demo = {Address("redmine", str(person(login).redmine_id)) for login in ("ivanov", "petrova", "orlova")}
        demo.add(Address("email", person("gromova").email))
        told: list[str] = []
        heard = 0
        for _ in range(25):
            act = await sandbox.life.act()
            found = [one for batch in await look(source) for one in batch.notifications]
            told += [one.event.id for one in found]
            actor = Address("redmine", str(person(act.login).redmine_id))
            assert all(actor not in one.to for one in found), act
            heard += any(one.to & demo for one in found)
            assert all(one.event.subject == f"ticket:{act.issue}" for one in found), [one.event.subject for one in found]
        assert len(told) == len(set(told))
        assert heard >= 15
    finally:
        await engine.dispose()
