"""The default gateways, as Linux tells them."""

from __future__ import annotations

from pathlib import Path

from adapters.netmonitor.anchors import ANCHOR, anchor_hosts, gateways

ROUTE = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t00000000\t0102A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0
eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
ppp0\t00000000\t00000000\t0001\t0\t0\t300\t00000000\t0\t0\t0
"""
_NONE = "0" * 32
ROUTE6 = f"""{_NONE} 00 {_NONE} 00 fe80000000000000021122fffe334455 00000400 00000001 00000000 00000003 eth0
{_NONE} 00 {_NONE} 00 {_NONE} ffffffff 00000001 00000000 00200200 lo
fe800000000000000000000000000000 40 {_NONE} 00 {_NONE} 00000100 00000001 00000000 00000001 eth0
"""


def test_default_gateways_are_found_once(tmp_path: Path) -> None:
    """Only defaults that lead through a gateway; a link-local one with its interface."""
    (tmp_path / "route").write_text(ROUTE)
    (tmp_path / "ipv6_route").write_text(ROUTE6)
    assert gateways(tmp_path) == ["192.168.2.1", "fe80::211:22ff:fe33:4455%eth0"]


def test_a_system_that_does_not_tell_has_none(tmp_path: Path) -> None:
    """No file, no gateway; and an empty one is no reason to fail."""
    assert gateways(tmp_path) == []
    (tmp_path / "route").write_text("")
    assert gateways(tmp_path) == []


def test_they_are_measured_under_names_that_no_host_has() -> None:
    """The colon keeps them apart."""
    (one,) = anchor_hosts(["192.168.2.1"])
    assert (one.id, one.address) == (f"{ANCHOR}192.168.2.1", "192.168.2.1")
    assert ":" in one.id
