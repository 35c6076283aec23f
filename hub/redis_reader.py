"""The one task of a node that reads its channels from Redis Streams, and what it knows of each reader's place."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import redis.asyncio

from hub.feed import BATCH, Counters, Feed, Gap, Item
from hub.redis_link import Link, ask, command
from hub.redis_scripts import CHECK, RECOVER, header_of

__all__ = ["Follower", "StreamReader"]

_PUBLISHERS = 1_024
"""Publishers whose last counter a reader remembers; one that is forgotten is only no longer guarded against repeats."""
_MARKS = 64
"""Places that a reader remembers having read, close together lately and ever further apart before."""

Entry: TypeAlias = tuple[tuple[bytes, int], Item]


class Follower:
    """One reader's place in a stream."""

    def __init__(self, key: bytes, id: bytes, header: bytes, feed: Feed, counters: Counters) -> None:
        """Begins after the entry `id`; `header` is that entry's, empty when only the id is known."""
        self.key, self.id, self.header, self.feed = key, id, header, feed
        self._counters = counters
        self._seen: dict[bytes, int] = {}
        self._marks: deque[tuple[bytes, bytes]] = deque([(id, header)])

    def take(self, entries: Iterable[Entry], id: bytes, header: bytes) -> None:
        """Gives the reader what it has not seen; its place is now after `id`."""
        fresh = []
        for (publisher, counter), item in entries:
            if counter <= self._seen.get(publisher, 0):
                self._counters.repeats += 1
                continue
            if publisher not in self._seen and len(self._seen) >= _PUBLISHERS:
                del self._seen[next(iter(self._seen))]
            self._seen[publisher] = counter
            fresh.append(item)
        if fresh:
            self.feed.put(fresh)
        self._go(id, header)

    def marks(self) -> list[bytes]:
        """Ids and headers of places that were read, the newest first, flat as a script takes them."""
        return [part for mark in reversed(self._marks) for part in mark]

    def lost(self, reason: str, id: bytes, header: bytes) -> None:
        """Tells the reader of a gap; its place is now after `id`."""
        self._counters.gaps += 1
        self.feed.put([Gap(reason)])
        if reason == "rolled_back":
            while self._marks and self._marks[-1] != (id, header):
                self._marks.pop()
        else:
            self._marks.clear()
        self._go(id, header)

    def _go(self, id: bytes, header: bytes) -> None:
        self.id, self.header = id, header
        if not self._marks or self._marks[-1] != (id, header):
            self._marks.append((id, header))
        if len(self._marks) > _MARKS:
            marks = list(self._marks)
            self._marks = deque(marks[: _MARKS // 2 : 2] + marks[_MARKS // 2 :])


class StreamReader:
    """Reads for all followers with one blocking command at a time.

    Who has no room is left out until it has, so a slow reader holds up nobody and finds a Gap if it was trimmed past.
    """

    def __init__(self, link: Link, counters: Counters, *, bound: int, block_s: float) -> None:
        """`bound` is that of the feeds; an idle read returns after `block_s` seconds, and may take the link's deadline beyond."""
        self._link, self._counters, self._block_s = link, counters, block_s
        self._most = self._count = max(1, min(BATCH, bound // 2))
        self._followers: dict[Feed, Follower] = {}
        self._left_out: set[Feed] = set()
        self._wake = asyncio.Event()
        self._reading: asyncio.Timeout | None = None

    def add(self, follower: Follower) -> None:
        """Reads for one more, at once."""
        self._followers[follower.feed] = follower
        self._interrupt()

    def discard(self, feed: Feed) -> None:
        """Reads no longer for this one."""
        self._followers.pop(feed, None)
        self._left_out.discard(feed)

    def has_room(self, feed: Feed) -> None:
        """A reader took a batch."""
        if feed in self._left_out and feed.room >= self._most:
            self._left_out.discard(feed)
            self._interrupt()

    def close(self, failure: BaseException | None) -> None:
        """Tells every reader of the end."""
        for feed in self._followers:
            feed.close(failure)
        self._followers.clear()
        self._left_out.clear()

    async def round(self, client: redis.asyncio.Redis) -> bool:
        """One read, until something came or time is up; False when whom to read for changed and it was interrupted.

        Raises redis_link.LINK_ERRORS. Cancelled or interrupted, it has moved nobody's place: the client drops that
        connection, and the next round reads anew.
        """
        self._wake.clear()
        groups = self._groups()
        try:
            async with asyncio.timeout(self._block_s + self._link.deadline_s) as self._reading:
                if groups:
                    await self._read(client, groups)
                else:
                    await ask(client, ("PING",))
        except TimeoutError:
            if not self._wake.is_set():
                self._count = max(1, self._count // 2)  # what is too much for the deadline would be too much the next time
                raise
            return False
        finally:
            self._reading = None
        if not groups:
            try:
                async with asyncio.timeout(self._block_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
        self._count = min(self._most, self._count * 2)
        return True

    def _interrupt(self) -> None:
        self._wake.set()
        if self._reading is not None and not self._reading.expired():
            self._reading.reschedule(asyncio.get_running_loop().time())

    def _groups(self) -> dict[tuple[bytes, bytes, bytes], list[Follower]]:
        """Followers with room, by stream and place: those who stand together are read for once."""
        groups: dict[tuple[bytes, bytes, bytes], list[Follower]] = {}
        for feed, follower in self._followers.items():
            if feed.room < self._most:
                self._left_out.add(feed)
            else:
                groups.setdefault((follower.key, follower.id, follower.header), []).append(follower)
        return groups

    async def _read(self, client: redis.asyncio.Redis, groups: dict[tuple[bytes, bytes, bytes], list[Follower]]) -> None:
        # A stream that is named twice in one blocking read is served for one place only: the one furthest back goes first.
        # It has something to read, so this does not block, and soon all stand together.
        first: dict[bytes, tuple[bytes, bytes, bytes]] = {}
        for place in groups:
            if place[0] not in first or _order(place[1]) < _order(first[place[0]][1]):
                first[place[0]] = place
        places = list(groups)
        pipe = client.pipeline(transaction=False)
        pipe.execute_command(
            "XREAD", "COUNT", self._count, "BLOCK", int(self._block_s * 1_000), "STREAMS", *first, *(place[1] for place in first.values())
        )
        # Behind the read and on its connection: an entry that is there now was there when the read was answered.
        pipe.execute_command(*command(CHECK, [place[0] for place in places], [part for place in places for part in place[1:]]))
        read, whole = await pipe.execute()
        entries_of = {bytes(key): entries for key, entries in read or ()}
        for place, is_whole in zip(places, whole, strict=True):
            if not is_whole:
                for follower in groups[place]:
                    if follower.feed in self._followers:  # it may have left while this was read
                        await self._recover(client, follower)
            elif first[place[0]] == place and place[0] in entries_of:
                self._give(groups[place], entries_of[place[0]])

    def _give(self, followers: Sequence[Follower], raw: Sequence[Any]) -> None:
        entries = self._entries(raw)
        id, fields = raw[-1]
        for follower in followers:
            follower.take(entries, id, fields[0])

    def _entries(self, raw: Sequence[Any]) -> list[Entry]:
        entries = []
        for id, fields in raw:
            said = header_of(fields[0])
            if said is not None and len(fields) == 2:
                entries.append((said, Item(id.decode(), fields[1])))
            elif fields[0] != b"-":
                self._counters.rubbish += 1
        return entries

    async def _recover(self, client: redis.asyncio.Redis, follower: Follower) -> None:
        reason, id, header, *message = await ask(client, command(RECOVER, [follower.key], follower.marks()))
        if reason == b"whole":  # it was there again: the server it was asked of before is no longer the one that answers
            return
        follower.lost(reason.decode(), id, header)
        if message:
            follower.take(self._entries([(id, [header, *message])]), id, header)


def _order(id: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = id.partition(b"-")
    return int(milliseconds), int(sequence or 0)
