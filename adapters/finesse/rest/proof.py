"""Tells passwords apart without keeping them."""

from __future__ import annotations

import hashlib
import secrets

from adapters.finesse.values import Credentials

__all__ = ["account_of", "proof_of"]

_KEY = secrets.token_bytes(32)


def account_of(name: str) -> str:
    """One for all ways to write a login: Finesse takes it in either case, and what is typed as `Ada` or `ada` locks the same account."""
    return name.strip().casefold()


def proof_of(who: Credentials) -> bytes:
    """The same for the same account and password, in this process only. It tells nothing to whoever reads a dump without the key."""
    parts = (part.encode() for part in (account_of(who.agent), account_of(who.login or ""), who.password))
    # lengths before parts: no two triples make the same bytes
    text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hashlib.blake2b(text, key=_KEY, digest_size=16).digest()
