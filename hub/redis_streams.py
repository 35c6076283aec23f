"""The bus over Redis Streams, for several nodes: Redis 7 or newer, Valkey 8 or newer. docs/bus.md has its promises and its keys."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import redis.asyncio
import structlog

from hub.backend import Backend
from hub.feed import BATCH, BusAway, BusClosed, Feed
from hub.redis_link import LINK_ERRORS, Link, ask, command, pause_s, words
from hub.redis_reader import Follower, StreamReader
from hub.redis_scripts import ANCHOR, PUBLISH, keys_of

__all__ = ["RedisBackend"]

_log = structlog.get_logger("bus")
_PART_BYTES = 4 * 1024 * 1024
"""A batch that is larger goes in several steps, so that Redis serves others in between."""
_REMEMBER_S = 3_600
"""Seconds that Redis remembers a publisher's counter after its last message: far longer than an answer can be late."""
_CONNECTIONS = 8


class _Publisher:
    """What this node publishes to one channel: one batch at a time, numbered."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.counter = 0


class RedisBackend(Backend):
    """One reader task, one pool of connections for the rest."""

    def __init__(self, url: str, *, maxlen: int = 100_000, bound: int = 16_384, block_s: float = 1.0, deadline_s: float = 2.0) -> None:
        """ValueError for a URL that cannot be used.

        A channel holds about `maxlen` messages (the URL's own `?maxlen=` wins); a reader has at most `bound` waiting.
        An idle read returns after `block_s`, and no answer within `deadline_s` means that Redis is away:
        one that is frozen is noticed after block_s + deadline_s at the latest.
        """
        super().__init__()
        self._link = Link(url, deadline_s=deadline_s)
        self._deadline_s = deadline_s
        self._maxlen, self._bound = self._link.maxlen or maxlen, bound
        self._reader = StreamReader(self._link, self.counters, bound=bound, block_s=block_s)
        self._task: asyncio.Task[None] | None = None
        self._commands: redis.asyncio.Redis | None = None
        self._ending = asyncio.Event()
        self._id = secrets.token_hex(8).encode()
        self._publishers: dict[str, _Publisher] = {}
        self._answered = asyncio.Event()
        self._heard = False
        self._read_failure: BaseException | None = None
        self._refused: dict[object, BaseException] = {}

    @property
    def connected(self) -> bool:
        """Whether the last read and the last publish were answered."""
        return self._heard and self.failure is None

    @property
    def failure(self) -> BaseException | None:
        """Why reading or publishing does not work at present."""
        return self._read_failure or next(iter(self._refused.values()), None)

    async def connect(self) -> None:
        """Starts the reader; Redis may be away."""
        if self._task is not None and not self._task.done():
            return
        await self.disconnect()
        self._ending = asyncio.Event()
        self._read_failure = None
        self._commands = self._link.client(connections=_CONNECTIONS)
        self._task = asyncio.create_task(self._read(), name="bus_reader")
        self._task.add_done_callback(self._ended)

    async def disconnect(self) -> None:
        """Ends the reader and its connections, at once."""
        self._ending.set()
        await self.end_merging()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        self._reader.close(None)
        if self._commands is not None:
            commands, self._commands = self._commands, None
            with suppress(*LINK_ERRORS):
                async with asyncio.timeout(self._deadline_s):
                    await commands.aclose(close_connection_pool=True)
        self._heard = False

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task is not self._task:  # disconnected, and perhaps connected anew, since
            return
        if not task.cancelled():
            self._read_failure = task.exception()
        self._reader.close(self._read_failure)
        self._ending.set()

    # -- reading --------------------------------------------------------------------------------------

    async def _read(self) -> None:
        client = self._link.client(connections=1)
        failures, since = 0, 0.0
        try:
            while True:
                try:
                    answered = await self._reader.round(client)
                except LINK_ERRORS as error:
                    failures += 1
                    self._read_failure = error
                    if failures == 1:
                        since = time.monotonic()
                        _log.warning("bus_away", error=words(error))
                    await client.connection_pool.disconnect()
                    await self._pause(pause_s(failures))
                    continue
                if not answered:
                    continue
                if failures:
                    self.counters.reconnects += 1
                    _log.info("bus_back", away_s=round(time.monotonic() - since, 1))
                failures, self._read_failure, self._heard = 0, None, True
        finally:
            with suppress(*LINK_ERRORS):
                await client.aclose(close_connection_pool=True)

    async def _pause(self, seconds: float) -> None:
        """Waits, but not much longer once somebody else had an answer: then the server is back."""
        self._answered.clear()
        await asyncio.sleep(min(seconds, 0.05))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._answered.wait()

    async def open(self, channel: str, after: str | None) -> Feed:
        """A feed, once Redis has said where now is; with an id it begins without asking."""
        stream, _ = keys_of(channel)
        if after is None:
            id, header = await self._insist(ANCHOR, [stream], ())
        else:
            # what is no id of a stream is one that no stream has: a Gap, then everything
            id, header = (after.encode(), b"") if re.fullmatch(r"\d{1,15}-\d{1,15}", after) else (b"0-1", b"?")
        feed = Feed(self._bound, self._reader.has_room)
        if self._ending.is_set():
            raise BusClosed("the bus has ended") from self.failure
        self._reader.add(Follower(stream, id, header, feed, self.counters))
        return feed

    def leave(self, feed: Feed) -> None:
        """Reads no longer for it."""
        self._reader.discard(feed)

    # -- publishing -----------------------------------------------------------------------------------

    async def publish_many(self, channel: str, messages: Sequence[bytes]) -> None:
        """Adds them in one step for each 1,000 messages or 4 MiB, and again until Redis says that it has them."""
        stream, said = keys_of(channel)
        publisher = self._publishers.setdefault(channel, _Publisher())
        async with publisher.lock:
            for part in _parts(messages):
                first = publisher.counter + 1
                publisher.counter += len(part)  # before it is sent: a number is never used for two messages
                await self._insist(PUBLISH, [stream, said + self._id], (self._maxlen, self._id, first, _REMEMBER_S, *part))

    async def _insist(self, script: str, keys: Sequence[bytes], arguments: Sequence[bytes | str | int]) -> list[bytes]:
        """The script's answer, however long Redis is away. Raises BusClosed."""
        failures, this = 0, object()
        try:
            while True:
                try:
                    answer: list[bytes] = await self._ask(*command(script, keys, arguments))
                    return answer
                except LINK_ERRORS as error:
                    failures += 1
                    self._refused[this] = error
                    if failures == 1:
                        _log.warning("bus_refuses", error=words(error))
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause_s(failures)):
                        await self._ending.wait()
        finally:
            self._refused.pop(this, None)

    async def _ask(self, *asked: bytes | str | int) -> Any:
        """One attempt. Raises LINK_ERRORS, BusClosed."""
        if self._ending.is_set() or self._commands is None:
            raise BusClosed("the bus has ended") from self.failure
        async with asyncio.timeout(self._deadline_s):
            answer = await ask(self._commands, asked)
        self._answered.set()
        return answer

    # -- what the server says of itself ------------------------------------------------------------------

    async def about(self) -> Mapping[str, Any]:
        """What the server says of itself (`INFO`): `redis_version`, `maxmemory_policy` and so on. Raises BusAway."""
        told: Mapping[str, Any] = await self._twice(("INFO",))
        return told

    async def _twice(self, asked: tuple[bytes | str | int, ...]) -> Any:
        """Asks, and once more where the connection may only have been stale. Raises BusAway."""
        with suppress(*LINK_ERRORS):
            return await self._ask(*asked)
        try:
            return await self._ask(*asked)
        except LINK_ERRORS as error:
            raise BusAway(words(error)) from error


def _parts(messages: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    begin, size = 0, 0
    for position, message in enumerate(messages):
        if position > begin and (position - begin >= BATCH or size + len(message) > _PART_BYTES):
            yield messages[begin:position]
            begin, size = position, 0
        size += len(message)
    if begin < len(messages):
        yield messages[begin:]
