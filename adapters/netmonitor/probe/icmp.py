"""ICMP echo over one socket for each family: packets, kernel filters, buffers, times of arrival (RFC 792, RFC 4443).

icmplib opens the sockets and builds the packets. What it has not: many hosts over one socket, replies of others dropped in the kernel,
the kernel's times, and sends that cost little.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import os
import secrets
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from icmplib import ICMPSocketError, SocketPermissionError
from icmplib.sockets import ICMPSocket, ICMPv4Socket, ICMPv6Socket

from adapters.netmonitor.probe.names import SockAddr

__all__ = ["NO_ROUTE", "Channel", "NotPermitted", "explanation", "raw_filter", "stamp_of", "stamped"]

NO_ROUTE: Final = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EPERM, errno.EACCES, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.ENODEV, errno.ENXIO}
)
"""Errors of a send that say: from here no packet leaves for there. No route, a prohibiting one, a firewall's drop, no source address."""

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the module `socket` has no name for it
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE, _SO_SNDBUFFORCE = 26, 33, 32
_ICMP_FILTER, _ICMP6_FILTER = 1, 1  # linux/icmp.h on SOL_RAW, linux/icmpv6.h on SOL_ICMPV6
_SOL_RAW = 255
_TIMESPEC = struct.Struct("@ll")
_HEADER = struct.Struct("!BBHHH")
_RECEIVE_BYTES = 4_194_304
"""Some 5,000 replies, as the kernel counts small packets: two seconds of 5,000 hosts. Without CAP_NET_ADMIN net.core.rmem_max bounds it."""
_SEND_BYTES = 1_048_576
_FULL = frozenset({errno.EAGAIN, errno.ENOBUFS})
"""What an unprivileged and a raw socket say when their buffers are full (net/ipv4/ip_output.c)."""
_MOST_SOCKETS = 16
"""Requests to silent neighbours wait 3 s for ARP in the sender's buffer, whose bound is often 212,992 bytes (net.core.wmem_max): some 550
requests, and hosts that do answer could not be asked any more. So where it is full another socket sends."""


class NotPermitted(Exception):
    """Neither unprivileged nor raw ICMP sockets may be opened; says why and how to mend it."""


class _Kind:
    """What differs between the families."""

    def __init__(self, version: Literal[4, 6], opener: type[ICMPSocket], request: int, reply: int) -> None:
        self.version, self.opener, self.request, self.reply = version, opener, request, reply


_KINDS: Final = {4: _Kind(4, ICMPv4Socket, 8, 0), 6: _Kind(6, ICMPv6Socket, 128, 129)}


class Channel:
    """An ICMP socket that sends echo requests and reads the replies to them, never waiting for anything."""

    def __init__(self, version: Literal[4, 6]) -> None:
        """Opens it: unprivileged where the system allows (net.ipv4.ping_group_range), else raw (CAP_NET_RAW).

        Raises NotPermitted without words, OSError where there is no such family.
        """
        self._kind = _KINDS[version]
        self.raw = False
        try:
            self._first = self._open()
        except NotPermitted:
            self.raw = True
            self._first = self._open()
        self.ident = secrets.randbelow(0xFFFF) + 1
        """Of our requests, where it is ours to choose: the kernel gives each unprivileged socket one of its own."""
        sock = self._first.sock
        if self.raw:
            raw_filter(sock, version, self._kind.reply, self.ident)
        _buffer(sock, _SO_RCVBUFFORCE, socket.SO_RCVBUF, _RECEIVE_BYTES)
        _buffer(sock, _SO_SNDBUFFORCE, socket.SO_SNDBUF, _SEND_BYTES)
        self.kernel_times = stamped(sock)
        """False: `receive` gives no times, so it must be called as soon as there is something to read."""
        self._sockets = [self._first]
        self._sending = sock.sendto
        self._templates: dict[int, tuple[int, bytes]] = {}
        self._space = bytearray(128)  # of a reply only its beginning is read: an IPv4 header of at most 60 bytes, and 8 of ICMP
        self._spaces = [self._space]
        self._receivers = [sock.recvmsg_into]

    def fileno(self) -> int:
        """For the loop to watch."""
        return int(self._first.sock.fileno())

    def send(self, sequence: int, size: int, to: SockAddr) -> None:
        """Sends a request of `size` bytes of payload. Raises OSError; BlockingIOError while every buffer is full.

        ENOBUFS then means the destination: the kernel has no room for one neighbour more.
        """
        packet = self._packet(sequence, size)
        try:
            self._sending(packet, to)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            self._send_elsewhere(packet, to)

    def receive(self, most: int) -> list[tuple[str, int, int | None]]:
        """Replies that are there, at most about `most`: the sender's address, the sequence, the kernel's time of arrival."""
        found: list[tuple[str, int, int | None]] = []
        space, spaces, raw, reply = self._space, self._spaces, self.raw, self._kind.reply
        offset = 0
        unpack, room = _TIMESPEC.unpack, _CONTROL_BYTES
        for receiver in self._receivers:
            try:
                while len(found) < most:
                    count, control, _, sender = receiver(spaces, room)
                    if raw:
                        if self._kind.version == 4:
                            offset = (space[0] & 15) << 2
                        if space[offset + 4] << 8 | space[offset + 5] != self.ident:
                            continue
                    if count < offset + 8 or space[offset] != reply:
                        continue
                    at = None
                    for _, kind, data in control:
                        if kind == _SO_TIMESTAMPNS:
                            seconds, nanoseconds = unpack(data)
                            at = seconds * 1_000_000_000 + nanoseconds
                    found.append((sender[0], space[offset + 6] << 8 | space[offset + 7], at))
            except OSError:
                continue  # nothing more; or an error that an earlier packet met, which its round will see as a loss
        return found

    def close(self) -> None:
        """Closes all its sockets."""
        for each in self._sockets:
            each.close()

    def _open(self) -> ICMPSocket:
        try:
            opened = self._kind.opener(privileged=self.raw)
        except SocketPermissionError:
            raise NotPermitted from None
        except ICMPSocketError as error:
            raise OSError(str(error)) from error
        opened.blocking = False
        return opened

    def _packet(self, sequence: int, size: int) -> bytes:
        total, payload = self._templates.get(size) or self._template(size)
        total += sequence  # RFC 1071: a sum of 16-bit words, its carries added again
        total = (total & 0xFFFF) + (total >> 16)
        return _HEADER.pack(self._kind.request, 0, ~total & 0xFFFF, self.ident, sequence) + payload

    def _template(self, size: int) -> tuple[int, bytes]:
        """The sum of a packet whose sequence is 0, and its payload. The kernel makes its own where it knows better."""
        payload = bytes(number & 0xFF for number in range(size))
        bare = self._first._create_packet(self.ident, 0, payload)
        found = ~int.from_bytes(bare[2:4], "big") & 0xFFFF, payload
        self._templates[size] = found
        return found

    def _send_elsewhere(self, packet: bytes, to: SockAddr) -> None:
        for other in self._sockets:
            try:
                other.sock.sendto(packet, to)
            except OSError as error:
                if error.errno not in _FULL:
                    raise
            else:
                self._sending = other.sock.sendto
                return
        if len(self._sockets) >= _MOST_SOCKETS:
            raise BlockingIOError(errno.EAGAIN, "every buffer is full")
        try:
            spare = self._open()
        except (NotPermitted, OSError) as error:
            raise BlockingIOError(errno.EAGAIN, "the buffer is full") from error
        sock = spare.sock
        try:
            _buffer(sock, _SO_SNDBUFFORCE, socket.SO_SNDBUF, _SEND_BYTES)
            if self.raw:
                _attach(sock, _NOTHING)  # replies go to every raw socket; the first one takes them
            else:
                stamped(sock)
            sock.sendto(packet, to)
        except OSError:  # its buffer is empty, so this is not its fault
            spare.close()
            raise
        self._sockets.append(spare)
        self._sending = sock.sendto
        if not self.raw:
            self._receivers.append(sock.recvmsg_into)


_CONTROL_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)


def stamped(sock: socket.socket) -> bool:
    """Whether the kernel says of each packet when it came."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        return True
    return False


def stamp_of(control: list[tuple[int, int, bytes]]) -> int | None:
    """The kernel's time among the control messages of a packet, nanoseconds since 1970."""
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return None


# -- filters in the kernel: a raw socket hears every ICMP packet of the machine, on loopback its own requests, too --------------

_LDX_MSH, _LD_B_IND, _LD_H_IND, _LD_B_ABS, _LD_H_ABS, _JEQ, _RET = 0xB1, 0x50, 0x48, 0x30, 0x28, 0x15, 0x06  # linux/bpf_common.h
_Filter = list[tuple[int, int, int, int]]
_NOTHING: _Filter = [(_RET, 0, 0, 0)]


def raw_filter(sock: socket.socket, version: Literal[4, 6], reply: int, ident: int) -> None:
    """Lets only the replies with this identifier through. Without it `Channel.receive` drops the others, only later."""
    with suppress(OSError):
        if version == 4:
            sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("@I", ~(1 << reply) & 0xFFFF_FFFF))
        else:
            words = [0xFFFF_FFFF] * 8
            words[reply >> 5] &= ~(1 << (reply & 31))
            sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("@8I", *words))
    # What such a socket reads begins with the IPv4 header, but without the IPv6 header: raw(7), RFC 3542 section 3.
    first: _Filter = [(_LDX_MSH, 0, 0, 0), (_LD_B_IND, 0, 0, 0)] if version == 4 else [(_LD_B_ABS, 0, 0, 0)]
    second: _Filter = [(_LD_H_IND if version == 4 else _LD_H_ABS, 0, 0, 4)]
    with suppress(OSError):
        _attach(sock, [*first, (_JEQ, 0, 3, reply), *second, (_JEQ, 0, 1, ident), (_RET, 0, 0, 0xFFFF_FFFF), *_NOTHING])


def _attach(sock: socket.socket, program: _Filter) -> None:
    """Documentation/networking/filter.rst."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("@HBBI", *each) for each in program))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))


def _buffer(sock: socket.socket, force: int, option: int, size: int) -> None:
    """As large as may be: the first way needs CAP_NET_ADMIN, the second is bounded by net.core.{r,w}mem_max."""
    for each in (force, option):
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, each, size)
            return


# -- in words ------------------------------------------------------------------------------------------------------------------


async def explanation() -> str:
    """Why ICMP does not work here, and the mend. Reads /proc."""
    allowed = await asyncio.to_thread(_ping_groups)
    groups = ", ".join(str(each) for each in sorted({os.getegid(), *os.getgroups()}))
    return (
        "ICMP sockets are not permitted to this process. "
        f"Unprivileged ones are for the groups in net.ipv4.ping_group_range, which is {allowed}; this process is in {groups}. "
        "Raw ones need CAP_NET_RAW, which it has not. Either of these mends it, without a restart in the first case: "
        '`sysctl -w net.ipv4.ping_group_range="0 2147483647"` (to keep it: a line in /etc/sysctl.d/; each container has its own), '
        "or CAP_NET_RAW (systemd: AmbientCapabilities=CAP_NET_RAW; containers: cap_add: NET_RAW)."
    )


def _ping_groups(path: Path = Path("/proc/sys/net/ipv4/ping_group_range")) -> str:
    try:
        first, last = path.read_text().split()
    except (OSError, ValueError):
        return "not readable here"
    return "none" if int(first) > int(last) else f"{first} to {last}"
