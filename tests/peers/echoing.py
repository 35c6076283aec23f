"""A host that answers echo requests oddly: late, twice, or from an address that was not asked. Runs in a namespace of its own.

python -m tests.peers.echoing ADDRESS=WAY …      WAY: SECONDS of delay, `twice`, or `as:OTHER` for answers from another address
"""

from __future__ import annotations

import heapq
import itertools
import select
import socket
import struct
import sys
import time

__all__ = ["main"]

_ICMP_FILTER, _SOL_RAW = 1, 255
_REQUEST, _REPLY = 8, 0


def main(ways: list[str]) -> None:
    """Answers until it is ended."""
    asked: dict[socket.socket, tuple[socket.socket, float, int]] = {}
    for each in ways:
        address, _, way = each.partition("=")
        sock = _socket(address)
        source = _socket(way.removeprefix("as:")) if way.startswith("as:") else sock
        delay = float(way) if way[0].isdigit() else 0.0
        asked[sock] = source, delay, 2 if way == "twice" else 1
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    due: list[tuple[float, int, socket.socket, bytes, str]] = []
    order = itertools.count()
    while True:
        wait = max(0.0, due[0][0] - time.monotonic()) if due else None
        for sock in select.select(list(asked), [], [], wait)[0]:
            packet, (sender, _) = sock.recvfrom(4096)
            answer, (source, delay, copies) = _answer(packet[(packet[0] & 15) << 2 :]), asked[sock]
            for _ in range(copies):
                heapq.heappush(due, (time.monotonic() + delay, next(order), source, answer, sender))
        while due and due[0][0] <= time.monotonic():
            _, _, source, answer, sender = heapq.heappop(due)
            source.sendto(answer, (sender, 0))


def _socket(address: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("@I", ~(1 << _REQUEST) & 0xFFFF_FFFF))
    sock.bind((address, 0))
    return sock


def _answer(request: bytes) -> bytes:
    """The same with another type, so only the checksum's share of the type changes (RFC 1624)."""
    total = (~int.from_bytes(request[2:4], "big") & 0xFFFF) + (~(_REQUEST << 8) & 0xFFFF) + (_REPLY << 8)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return bytes((_REPLY, 0)) + (~total & 0xFFFF).to_bytes(2, "big") + request[4:]


if __name__ == "__main__":
    main(sys.argv[1:])
