"""Whose a phone number is in Redmine: custom fields of people that are called a phone, where a site has any.

Nobody's tickets hang on these tables, so they are asked for only when somebody calls, and an account that may not read them finds nobody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader
from adapters.redmine.tables import columns_of
from hub.phone import digits_of
from hub.turns import Stepwise, in_turns

__all__ = ["PhoneOwner", "accounts_of", "read_phones"]

_metadata = sa.MetaData()
_fields = sa.Table(
    "custom_fields",
    _metadata,
    sa.Column("id", sa.BigInteger),
    sa.Column("type", sa.Text),
    sa.Column("name", sa.Text),
    sa.Column("visible", sa.Boolean(create_constraint=False)),
)
_values = sa.Table(
    "custom_values",
    _metadata,
    sa.Column("customized_type", sa.Text),
    sa.Column("customized_id", sa.BigInteger),
    sa.Column("custom_field_id", sa.BigInteger),
    sa.Column("value", sa.Text),
)
_PHONE = re.compile(r"тел|моб|phone|mobile|номер для связи", re.I)
_MOST = 50_000
_ACTIVE = 1
"""users.status of people who may sign in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneOwner:
    """Somebody in Redmine."""

    redmine_id: int
    name: str


async def read_phones(reader: Reader) -> Mapping[str, tuple[PhoneOwner, ...]]:
    """Everybody with a number in a field that all may see, by `digits_of` it; nobody where the tables may not be read.

    Numbers are free text there, so they cannot be compared by the database. Raises RedmineError.
    """
    wanted = (_fields, _values)
    there = await columns_of(reader, [table.name for table in wanted])
    if any({column.name for column in table.columns} - {name.lower() for name in there.get(table.name, ())} for table in wanted):
        return {}
    f, v, u = _fields.c, _values.c, t.users.c
    named = await reader.rows(sa.select(f.id, f.name).where(f.type == "UserCustomField", f.visible.is_(True)))
    ids = {row.id for row in named if _PHONE.search(row.name or "")}
    rows = await reader.rows_in(
        sa.select(u.id, u.firstname, u.lastname, v.value)
        .join_from(_values, t.users, v.customized_id == u.id)
        .where(v.customized_type == "Principal", u.type == "User", u.status == _ACTIVE, v.value != "")
        .limit(_MOST),
        v.custom_field_id,
        ids,
    )
    return await in_turns(_by_digits(rows))


def _by_digits(rows: Iterable[Any]) -> Stepwise[Mapping[str, tuple[PhoneOwner, ...]]]:
    found: dict[str, dict[int, PhoneOwner]] = {}
    for row in rows:
        if digits := digits_of(row.value):
            owner = PhoneOwner(redmine_id=row.id, name=f"{row.firstname or ''} {row.lastname or ''}".strip() or f"#{row.id}")
            found.setdefault(digits, {})[row.id] = owner
        yield
    owners = {}
    for digits, several in found.items():
        owners[digits] = tuple(several.values())
        yield
    return owners


async def accounts_of(reader: Reader, *, logins: Collection[str], emails: Collection[str], ids: Collection[int]) -> dict[int, set[str]]:
    """The active accounts with one of these logins (lower case), addresses (lower case) or ids, each with all its addresses."""
    u, e = t.users.c, t.email_addresses.c
    active = sa.select(u.id).where(u.type == "User", u.status == _ACTIVE)
    by_login = {row.id for row in await reader.rows_in(active, sa.func.lower(u.login), set(logins))}
    by_email = {row.user_id for row in await reader.rows_in(sa.select(e.user_id), sa.func.lower(e.address), set(emails))}
    known = {row.id for row in await reader.rows_in(active, u.id, by_login | by_email | set(ids))}
    found: dict[int, set[str]] = {id: set() for id in known}
    for row in await reader.rows_in(sa.select(e.user_id, e.address), e.user_id, known):
        found[row.user_id].add((row.address or "").lower())
    return found
