"""What can go wrong with Redmine's database, sorted by what helps.

RedmineError
├── RedmineAway      the server is down, hung, restarting or too busy: wait and try again
└── RedmineRefused   wrong password, missing grant, missing table: somebody has to mend it
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

__all__ = ["RedmineAway", "RedmineError", "RedmineRefused", "sorted_errors"]


class RedmineError(Exception):
    """Redmine's database did not answer a question. Holds the server's own number where it gave one."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason, code)
        self.reason = reason
        self.code = code

    def __str__(self) -> str:
        return self.reason if self.code is None else f"{self.reason} (error {self.code})"


class RedmineAway(RedmineError):
    """The database is away; the same question may be answered in a moment."""


class RedmineRefused(RedmineError):
    """The database answered, and the answer is no: asking again changes nothing."""


# MariaDB "Error Codes" and MySQL "Server/Client Error Message Reference".
_REFUSED = {
    1044: "no right to use the database",
    1045: "wrong user name or password",
    1049: "no such database",
    1054: "a column is missing",
    1130: "this host may not connect",
    1142: "no right to read a table",
    1143: "no right to read a column",
    1146: "a table is missing",
    1251: "the server wants another way of signing in",
    1370: "no right to execute",
    1698: "the account may not sign in with a password",
    1820: "the account's password has expired",
    1862: "the account's password has expired",
    4151: "the account is locked",
}
_AWAY = {
    1040: "too many connections",
    1053: "the server is shutting down",
    1105: "the server failed",
    1129: "the server has blocked this host for its failed connections",
    1203: "too many connections of this account",
    1205: "waited too long for a lock",
    1213: "deadlock",
    1226: "the account has used up its allowance",
    1317: "the query was interrupted",
    1927: "the connection was killed",
    1969: "the query took too long",
    2002: "cannot connect",
    2003: "cannot connect",
    2006: "the server has gone away",
    2013: "lost the connection",
    2014: "the connection is out of step",
    2055: "lost the connection",
    3024: "the query took too long",
}


@contextmanager
def sorted_errors() -> Iterator[None]:
    """Turns what the driver raises inside the block into the errors above.

    An error of neither kind (a faulty statement) passes through: it is a bug of ours. The message never holds
    the statement or its values.
    """
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise RedmineAway("no free connection in time") from error
    except sa.exc.DBAPIError as error:
        raise _sort(error) from error
    except TimeoutError as error:
        raise RedmineAway("no answer in time") from error
    except (OSError, EOFError, asyncio.IncompleteReadError) as error:
        raise RedmineAway(f"cannot talk to the server: {type(error).__name__}") from error


def _sort(error: sa.exc.DBAPIError) -> BaseException:
    args = getattr(error.orig, "args", ())
    code = args[0] if args and isinstance(args[0], int) else None
    if code in _REFUSED:
        return RedmineRefused(_REFUSED[code], code)
    if code in _AWAY:
        return RedmineAway(_AWAY[code], code)
    text = str(error.orig)
    if "database is locked" in text or "disk I/O error" in text:
        return RedmineAway("the database file is busy")
    if "unable to open database file" in text:
        return RedmineRefused("cannot open the database file")
    if error.connection_invalidated or isinstance(error, sa.exc.InterfaceError):
        return RedmineAway("the connection broke", code)
    return error
