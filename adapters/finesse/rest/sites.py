"""Addresses of Finesse. Pure."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import quote, urlsplit

from adapters.finesse.errors import NotFound

__all__ = ["is_here", "segment", "site_of"]

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,252}[a-z0-9_])?\.?|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name in ASCII, or a literal address."""


def site_of(url: str) -> str:
    """A node's address as `https://host:8445`, whatever stands behind it. Raises ValueError with the mend.

    Plain HTTP is for a server on this machine only: every request holds a password.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise ValueError("the address of Finesse is to be like https://finesse.example.com:8445") from None
    try:
        port = parts.port
    except ValueError:
        raise ValueError("the address of Finesse has a port that is none: https://finesse.example.com:8445") from None
    name = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(name):
        raise ValueError("the address of Finesse is to be like https://finesse.example.com:8445")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address of Finesse is to hold no password: every request has its agent's")
    if parts.path.rstrip("/") not in ("", "/finesse", "/finesse/api") or parts.query or parts.fragment:
        raise ValueError("the address of Finesse is to end with its port: https://finesse.example.com:8445")
    if parts.scheme == "http" and not is_here(name):
        raise ValueError("the address of Finesse is to begin with https, port 8445: plain HTTP shows agents' passwords to everybody")
    host = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


def segment(id: str) -> str:
    """An id as a part of a path. Raises NotFound for what can be no id: nothing else than the thing meant is ever asked for."""
    if not id or id in (".", "..") or len(id) > 255 or not id.isprintable():
        raise NotFound()
    return quote(id, safe="")


def is_here(host: str) -> bool:
    """Whether it is this machine by itself: what goes there passes no network."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
