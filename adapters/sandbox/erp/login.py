"""Signing in: the server's side of O5LOGON with the 12c password verifier, and the accounts."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

__all__ = ["Account", "Verifier"]

Status = Literal["open", "locked", "expired", "grace"]


def _aes_cbc(key: bytes, data: bytes, *, decrypt: bool = False) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(bytes(16)))
    worker = cipher.decryptor() if decrypt else cipher.encryptor()
    return worker.update(data) + worker.finalize()


def _hex_upper(data: bytes) -> str:
    return data.hex().upper()


class Verifier:
    """The server side of O5LOGON with the 12c (PBKDF2/SHA-512) verifier, type 0x4815."""

    KIND, ROUNDS, COMBO_ROUNDS = 0x4815, 4096, 3

    def __init__(self, password: str) -> None:
        self.password = password.encode()
        self.salt, self.combo_salt, self.server_part = (secrets.token_bytes(n) for n in (16, 16, 32))
        slow = hashlib.pbkdf2_hmac("sha512", self.password, self.salt + b"AUTH_PBKDF2_SPEEDY_KEY", self.ROUNDS, 64)
        self.key = hashlib.sha512(slow + self.salt).digest()[:32]
        self.session_key = b""

    def challenge(self) -> list[tuple[str, str, int]]:
        """What the server asks with: (key, value, flags)."""
        return [
            ("AUTH_SESSKEY", _hex_upper(_aes_cbc(self.key, self.server_part)), 0),
            ("AUTH_VFR_DATA", _hex_upper(self.salt), self.KIND),
            ("AUTH_PBKDF2_CSK_SALT", _hex_upper(self.combo_salt), 0),
            ("AUTH_PBKDF2_VGEN_COUNT", str(self.ROUNDS), 0),
            ("AUTH_PBKDF2_SDER_COUNT", str(self.COMBO_ROUNDS), 0),
        ]

    def decrypt_password(self, text: str) -> bytes:
        """A password that travelled under the session key."""
        plain = _aes_cbc(self.session_key, bytes.fromhex(text), decrypt=True)
        return plain[16 : -plain[-1]] if 1 <= plain[-1] <= 16 else b""

    def accept(self, pairs: dict[str, str]) -> bool:
        """Derive the session key from the client's half; was the password right?"""
        if "AUTH_SESSKEY" in pairs:
            client_part = _aes_cbc(self.key, bytes.fromhex(pairs["AUTH_SESSKEY"])[:32], decrypt=True)
            mixed = _hex_upper(client_part + self.server_part).encode()
            self.session_key = hashlib.pbkdf2_hmac("sha512", mixed, self.combo_salt, self.COMBO_ROUNDS, 32)
        password = pairs.get("AUTH_PASSWORD", "")
        return bool(self.session_key and password) and secrets.compare_digest(self.decrypt_password(password), self.password)

    def proof(self) -> str:
        """What shows the client that the server knows the password too."""
        return _hex_upper(_aes_cbc(self.session_key, secrets.token_bytes(16) + b"SERVER_TO_CLIENT"))


@dataclass(slots=True)
class Account:
    """A database account."""

    password: str = field(repr=False)
    status: Status = "open"
    """`locked`: ORA-28000. `expired`: ORA-28001 unless a new password comes along. `grace`: a warning, ORA-28002."""
    failures: int = 0
    """Bad passwords since the last good one."""
