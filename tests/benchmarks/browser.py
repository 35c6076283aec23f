"""A light HTTP client: one kept connection, one request at a time, what a request took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

__all__ = ["Answer", "Browser"]

_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole."""

    status: int
    body: bytes
    ms: float
    """From the first byte sent to the last one read."""

    def json(self) -> Any:
        """What it says."""
        return msgspec.json.decode(self.body) if self.body else None


class Browser:
    """Raises OSError, TimeoutError."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port = port
        lines = {"Host": f"127.0.0.1:{port}", "Accept": "application/json", **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request. A connection that the server had closed meanwhile is opened again before it; when it closes just as a GET is sent,
        the GET is sent once more, as browsers do (RFC 9110, 9.2.2).
        """
        content = b"" if body is None else msgspec.json.encode(body)
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        if content:
            more += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        request = f"{method} {path} HTTP/1.1\r\n{self._head}{more}\r\n".encode() + content
        began = time.perf_counter()
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                kept = self._streams is not None and not self._streams[0].at_eof()
                try:
                    status, answer = await self._exchange(request)
                except (asyncio.IncompleteReadError, ConnectionError):
                    if not kept or method != "GET":
                        raise
                    self.close()
                    status, answer = await self._exchange(request)
        except asyncio.IncompleteReadError as error:
            self.close()
            raise ConnectionResetError("the answer did not come") from error
        except BaseException:
            self.close()
            raise
        return Answer(status, answer, (time.perf_counter() - began) * 1000)

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None or self._streams[0].at_eof():
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=2**22)
        reader, writer = self._streams
        writer.write(request)
        return await _read(reader)

    def close(self) -> None:
        """Drops the connection."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line)
    if fields.get(b"transfer-encoding") == b"chunked":
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
        return status, b"".join(parts)
    length = int(fields.get(b"content-length", b"0"))
    return status, await reader.readexactly(length) if length and status != 204 else b""
