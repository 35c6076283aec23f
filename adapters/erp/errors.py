"""What can go wrong with the ERP, sorted by what helps.

ErpError
├── ErpUnavailable    erp_unavailable   down, starting, unreachable, connection lost: wait and try again
├── ErpSlow           erp_slow          no answer in time; the outcome of a write is unknown: read back
├── ErpBusy           erp_busy          all connections in use, a row is locked, a package was recompiled: a moment later
├── ErpRefused        erp_refused       the service account was turned away: somebody has to mend it, no more attempts meanwhile
├── ErpMisconfigured  erp_schema        tables, columns or grants are not what the settings say
├── ErpDataRefused    erp_data          a constraint refused what was written
└── ErpRule           erp_rule          the ERP's own code said no (ORA-20000 to 20999); its sentence was written for people
"""

from __future__ import annotations

import re
from typing import ClassVar

import oracledb

__all__ = ["ErpBusy", "ErpDataRefused", "ErpError", "ErpMisconfigured", "ErpRefused", "ErpRule", "ErpSlow", "ErpUnavailable", "from_driver"]


class ErpError(Exception):
    """A call to the ERP failed. Never holds a statement, a bind value or a credential."""

    code: ClassVar[str] = "erp_error"
    """Stable: for answers, logs and tests."""

    def __init__(self, detail: str, message: str = "") -> None:
        """`detail` is the driver's or database's own code (`ORA-00942`, `DPY-4011`) or a few words; `message` is for people."""
        super().__init__(detail, message)
        self.detail, self.message = detail, message

    def __str__(self) -> str:
        return f"{self.code} ({self.detail})"


class ErpUnavailable(ErpError):
    """The ERP is away."""

    code = "erp_unavailable"


class ErpSlow(ErpError):
    """The ERP did not answer in time."""

    code = "erp_slow"


class ErpBusy(ErpError):
    """Not at this moment."""

    code = "erp_busy"


class ErpRefused(ErpError):
    """The service account may not sign in."""

    code = "erp_refused"


class ErpMisconfigured(ErpError):
    """Schema or grants differ from what is expected."""

    code = "erp_schema"


class ErpDataRefused(ErpError):
    """A constraint refused the data."""

    code = "erp_data"


class ErpRule(ErpError):
    """A rule of the ERP; `message` is its own sentence."""

    code = "erp_rule"


_BY_CODE: dict[str, type[ErpError]] = {
    **dict.fromkeys(("ORA-01017", "ORA-28000", "ORA-28001", "ORA-01045", "DPY-3015", "DPY-3010", "DPY-3001", "DPY-4018"), ErpRefused),
    **dict.fromkeys(("DPY-4024", "ORA-01013"), ErpSlow),
    **dict.fromkeys(("DPY-4005", "ORA-00054", "ORA-30006", "ORA-00060", "ORA-04068", "ORA-04061", "ORA-00018", "ORA-02391"), ErpBusy),
    **dict.fromkeys(("DPY-6005", "DPY-4011", "DPY-1001", "ORA-01033", "ORA-01034", "ORA-01089", "ORA-01090"), ErpUnavailable),
    **dict.fromkeys(
        ("ORA-00942", "ORA-00904", "ORA-06550", "ORA-01031", "ORA-00900", "ORA-00933", "ORA-01445", "ORA-01795"), ErpMisconfigured
    ),
    **dict.fromkeys(("ORA-00001", "ORA-01400", "ORA-01438", "ORA-02290", "ORA-02291", "ORA-02292", "ORA-12899"), ErpDataRefused),
}
"""Source: Oracle Database Error Messages; what the driver raises for each was tried with python-oracledb 26.1."""

LOST = frozenset({"DPY-4011", "DPY-1001"})
"""The connection is gone."""
RETRIED = LOST | {"ORA-01013", "ORA-04068", "ORA-04061"}
"""A read may be asked again at once: the connection was stale, a late break hit the wrong call, or a package was recompiled."""


def full_code(error: BaseException) -> str:
    """`ORA-…` or `DPY-…` of a driver's error; the class name of any other."""
    first = error.args[0] if error.args else None
    return str(getattr(first, "full_code", "") or type(error).__name__)


def from_driver(error: BaseException) -> ErpError:
    """The error of ours that a driver's, network's or time-out error means."""
    if isinstance(error, ErpError):
        return error
    code = full_code(error)
    if isinstance(error, oracledb.Error):
        if re.fullmatch(r"ORA-20\d{3}", code):
            lines = str(getattr(error.args[0], "message", "")).splitlines() or [""]
            return ErpRule(code, re.sub(r"^ORA-\d+:\s*", "", lines[0])[:300])
        recoverable = bool(getattr(error.args[0], "isrecoverable", False)) if error.args else False
        return _BY_CODE.get(code, ErpUnavailable if recoverable else ErpMisconfigured)(code)
    # DNS, network, a limit of our own
    return ErpUnavailable(code)
