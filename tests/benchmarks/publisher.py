"""Publishes as an outside system does: `POST /hub/events` in batches, over connections that are kept."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.benchmarks.servers import PUBLISH_TOKEN

__all__ = ["Publisher", "member", "now_ns"]

_encode = msgspec.json.Encoder().encode
_numbers = itertools.count(1)


def now_ns() -> int:
    """The wall clock, as it travels in `data.t`."""
    return time.time_ns()


def member(to: str, *, began_ns: int | None = None) -> dict[str, Any]:
    """One notification of usual size for the users `to` (ids, comma separated); `data.t` is when it was begun."""
    number = next(_numbers)
    return {
        "specversion": "1.0",
        "source": "/bench",
        "id": f"n{number}",
        "type": "bench.notice",
        "navuser": to,
        "data": {
            "kind": "system",
            "title": {"ru": f"Проверка {number}", "en": f"Check {number}"},
            "body": "x" * 120,
            "group": f"bench:{number}",
            "url": "/",
            "t": began_ns if began_ns is not None else now_ns(),
        },
    }


class Publisher:
    """One connection, one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, members: Sequence[Mapping[str, Any]], timeout_s: float = 30.0) -> int:
        """The status of the answer. Raises OSError or TimeoutError; then nobody knows whether it was accepted."""
        body = _encode(members)
        head = (
            f"POST /hub/events HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nAuthorization: Bearer {PUBLISH_TOKEN}\r\n"
            f"Content-Type: application/cloudevents-batch+json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(timeout_s):
                if self._streams is None:
                    self._streams = await asyncio.open_connection("127.0.0.1", self._port)
                reader, writer = self._streams
                writer.write(head.encode() + body)
                answer = await reader.readuntil(b"\r\n\r\n")
                length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(length)
        except asyncio.IncompleteReadError as error:
            self.close()
            raise ConnectionResetError("the answer did not come") from error
        except BaseException:
            self.close()
            raise
        return int(answer[9:12])

    def close(self) -> None:
        """Drops the connection."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None
