"""The keys for secrets at rest: from the settings, or made once and kept beside an embedded store."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from web.settings import Settings

__all__ = ["fernet", "key_path", "secret_keys"]


def key_path(settings: Settings) -> Path | None:
    """Where a key that nobody set is kept: beside the SQLite file, or None for a store without one."""
    store = settings.store_path
    return store.with_name(store.name + ".key") if store else None


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """The keys, the one that encrypts first. Makes and keeps one (mode 0600) where none is set. Blocking; raises OSError.

    A store in memory gets a key that dies with the process, as its contents do.
    """
    if settings.secret_keys:
        return tuple(key.get_secret_value() for key in settings.secret_keys)
    path = key_path(settings)
    made = secrets.token_urlsafe(32)
    if path is None:
        return (made,)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return (_kept(path),)
    # whole before it has its name: of several workers that start at once one makes the key, and none reads half of it
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(made + "\n")
        os.link(draft, path)
    except FileExistsError:
        return (_kept(path),)
    finally:
        draft.unlink(missing_ok=True)
    return (made,)


def _kept(path: Path) -> str:
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} holds a secret key and is open to others: chmod 600 {path}")
    key = path.read_text("ascii").strip()
    if len(key) < 32:
        raise OSError(f"{path} holds no usable key: remove it, and what was encrypted with it is lost, or restore it from a backup")
    return key


def fernet(keys: Sequence[str], purpose: str) -> MultiFernet:
    """Encrypts with the first key, decrypts with any. What is encrypted for one purpose cannot be read as another's."""
    return MultiFernet([Fernet(_derive(key, purpose)) for key in keys])


def _derive(key: str, purpose: str) -> bytes:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=f"tez-navigator {purpose}".encode()).derive(key.encode())
    return base64.urlsafe_b64encode(derived)
