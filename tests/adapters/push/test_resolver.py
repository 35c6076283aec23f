"""Addresses that a push service's name may lead to."""

from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.push.endpoint import Origin
from adapters.push.resolver import PublicResolver, is_public


class _Fixed(AbstractResolver):
    """Every name has these addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0) for each in self._addresses]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    """Only addresses of the internet at large are public, also when one is wrapped in the other family."""
    assert is_public(address) is public


async def test_private_answers_are_dropped() -> None:
    """Of a mixed answer the public addresses remain; of a private one nothing, which is an error."""
    found = await PublicResolver(inner=_Fixed("127.0.0.1", "8.8.8.8", "fd00::1")).resolve("web.push.apple.com", 443)
    assert [each["host"] for each in found] == ["8.8.8.8"]
    with pytest.raises(OSError, match="no address that may be used"):
        await PublicResolver(inner=_Fixed("10.0.0.1")).resolve("web.push.apple.com", 443)


async def test_trusted_origins_keep_theirs() -> None:
    """An operator's full origin may be private, at that port only; a plain one may only be this machine."""
    trusted = PublicResolver({Origin("https", "push.corp", 8443), Origin("http", "localhost", 8090)}, _Fixed("10.0.0.1", "127.0.0.1"))
    assert len(await trusted.resolve("push.corp", 8443)) == 2
    assert [each["host"] for each in await trusted.resolve("localhost", 8090)] == ["127.0.0.1"]
    for host, port in (("push.corp", 443), ("localhost", 8443)):
        with pytest.raises(OSError, match="no address"):
            await trusted.resolve(host, port)
