"""The way to a host: requests that may go one hop, then two, and so on (RFC 792, RFC 4443: time exceeded).

Answers of routers are read from the socket's error queue (ip(7), IP_RECVERR), which unprivileged sockets have as well as raw ones.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from icmplib import ICMPSocketError, SocketPermissionError
from icmplib.sockets import ICMPSocket, ICMPv4Socket, ICMPv6Socket

from adapters.netmonitor.probe.icmp import NO_ROUTE, NotPermitted, explanation, raw_filter, stamp_of, stamped
from adapters.netmonitor.probe.names import Address
from adapters.netmonitor.probe.stamps import Stamps

__all__ = ["MOST_HOPS", "Hop", "trace"]

MOST_HOPS: Final = 30
_TICK_S = 0.01
_MOST = 64
"""Packets that are read in one go."""
_SPACING_S = 0.02
"""Between the requests of a hop: routers answer only so many a second."""
_RECVERR = {4: (socket.IPPROTO_IP, 11), 6: (socket.IPPROTO_IPV6, 25)}  # linux/in.h, linux/in6.h
_HOPS = {4: (socket.IPPROTO_IP, socket.IP_TTL), 6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)}
_ORIGIN_ICMP = (2, 3)  # linux/errqueue.h: SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
_EXTENDED_ERROR = struct.Struct("@IBBBBII")  # struct sock_extended_err; the router's address follows
_TIME_EXCEEDED = {4: 11, 6: 3}
_ECHO = {4: (8, 0), 6: (128, 129)}


@dataclass(frozen=True, slots=True)
class Hop:
    """What answered at one distance."""

    ttl: int
    """The distance, beginning at 1."""
    addresses: tuple[str, ...]
    """Of those that answered, most often one; empty: nobody did."""
    rtts: tuple[float | None, ...]
    """Milliseconds of each request, None: no answer."""
    reached: bool
    """The host itself answered, and the way ends here."""
    blocked: bool = False
    """Somebody answered that the host cannot be reached (destination unreachable), and the way ends here."""

    @property
    def address(self) -> str | None:
        """The first of those that answered."""
        return self.addresses[0] if self.addresses else None


class _Socket:
    """A socket for one way, with its error queue."""

    def __init__(self, address: Address) -> None:
        self._address, self._version = address, address.version
        self._ident = secrets.randbelow(0xFFFF) + 1
        opener: type[ICMPSocket] = ICMPv6Socket if self._version == 6 else ICMPv4Socket
        self._raw = False
        try:
            self._icmp: ICMPSocket = opener(privileged=False)
        except SocketPermissionError:
            self._raw = True
            try:
                self._icmp = opener(privileged=True)
            except SocketPermissionError:
                raise NotPermitted from None
        self._icmp.blocking = False
        self._sock: socket.socket = self._icmp.sock
        if self._raw:
            raw_filter(self._sock, self._version, _ECHO[self._version][1], self._ident)
        stamped(self._sock)
        self._sock.setsockopt(*_RECVERR[self._version], 1)
        self._stamps = Stamps()

    def close(self) -> None:
        self._icmp.close()

    def send(self, ttl: int, sequence: int) -> int:
        """When it went out, monotonic ns. Raises OSError."""
        self._sock.setsockopt(*_HOPS[self._version], ttl)
        packet = self._icmp._create_packet(self._ident, sequence, bytes(56))
        at = time.monotonic_ns()
        try:
            self._sock.sendto(packet, self._address.sockaddr)
        except BlockingIOError:
            raise
        except OSError:  # once: with IP_RECVERR a router's answer to an earlier request is reported here, too
            at = time.monotonic_ns()
            self._sock.sendto(packet, self._address.sockaddr)
        return at

    def read(self) -> list[tuple[int, int, str, str]]:
        """What came: sequence, monotonic ns, whose, and `reply`, `exceeded` or `blocked`."""
        self._stamps.look()
        return [*self._errors(), *self._replies()]

    def _errors(self) -> list[tuple[int, int, str, str]]:
        found: list[tuple[int, int, str, str]] = []
        level, kind = _RECVERR[self._version]
        for _ in range(_MOST):
            try:
                data, control, _, _ = self._sock.recvmsg(256, 256, socket.MSG_ERRQUEUE)
            except OSError:
                break
            stamp = stamp_of(control)
            for each_level, each_kind, value in control:
                if (each_level, each_kind) != (level, kind) or len(data) < 8 or stamp is None:
                    continue
                _, origin, what, _, _, _, _ = _EXTENDED_ERROR.unpack_from(value)
                # The data is what we sent, from its ICMP header on.
                if origin in _ORIGIN_ICMP and data[0] == _ECHO[self._version][0] and (not self._raw or self._own(data)):
                    way = "exceeded" if what == _TIME_EXCEEDED[self._version] else "blocked"
                    found.append((self._sequence(data), self._stamps.arrival(stamp), self._router(value), way))
        return found

    def _router(self, value: bytes) -> str:
        place = value[_EXTENDED_ERROR.size :]
        return socket.inet_ntop(socket.AF_INET6, place[8:24]) if self._version == 6 else socket.inet_ntop(socket.AF_INET, place[4:8])

    def _replies(self) -> list[tuple[int, int, str, str]]:
        found: list[tuple[int, int, str, str]] = []
        for _ in range(_MOST):
            try:
                data, control, _, sender = self._sock.recvmsg(256, 256)
            except BlockingIOError:
                break
            except OSError:
                continue  # the error of a queue that `_errors` reads
            stamp = stamp_of(control)
            if self._raw and self._version == 4:
                data = data[(data[0] & 15) << 2 :]
            if len(data) < 8 or stamp is None or data[0] != _ECHO[self._version][1] or sender[0] != self._address.text:
                continue
            if not self._raw or self._own(data):
                found.append((self._sequence(data), self._stamps.arrival(stamp), str(sender[0]), "reply"))
        return found

    def _own(self, data: bytes) -> bool:
        return int.from_bytes(data[4:6], "big") == self._ident

    @staticmethod
    def _sequence(data: bytes) -> int:
        return int.from_bytes(data[6:8], "big")


async def trace(address: Address, *, hops: int = MOST_HOPS, probes: int = 3, timeout_s: float = 1.0) -> AsyncIterator[Hop]:
    """One hop after the other, until the host answers or nothing goes further, at most `hops` (30) of at most `probes` (10) requests.

    A hop takes at most `timeout_s` and the pauses between its requests. Raises NotPermitted with the words to show, OSError when nothing
    can be sent at all.
    """
    hops, probes = min(max(hops, 1), MOST_HOPS), min(max(probes, 1), 10)
    try:
        sock = _Socket(address)
    except NotPermitted:
        raise NotPermitted(await explanation()) from None
    except ICMPSocketError as error:
        raise OSError(str(error)) from error
    try:
        for ttl in range(1, hops + 1):
            hop = await _hop(sock, ttl, probes, timeout_s)
            yield hop
            if hop.reached or hop.blocked:
                return
    finally:
        sock.close()


async def _hop(sock: _Socket, ttl: int, probes: int, timeout_s: float) -> Hop:
    first = ttl * 16
    sent: dict[int, int] = {}
    rtts: dict[int, float] = {}
    whose: dict[str, None] = {}
    ways = set[str]()

    def read() -> None:
        for sequence, at, address, way in sock.read():
            if sequence in sent and sequence not in rtts and at - sent[sequence] <= timeout_s * 1e9:
                rtts[sequence] = max(0, at - sent[sequence]) / 1e6
                whose[address] = None
                ways.add(way)

    for number in range(probes):
        with suppress(BlockingIOError):
            try:
                sent[first + number] = sock.send(ttl, first + number)
            except OSError as error:
                if not sent and ttl == 1 and error.errno in NO_ROUTE:
                    raise
        await asyncio.sleep(_SPACING_S)
        read()
    ends = time.monotonic() + timeout_s
    while len(rtts) < len(sent) and time.monotonic() < ends:  # packets set no event: they are read from two queues
        await asyncio.sleep(_TICK_S)
        read()
    found = tuple(rtts.get(first + number) for number in range(probes))
    return Hop(ttl, tuple(whose), found, "reply" in ways, "blocked" in ways and "reply" not in ways)
