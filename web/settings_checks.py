"""What each setting's value must be. Every check returns the value to keep, or raises ValueError with a sentence that never quotes it."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import SecretStr

from adapters.erp.queries import BINDS, check_query
from adapters.finesse.rest.sites import is_here, site_of
from adapters.finesse.tls import read_pin
from adapters.push.endpoint import BadHosts, PushHosts
from adapters.push.vapid import BadVapid, VapidKey
from adapters.push.vapid import check_subject as check_vapid_subject
from hub.bus import BadBusUrl, backend_for

__all__ = [
    "Publisher",
    "bus_url",
    "finesse_site",
    "frame_ancestor",
    "http_url",
    "is_loopback",
    "key_pair",
    "listen",
    "network",
    "notify_url",
    "pin",
    "project_id",
    "publisher",
    "push_hosts",
    "readable",
    "redmine_db_url",
    "secret_key",
    "service_account",
    "site",
    "store_url",
    "token",
    "vapid_key",
    "vapid_subject",
    "with_host_of",
    "words",
    "zone",
]

_PUBLISHER = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_MIN_TOKEN = 24
_MIN_KEY = 32


@dataclass(frozen=True, slots=True)
class Publisher:
    """Somebody who may publish events. The token itself is forgotten."""

    name: str
    token_hash: bytes
    """SHA-256 of the token."""


def words(value: Any) -> Any:
    """`a, b` -> [`a`, `b`]; a list stays a list. Empty entries vanish."""
    if not isinstance(value, str):
        return value
    return [word for word in (part.strip() for part in value.split(",")) if word]


def listen(value: str) -> str:
    """`host:port`."""
    host, colon, port = value.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("must be host:port with a port from 0 to 65535")
    if not _HOST.fullmatch(host.lower()):
        raise ValueError("must name a host or an address before the port, IPv6 in brackets")
    return value


def is_loopback(host: str) -> bool:
    """Whether this name or address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def site(value: str) -> str:
    """An origin, `scheme://host[:port]`, in the form browsers send it: lower case, no default port, no slash."""
    parts = _parts(value, ("https", "http"))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be scheme://host[:port] without a path")
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if parts.port in (None, default) else f":{parts.port}")


def http_url(value: str) -> str:
    """An http or https address, kept without a slash at the end."""
    _parts(value, ("https", "http"))
    return value.rstrip("/")


def notify_url(value: str) -> str:
    """Where Finesse notifies: over a WebSocket, or TCP with TLS from the first byte."""
    parts = _parts(value, ("wss", "ws", "tls"))
    if parts.scheme == "tls" and (parts.path.strip("/") or parts.query or parts.fragment):
        raise ValueError("must be tls://host:port without a path")
    if parts.scheme == "ws" and not is_here(parts.hostname or ""):
        raise ValueError("must begin with wss:// or tls://: plain ws:// shows agents' passwords to everybody")
    return value


def with_host_of(url: str, other: str) -> str:
    """`url` at the host of `other`, its port kept."""
    parts, there = urlsplit(url), urlsplit(other)
    host = there.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}").geturl()


def finesse_site(value: str) -> str:
    """A node of Finesse: https, for every request holds a password; plain http on this machine only."""
    return site_of(value)


def pin(value: str) -> str:
    """SHA-256 of a certificate as people copy it; kept as plain hex."""
    return read_pin(value)


def _parts(value: str, schemes: tuple[str, ...]) -> SplitResult:
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if not value.isascii() or re.search(r"[\s\\\x00-\x1f]", value):
        raise ValueError(f"must be an address that begins with {wanted}, without spaces")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError("is not a usable address: check host and port") from None
    if parts.scheme not in schemes:
        raise ValueError(f"must begin with {wanted}")
    if not parts.hostname or port == 0:
        raise ValueError("must name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a name or password")
    return parts


def frame_ancestor(value: str) -> str:
    """A source of the CSP directive `frame-ancestors`."""
    if value in ("'self'", "'none'"):
        return value
    return site(value)


def network(value: str) -> str:
    """An IP address or network."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("must be an IP address or a network such as 10.0.0.0/8") from None
    return value


def secret_key(value: SecretStr) -> SecretStr:
    """A key of enough length."""
    if len(value.get_secret_value()) < _MIN_KEY:
        raise ValueError(f"must have at least {_MIN_KEY} characters")
    return value


def token(value: SecretStr) -> SecretStr:
    """A bearer token of enough length."""
    if len(value.get_secret_value()) < _MIN_TOKEN:
        raise ValueError(f"must have at least {_MIN_TOKEN} characters")
    return value


def publisher(value: Any) -> Publisher:
    """`name:token` -> name and hash."""
    if isinstance(value, Publisher):
        return value
    name, colon, token = value.partition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not _PUBLISHER.fullmatch(name):
        raise ValueError("must be name:token, the name of a-z 0-9 _ . -")
    if len(token) < _MIN_TOKEN:
        raise ValueError(f"the token must have at least {_MIN_TOKEN} characters")
    return Publisher(name, hashlib.sha256(token.encode()).digest())


def store_url(value: SecretStr) -> SecretStr:
    """The store's back ends."""
    return _database(value, ("sqlite+aiosqlite", "mysql+aiomysql"))


def redmine_db_url(value: SecretStr) -> SecretStr:
    """Redmine's databases, with or without the driver's name; SQLite is what the sandbox uses."""
    return _database(value, ("mysql", "mysql+aiomysql", "mariadb", "sqlite", "sqlite+aiosqlite"))


def _database(value: SecretStr, drivers: tuple[str, ...]) -> SecretStr:
    supported = " or ".join(f"{driver}://" for driver in drivers)
    try:
        url = sa.make_url(value.get_secret_value())
    except (sa.exc.ArgumentError, ValueError):
        raise ValueError(f"is not a database address; supported: {supported}") from None
    if url.drivername not in drivers:
        raise ValueError(f"this kind of database is not supported; supported: {supported}")
    if not url.drivername.startswith("sqlite") and not (url.host and url.database):
        raise ValueError("must name host and database")
    return value


def bus_url(value: SecretStr) -> SecretStr:
    """A bus that this address names can be made; the server need not answer."""
    try:
        backend_for(value.get_secret_value())
    except BadBusUrl as bad:
        raise ValueError(str(bad)) from None
    return value


def zone(value: str) -> str:
    """An IANA time zone."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone that this machine knows") from None
    return value


def readable(value: Path) -> Path:
    """A file that we may read."""
    try:
        with value.open("rb"):
            return value
    except OSError as error:
        raise ValueError(f"the file cannot be read: {error.strerror}") from None


def key_pair(certificate: Path, key: Path) -> None:
    """A certificate and its own key, both readable without asking anybody; files that cannot be read are another check's."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except ssl.SSLError:
        raise ValueError("is not the key of TLS_CERTIFICATE, or one of the two is not PEM, or the key has a passphrase") from None
    except OSError:
        return


def service_account(value: Path) -> Path:
    """Google's key file. Only its kind is looked at here; the push adapter parses the key."""
    readable(value)
    try:
        content = json.loads(value.read_bytes())
    except ValueError:
        raise ValueError("the file is not JSON") from None
    if not isinstance(content, dict) or content.get("type") != "service_account":
        raise ValueError("the file is not a service account's key")
    return value


def project_id(value: str) -> str:
    """Google's rule for project ids: 6 to 30 of a-z, 0-9 and hyphen, a letter first."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", value):
        raise ValueError("must be 6 to 30 of a-z, 0-9 and hyphen, beginning with a letter")
    return value


def vapid_key(value: SecretStr) -> SecretStr:
    """A usable private key of P-256."""
    try:
        VapidKey.load(value.get_secret_value(), "mailto:nobody@example.org")  # the contact is judged on its own
    except BadVapid as bad:
        raise ValueError(bad.reason) from None
    return value


def vapid_subject(value: str) -> str:
    """A contact that push services take."""
    try:
        return check_vapid_subject(value)
    except BadVapid as bad:
        raise ValueError(bad.reason) from None


def push_hosts(value: tuple[str, ...]) -> tuple[str, ...]:
    """Entries that the endpoint guard understands."""
    try:
        PushHosts.parse(value)
    except BadHosts as bad:
        raise ValueError(str(bad)) from None
    return value


def oracle_name(value: str) -> str:
    """A name in the ERP, with its owner or package: a name cannot be bound, so it must be a plain one."""
    if not re.fullmatch(r"[A-Za-z][\w$#]{0,127}(\.[A-Za-z][\w$#]{0,127}){0,2}", value, re.ASCII):
        raise ValueError("is not a plain Oracle name such as owner.name")
    return value


def erp_queries(value: dict[str, str]) -> dict[str, str]:
    """Statements by purpose, each with the binds that it needs."""
    for purpose, sql in value.items():
        if purpose not in BINDS:
            raise ValueError(f"there is no statement {purpose!r}; there are {', '.join(BINDS)}")
        try:
            check_query(purpose, sql)
        except ValueError as error:
            raise ValueError(f"{purpose}: {error}") from None
    return value
