"""Oracle's error numbers and their words."""

from __future__ import annotations

__all__ = ["MESSAGES", "OraError"]

MESSAGES = {
    1: "unique constraint (%s) violated",
    28: "your session has been killed",
    54: "resource busy and acquire with NOWAIT specified or timeout expired",
    900: "invalid SQL statement",
    904: "%s: invalid identifier",
    933: "SQL command not properly ended",
    942: "table or view does not exist",
    1008: "not all variables bound",
    1013: "user requested cancel of current operation",
    1017: "invalid username/password; logon denied",
    1031: "insufficient privileges",
    1033: "ORACLE initialization or shutdown in progress",
    1400: "cannot insert NULL into (%s)",
    1403: "no data found",
    1722: "invalid number",
    1861: "literal does not match format string",
    2290: "check constraint (%s) violated",
    2291: "integrity constraint violated - parent key not found",
    2396: "exceeded maximum idle time, please connect again",
    3113: "end-of-file on communication channel",
    3115: "unsupported network datatype or representation",
    12514: "TNS:listener does not currently know of service requested in connect descriptor",
    28000: "the account is locked",
    28001: "the password has expired",
    28002: "the password will expire within 7 days",
}


class OraError(Exception):
    """An ORA- error. Raised in a registered function it fails the call with it."""

    def __init__(self, code: int, detail: str = "", text: str | None = None) -> None:
        text = text or MESSAGES.get(code, "error")
        self.code, self.text = code, text % detail if "%s" in text else text
        super().__init__(f"ORA-{code:05d}: {self.text}")
