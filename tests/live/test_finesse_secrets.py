"""What the product leaves behind of its agents' passwords, which it must keep to connect them again: nothing that anybody could read."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from adapters.sandbox.finesse import Fault, SandboxFinesse, open_sandbox_finesse
from adapters.sandbox.finesse.company import agents
from adapters.sandbox.finesse.flavours import CCX
from adapters.sandbox.people import PEOPLE
from tests.live.client import Client, connected
from tests.live.product import Product
from tests.live.test_crash import MARK, OPEN, broken, memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="core dumps and /proc are Linux'")


@pytest.fixture
async def finesse(product: Product) -> AsyncIterator[SandboxFinesse]:
    """The Finesse that the product is set up for; every agent's password there is marked."""
    staff = [replace(agent, password=f"{MARK}-{agent.id}") for agent in agents(PEOPLE, CCX)]
    async with open_sandbox_finesse(agents=staff, answers_s=None, delay_s=(0.0, 0.02)) as opened:
        product.settings |= {
            "FINESSE_URL": opened.url,
            "FINESSE_NOTIFY_URL": opened.notify_url,
            "LOG_LEVEL": "debug",
            "METRICS_TOKEN": "m" * 24,
        }
        yield opened


async def sign_in(client: Client, finesse: SandboxFinesse, password: str = f"{MARK}-1001") -> str:
    """What came of it: a code, or nothing."""
    reply = await client.call("finesse.sign_in", agent="1001", extension=finesse.agents["1001"].device, password=password)
    return "" if reply["ok"] else str(reply["error"]["code"])


async def live(product: Product, wanted: int = 1) -> None:
    """Waits for so many live lines."""
    headers = {"Authorization": f"Bearer {product.settings['METRICS_TOKEN']}"}
    async with asyncio.timeout(30), httpx.AsyncClient(base_url=product.url, headers=headers) as http:
        while f'navigator_finesse_lines{{state="live"}} {wanted}.0' not in (await http.get("/metrics")).text:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_no_password_of_an_agent_is_left_in_clear(product: Product, finesse: SandboxFinesse) -> None:
    """Not in the store, the log, the metrics, the operations page, what pages are told, or any file of a process that crashed with it."""
    temporary = product.folder / "tmp"
    temporary.mkdir()
    product.command = ("sh", "-c", OPEN, "sh", *product.command)
    product.start(TMPDIR=str(temporary))
    try:
        await product.answers()
        async with product.signed_in("ann") as http, connected(product, http) as client:
            assert await sign_in(client, finesse, f"{MARK}-wrong") == "finesse_wrong_password"
            with broken(product.store, "finesse_agents"):
                assert await sign_in(client, finesse) != ""
            for fault in (
                Fault("/User/1001", "status", 503),
                Fault("/User/1001", "drop", times=3),
                Fault("/User/1001", "redirect", "http://x/"),
            ):
                finesse.faults[:] = [fault]
                assert await sign_in(client, finesse) != ""
            finesse.faults[:] = [Fault("PUT /finesse/api/User/1001", "status", 500)]
            assert await sign_in(client, finesse) == "finesse_internal"
            finesse.faults.clear()
            assert await sign_in(client, finesse) == ""
            await live(product)
            await finesse.sites[0].xmpp.shut()
            await live(product, 0)
            await finesse.sites[0].xmpp.open()
            await live(product)
            await client.send({"t": "sub", "id": 1001, "topic": "finesse:1001"})
            await client.send({"t": "sub", "id": 1002, "topic": "ops"})
            for _ in range(2):
                assert (await client.until("reply"))["ok"]
            await client.call("finesse.refresh")
            shown = [json.dumps(client.frames, ensure_ascii=False)]
            shown += [(await http.get(path)).text for path in ("/ops/", "/finesse/config", "/finesse/proxy/dialogs", "/users/api/me")]
            async with httpx.AsyncClient() as scraper:
                answer = await scraper.get(f"{product.url}/metrics", headers={"Authorization": f"Bearer {'m' * 24}"})
                shown.append(answer.text)
            assert "navigator_finesse_lines" in shown[-1]
            assert not [text for text in shown if MARK in text]
            assert len(product.rows("select secret from finesse_agents")) == 1

            finesse.faults[:] = [Fault("PUT /finesse/api/User/1001", "hang")]
            waiting = asyncio.create_task(client.call("finesse.state", state="READY"))
            async with asyncio.timeout(10):
                while finesse.faults[0].times:  # noqa: ASYNC110 - the peer tells nobody
                    await asyncio.sleep(0.01)
            process = product.process
            assert process is not None
            assert MARK.encode() in memory(process.pid)
            process.send_signal(signal.SIGABRT)
            assert await product.ended() == -signal.SIGABRT
            with suppress(ConnectionClosed):
                await waiting
    finally:
        await product.kill()
    log = product.log.read_text()
    assert "Fatal Python error: Aborted" in log
    files = {path: path.read_bytes() for path in product.folder.rglob("*") if path.is_file()}
    assert {path.name for path in files} >= {"navigator.sqlite", "product.log"}
    assert not [path for path in files if path.name.startswith("core")]
    assert not [path for path, content in files.items() if MARK.encode() in content]
