"""How agents' notification connections are made, by the settings: each node of Finesse has an address of its own for them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

from adapters.finesse.notify.line import Connector, Terms
from adapters.finesse.notify.tcp import tcp_connector
from adapters.finesse.notify.websocket import websocket_connector
from web.settings import Settings

__all__ = ["connectors_of"]

_PORT = 5223


def connectors_of(settings: Settings, tls: ssl.SSLContext, terms: Terms | None = None) -> Mapping[str, Connector]:
    """By the node's REST address."""
    return {site: _connector(notify, tls, terms) for site, notify in settings.finesse_sites}


def _connector(url: str, tls: ssl.SSLContext, terms: Terms | None) -> Connector:
    parts = urlsplit(url)
    if parts.scheme == "tls":
        return tcp_connector(parts.hostname or "", parts.port or _PORT, tls=tls, terms=terms)
    return websocket_connector(url, tls=tls if parts.scheme == "wss" else None, terms=terms)
