"""Two nodes over one store and bus: whoever leads has the lines, whatever node a person's socket is at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from adapters.sandbox.finesse import open_sandbox_finesse
from adapters.sandbox.finesse.faults import Fault
from tests.peers.redis import RedisServer, command
from tests.web.finesse.floor import Floor, Refusal, open_floor


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for all."""
    with RedisServer(command("redis7"), tmp_path_factory.mktemp("redis")).running() as server:
        yield server


async def test_an_agent_works_at_a_node_that_does_not_lead_until_it_does(tmp_path: Path, store_file: Path, redis: RedisServer) -> None:
    """Signed in at the second node by a line at the first; what is refused there is told; when the first ends, the second has the line."""
    redis.client().flushall()
    (tmp_path / "b").mkdir()
    given = {"bus_url": redis.url, "secret_keys": ["k" * 40]}
    store = f"sqlite+aiosqlite:///{tmp_path}/navigator.sqlite"
    async with open_sandbox_finesse(answers_s=None, delay_s=(0.0, 0.02)) as finesse, AsyncExitStack() as stack:
        first = AsyncExitStack()
        async with first:
            a = await first.enter_async_context(open_floor(tmp_path, store_file, finesse, **given))
            b: Floor = await stack.enter_async_context(open_floor(tmp_path / "b", store_file, finesse, **given, store_url=store))
            assert a.node.hub.leads
            assert not b.node.hub.leads
            anna = await b.screen("1001")
            await anna.sign_in()
            await anna.ready()
            assert [holder.agent for holder in a.section.switchboard.holders()] == ["1001"]  # type: ignore[union-attr]
            assert b.section.switchboard.holders() == []  # type: ignore[union-attr]
            finesse.faults.append(Fault(match="PUT /finesse/api/User/1001", action="status", arg=503))
            with pytest.raises(Refusal):
                await anna.ask("state", state="NOT_READY", reason="16")
            await anna.until(lambda: anna.live and not anna.topic["asked"])
            call = await finesse.ring("1001", "+74951234567", queue="5022")
            await anna.until(lambda: anna.legs() == ["ALERTING"])
        await anna.until(lambda: b.node.hub.leads and anna.live)
        assert anna.legs() == ["ALERTING"]
        await anna.ask("dialog", dialog=call, action="answer")
        await anna.until(lambda: anna.legs() == ["ACTIVE"] and not anna.topic["asked"])
        assert len(finesse.sites[0].xmpp.online("1001")) == 1
