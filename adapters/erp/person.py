"""A person as the ERP knows them, and the answer to one who may not sign in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from adapters.erp.errors import ErpMisconfigured

__all__ = ["ErpPerson", "Rejected", "Standing", "day", "person_of", "secret", "standing_of", "text"]

Standing = Literal["active", "blocked", "none", "gone"]
"""`none`: no access (AUTH_PERIOD_TYPE is null); `gone`: there is no such row any more."""

Reason = Literal["bad_credentials", "blocked", "no_access", "expired", "locked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpPerson:
    """A row of the ERP's people. Texts are stripped of CHAR padding; what is null there is empty here."""

    erp_id: int
    login: str
    """In lower case: names compare without regard to case."""
    full_name: str
    """The login where the ERP has no name."""
    email: str
    office: str
    department: str
    post: str
    phone: str
    vpn: bool
    """Has VPN at all."""
    vpn_until: date | None
    """The last day of VPN access, in the ERP's zone."""
    standing: Standing


class Rejected(Exception):
    """The ERP answered, and the person may not sign in.

    bad_credentials  no such login, or not its password
    locked           the ERP does not let this account in at the moment; said before the password was looked at
    expired          the password is right and has run out
    blocked          the password is right, and the person is blocked
    no_access        the password is right, and the person has no access
    """

    def __init__(self, code: Reason, revealable: bool = False) -> None:
        """`revealable`: whether the one who asks may be told `code`; True only when the password was proven right."""
        super().__init__(code)
        self.code: Reason = code
        self.revealable = revealable


def person_of(row: Mapping[str, Any], blocked: Collection[str]) -> ErpPerson:
    """The person of a row; `blocked` as in `standing_of`.

    Raises ErpMisconfigured, which names the column and no value, when the query does not give what is needed.
    """
    try:
        login = text(row["name"]).lower()
        return ErpPerson(
            erp_id=int(row["user_id"]),
            login=login,
            full_name=text(row["full_name"]) or login,
            email=text(row["email"]),
            office=text(row["office"]),
            department=text(row["department_name"]),
            post=text(row["post_name"]),
            phone=text(row["phone_ext"]),
            vpn=text(row["vpn"]).upper() in ("1", "1.0", "Y", "TRUE"),
            vpn_until=day(row["vpn_end_date"]),
            standing=standing_of(row["auth_period_type"], blocked),
        )
    except KeyError as error:
        raise ErpMisconfigured(f"the query of a person gives no column {str(error.args[0]).upper()}") from None
    except (TypeError, ValueError):
        raise ErpMisconfigured("the query of a person gives a USER_ID that is no number") from None


def standing_of(auth_period_type: Any, blocked: Collection[str]) -> Standing:
    """What AUTH_PERIOD_TYPE means; `blocked` are its words for a blocked person, in lower case."""
    words = " ".join(text(auth_period_type).lower().split())
    if not words:
        return "none"
    return "blocked" if words in blocked else "active"


def secret(value: Any) -> str:
    """A password without the blanks that a CHAR column puts at its end; null is empty."""
    return "" if value is None else str(value).rstrip(" ")


def text(value: Any) -> str:
    """A value without padding; null is empty."""
    return "" if value is None else str(value).strip()


def day(value: Any) -> date | None:
    """The day of a DATE or TIMESTAMP, which are wall time of the ERP's zone. Raises ErpMisconfigured for anything else."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    raise ErpMisconfigured("a date is selected as something that is no DATE")
