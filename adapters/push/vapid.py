"""The key pair by which push services know this server: VAPID, RFC 8292."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

__all__ = ["BadVapid", "VapidKey", "check_subject", "generate"]

_LIFE_S = 12 * 3600  # RFC 8292 allows 24 h; half of it leaves room for clocks that disagree
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_SUBJECT = re.compile(rf"(?:mailto:[^\s@,;?&<>\"]+@|https://)({_LABEL}(?:\.{_LABEL})+)", re.IGNORECASE)


class BadVapid(ValueError):
    """A VAPID setting is unusable. `setting` is `VAPID_PRIVATE_KEY` or `VAPID_SUBJECT`; the key itself is never shown."""

    def __init__(self, setting: str, reason: str) -> None:
        super().__init__(setting, reason)
        self.setting = setting
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}"


@dataclass(frozen=True, slots=True)
class VapidKey:
    """Our private key, parsed once, and what the world may know of it."""

    public: str
    """The uncompressed point, base64url: `applicationServerKey` for the browser."""
    key_id: str
    """First 16 hex digits of the point's SHA-256: kept with each subscription to tell which key it was made with."""
    subject: str
    """Whom a push service may write to, `mailto:…` or `https://host`."""
    signer: Vapid02 = field(repr=False, compare=False)

    @classmethod
    def load(cls, private: str, subject: str) -> VapidKey:
        """From settings: `private` is 32 bytes as base64url, or PEM (line breaks may be written as `\\n`). Raises BadVapid."""
        check_subject(subject)
        key = _private(private)
        point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return cls(_base64url(point), hashlib.sha256(point).hexdigest()[:16], subject, Vapid02(key))

    def claims(self, audience: str, now: datetime) -> dict[str, str | int]:
        """A new dict for one message to the push service `audience` (its origin).

        New each time: pywebpush writes into what it is given, and a dict used twice carries the first service's `aud`
        to the second, which refuses it (pywebpush#79, #130).
        """
        return {"sub": self.subject, "aud": audience, "exp": int(now.timestamp()) + _LIFE_S}


def generate() -> tuple[str, str]:
    """A new pair (private, public), both base64url: the private one is the setting, 32 bytes; the public one is for looking at."""
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return _base64url(key.private_numbers().private_value.to_bytes(32, "big")), _base64url(point)


def check_subject(subject: str) -> str:
    """`subject`, when push services take it. Raises BadVapid.

    py_vapid refuses `https://host/path`; Apple answers 403 BadJwtToken to names that cannot exist
    (web-push-libs/web-push#947).
    """
    found = _SUBJECT.fullmatch(subject)
    if not found:
        raise BadVapid("VAPID_SUBJECT", "must be mailto:name@host.domain, or https://host.domain without a path")
    if found[1].rpartition(".")[2].lower() in ("localhost", "invalid"):
        raise BadVapid("VAPID_SUBJECT", "must name a domain that exists")
    return subject


def _private(text: str) -> ec.EllipticCurvePrivateKey:
    text = text.strip()
    try:
        if text.startswith("-----BEGIN"):
            key = serialization.load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
        else:
            bare = text.rstrip("=")
            if not re.fullmatch(r"[A-Za-z0-9_-]+", bare):
                raise ValueError
            raw = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
            if len(raw) != 32:
                raise ValueError
            key = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
    except (ValueError, TypeError, UnsupportedAlgorithm):  # their messages may quote the input
        raise BadVapid("VAPID_PRIVATE_KEY", "must be 32 bytes as base64url, or an unencrypted PEM key") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadVapid("VAPID_PRIVATE_KEY", "must be a key of the curve P-256")
    return key


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
