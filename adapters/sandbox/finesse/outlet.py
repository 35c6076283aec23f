"""Where updates go out: an XMPP server of one's own, or a Prosody beside."""

from __future__ import annotations

import uuid
from typing import Protocol

import httpx

__all__ = ["Outlet", "ProsodyOutlet"]


class Outlet(Protocol):
    """A pubsub service that can be told what to publish."""

    async def publish(self, node: str, text: str, *, namespace: str, raw: bool = False, item: str = "") -> None:
        """Tells everybody who subscribed to `node`: `text` in a `<notification>` of this namespace, as text or (`raw`) as its child.

        `item` is the item's id; empty: a new one. Two items of one id are copies.
        """
        ...


class ProsodyOutlet:
    """The Prosody of the tests, which publishes what is posted to it."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        """`url` is that of its `/peer`."""
        self._client, self._url = client, url.rstrip("/")

    async def publish(self, node: str, text: str, *, namespace: str, raw: bool = False, item: str = "") -> None:
        """Posts it; raises `httpx.HTTPError` when Prosody does not take it."""
        query = {"node": node, "ns": namespace, **({"raw": "1"} if raw else {}), **({"item": item} if item else {})}
        answer = await self._client.post(f"{self._url}/publish", params=query, content=text.encode())
        answer.raise_for_status()


def new_item() -> str:
    """An item's id."""
    return uuid.uuid4().hex
