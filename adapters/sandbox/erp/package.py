"""The PL/SQL of the sandbox's ERP: `erp_auth.check_password` and `get_user_redmine_password`."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from adapters.sandbox.erp.errors import OraError

__all__ = ["ErpPackage"]


class ErpPackage:
    """Functions that read the people's table. Called in the sessions' threads; they block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.locked: set[str] = set()
        """Logins for which `check_password` raises ORA-20001, in lower case."""

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """By the names under which statements call them."""
        return {"erp_auth.check_password": self.check_password, "get_user_redmine_password": self.get_user_redmine_password}

    def check_password(self, login: str | None, password: str | None) -> int:
        """1 for the right password, else 0."""
        if (login or "").lower() in self.locked:
            raise OraError(20001, text="Учётная запись временно заблокирована")
        stored = self._password(login)
        return int(stored is not None and secrets.compare_digest(stored.encode(), (password or "").encode()))

    def get_user_redmine_password(self, login: str | None) -> str | None:
        """The person's password; null for nobody."""
        return self._password(login)

    def _password(self, login: str | None) -> str | None:
        with contextlib.closing(sqlite3.connect(self._path, timeout=5)) as db:
            row = db.execute("select PASSWORD from t_user where NAME = ? collate nocase", (login,)).fetchone()
        return None if row is None else row[0]
