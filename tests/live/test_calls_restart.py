"""The product is killed with agents at work and started again: all lines are back before the dead man's switch signs anybody out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa

from adapters.finesse.bodies import sign_in
from adapters.finesse.credentials import CredentialStore
from adapters.finesse.rest.client import open_finesse
from adapters.finesse.values import Credentials
from adapters.sandbox.finesse import SandboxFinesse, open_sandbox_finesse
from adapters.sandbox.finesse.company import TEAMS
from adapters.sandbox.finesse.facts import Agent
from hub.hub import utc_now
from hub.store import create_engine, identities, permissions, users
from tests.live.product import Product
from web.finesse.section import PURPOSE
from web.keys import fernet

AGENTS = 40
FORCED_S = 25.0
"""Sixty at the real one. A start on a loaded machine takes some seconds of it."""
_KEY = "k" * 40


def company(count: int) -> list[Agent]:
    """So many agents of one team."""
    return [
        Agent(id=f"{2000 + n}", login=f"agent{n}", first="A", last=f"{n}", device=f"{6000 + n}", password=f"secret-{n}", team=TEAMS[0])
        for n in range(count)
    ]


async def at_work(finesse: SandboxFinesse, product: Product) -> None:
    """Everybody has an account, their agent, and is signed in through us: as the store is when the product is killed."""
    engine = await asyncio.to_thread(create_engine, f"sqlite+aiosqlite:///{product.store}")
    store = CredentialStore(engine, fernet([_KEY], PURPOSE))
    now = utc_now()
    async with open_finesse([finesse.url]) as rest:
        for number, agent in enumerate(finesse.agents.values(), 1):
            async with engine.begin() as connection:
                row = {"id": number, "name": agent.login, "display_name": agent.login, "active": True, "locale": "ru", "zone": "UTC"}
                await connection.execute(sa.insert(users).values(**row, created_at=now))
                await connection.execute(sa.insert(identities).values(system="finesse", key=agent.id, user_id=number))
                right = {"user_id": number, "permission": "finesse", "granted_by": "test", "granted_at": now}
                await connection.execute(sa.insert(permissions).values(**right))
            credentials = Credentials(agent=agent.id, password=agent.password)
            await rest.change(credentials, sign_in(agent.device), request=f"begin-{number}")
            await store.keep(number, credentials, agent.device)
    await engine.dispose()


async def back(finesse: SandboxFinesse, within_s: float = 60.0) -> None:
    """Waits until every agent has a line."""
    service = finesse.sites[0].xmpp
    async with asyncio.timeout(within_s):
        while not all(service.online(agent) for agent in finesse.agents):  # noqa: ASYNC110  # the server tells nobody
            await asyncio.sleep(0.05)


async def test_all_lines_are_back_before_anybody_is_signed_out(tmp_path: Path, store_file: Path) -> None:
    """Killed without a word and started again: nobody is signed out, and each has one line."""
    async with open_sandbox_finesse(agents=company(AGENTS), answers_s=None, forced_after_s=FORCED_S) as finesse:
        product = Product(tmp_path, {"FINESSE_URL": finesse.url, "FINESSE_NOTIFY_URL": finesse.notify_url, "SECRET_KEYS": _KEY})
        service = finesse.sites[0].xmpp
        product.furnish(store_file)
        await at_work(finesse, product)
        product.start()
        try:
            await back(finesse)
            await product.kill()
            async with asyncio.timeout(10):
                while any(service.online(agent) for agent in finesse.agents):  # noqa: ASYNC110  # until it has noticed
                    await asyncio.sleep(0.01)
            product.start()
            await back(finesse)
            await asyncio.sleep(1.0)  # time for a line that is doubled, or throws another out, to show
            assert all(agent.signed_in for agent in finesse.agents.values())
            assert all(len(service.online(agent)) == 1 for agent in finesse.agents)
            assert not any(agent.password in product.log.read_text() for agent in finesse.agents.values())
        finally:
            await product.stop()
        assert not any(agent.password.encode() in product.store.read_bytes() for agent in finesse.agents.values())
