"""Where hosts are: literal addresses, and names that are resolved again and again, beside the event loop.

A name's address is used for `fresh_s`; then it is asked for again while the old one goes on being used. While the resolver is away the old
address stays; when it says that the name is gone, the address goes, too.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from hub.tasks import end

__all__ = ["Address", "Family", "Names", "Resolver", "SockAddr", "literal", "open_names", "system_resolver"]

Family = Literal["any", "ipv4", "ipv6"]
SockAddr = tuple[str, int] | tuple[str, int, int, int]
Resolver = Callable[[str, Family], Awaitable[Sequence[SockAddr]]]
"""All addresses of a name, the best first. Raises OSError (`socket.gaierror`): nobody could be asked, or there is no such name."""

_FAMILIES: dict[Family, socket.AddressFamily] = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
_GONE = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
_WORKERS = 4
"""Lookups at a time. One that hangs keeps a thread of the default executor, and the C library cannot be interrupted: never more of them."""
_MOST = 20_000
"""Names that are remembered; the longest unused is forgotten first."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where packets go."""

    text: str
    """As the kernel writes it; a link-local one without its zone."""
    sockaddr: SockAddr
    """For `sendto`, port 0."""

    @property
    def version(self) -> Literal[4, 6]:
        """4 or 6."""
        return 6 if len(self.sockaddr) == 4 else 4

    def __str__(self) -> str:
        scope = self.sockaddr[3] if len(self.sockaddr) == 4 else 0
        return f"{self.text}%{scope}" if scope else self.text


async def system_resolver(name: str, family: Family) -> Sequence[SockAddr]:
    """The system's own, in the default executor, in its order (RFC 6724)."""
    found = await asyncio.get_running_loop().getaddrinfo(name, None, family=_FAMILIES[family], type=socket.SOCK_DGRAM)
    return [sockaddr for *_, sockaddr in found if isinstance(sockaddr[0], str)]


def literal(text: str, family: Family = "any") -> Address | None:
    """The address that is written there, `fe80::1%eth0` included; None for a name, and for an address of the other family."""
    if family != "ipv6":
        with suppress(OSError):
            return _v4(text)
    if family != "ipv4":
        bare, _, zone = text.partition("%")
        with suppress(OSError):
            if not zone:
                return _v6(bare)
            scope = int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)
            return Address(plain := _v6(bare).text, (plain, 0, 0, scope))
    return None


@lru_cache(maxsize=_MOST)
def _v4(text: str) -> Address:
    """One object however many rounds go there. Raises OSError."""
    return Address(socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, text)), (text, 0))


@lru_cache(maxsize=_MOST)
def _v6(text: str) -> Address:
    plain = socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, text))
    return Address(plain, (plain, 0, 0, 0))


class _Entry:
    """One name in one family."""

    __slots__ = ("address", "asking", "at")

    def __init__(self) -> None:
        self.address: Address | None = None
        self.at: float | None = None
        """When it was last answered, or nobody answered."""
        self.asking: asyncio.Future[Address | None] | None = None


class Names:
    """A bounded memory of names. Not for several threads."""

    def __init__(
        self,
        resolver: Resolver = system_resolver,
        *,
        fresh_s: float = 60.0,
        retry_s: float = 10.0,
        deadline_s: float = 5.0,
        most: int = _MOST,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`retry_s`: between two questions for a name without an answer. `deadline_s`: then a lookup has failed, though it may yet end."""
        self._resolver, self._monotonic = resolver, monotonic
        self._fresh_s, self._retry_s, self.deadline_s, self._most = fresh_s, retry_s, deadline_s, most
        self._entries: dict[tuple[str, Family], _Entry] = {}
        self._queue: asyncio.Queue[tuple[str, Family]] = asyncio.Queue()  # a name is in it once; `_ask` bounds it

    def known(self, name: str, family: Family) -> Address | None:
        """At once: the address that is written there, or the one remembered (if it is old, it is asked for again meanwhile)."""
        found = literal(name, family)
        if found is not None:
            return found
        entry = self._entry((name, family))
        if self._old(entry):
            self._ask((name, family), entry)
        return entry.address

    def look(self, name: str, family: Family) -> asyncio.Future[Address | None]:
        """The address of a name that is not known yet, None when it has none; one future for all who wait, so never cancel it."""
        entry = self._entry((name, family))
        if entry.address is None and self._old(entry):
            self._ask((name, family), entry)
        if entry.asking is not None:
            return entry.asking
        done: asyncio.Future[Address | None] = asyncio.get_running_loop().create_future()
        done.set_result(entry.address)
        return done

    async def find(self, name: str, family: Family) -> Address | None:
        """`known`, or else `look` for at most `deadline_s`."""
        found = self.known(name, family)
        if found is None and literal(name) is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.deadline_s):
                    found = await asyncio.shield(self.look(name, family))
        return found

    def _entry(self, key: tuple[str, Family]) -> _Entry:
        entry = self._entries.pop(key, None) or _Entry()
        self._entries[key] = entry  # the last one is the one used last
        if len(self._entries) > self._most:
            for old, other in self._entries.items():
                if other.asking is None and other is not entry:
                    del self._entries[old]
                    break
        return entry

    def _old(self, entry: _Entry) -> bool:
        if entry.asking is not None:
            return False
        return entry.at is None or self._monotonic() - entry.at >= (self._fresh_s if entry.address else self._retry_s)

    def _ask(self, key: tuple[str, Family], entry: _Entry) -> None:
        if self._queue.qsize() >= self._most:  # as if nobody answered; the next round asks again
            return
        entry.asking = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(key)

    async def work(self) -> None:
        """Resolves one name after the other, for ever."""
        while True:
            key = await self._queue.get()
            entry = self._entries[key]
            lookup = asyncio.ensure_future(self._resolver(*key))
            try:
                await asyncio.wait([lookup], timeout=self.deadline_s)
                if not lookup.done():
                    self._answer(entry, entry.address)
                    await asyncio.wait([lookup])  # its thread is not free before
                self._take(entry, lookup)
            finally:
                lookup.cancel()

    def _take(self, entry: _Entry, lookup: asyncio.Future[Sequence[SockAddr]]) -> None:
        error = None if lookup.cancelled() else lookup.exception()
        if isinstance(error, socket.gaierror) and error.errno in _GONE:
            self._answer(entry, None)
        elif error is not None or lookup.cancelled():
            self._answer(entry, entry.address)
        else:
            found = [Address(each[0], (*each[:1], 0, *each[2:])) for each in lookup.result()]
            keep = entry.address in found  # a name of several addresses, in another order each time, is one host all the same
            self._answer(entry, entry.address if keep else next(iter(found), None))

    def _answer(self, entry: _Entry, address: Address | None) -> None:
        entry.address, entry.at = address, self._monotonic()
        asking, entry.asking = entry.asking, None
        if asking is not None and not asking.done():
            asking.set_result(address)


@asynccontextmanager
async def open_names(resolver: Resolver = system_resolver, **options: Any) -> AsyncIterator[Names]:
    """Names with their workers."""
    names = Names(resolver, **options)
    workers = [asyncio.create_task(names.work(), name=f"net-names:{number}") for number in range(_WORKERS)]
    try:
        yield names
    finally:
        await end(workers)
