"""Looks the ERP's host names up off the event loop: the driver itself would do so within, and a slow DNS would stall everything."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket

import structlog

__all__ = ["Names"]

_log = structlog.get_logger("adapters.erp")
_EASY = re.compile(r"(?P<scheme>tcps?://|//)?(?P<hosts>[A-Za-z0-9_.-]+(?:,[A-Za-z0-9_.-]+)*)(?P<rest>(?::\d{1,5})?(?:/.*)?)", re.I | re.S)
_ADDRESSES = 8
"""Kept of one look-up."""


class Names:
    """The DSN with addresses in place of names.

    Only Easy Connect without encryption: descriptors and aliases of tnsnames.ora stay as they are, and with `tcps` the driver must
    know the name that the certificate is for. There the look-up is made ahead all the same, so that a dead DNS shows off the loop.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn.strip()
        match = _EASY.fullmatch(self._dsn)
        self._parts = match if match and match["rest"] and not _all_addresses(match["hosts"]) else None
        self._looking: asyncio.Task[str] | None = None

    async def resolved(self) -> str:
        """The DSN to connect to. Raises OSError for an unknown name. The caller sets the limit.

        All callers share one look-up, so that a DNS that hangs holds one thread and not one for each of them.
        """
        if self._parts is None:
            return self._dsn
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(self._parts), name="erp-names")
            self._looking.add_done_callback(_seen)
        return await asyncio.shield(self._looking)

    async def _look(self, parts: re.Match[str]) -> str:
        loop = asyncio.get_running_loop()
        found: list[str] = []
        for host in parts["hosts"].split(","):
            for *_, address in await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM):
                text = f"[{address[0]}]" if ":" in str(address[0]) else str(address[0])
                if text not in found:
                    found.append(text)
        if (parts["scheme"] or "").lower() == "tcps://":
            return self._dsn
        return f"{parts['scheme'] or ''}{','.join(found[:_ADDRESSES])}{parts['rest']}"


def _all_addresses(hosts: str) -> bool:
    try:
        return all(ipaddress.ip_address(host) for host in hosts.split(","))
    except ValueError:
        return False


def _seen(task: asyncio.Task[str]) -> None:
    """Marks the error of a look-up that nobody waits for any more as seen."""
    if not task.cancelled():
        task.exception()
