"""TCP checks, against servers on loopback and hosts in network namespaces."""

from __future__ import annotations

import asyncio
import socket

import pytest

from adapters.netmonitor.probe import prober as module
from adapters.netmonitor.probe.names import Family, SockAddr
from adapters.netmonitor.probe.prober import open_prober
from adapters.netmonitor.values import Round, Tcp
from tests.adapters.netmonitor.probe.conftest import SILENT, UP, Site, host, measure


async def test_an_open_port_and_a_closed_one() -> None:
    """In both families; a port that refuses is the host's answer, and no measurement."""
    for address in ("127.0.0.1", "::1"):
        server = await asyncio.start_server(lambda _, writer: writer.close(), address, 0)
        port = server.sockets[0].getsockname()[1]
        async with open_prober() as prober:
            found = await measure(prober, address, Tcp(port=port))
            server.close()
            await server.wait_closed()
            refused = await measure(prober, address, Tcp(port=port))
        assert (found.lost, found.error, found.address, found.blind) == (0, None, address, False)
        assert 0 < found.answered[0] < 3000
        assert (refused.rtts, refused.error, refused.blind) == ((None,), "refused", False)


async def test_silent_hosts_and_ways_that_do_not_exist(inside: Site) -> None:
    """A host that is silent is down; where nothing can be sent nothing is known."""
    async with open_prober() as prober:
        silent = await measure(prober, SILENT, Tcp(port=80, timeout_s=0.2))
        nowhere = await measure(prober, "10.99.0.1", Tcp(port=80))
        closed = await measure(prober, UP, Tcp(port=80))
    assert (silent.rtts, silent.error) == ((None,), "timeout")
    assert (nowhere.rtts, nowhere.error, nowhere.blind) == ((), "no_route", True)
    assert (closed.rtts, closed.error) == ((None,), "refused")


async def test_a_host_that_a_router_calls_unreachable_is_silent(inside: Site) -> None:
    """It says something of the host, unlike a route that this machine has not."""
    inside.host.ip("route", "add", "unreachable", "10.98.0.0/24")
    inside.host.sysctl("net.ipv4.ip_forward", "1")
    inside.probe.ip("route", "add", "10.98.0.0/24", "via", UP)
    try:
        async with open_prober() as prober:
            found = await measure(prober, "10.98.0.1", Tcp(port=80, timeout_s=5.0))
    finally:
        inside.probe.ip("route", "del", "10.98.0.0/24")
        inside.host.ip("route", "del", "unreachable", "10.98.0.0/24")
    assert (found.rtts, found.error, found.blind) == ((None,), "timeout", False)


async def test_a_name_without_an_address() -> None:
    """The round says so."""

    async def resolver(name: str, family: Family) -> list[SockAddr]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    async with open_prober(resolver=resolver) as prober:
        assert (await measure(prober, "gw.example", Tcp(port=1))).error == "no_name"


async def test_checks_are_bounded_and_wait_in_order(inside: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many at a time; the others wait, those for whom there is no room or no time are told."""
    monkeypatch.setattr(module, "_CHECKS", 2)
    monkeypatch.setattr(module, "_WAITING", 3)
    ended: list[tuple[str, str | None]] = []

    def done(id: str, found: Round) -> None:
        ended.append((id, found.error))

    async with open_prober() as prober:
        for number in range(6):
            prober.begin(host(SILENT, Tcp(port=80, timeout_s=0.1), id=str(number)), done)
        assert prober.running == 5
        async with asyncio.timeout(20):
            while len(ended) < 6:  # noqa: ASYNC110  # `done` sets no event
                await asyncio.sleep(0.01)
        assert ended[0] == ("5", "probe_error")
        assert sorted(ended[1:]) == [(str(number), "timeout") for number in range(5)]
        assert {id for id, _ in ended[1:3]} == {"0", "1"}
        monkeypatch.setattr(module, "_PATIENCE_S", -1.0)
        assert (await measure(prober, SILENT, Tcp(port=80))).error == "probe_error"
        assert prober.running == 0
