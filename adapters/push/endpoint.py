"""Whether a push subscription may be stored and posted to: the endpoint is a URL that a client chose.

Two gates stand here, both used when a subscription is stored and again before each send: the host must be a push
service that we know, judged on the parsed host and never by a pattern over the whole URL, and the keys must be
usable. The third gate, at connect time, is `adapters.push.resolver`; the fourth, no redirects, `adapters.push.webpush`.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from yarl import URL

from hub.event import Text

__all__ = [
    "DEFAULT_HOSTS",
    "DEFAULT_SUFFIXES",
    "BadHosts",
    "BadSubscription",
    "Origin",
    "PushHosts",
    "Subscription",
    "check_keys",
    "check_registration",
    "is_loopback",
]

DEFAULT_HOSTS = frozenset(
    {
        "fcm.googleapis.com",  # Chrome, Edge on Android, Opera, Brave, Samsung Internet
        "jmt17.google.com",  # Chromium builds without Google's branding, such as Debian's
        "android.googleapis.com",  # subscriptions that old Chrome versions left behind
    }
)
DEFAULT_SUFFIXES = (
    ".push.services.mozilla.com",  # Firefox: updates.push.services.mozilla.com
    ".notify.windows.com",  # Edge: wns2-….notify.windows.com
    ".push.apple.com",  # Safari: web.push.apple.com
)

_MAX_URL = 2048  # the longest real endpoints (WNS) are below 800 characters
_MAX_TOKEN = 4096  # FCM documents no bound; today's tokens have 163 characters, installation ids 22
_DEFAULT_PORTS = {"https": 443, "http": 80}

# RFC 3986 characters and no others: what one URL parser strips or rewrites (spaces, backslashes, control characters,
# non-ASCII digits) another may take for a host's end.
_CHARS = r"A-Za-z0-9\-._~:\[\]@!$&'()*+,;=%"
_URL = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*://(?P<authority>[{_CHARS}]+)(?:[/?#][{_CHARS}/?#]*)?")
# Labels of letters, digits and hyphens; the last is not all digits, or `2130706433` and `127.1` would be host names.
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")

_TEXTS: dict[str, Text] = {
    "endpoint_invalid": {"ru": "Адрес подписки не похож на адрес.", "en": "The subscription's endpoint is not a usable URL."},
    "endpoint_insecure": {
        "ru": "Адрес подписки должен быть https на обычном порту.",
        "en": "The subscription's endpoint must be https on the default port.",
    },
    "endpoint_unknown": {
        "ru": "Эта служба push-уведомлений не входит в список разрешённых.",
        "en": "That push service is not on the list of allowed ones.",
    },
    "key_invalid": {"ru": "Ключ подписки повреждён.", "en": "A key of the subscription is damaged."},
    "address_invalid": {"ru": "Токен устройства повреждён.", "en": "The device's token is damaged."},
}


class BadSubscription(ValueError):
    """This subscription is refused.

    `code` is stable: `endpoint_invalid`, `endpoint_insecure`, `endpoint_unknown`, `key_invalid` or `address_invalid`;
    `field` is the path of the faulty member in the subscription as the browser gives it; `text` may be shown.
    """

    def __init__(self, code: str, field: str) -> None:
        super().__init__(code, field)
        self.code = code
        self.field = field

    @property
    def text(self) -> Text:
        """One sentence for the person, in both languages; says nothing of what the client sent."""
        return _TEXTS[self.code]

    def __str__(self) -> str:
        return f"{self.field}: {self.text['en']}"


class BadHosts(ValueError):
    """The operator's list of push hosts has faults; `faults` has one sentence for each bad entry."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(self.faults)


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a push service; its text form is RFC 6454's, which VAPID's `aud` wants."""

    scheme: str
    host: str
    """Lower case, without brackets."""
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if _DEFAULT_PORTS[self.scheme] == self.port else f":{self.port}")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser's `PushSubscription.toJSON()` says, checked."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class PushHosts:
    """The push services that may be posted to."""

    hosts: frozenset[str] = DEFAULT_HOSTS
    """Exact host names; https, port 443, public addresses only."""
    suffixes: tuple[str, ...] = DEFAULT_SUFFIXES
    """Each begins with a dot: any host below it, on the same terms."""
    origins: frozenset[Origin] = frozenset()
    """Trusted wholly by the operator: any port, private addresses too; plain http on this machine only."""

    @classmethod
    def parse(cls, entries: Iterable[str] = ()) -> PushHosts:
        """The defaults plus the operator's entries: `host`, `.suffix` or a full origin `scheme://host:port`.

        Raises BadHosts, naming every faulty entry.
        """
        hosts, suffixes, origins, faults = set(DEFAULT_HOSTS), list(DEFAULT_SUFFIXES), set[Origin](), list[str]()
        for entry in (raw.strip().lower() for raw in entries):
            try:
                if "://" in entry:
                    origins.add(_origin(entry))
                elif entry.startswith("."):
                    suffixes.append(_suffix(entry))
                else:
                    hosts.add(_host(entry))
            except ValueError as fault:
                faults.append(f"{entry[:80]!r}: {fault}")
        if faults:
            raise BadHosts(tuple(faults))
        return cls(frozenset(hosts), tuple(dict.fromkeys(suffixes)), frozenset(origins))

    def check(self, endpoint: object) -> Origin:
        """Where `endpoint` leads, when it may be posted to. Raises BadSubscription."""
        field = "endpoint"
        found = _URL.fullmatch(endpoint) if isinstance(endpoint, str) and len(endpoint) <= _MAX_URL else None
        if found is None:
            raise BadSubscription("endpoint_invalid", field)
        try:
            url = URL(found[0])  # the parser of the client that will connect, so both see the same host
            origin = Origin(url.scheme, (url.host or "").lower(), url.port or 0)
        except ValueError:
            raise BadSubscription("endpoint_invalid", field) from None
        # The text and not yarl's answer for the user: yarl drops an empty one with its "@".
        if origin.scheme not in _DEFAULT_PORTS or "@" in found["authority"]:
            raise BadSubscription("endpoint_insecure", field)
        if origin in self.origins:
            return origin
        if origin.scheme != "https" or origin.port != 443:
            raise BadSubscription("endpoint_insecure", field)
        if not _NAME.fullmatch(origin.host) or not (origin.host in self.hosts or origin.host.endswith(self.suffixes)):
            raise BadSubscription("endpoint_unknown", field)
        return origin

    def subscription(self, given: Mapping[str, Any]) -> Subscription:
        """`PushSubscription.toJSON()` as a checked value. Raises BadSubscription."""
        self.check(given.get("endpoint"))
        keys = given.get("keys")
        if not isinstance(keys, Mapping):
            raise BadSubscription("key_invalid", "keys")
        p256dh, auth = check_keys(keys.get("p256dh"), keys.get("auth"))
        return Subscription(given["endpoint"], p256dh, auth)


def check_keys(p256dh: object, auth: object) -> tuple[str, str]:
    """Both keys of a subscription (RFC 8291, section 2) as unpadded base64url.

    `p256dh` is an uncompressed point of P-256, 65 bytes, on the curve; `auth` has 16 bytes. Raises BadSubscription.
    A bad key would otherwise show only when a message is encrypted, when nobody is there to be told.
    """
    point = _bytes(p256dh, "keys.p256dh")
    try:
        if len(point) != 65 or point[0] != 4:
            raise BadSubscription("key_invalid", "keys.p256dh")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except BadSubscription:
        raise
    except ValueError:
        raise BadSubscription("key_invalid", "keys.p256dh") from None
    if len(_bytes(auth, "keys.auth")) != 16:
        raise BadSubscription("key_invalid", "keys.auth")
    return str(p256dh).rstrip("="), str(auth).rstrip("=")


def check_registration(address: object) -> str:
    """An FCM registration token or installation id, when it can be one. Raises BadSubscription."""
    if not isinstance(address, str) or len(address) > _MAX_TOKEN or not _TOKEN.fullmatch(address):
        raise BadSubscription("address_invalid", "address")
    return address


def is_loopback(host: str) -> bool:
    """Whether this host name or literal address can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bytes(text: object, field: str) -> bytes:
    if not isinstance(text, str) or len(text) > 128 or not _BASE64URL.fullmatch(text):
        raise BadSubscription("key_invalid", field)
    bare = text.rstrip("=")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        raise BadSubscription("key_invalid", field) from None


def _host(entry: str) -> str:
    if ":" in entry:
        raise ValueError("a port needs the full origin, for example https://push.example.org:8443")
    if not _NAME.fullmatch(entry):
        raise ValueError("not a host name; an address needs the full origin, for example https://192.0.2.1:8443")
    return entry


def _suffix(entry: str) -> str:
    if not _NAME.fullmatch(entry[1:]) or "." not in entry[1:]:
        raise ValueError("a suffix needs at least two labels, for example .push.example.org")
    return entry


def _origin(entry: str) -> Origin:
    if not _URL.fullmatch(entry):
        raise ValueError("not an origin")
    url = URL(entry)
    origin = Origin(url.scheme, url.host or "", url.port or 0)
    if (
        origin.scheme not in _DEFAULT_PORTS
        or not origin.host
        or url.raw_path not in ("", "/")
        or "?" in entry
        or "#" in entry
        or "@" in entry
    ):
        raise ValueError("an origin is https://host:port and nothing more")
    if origin.scheme == "http" and not is_loopback(origin.host):
        raise ValueError("plain http only to this machine, for example http://127.0.0.1:8090")
    return origin
