"""The monitor whole: a node in a network of its own, whose cables are pulled. What people see, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from hub.store import events, inbox
from tests.peers.netns import Machine, Network, network
from tests.web.node import Node, open_node
from tests.web.seats import Seat, seat

_WITHIN_S = 40.0
"""A condition that has not come until then never will."""
_OPENS = {"up": "down", "recovered": "degraded", "calm": "flapping", "sighted": "blind"}
HOSTS = """
anchors = ["10.80.1.1"]

[defaults]
interval_s = 1.0
ping = {{ echoes = 5, spacing_s = 0.02, timeout_s = 0.4 }}
limits = {{ raise_bad = 2, raise_of = 3, clear_good = 2, p95_raise_ms = 60, p95_clear_ms = 40, flap_high = 1.0, flap_low = 0.9 }}

[[hosts]]
id = "gw"
name = "Шлюз"
address = "10.80.2.2"
group = "Москва"
critical = true

[[hosts]]
id = "server"
name = "Сервер"
address = "{server}"
group = "Москва/Офис"
parent = "gw"

[[hosts]]
id = "printer"
name = "Принтер"
address = "10.80.4.2"
group = "Москва/Офис"
parent = "gw"
"""


@dataclass
class Site:
    """A probe with a gateway of its own network, and a router with two hosts behind it."""

    network: Network
    probe: Machine
    router: Machine
    server: Machine
    printer: Machine
    cables: dict[str, tuple[Machine, str]]
    """By what it leads to: the end that is unplugged."""

    def plug(self, name: str, state: str) -> None:
        """`up` or `down`."""
        machine, port = self.cables[name]
        machine.ip("link", "set", port, state)
        if state == "up" and name == "gw":  # routes of an interface go with it
            self.probe.ip("route", "replace", "10.80.0.0/16", "via", "10.80.2.2")


@pytest.fixture
def site() -> Iterator[Site]:
    """The machines and their cables."""
    with network() as made:
        probe, own, router, server, printer = (made.machine() for _ in range(5))
        router.sysctl("net.ipv4.ip_forward", "1")
        anchor, _ = made.cable(probe, own, ["10.80.1.2/24"], ["10.80.1.1/24"])
        gateway, _ = made.cable(probe, router, ["10.80.2.1/24"], ["10.80.2.2/24"])
        _, at_server = made.cable(router, server, ["10.80.3.1/24"], ["10.80.3.2/24", "10.80.3.7/24"])
        _, at_printer = made.cable(router, printer, ["10.80.4.1/24"], ["10.80.4.2/24"])
        probe.ip("route", "add", "10.80.0.0/16", "via", "10.80.2.2")
        server.ip("route", "add", "default", "via", "10.80.3.1")
        printer.ip("route", "add", "default", "via", "10.80.4.1")
        ends = {"own": (probe, anchor), "gw": (probe, gateway), "server": (router, "port1"), "printer": (router, "port2")}
        assert (at_server, at_printer) == ("port0", "port0")
        yield Site(made, probe, router, server, printer, ends)


@dataclass
class Watch:
    """A node that watches that network, and somebody who may see it."""

    node: Node
    person: Seat
    hosts: Path
    seen: list[tuple[str, str]] = field(default_factory=list)

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The hosts as topic `net` has them."""
        log = self.node.hub.logs.find("net")
        found: dict[str, dict[str, Any]] = {} if log is None else log.state["hosts"]
        return found

    def states(self) -> dict[str, str]:
        """By host."""
        return {id: row["state"] for id, row in self.rows.items()}

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits for it."""
        async with asyncio.timeout(_WITHIN_S):
            while not condition():  # noqa: ASYNC110  # what comes is many things
                await asyncio.sleep(0.05)

    async def told(self) -> list[tuple[str, str]]:
        """What came to the inbox, oldest first: (kind, host), and that every second of a pair had its first."""
        async with self.node.state["engine"].connect() as connection:
            query = sa.select(events.c.type, events.c.event_id).select_from(inbox.join(events, inbox.c.event_pk == events.c.pk))
            found = [
                (row.type.removeprefix("net."), row.event_id.split(":")[0]) for row in await connection.execute(query.order_by(inbox.c.seq))
            ]
        open_: set[tuple[str, str]] = set()
        for kind, host in found:
            if kind in _OPENS:
                assert (_OPENS[kind], host) in open_, found
                open_.discard((_OPENS[kind], host))
            else:
                assert (kind, host) not in open_, found
                open_.add((kind, host))
        return found

    async def news(self, *wanted: tuple[str, str]) -> None:
        """Waits until exactly these came since the last time it was asked."""
        fresh: list[tuple[str, str]] = []

        async def look() -> bool:
            nonlocal fresh
            fresh = (await self.told())[len(self.seen) :]
            return len(fresh) >= len(wanted)

        async with asyncio.timeout(_WITHIN_S):
            while not await look():  # noqa: ASYNC110  # it is the store that changes
                await asyncio.sleep(0.05)
        assert sorted(fresh) == sorted(wanted)
        self.seen += fresh

    async def ask(self, path: str, method: str = "GET", **given: Any) -> httpx.Response:
        """The interface, as this person."""
        return await self.person.ask(method, f"/netmonitor/api/{path}", **given)

    async def page(self, path: str) -> httpx.Response:
        """One of the monitor's pages, as this person's browser asks for it."""
        return await self.person.browser.get(f"/netmonitor/{path}", headers={"accept": "text/html"})


@asynccontextmanager
async def watching(tmp_path: Path, store_file: Path, hosts: str) -> AsyncIterator[Watch]:
    """A node with this hosts file, once it has measured everything."""
    file = tmp_path / "hosts.toml"
    file.write_text(hosts, encoding="utf-8")
    async with open_node(tmp_path, store_file, hosts_file=file) as node, seat(node, "petrova", "netmonitor") as person:
        watch = Watch(node, person, file)
        await watch.until(lambda: bool(watch.rows) and all(row["p50"] is not None for row in watch.rows.values()))
        yield watch


async def test_a_day_of_a_network(site: Site, tmp_path: Path, store_file: Path) -> None:
    """Unplugged, its way cut, slow, lossy, renumbered, taken on, in maintenance, and the probe itself cut off: each as the rules say."""
    with site.probe.inside():
        async with watching(tmp_path, store_file, HOSTS.format(server="10.80.3.2")) as watch:
            well = {"gw": "up", "server": "up", "printer": "up"}
            await watch.until(lambda: watch.states() == well)
            await watch.news()

            site.plug("server", "down")
            await watch.until(lambda: watch.states() == {**well, "server": "down"})
            await watch.news(("down", "server"))
            refused = await watch.ask("hosts/printer/ack", "POST", json={"why": "nothing is wrong"})
            assert (refused.status_code, refused.json()["error"]["code"]) == (409, "nothing_to_acknowledge")
            assert (await watch.ask("hosts/server/ack", "POST", json={"why": "меняем диск"})).status_code == 201
            await watch.until(lambda: (watch.rows["server"]["ack"] or {}).get("why") == "меняем диск")
            site.plug("server", "up")
            await watch.until(lambda: watch.states() == well)
            await watch.news(("up", "server"))
            await watch.until(lambda: watch.rows["server"]["ack"] is None)

            site.plug("gw", "down")
            await watch.until(lambda: watch.states() == {"gw": "down", "server": "unreachable", "printer": "unreachable"})
            await watch.news(("down", "gw"))
            site.plug("gw", "up")
            await watch.until(lambda: watch.states() == well)
            await watch.news(("up", "gw"))

            # every second answer of the printer is lost on its way, one way only; the server answers each request, but late
            site.printer.filter("output", "icmp type echo-reply numgen inc mod 2 0 drop")
            mend = site.network.answering(site.server, "10.80.3.2=0.12")
            await watch.until(lambda: watch.states() == {**well, "server": "degraded", "printer": "degraded"})
            assert {id: watch.rows[id]["reason"] for id in ("server", "printer")} == {"server": "p95", "printer": "loss"}
            await watch.until(lambda: watch.rows["server"]["loss"] == 0 and watch.rows["server"]["p50"] >= 120)
            await watch.news(("degraded", "printer"), ("degraded", "server"))
            site.printer.filter("output", "")
            mend()
            await watch.until(lambda: watch.states() == well)
            assert watch.rows["server"]["p95"] < 40
            await watch.news(("recovered", "printer"), ("recovered", "server"))

            watch.hosts.write_text(HOSTS.format(server="10.80.3.7"), encoding="utf-8")
            await watch.until(lambda: watch.rows["server"]["address"] == "10.80.3.7")
            site.server.sysctl("net.ipv4.conf.port0.promote_secondaries", "1")
            site.server.ip("address", "del", "10.80.3.2/24", "dev", "port0")
            await asyncio.sleep(3)
            await watch.news()

            now = watch.node.hub.now()
            window = {"group": "Москва/Офис", "why": "ремонт", "starts": now.isoformat(), "ends": now.isoformat()}
            never = await watch.ask("maintenance", "POST", json=window)
            assert (never.status_code, never.json()["error"]["field"]) == (422, "ends")
            window["ends"] = (now + timedelta(hours=1)).isoformat()
            made = await watch.ask("maintenance", "POST", json=window)
            assert made.status_code == 201, made.text
            await watch.until(lambda: watch.states() == {**well, "server": "maintenance", "printer": "maintenance"})
            site.plug("printer", "down")
            await asyncio.sleep(3)
            await watch.news()
            assert (await watch.ask(f"maintenance/{made.json()['id']}", "DELETE")).status_code == 204
            await watch.until(lambda: watch.states() == {**well, "printer": "down"})
            await watch.news(("down", "printer"))
            site.plug("printer", "up")
            await watch.until(lambda: watch.states() == well)
            await watch.news(("up", "printer"))

            site.plug("own", "down")
            site.plug("gw", "down")
            await watch.until(lambda: set(watch.states().values()) == {"unknown"})
            await watch.news(("blind", "probe"))
            site.plug("own", "up")
            site.plug("gw", "up")
            await watch.until(lambda: watch.states() == well)
            await watch.news(("sighted", "probe"))

            pages = {id: await watch.page(f"hosts/{id}") for id in ("server", "nobody", "anchor:10.80.1.1")}
            missing = {id for id, answer in pages.items() if answer.status_code == 404}
            assert missing == {"nobody", "anchor:10.80.1.1"}  # the other is 503 where the scripts are not built
            assert "нет" in pages["nobody"].text
            host = (await watch.ask("hosts/server")).json()
            assert host["host"]["parent"] == "gw"
            assert host["uptime"]["24h"] < 100
            history = (await watch.ask("hosts/server/history?range=1h")).json()
            assert len(history["points"]["at"]) == len(history["points"]["p50"]) > 10
            assert {one["state"] for one in history["outages"]} == {"down", "degraded", "unreachable", "maintenance", "unknown"}
            assert all(one["ended"] for one in history["outages"])
            ping = (await watch.ask("hosts/gw/ping", "POST", json={})).json()["round"]
            assert (ping["sent"], ping["loss"], ping["address"]) == (5, 0.0, "10.80.2.2")
            trace = (await watch.ask("hosts/server/traceroute", "POST", json={})).json()
            assert ([hop["address"] for hop in trace["hops"]], trace["reached"]) == (["10.80.2.2", "10.80.3.7"], True)
            summary = (await watch.ask("summary")).json()
            assert (summary["counts"]["up"], summary["groups"][0]) == (3, {"path": "Москва", "counts": {"up": 3}})
