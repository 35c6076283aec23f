"""The way to a host through two routers, in network namespaces."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from adapters.netmonitor.probe.names import Family, SockAddr
from adapters.netmonitor.probe.prober import NoName, open_prober
from adapters.netmonitor.probe.traceroute import Hop
from tests.adapters.netmonitor.probe.conftest import host
from tests.peers.netns import Machine, network

FAR, FAR6 = "10.83.0.2", "fd00:83::2"


@dataclass(frozen=True)
class Way:
    """probe - one - two - far"""

    probe: Machine
    one: Machine
    two: Machine


@pytest.fixture(scope="module")
def way() -> Iterator[Way]:
    """Three cables, and routes along them."""
    with network() as made:
        machines = probe, one, two, far = [made.machine() for _ in range(4)]
        for number, (left, right) in enumerate(itertools.pairwise(machines), 81):
            made.cable(left, right, [f"10.{number}.0.1/24", f"fd00:{number}::1/64"], [f"10.{number}.0.2/24", f"fd00:{number}::2/64"])
        for machine in (one, two):
            machine.sysctl("net.ipv4.ip_forward", "1")
            machine.sysctl("net.ipv6.conf.all.forwarding", "1")
            machine.sysctl("net.ipv4.icmp_ratemask", "0")  # otherwise six answers, and then one a second
            machine.sysctl("net.ipv6.icmp.ratelimit", "0")
        for machine, there in ((probe, "81"), (one, "82")):
            machine.ip("route", "add", "default", "via", f"10.{there}.0.2")
            machine.ip("-6", "route", "add", "default", "via", f"fd00:{there}::2")
        for machine, back in ((two, "82"), (far, "83")):
            machine.ip("route", "add", "default", "via", f"10.{back}.0.1")
            machine.ip("-6", "route", "add", "default", "via", f"fd00:{back}::1")
        yield Way(probe, one, two)


async def trace(address: str, **options: float) -> list[Hop]:
    async with open_prober() as prober:
        return [hop async for hop in prober.traceroute(host(address), **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize("groups", ["1 0", "0 2147483647"])
async def test_the_way_is_found(way: Way, groups: str) -> None:
    """Hop by hop, in both families, by raw and by unprivileged sockets."""
    way.probe.sysctl("net.ipv4.ping_group_range", groups)
    with way.probe.inside():
        four, six = await trace(FAR), await trace(FAR6)
    assert [hop.addresses for hop in four] == [("10.81.0.2",), ("10.82.0.2",), (FAR,)]
    assert [hop.addresses for hop in six] == [("fd00:81::2",), ("fd00:82::2",), (FAR6,)]
    for hops in (four, six):
        assert [(hop.ttl, hop.reached, hop.blocked) for hop in hops] == [(1, False, False), (2, False, False), (3, True, False)]
        assert all(len(hop.rtts) == 3 and all(rtt is not None and 0 <= rtt < 1000 for rtt in hop.rtts) for hop in hops)


async def test_a_silent_router_is_passed(way: Way) -> None:
    """Its hop has nobody and no times; the next is found all the same."""
    way.one.filter("output", "icmp type time-exceeded drop")
    try:
        with way.probe.inside():
            hops = await trace(FAR, timeout_s=0.2)
    finally:
        way.one.filter("output", "")
    assert [hop.address for hop in hops] == [None, "10.82.0.2", FAR]
    assert hops[0].rtts == (None, None, None)


async def test_a_router_that_says_no_ends_the_way(way: Way) -> None:
    """Destination unreachable: nothing lies behind it."""
    way.two.ip("route", "add", "unreachable", "10.90.0.0/24")
    try:
        with way.probe.inside():
            hops = await trace("10.90.0.1", timeout_s=1.0)
    finally:
        way.two.ip("route", "del", "unreachable", "10.90.0.0/24")
    assert [(hop.address, hop.reached, hop.blocked) for hop in hops] == [("10.81.0.2", False, False), ("10.82.0.2", False, True)]


async def test_it_ends_after_so_many_hops(way: Way) -> None:
    """Whoever is beyond."""
    with way.probe.inside():
        assert [hop.ttl for hop in await trace(FAR, hops=2, probes=1)] == [1, 2]


async def test_what_cannot_be_traced_is_an_error(way: Way) -> None:
    """No route for it, no address for its name."""

    async def resolver(name: str, family: Family) -> list[SockAddr]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    way.probe.ip("route", "add", "unreachable", "10.91.0.0/24")
    with way.probe.inside():
        async with open_prober(resolver=resolver) as prober:
            with pytest.raises(NoName):
                _ = [hop async for hop in prober.traceroute(host("gw.example"))]
            with pytest.raises(OSError, match="route"):
                _ = [hop async for hop in prober.traceroute(host("10.91.0.1"))]
