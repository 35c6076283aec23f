"""A small network: who measures, a host that answers as hosts do, and one that answers oddly."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from adapters.netmonitor.probe.names import Family
from adapters.netmonitor.probe.prober import Prober
from adapters.netmonitor.values import Check, Host, Ping, Round
from tests.peers.netns import Machine, Network, network

UP, UP_TOO, SILENT, UP6 = "10.71.0.2", "10.71.0.3", "10.71.0.99", "fd00:71::2"
SLOW, LATE, TWICE, LIAR = "10.72.0.2", "10.72.0.3", "10.72.0.4", "10.72.0.5"
DELAY_S, LATE_S = 0.05, 0.3


@dataclass(frozen=True)
class Site:
    """The machines."""

    network: Network
    probe: Machine
    host: Machine
    port: str
    """The probe's interface to the host."""
    host_port: str


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """Made once; what a test changes it puts back."""
    with network() as made:
        probe, host, odd = made.machine(), made.machine(), made.machine()
        ports = made.cable(probe, host, ["10.71.0.1/16", "fd00:71::1/64"], [f"{UP}/16", f"{UP_TOO}/16", f"{UP6}/64"])
        made.cable(probe, odd, ["10.72.0.1/24"], [f"{each}/24" for each in (SLOW, LATE, TWICE, LIAR, "10.72.0.6")])
        made.answering(odd, f"{SLOW}={DELAY_S}", f"{LATE}={LATE_S}", f"{TWICE}=twice", f"{LIAR}=as:10.72.0.6")
        yield Site(made, probe, host, *ports)


@pytest.fixture
def inside(site: Site) -> Iterator[Site]:
    """The test itself is on the probe's machine."""
    with site.probe.inside():
        yield site


@pytest.fixture(params=["raw", "unprivileged"])
def either(request: pytest.FixtureRequest, inside: Site) -> Iterator[bool]:
    """Whether sockets are raw: both kinds in turn."""
    inside.probe.sysctl("net.ipv4.ping_group_range", "1 0" if request.param == "raw" else "0 2147483647")
    yield request.param == "raw"
    inside.probe.sysctl("net.ipv4.ping_group_range", "1 0")


def host(address: str, check: Check | None = None, *, id: str = "h", family: Family = "any") -> Host:
    """A host with quick echoes."""
    return Host(id=id, name=id, address=address, check=check or Ping(echoes=3, spacing_s=0.02, timeout_s=1.0), family=family)


async def measure(prober: Prober, address: str, check: Check | None = None, *, family: Family = "any") -> Round:
    """One round with a deadline that only a fault reaches."""
    return await asyncio.wait_for(prober.measure(host(address, check, family=family)), 20)
