"""Addresses that a push service's name may lead to: public ones, judged where the connection is made.

A check of the name alone would be void: its owner can let it point anywhere between check and use. aiohttp connects
to exactly the addresses that its resolver returns, so what is checked here is what is used.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from adapters.push.endpoint import Origin

__all__ = ["PublicResolver", "is_public"]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052


def is_public(address: str) -> bool:
    """Whether a literal address belongs to the internet at large; an IPv4 address inside an IPv6 one counts as itself."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast


class PublicResolver(AbstractResolver):
    """The system's resolver without its private, loopback, link-local and other non-public answers.

    `trusted` are origins that the operator named in full; for them every answer counts, except that plain http stays
    on this machine. aiohttp does not ask a resolver about a literal address: `PushHosts.check` keeps those out.
    """

    def __init__(self, trusted: Collection[Origin] = (), inner: AbstractResolver | None = None) -> None:
        self._trusted = {(origin.host, origin.port): origin.scheme for origin in trusted}
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AddressFamily.AF_INET) -> list[ResolveResult]:
        """The addresses that may be connected to. Raises OSError when there are none."""
        found = await self._inner.resolve(host, port, family)
        match self._trusted.get((host, port)):
            case "https":
                good = found
            case "http":
                good = [each for each in found if ipaddress.ip_address(each["host"]).is_loopback]
            case _:
                good = [each for each in found if is_public(each["host"])]
        if not good:
            raise OSError(f"{host} has no address that may be used")
        return good

    async def close(self) -> None:
        """Closes the resolver underneath."""
        await self._inner.close()
