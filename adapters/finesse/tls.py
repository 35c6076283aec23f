"""How a site of Finesse proves itself: by an authority, by a pinned certificate, or, said aloud, not at all.

Finesse comes with certificates that it signed itself, and its REST and notification ports may show different ones, so a site names either
a file of authorities or the fingerprints of the very certificates. One context serves REST, WebSocket and plain TLS.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Iterable
from pathlib import Path

import structlog

__all__ = ["NotPinned", "fingerprint", "read_pin", "tls_context"]

_log = structlog.get_logger("adapters.finesse")
_HEX = re.compile(r"[0-9a-f]{64}")


class NotPinned(ssl.SSLCertVerificationError):
    """The server showed another certificate than the pinned ones; `seen` is its fingerprint, for a person to compare with the server's."""

    seen: str = ""


def fingerprint(certificate: bytes) -> str:
    """The SHA-256 of a certificate in DER, as lower-case hex: what openssl and browsers show as its fingerprint."""
    return hashlib.sha256(certificate).hexdigest()


def read_pin(text: str) -> str:
    """A fingerprint as people copy it, with colons, blanks or `sha256:` before it. Raises ValueError, with the mend, for anything else."""
    plain = text.strip().lower().removeprefix("sha256:").removeprefix("sha256 fingerprint=")
    plain = plain.replace(":", "").replace(" ", "")
    if not _HEX.fullmatch(plain):
        raise ValueError(
            "a pin is the SHA-256 fingerprint of the certificate, 64 hex digits: "
            "openssl s_client -connect HOST:8445 </dev/null | openssl x509 -noout -fingerprint -sha256"
        )
    return plain


def tls_context(ca_file: Path | str | None = None, pins: Iterable[str] = (), verify: bool = True) -> ssl.SSLContext:
    """A client's context, TLS 1.2 or later. Reads files: call it in a thread.

    `ca_file`: PEM or DER; only its certificates are believed, and the host's name is checked. The server's own certificate may stand in it.
    `pins`: SHA-256 fingerprints; the server must show one of these very certificates. A pin stands for itself: names and dates are not
    looked at, for what is pinned is as a rule self-signed. With both, both must hold. With neither, the system's authorities decide.
    `verify=False` takes anybody for Finesse, and says so in the log. It must stand alone.

    Raises ValueError for a bad pin and for settings that contradict each other; OSError for a file that cannot be read, ssl.SSLError for
    one that holds no certificate.
    """
    wanted = frozenset(read_pin(pin) for pin in pins)
    if not verify:
        if ca_file is not None or wanted:
            raise ValueError("not to verify contradicts an authority or a pin: leave out the one or the other")
        _log.warning("finesse_not_verified", mend="anybody on the way can read agents' passwords: name a CA file or a pin")
        return _believing_anybody(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    if not wanted:
        return _by_authority(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ca_file)
    pinned = _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    pinned.pins = wanted
    return _believing_anybody(pinned) if ca_file is None else _by_authority(pinned, ca_file)


def _by_authority(context: ssl.SSLContext, ca_file: Path | str | None) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        context.load_default_certs()
    else:
        # read here, for ssl does not say which file is missing; what is no PEM is taken for DER
        raw = Path(ca_file).read_bytes()
        context.load_verify_locations(cadata=raw.decode("ascii", "ignore") if b"-----BEGIN" in raw else raw)
        # what a site names it believes, also when it is the server's own certificate and nobody's authority
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    return context


def _believing_anybody(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _check(certificate: bytes | None, pins: frozenset[str]) -> None:
    seen = fingerprint(certificate or b"")
    if not certificate or seen not in pins:
        error = NotPinned(1, f"the server's certificate is not a pinned one: its SHA-256 is {seen if certificate else 'missing'}")
        error.seen = seen if certificate else ""
        raise error


class _PinnedObject(ssl.SSLObject):
    """What asyncio and uvloop use. The handshake fails, so that not a byte of a request is sent to a stranger."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        _check(self.getpeercert(binary_form=True), context.pins if isinstance(context, _PinnedContext) else frozenset())


class _PinnedSocket(ssl.SSLSocket):
    """The same for blocking sockets."""

    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        context = self.context
        _check(self.getpeercert(binary_form=True), context.pins if isinstance(context, _PinnedContext) else frozenset())


class _PinnedContext(ssl.SSLContext):
    """A context whose connections show one of its pins or fail. Without pins all fail."""

    sslobject_class = _PinnedObject
    sslsocket_class = _PinnedSocket
    pins: frozenset[str] = frozenset()
