"""The statements that the Navigator runs in the ERP: settings, for tables and columns are called otherwise in another company."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

__all__ = ["BINDS", "COLUMNS", "ErpQueries", "binds_of", "check_query", "with_list"]

_PERSON = (
    "select u.USER_ID, u.NAME, u.FULL_NAME, u.EMAIL, u.OFFICE, u.DEPARTMENT_NAME, u.POST_NAME, u.PHONE_EXT, u.VPN, u.AUTH_PERIOD_TYPE, "
    "t.VPN_END_DATE{more} from erp.v_user u left join erp.t_user t on t.USER_ID = u.USER_ID where "
)
_BY_LOGIN = "lower(rtrim(u.NAME)) = :login"  # a str bind compares unpadded with a CHAR column and would find nothing
# Oracle's substr(…, -10) of a shorter text is null: an extension has four digits
_BY_PHONE = r"regexp_replace(regexp_replace(u.PHONE_EXT, '[^0-9]', ''), '^.*(.{10})$', '\1') = :phone"

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|:\s*(?P<bind>[A-Za-z][\w$#]*)", re.S)

BINDS: dict[str, frozenset[str]] = {
    "person": frozenset({"id"}),
    "person_by_login": frozenset({"login"}),
    "people_by_phone": frozenset({"phone"}),
    "credentials": frozenset({"login"}),
    "standings": frozenset({"ids"}),
    "redmine_password": frozenset({"login"}),
    "vpn_until": frozenset({"id"}),
    "vpn_renew": frozenset({"id", "until"}),
    "vpn_ending": frozenset({"first", "last"}),
}
"""What each statement must contain, and nothing else."""

_ATTRIBUTES = frozenset(
    {
        "user_id",
        "name",
        "full_name",
        "email",
        "office",
        "department_name",
        "post_name",
        "phone_ext",
        "vpn",
        "auth_period_type",
        "vpn_end_date",
    }
)
COLUMNS: dict[str, frozenset[str]] = {
    "person": _ATTRIBUTES,
    "person_by_login": _ATTRIBUTES,
    "people_by_phone": _ATTRIBUTES,
    "credentials": _ATTRIBUTES | {"password"},
    "standings": frozenset({"user_id", "auth_period_type"}),
    "vpn_ending": frozenset({"user_id", "vpn_end_date", "auth_period_type"}),
}
"""What the columns of each must be called, where that matters; of the others the first column is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpQueries:
    """SQL by purpose. Raises ValueError for a statement without the binds it needs; `check_query` says what is asked."""

    person: str = _PERSON.format(more="") + "u.USER_ID = :id"
    """The attributes of the person `:id`, one row."""
    person_by_login: str = _PERSON.format(more="") + _BY_LOGIN
    """The same by login; `:login` comes in lower case."""
    people_by_phone: str = _PERSON.format(more="") + _BY_PHONE
    """Who is called by this number; `:phone` comes as digits alone, the last ten at most."""
    credentials: str = _PERSON.format(more=", u.PASSWORD") + _BY_LOGIN
    """The same with PASSWORD, for signing in by the view."""
    standings: str = "select USER_ID, AUTH_PERIOD_TYPE from erp.v_user where USER_ID in (:ids)"
    """The access of many; `:ids` becomes a list."""
    redmine_password: str = "select PASSWORD from erp.v_user where lower(rtrim(NAME)) = :login"  # noqa: S105 - a statement, not a password
    """A person's password in Redmine, in the first column; `:login` in lower case."""
    vpn_until: str = "select VPN_END_DATE from erp.t_user where USER_ID = :id"
    """The end of VPN access, in the first column."""
    vpn_renew: str = "update erp.t_user set VPN_END_DATE = :until where USER_ID = :id"
    """Sets it; must change exactly one row."""
    vpn_ending: str = (
        "select t.USER_ID, t.VPN_END_DATE, u.AUTH_PERIOD_TYPE from erp.t_user t join erp.v_user u on u.USER_ID = t.USER_ID "
        "where u.VPN = 1 and t.VPN_END_DATE >= :first and t.VPN_END_DATE < :last"
    )
    """Whose VPN access ends from `:first` up to and without `:last`."""

    def __post_init__(self) -> None:
        for one in fields(self):
            try:
                check_query(one.name, getattr(self, one.name))
            except ValueError as error:
                raise ValueError(f"{one.name}: {error}") from None


def check_query(purpose: str, sql: str) -> str:
    """The statement as it will be run. Raises ValueError with what is wrong and how to mend it."""
    sql = sql.strip().rstrip(";").strip()
    verbs = ("update", "begin", "merge") if purpose == "vpn_renew" else ("select", "with")
    if not sql.lower().startswith(verbs):
        raise ValueError(f"must be one statement that begins with {' or '.join(verbs)}")
    needed, found = BINDS[purpose], binds_of(sql)
    if missing := needed - found:
        raise ValueError(f"must contain {_list(missing)}, which the Navigator fills in; write it where the value belongs, without quotes")
    if more := found - needed:
        raise ValueError(f"contains {_list(more)}, which nothing fills in; only {_list(needed)} may stand there")
    if "ids" in needed and not re.search(r"\(\s*:\s*ids\s*\)", sql, re.I):
        raise ValueError("must have :ids in parentheses of its own, as in: USER_ID in (:ids)")
    return sql


def binds_of(sql: str) -> set[str]:
    """The bind names of a statement, in lower case; literals, quoted names and comments hold none."""
    return {match["bind"].lower() for match in _TOKEN.finditer(sql) if match["bind"]}


def with_list(sql: str, ids: Sequence[int], sizes: Sequence[int] = (10, 100, 500)) -> tuple[str, dict[str, int]]:
    """The statement with `:ids` as a list, and its binds. `ids` has as many as the largest of `sizes` at most, and at least one.

    The list is filled up to one of `sizes` with its last id, so that the database parses a few texts and not one for each length.
    """
    size = next(size for size in sizes if size >= len(ids))
    binds = {f"i{place}": ids[min(place, len(ids) - 1)] for place in range(size)}
    marks = ", ".join(f":{name}" for name in binds)
    return _TOKEN.sub(lambda match: marks if (match["bind"] or "").lower() == "ids" else match[0], sql), binds


def _list(names: frozenset[str] | set[str]) -> str:
    return " and ".join(f":{name}" for name in sorted(names))
