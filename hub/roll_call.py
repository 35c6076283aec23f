"""Which sign-ins have a socket open, at any node: asked when somebody wants to see it, for no node knows another's sessions by name."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Collection

from hub.messages import Present, RollCall
from hub.presence import Presence

__all__ = ["Roll"]

_ANSWER_S = 0.4
"""A node that has not answered by then counts as having none: the page is not to wait for one that is gone."""
_AT_ONCE = 64
"""Roll calls under way; more are answered from this node alone."""


class Roll:
    """Calls the roll, and answers the other nodes' calls."""

    def __init__(
        self,
        node: str,
        presence: Presence,
        *,
        others: Callable[[], Collection[str]],
        send: Callable[[RollCall | Present], None],
    ) -> None:
        """`others` names the nodes that are expected to answer."""
        self._node, self._presence, self._others, self._send = node, presence, others, send
        self._numbers = itertools.count(1)
        self._open: dict[int, tuple[set[str], set[str], asyncio.Event]] = {}

    async def online(self, sessions: Collection[str]) -> set[str]:
        """Those of `sessions` (hashes) with a socket open anywhere, within half a second."""
        wanted = frozenset(sessions)
        found = self._here(wanted)
        missing = set(self._others())
        asked = tuple(sorted(wanted - found))
        if not asked or not missing or len(self._open) >= _AT_ONCE:
            return found
        number, done = next(self._numbers), asyncio.Event()
        self._open[number] = (missing, found, done)
        try:
            self._send(RollCall(self._node, number, asked))
            async with asyncio.timeout(_ANSWER_S):
                await done.wait()
        except TimeoutError:
            pass
        finally:
            del self._open[number]
        return found

    def called(self, message: RollCall) -> None:
        """Another node asks."""
        if message.node != self._node:
            here = tuple(sorted(self._here(frozenset(message.sessions))))
            self._send(Present(message.node, message.call, self._node, here))

    def answered(self, message: Present) -> None:
        """Another node has answered somebody's call."""
        if message.to != self._node or message.call not in self._open:
            return
        missing, found, done = self._open[message.call]
        found.update(message.sessions)
        missing.discard(message.node)
        if not missing:
            done.set()

    def _here(self, wanted: frozenset[str]) -> set[str]:
        return {session.principal.session_hash for session in self._presence} & wanted
