"""Host names of the DSN: looked up off the loop, once for all who wait."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from adapters.erp.client import ErpSettings, open_erp
from adapters.erp.errors import ErpUnavailable
from adapters.erp.names import Names


class Dns:
    """Answers in place of the resolver, the outermost edge."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, list[str]] = {}
        self.hangs = threading.Event()
        self.hangs.set()

    def __call__(self, host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        if host not in self.answers and host[0].isdigit():
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port or 0))]
        self.asked.append(host)
        self.hangs.wait(10)
        if host not in self.answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0)) for address in self.answers[host]]


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dns]:
    """The resolver."""
    made = Dns()
    monkeypatch.setattr(socket, "getaddrinfo", made)
    yield made
    made.hangs.set()


@pytest.mark.parametrize(
    "dsn",
    [
        "127.0.0.1:1521/ERP",
        "(DESCRIPTION=(ADDRESS=(HOST=erp)(PORT=1))(CONNECT_DATA=(SID=x)))",
        "ERP_ALIAS",
        "[::1]:1521/ERP",
        "10.0.0.1,10.0.0.2:1521/X",
    ],
)
async def test_left_alone(dns: Dns, dsn: str) -> None:
    """Addresses, descriptors and aliases stay as they are."""
    assert await Names(dsn).resolved() == dsn
    assert dns.asked == []


@pytest.mark.parametrize(
    ("dsn", "expected"),
    [
        ("erp.example:1521/ERP", "10.0.0.1,[fd00::1]:1521/ERP"),
        ("//erp.example/ERP?expire_time=2", "//10.0.0.1,[fd00::1]/ERP?expire_time=2"),
        ("tcp://erp.example,other.example:1521/ERP", "tcp://10.0.0.1,[fd00::1],10.0.0.9:1521/ERP"),
        ("tcps://erp.example:2484/ERP", "tcps://erp.example:2484/ERP"),
    ],
)
async def test_looked_up(dns: Dns, dsn: str, expected: str) -> None:
    """Names become all their addresses, in order; with tcps the name stays, for it is the certificate's."""
    dns.answers = {"erp.example": ["10.0.0.1", "fd00::1", "10.0.0.1"], "other.example": ["10.0.0.9"]}
    assert await Names(dsn).resolved() == expected
    assert dns.asked[0] == "erp.example"


async def test_unknown_name(settings: ErpSettings, dns: Dns) -> None:
    """A name that does not exist is an ERP that is away."""
    async with open_erp(replace(settings, dsn="nowhere.example:1521/ERP")) as erp:
        with pytest.raises(ErpUnavailable):
            await erp.fetch("one", "select 1 as one from dual")


async def test_slow_dns_stalls_nobody(settings: ErpSettings, dns: Dns) -> None:
    """While the DNS hangs callers end within their limit, the loop goes on, one thread waits, and afterwards the ERP is reached."""
    port = settings.dsn.partition(":")[2]
    dns.answers = {"erp.example": ["127.0.0.1"]}
    dns.hangs.clear()
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.005)
            turns += 1

    async with open_erp(replace(settings, dsn=f"erp.example:{port}", size=4)) as erp:
        counting = asyncio.create_task(count())
        calls = [erp.fetch("one", "select 1 as one from dual") for _ in range(4)]
        async with asyncio.timeout(5):
            found = await asyncio.gather(*calls, return_exceptions=True)
        counting.cancel()
        assert {type(one) for one in found} == {ErpUnavailable}
        assert turns > 20
        assert dns.asked == ["erp.example"]
        dns.hangs.set()
        assert await erp.fetch("one", "select 1 as one from dual") == [{"one": 1}]
