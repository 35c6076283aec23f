"""adapters.finesse.switchboard: what a leader does in the moment that it begins."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.finesse.asked import Asked
from adapters.finesse.credentials import CredentialStore
from adapters.finesse.feed import asked_json, empty
from adapters.finesse.missed import MissedCalls
from adapters.finesse.notify.manners import Manners
from adapters.finesse.parts import Parts
from adapters.finesse.rest.client import open_finesse
from adapters.finesse.switchboard import Switchboard
from hub.event import Text
from hub.hub import utc_now
from hub.tasks import end
from tests.adapters.finesse.rest.little import SITES, Little
from tests.conftest import sqlite_copy


@pytest.fixture
def store_url(store_file: Path, tmp_path: Path) -> str:
    """It makes no difference here which store it is."""
    return sqlite_copy(store_file, tmp_path)


async def test_it_answers_for_what_another_leader_left_and_for_nothing_before_its_time(store: AsyncEngine) -> None:
    """A request that nobody can answer any more is ended; one of this moment may belong to a line that comes with the next look."""
    state, told = empty(), list[tuple[str, Mapping[str, Any]]]()
    for request, age_s in (("old", 60), ("new", 0)):
        at = utc_now() - timedelta(seconds=age_s)
        state["asked"][request] = asked_json(Asked(request=request, action="sign_in", dialog=None, at=at))
    answered = asyncio.Event()

    def publish(_agent: str, type: str, data: Mapping[str, Any]) -> None:
        told.append((type, data))
        answered.set()

    async def entitled() -> set[tuple[int, str]]:
        return set()

    transport = httpx.MockTransport(Little())
    async with open_finesse(SITES, tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), transport=transport) as finesse:
        parts = Parts(
            finesse=finesse,
            connectors={},
            manners=Manners(),
            credentials=CredentialStore(store, MultiFernet([Fernet(Fernet.generate_key())])),
            missed=MissedCalls(store),
            publish=publish,
            say=lambda message: Text(ru=message, en=message),
            now=utc_now,
            leads=lambda: True,
        )
        switchboard = Switchboard(parts, entitled=entitled, topics=lambda: [("1001", state)])
        task = asyncio.create_task(switchboard.run(), name="finesse_switchboard")
        try:
            await asyncio.wait_for(answered.wait(), 10)
            for _ in range(20):  # who is answered for at once is so in the same turn
                await asyncio.sleep(0)
        finally:
            await end([task])
    assert [(type, data["request"], data["error"]["code"]) for type, data in told] == [("finesse.answered", "old", "finesse_unconfirmed")]
