"""The network monitor over two nodes of one installation: the one that leads dies, and the other goes on where it stopped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.conftest import Rows
from tests.faults.test_nodes import leader
from tests.live.product import Product
from tests.peers.redis import RedisServer
from tests.peers.shutting import shutting

_WITHIN_S = 30.0
HOSTS = """
anchors = []
[defaults]
interval_s = 1.0
limits = { raise_bad = 2, raise_of = 3, clear_good = 2 }
[defaults.tcp]
timeout_s = 0.5
"""
HOST = """
[[hosts]]
id = "{id}"
name = "{id}"
address = "127.0.0.1"
tcp = {{ port = {port} }}
"""


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for it."""
    async with asyncio.timeout(_WITHIN_S):
        while not await condition():  # noqa: ASYNC110  # other processes make it true
            await asyncio.sleep(0.1)


class Seen:
    """What somebody sees at a node, and was told."""

    def __init__(self, http: httpx.AsyncClient, rows: Rows) -> None:
        self._http, self._rows = http, rows

    async def net(self) -> dict[str, Any]:
        """The hosts, as the node shows them."""
        hosts: dict[str, Any] = (await self._http.get("/netmonitor/api/status")).json()["hosts"]
        return hosts

    async def states(self, **wanted: str) -> None:
        """Waits until the node shows the hosts so."""

        async def shown() -> bool:
            return {id: row["state"] for id, row in (await self.net()).items()} == wanted

        await until(shown)

    async def news(self, count: int) -> None:
        """Waits until so many notices have come."""

        async def come() -> bool:
            return len(await self.told()) >= count

        await until(come)

    async def told(self) -> list[tuple[str, str]]:
        """(kind, host) of every notice, oldest first. None came twice, and what ended had begun."""
        query = "SELECT e.type, e.event_id FROM inbox i JOIN events e ON i.event_pk = e.pk WHERE e.type LIKE 'net.%' ORDER BY i.seq"
        found = [(str(kind), str(id)) for kind, id in await asyncio.to_thread(self._rows, query)]
        assert max(Counter(id for _, id in found).values(), default=1) == 1, found
        open_: set[str] = set()
        for kind, id in found:
            host = id.partition(":")[0]
            if kind == "net.down":
                assert host not in open_, found
                open_.add(host)
            else:
                assert (kind, host in open_) == ("net.up", True), found
                open_.discard(host)
        return [(kind, id.partition(":")[0]) for kind, id in found]


@pytest.mark.parametrize("store_url", [pytest.param("mariadb", marks=pytest.mark.mariadb)], indirect=True)
async def test_the_leader_dies(nodes: list[Product], redis: RedisServer, rows: Rows, tmp_path: Path) -> None:
    """A host is down when the leader dies, another falls meanwhile, one is back: the other node measures on, tells each once, and each
    host's state, and since when it has been so, is as it was."""
    redis.client().flushall()
    await asyncio.to_thread(nodes[0].navigator, "user", "grant", "ann", "netmonitor")
    async with shutting() as well, shutting() as gone, shutting() as falls:
        hosts = {"well": well, "gone": gone, "falls": falls}
        file = tmp_path / "hosts.toml"
        file.write_text(HOSTS + "".join(HOST.format(id=id, port=one.port) for id, one in hosts.items()))
        for node in nodes:
            node.settings["HOSTS_FILE"] = str(file)
            node.start()
            await node.answers()
        try:
            first = await leader(nodes)
            (other,) = (node for node in nodes if node is not first)
            async with other.signed_in("ann") as http:
                seen = Seen(http, rows)
                await seen.states(well="up", gone="up", falls="up")
                since = (await seen.net())["well"]["since"]
                await hosts["gone"].shut()
                await seen.states(well="up", gone="down", falls="up")
                await seen.news(1)
                gone_since = (await seen.net())["gone"]["since"]

                await first.kill()
                await hosts["falls"].shut()
                assert await leader([other]) is other
                await seen.states(well="up", gone="down", falls="down")
                net = await seen.net()
                assert net["gone"]["since"] == gone_since
                # as the history has it: when the first round began, not when it ended
                assert abs(datetime.fromisoformat(net["well"]["since"]) - datetime.fromisoformat(since)) < timedelta(seconds=0.5)
                await seen.news(2)
                for id in ("gone", "falls"):
                    await hosts[id].open()
                await seen.states(well="up", gone="up", falls="up")
                await seen.news(4)
                told = await seen.told()
            assert told[:2] == [("net.down", "gone"), ("net.down", "falls")]
            assert sorted(told[2:]) == [("net.up", "falls"), ("net.up", "gone")]
        finally:
            for node in nodes:
                await node.stop()
