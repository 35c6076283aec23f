"""Keys for secrets at rest."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import InvalidToken

from tests.web.conftest import make_settings
from web.keys import fernet, key_path, secret_keys


def test_an_embedded_product_makes_its_key_once(tmp_path: Path) -> None:
    """The key lies beside the store, for the owner only, and is the same at the next start."""
    settings = make_settings(store_url=f"sqlite+aiosqlite:///{tmp_path}/var/navigator.sqlite")
    made = secret_keys(settings)
    path = key_path(settings)
    assert path == tmp_path / "var" / "navigator.sqlite.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret_keys(settings) == made
    path.chmod(0o640)
    with pytest.raises(PermissionError, match="chmod 600"):
        secret_keys(settings)
    path.chmod(0o600)
    path.write_text("")
    with pytest.raises(OSError, match="no usable key"):
        secret_keys(settings)


def test_workers_that_start_together_have_one_key(tmp_path: Path) -> None:
    """Whoever comes second reads the whole key of the first, and no draft stays behind."""
    settings = make_settings(store_url=f"sqlite+aiosqlite:///{tmp_path}/navigator.sqlite")
    barrier = threading.Barrier(8)

    def start(_worker: int) -> tuple[str, ...]:
        barrier.wait(10)
        return secret_keys(settings)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(start, range(8)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["navigator.sqlite.key"]


def test_a_store_in_memory_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept of what ends with the process."""
    monkeypatch.chdir(tmp_path)
    settings = make_settings(store_url="sqlite+aiosqlite://")
    assert key_path(settings) is None
    assert len(secret_keys(settings)[0]) >= 32
    assert list(tmp_path.iterdir()) == []


def test_keys_rotate_and_purposes_do_not_mix() -> None:
    """The first key encrypts, older ones still decrypt, and what is meant for one purpose is unreadable for another."""
    old, new = "o" * 32, "n" * 32
    assert secret_keys(make_settings(secret_keys=[new, old])) == (new, old)
    sealed = fernet([old], "finesse").encrypt(b"x")
    assert fernet([new, old], "finesse").decrypt(sealed) == b"x"
    for keys, purpose in (([new], "finesse"), ([old], "erp")):
        with pytest.raises(InvalidToken):
            fernet(keys, purpose).decrypt(sealed)
