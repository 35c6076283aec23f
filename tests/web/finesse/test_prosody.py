"""The same calls with the real Prosody as the notification service: over WebSocket with TLS, and over TCP with TLS."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.sandbox.finesse import open_sandbox_finesse
from adapters.sandbox.people import PEOPLE
from tests.peers.prosody import DOMAIN, Prosody, prosody
from tests.web.finesse.floor import open_floor


@pytest.fixture(scope="module")
def server() -> Iterator[Prosody]:
    """One for all: it keeps nothing of who has left."""
    with prosody({one.agent: one.password for one in PEOPLE if one.agent}) as started:
        yield started


@pytest.mark.parametrize("way", ["wss", "tls"])
async def test_a_call_is_answered_after_the_service_was_killed(server: Prosody, way: str, tmp_path: Path, store_file: Path) -> None:
    """Sign in, be ready, a call rings; the service is killed and comes back without a word of what was; the call is answered and ended."""
    url = server.wss if way == "wss" else f"tls://127.0.0.1:{server.tls}"
    peer = f"http://127.0.0.1:{server.http}/peer"
    async with (
        open_sandbox_finesse(answers_s=None, delay_s=(0.0, 0.02), notify=peer, notify_domain=DOMAIN) as finesse,
        open_floor(tmp_path, store_file, finesse, finesse_notify_url=url, finesse_ca_file=server.authority.path) as floor,
    ):
        anna = await floor.screen("1001")
        await anna.sign_in()
        await anna.ready()
        call = await finesse.ring("1001", "+74951234567", queue="5022")
        await anna.until(lambda: anna.legs() == ["ALERTING"])
        await asyncio.to_thread(server.kill)
        await anna.until(lambda: anna.topic["service"]["state"] == "stale")
        await asyncio.to_thread(server.start)
        await anna.until(lambda: anna.live and anna.legs() == ["ALERTING"])
        await anna.ask("dialog", dialog=call, action="answer")
        await anna.until(lambda: anna.legs() == ["ACTIVE"] and anna.state == "TALKING")
        await finesse.hang_up(call)
        await anna.until(lambda: anna.legs() in (["WRAP_UP"], []) and anna.state == "WORK")
        online = await asyncio.to_thread(server.online)
        assert len([jid for jid in online if jid.startswith("1001@")]) == 1
