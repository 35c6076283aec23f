"""What of one's own network tells whether the probe itself is cut off: its default gateways.

Source: proc(5), /proc/net/route and /proc/net/ipv6_route.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path

from adapters.netmonitor.judge.own import ANCHOR
from adapters.netmonitor.values import Host, Ping

__all__ = ["ANCHOR", "anchor_hosts", "gateways"]

_INTERVAL_S = 5.0
_PROC = Path("/proc/net")
_UP_GATEWAY = 0x3  # RTF_UP | RTF_GATEWAY


def gateways(proc: Path = _PROC) -> list[str]:
    """The addresses of the default gateways; none where the system does not tell. Reads two small files of the kernel's."""
    found = []
    for line in _lines(proc / "route")[1:]:
        fields = line.split()
        if len(fields) > 3 and fields[1] == "00000000" and int(fields[3], 16) & _UP_GATEWAY == _UP_GATEWAY:
            found.append(str(ipaddress.IPv4Address(int(fields[2], 16).to_bytes(4, "little"))))
    for line in _lines(proc / "ipv6_route"):
        fields = line.split()
        if len(fields) > 9 and fields[0] == "0" * 32 and fields[1] == "00" and int(fields[8], 16) & _UP_GATEWAY == _UP_GATEWAY:
            address = ipaddress.IPv6Address(bytes.fromhex(fields[4]))
            found.append(f"{address}%{fields[9]}" if address.is_link_local else str(address))
    return list(dict.fromkeys(found))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def anchor_hosts(addresses: Sequence[str]) -> list[Host]:
    """As hosts to be measured beside the others."""
    return [
        Host(id=f"{ANCHOR}{address}", name=address, address=address, interval_s=_INTERVAL_S, check=Ping(echoes=3, timeout_s=0.8))
        for address in addresses
    ]
