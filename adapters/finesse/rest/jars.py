"""Finesse's session cookies, a jar for each agent and node. Pure.

Tomcat may believe a session and not look at the password beside it, so a jar opens only to the password that it was filled by.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

__all__ = ["Jars"]

_NAMES = frozenset({"JSESSIONID", "JSESSIONIDSSO"})
_LONGEST = 256


class Jars:
    """When there are too many, the one that was used least lately goes: its agent gets a new session."""

    def __init__(self, most: int = 4096) -> None:
        """`most`: jars."""
        self._most = most
        self._jars: OrderedDict[tuple[str, str], tuple[bytes, dict[str, str]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._jars)

    def header(self, node: str, agent: str, proof: bytes) -> str | None:
        """What to send as Cookie; None: nothing."""
        kept = self._jars.get((node, agent))
        if kept is None or kept[0] != proof:
            return None
        self._jars.move_to_end((node, agent))
        return "; ".join(f"{name}={value}" for name, value in kept[1].items()) or None

    def learn(self, node: str, agent: str, proof: bytes, set_cookies: Iterable[str]) -> None:
        """Takes the Set-Cookie headers of an answer: those of the session only."""
        kept = self._jars.get((node, agent))
        jar = dict(kept[1]) if kept is not None and kept[0] == proof else {}
        for line in set_cookies:
            name, separator, value = line.partition(";")[0].partition("=")
            name, value = name.strip(), value.strip().strip('"')
            if not separator or name not in _NAMES:
                continue
            if not value or "max-age=0" in line.lower().replace(" ", ""):
                jar.pop(name, None)
            elif len(value) <= _LONGEST and value.isascii() and value.isprintable() and not set(value) & set(' ",;\\'):
                jar[name] = value
        if not jar:
            self._jars.pop((node, agent), None)
            return
        self._jars[node, agent] = proof, jar
        self._jars.move_to_end((node, agent))
        while len(self._jars) > self._most:
            self._jars.popitem(last=False)

    def forget(self, node: str, agent: str) -> None:
        """Ends an agent's session at this node, for us."""
        self._jars.pop((node, agent), None)
