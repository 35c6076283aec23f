"""Fields of hosts that are more than a number within bounds: ids, names, groups, addresses, URLs, login names. Pure.

Each function gives the value as it is kept, or raises `PydanticCustomError` whose type is a code of `faults.WORDS`.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

__all__ = ["address", "group_path", "host_id", "login", "printable", "url"]

_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")


def host_id(value: str) -> str:
    """[A-Za-z0-9_.-]{1,64}: it stands in addresses of pages, in topics and as a key."""
    if not _ID.fullmatch(value) or value in (".", ".."):  # a browser takes these two out of an address
        raise PydanticCustomError("bad_id", "id")
    return value


def printable(value: str) -> str:
    """One line of text, in one form of each letter, without space around it."""
    value = unicodedata.normalize("NFC", value).strip()
    if not value.isprintable():
        raise PydanticCustomError("unprintable", "text")
    return value


def group_path(value: str) -> str:
    """`Москва / Офис 2/` -> `Москва/Офис 2`; empty stays empty."""
    parts = (" ".join(part.split()) for part in printable(value).split("/"))
    return "/".join(part for part in parts if part)


def login(value: str) -> str:
    """A login name as the store keeps it."""
    value = unicodedata.normalize("NFKC", value).strip().casefold()
    if not value or not value.isprintable() or any(letter.isspace() for letter in value):
        raise PydanticCustomError("bad_value", "login")
    return value


def address(value: str) -> str:
    """An IP address in its shortest writing, or a host name (RFC 1123; underscores, and letters of any language by IDNA)."""
    value = value.strip()
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        if not _is_name(value):
            raise PydanticCustomError("bad_address", "address") from None
        return value


def _is_name(value: str) -> bool:
    name = value.removesuffix(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return False
    labels = name.split(".")
    # a last label of digits alone is a mistyped IPv4 address, never a name (RFC 1123, section 2.1)
    return len(name) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def url(value: str) -> str:
    """An absolute http(s) URL without credentials and fragment."""
    value = value.strip()
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "#" not in value
    except ValueError:  # brackets, or a port that is none
        good = False
        parts = None
    if not good or parts is None or not value.isprintable() or any(letter.isspace() or letter == "\\" for letter in value):
        raise PydanticCustomError("bad_url", "url")
    if "@" in parts.netloc:
        raise PydanticCustomError("url_credentials", "url")
    try:
        address(parts.hostname or "")
    except PydanticCustomError:
        raise PydanticCustomError("bad_url", "url") from None
    return value
