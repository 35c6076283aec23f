"""Phone books of 50,000 contacts: how long the event loop stands still while they are read, while a caller is looked up, and at a search.

    python -m tests.benchmarks.finesse_books [--contacts 50000]

A turn of the loop is measured by a task that does nothing else; the machine's own hiccups are in the figures too.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from adapters.finesse.rest.client import open_finesse
from adapters.finesse.values import Credentials
from hub.phone import digits_of

__all__ = ["main"]

_PAGE = 6000
_LOOKUPS = 200
_SITE = "https://fin-a.lab.test:8445"
_USER = b"<User><uri>/finesse/api/User/1001</uri><loginId>1001</loginId><state>READY</state><teamId>5000</teamId></User>"
_SYSTEM = b"<SystemInfo><status>IN_SERVICE</status><deploymentType>UCCE</deploymentType></SystemInfo>"


def _pages(count: int) -> list[bytes]:
    made = [
        f"<Contact><firstName>Имя{n % 997}</firstName><lastName>Фамилия{n % 9973}</lastName><phoneNumber>+7 (495) {n:07d}</phoneNumber>"
        f"<description>Отдел {n % 101}, агентство {n}</description></Contact>"
        for n in range(count)
    ]
    parts = ["".join(made[start : start + _PAGE]) for start in range(0, count, _PAGE)]
    book = "<PhoneBooks><PhoneBook><name>Общая</name><Contacts>{}</Contacts></PhoneBook></PhoneBooks>"
    return [book.format(part).encode() for part in parts]


@asynccontextmanager
async def _turns() -> AsyncIterator[list[float]]:
    """How long each turn of the loop took while the block ran, in milliseconds."""
    took: list[float] = []

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0)
            took.append(1000 * (time.perf_counter() - began))

    task = asyncio.create_task(watch(), name="turns")
    await asyncio.sleep(0)
    try:
        yield took
    finally:
        await asyncio.sleep(0)
        task.cancel()


def _say(what: str, took: list[float], began: float) -> None:
    late = sorted(took)
    print(
        f"{what}: {1000 * (time.perf_counter() - began):.1f} ms in all; longest turns {', '.join(f'{one:.1f}' for one in late[-3:])} ms, "
        f"over 5 ms: {sum(one > 5 for one in took)}"
    )


async def _run(count: int) -> None:
    pages = _pages(count)

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("SystemInfo"):
            return httpx.Response(200, content=_SYSTEM)
        if not path.endswith("PhoneBooks"):
            return httpx.Response(200, content=_USER)
        first = int(request.headers["range"].partition("=")[2].partition("-")[0])
        shown = f"objects {first}-{min(first + _PAGE - 1, count)}/{count}"
        return httpx.Response(206, content=pages[first // _PAGE], headers={"content-range": shown})

    who = Credentials(agent="1001", password="x")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with open_finesse([_SITE], tls=tls, transport=httpx.MockTransport(answer), timeout_s=60) as finesse:
        gc.collect()
        gc.freeze()
        async with _turns() as took:
            began = time.perf_counter()
            books = await finesse.directory(who)
        _say(f"reading {len(books.search)} contacts", took, began)
        async with _turns() as took:
            began = time.perf_counter()
            for n in range(_LOOKUPS):
                found = (await finesse.directory(who)).numbers[digits_of(f"8495{n * (count // _LOOKUPS):07d}")]
                assert len(found) == 1
                await asyncio.sleep(0)
        _say(f"{_LOOKUPS} callers", took, began)
        for words in ("", "ф", "фамилия12", "7495"):
            async with _turns() as took:
                began = time.perf_counter()
                books.search.find(words, 20)
            _say(f"search for {words!r}", took, began)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=50_000)
    gc.set_threshold(20_000, 10, 10)  # as `web.collector` has it
    asyncio.run(_run(parser.parse_args().contacts))


if __name__ == "__main__":
    main()
