"""Three ways to prove a password to the ERP; the settings choose one.

    Login
    ├── ViewLogin        the row is read, and its PASSWORD compared here, in constant time
    ├── FunctionLogin    a PL/SQL function of the ERP says yes or no: hash, lock-out and audit stay there
    └── DatabaseLogin    the person is a database user: a connection is made in their name, and closed at once

In each a login that does not exist costs the same round trips as one that does.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import oracledb
import structlog

from adapters.erp.client import Erp
from adapters.erp.errors import ErpMisconfigured, ErpRule
from adapters.erp.person import Rejected, secret, text
from adapters.erp.queries import ErpQueries

__all__ = ["LOGINS", "Login", "LoginMode"]

LoginMode = Literal["view", "function", "database"]

_log = structlog.get_logger("adapters.erp")
_LOGIN, _PASSWORD = 128, 1024
"""Characters at most; more is no login of anybody."""
_DATABASE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_$.]{0,29}")
"""What may be given to the driver as a user: brackets would mean a proxy, a slash a password, quotes another name."""
_KEY = secrets.token_bytes(32)


class Login(Protocol):
    """One of the ways."""

    async def prove(self, login: str, password: str) -> Mapping[str, Any]:
        """The person's row, after the password was proven right. Raises Rejected or an ErpError."""
        ...


class ViewLogin:
    """Reads the row by login; the password is no bind of the statement."""

    def __init__(self, erp: Erp, queries: ErpQueries, _function: str) -> None:
        self._erp, self._sql = erp, queries.credentials

    async def prove(self, login: str, password: str) -> Mapping[str, Any]:
        """See `Login`. An unknown login is compared with a password that nobody has."""
        name = _plausible(login, password)
        row = _only(await self._erp.fetch("sign-in", self._sql, {"login": name}, limit=10), login)
        if row is not None and "password" not in row:
            raise ErpMisconfigured("the query of credentials gives no column PASSWORD")
        stored = secret(row["password"]) if row else ""
        same = hmac.compare_digest(_fixed(stored or secrets.token_hex()), _fixed(secret(password)))
        if row is None or not same:
            raise Rejected("bad_credentials")
        return row


class FunctionLogin:
    """Calls `function(login, password)`, which returns 1 for the right one."""

    def __init__(self, erp: Erp, queries: ErpQueries, function: str) -> None:
        if not re.fullmatch(r"[A-Za-z][\w$#]{0,127}(\.[A-Za-z][\w$#]{0,127}){0,2}", function, re.ASCII):
            raise ErpMisconfigured("the name of the password function is not a plain Oracle name")
        self._erp, self._sql, self._function = erp, queries.person_by_login, function

    async def prove(self, login: str, password: str) -> Mapping[str, Any]:
        """See `Login`. A sentence of the ERP (ORA-20xxx) means that it lets the account in under no password now."""
        name = _plausible(login, password)
        row = _only(await self._erp.fetch("person-by-login", self._sql, {"login": name}, limit=10), login)
        known = text(row["name"]) if row and row.get("name") else login.strip()

        async def call(connection: oracledb.AsyncConnection) -> bool:
            with connection.cursor() as cursor:
                said = await cursor.callfunc(self._function, int, [known, password])
            # it may have counted a failure or written an audit line
            await connection.commit()
            return bool(said == 1)

        try:
            right = await self._erp.run("check-password", call)
        except ErpRule as error:
            _log.info("erp_sign_in_declined", code=error.detail)
            raise Rejected("locked") from None
        if row is None or not right:
            raise Rejected("bad_credentials")
        return row


class DatabaseLogin:
    """Connects as the person. Failures count towards locking the account in the database, as anywhere else."""

    def __init__(self, erp: Erp, queries: ErpQueries, _function: str) -> None:
        self._erp, self._sql = erp, queries.person_by_login

    async def prove(self, login: str, password: str) -> Mapping[str, Any]:
        """See `Login`. ORA-01045 and ORA-28001 come after the password was found right, ORA-28000 before."""
        name = _plausible(login, password)
        if not _DATABASE_NAME.fullmatch(name):
            raise Rejected("bad_credentials")
        match await self._erp.try_account(name, password):
            case "ORA-01017":
                raise Rejected("bad_credentials")
            case "ORA-28000":
                raise Rejected("locked")
            case "ORA-28001":
                raise Rejected("expired", revealable=True)
            case "ORA-01045":
                raise Rejected("no_access", revealable=True)
        row = _only(await self._erp.fetch("person-by-login", self._sql, {"login": name}, limit=10), login)
        if row is None:
            raise Rejected("no_access", revealable=True)
        return row


LOGINS: dict[LoginMode, Callable[[Erp, ErpQueries, str], Login]] = {
    "view": ViewLogin,
    "function": FunctionLogin,
    "database": DatabaseLogin,
}


def _plausible(login: str, password: str) -> str:
    """The login as it is looked up, in lower case. Raises Rejected for what can be nobody's, without asking the ERP."""
    name = login.strip().lower()
    for value, most in ((name, _LOGIN), (password, _PASSWORD)):
        # the driver would raise on a lone surrogate with the value in its text; an empty str is NULL in Oracle
        if not value.strip() or len(value) > most or "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise Rejected("bad_credentials")
    return name


def _only(rows: Sequence[Mapping[str, Any]], login: str) -> Mapping[str, Any] | None:
    """The one row; of several whose names differ by case only the one that was typed exactly, or none."""
    if len(rows) > 1:
        _log.warning("erp_login_ambiguous", rows=len(rows))
        rows = [row for row in rows if text(row.get("name")) == login.strip()]
    return rows[0] if len(rows) == 1 else None


def _fixed(value: str) -> bytes:
    """Always 32 bytes, so that not even the length shows in the time that comparing takes."""
    return hmac.digest(_KEY, value.encode(), "sha256")
