"""Tries Redmine's database and says in words what is wrong: for `navigator doctor`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables
from adapters.redmine.engine import Reader, reading
from adapters.redmine.errors import RedmineError
from hub.event import Text

__all__ = ["Finding", "check"]

_AHEAD = timedelta(minutes=5)


Level = Literal["ok", "warning", "error"]
About = Literal["connection", "tables", "grants", "zone"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found out."""

    level: Level
    about: About
    text: Text


async def check(engine: AsyncEngine, *, zone: ZoneInfo, deadline_s: float = 5.0, now: datetime | None = None) -> list[Finding]:
    """Connects and looks at tables, grants and time zone. Never raises for what is wrong with the database: that is the finding."""
    found: list[Finding] = []
    try:
        async with reading(engine, deadline_s) as reader:
            found.append(_finding("ok", "connection", "База данных Redmine отвечает", "Redmine's database answers"))
            found.append(await _tables(reader))
            if reader.dialect == "mysql":
                found.append(await _grants(reader))
            found.append(await _zone(reader, zone, now or datetime.now(UTC)))
    except RedmineError as error:
        found.append(_finding("error", "connection", f"База данных Redmine: {error}", f"Redmine's database: {error}"))
    return found


def _finding(level: Level, about: About, ru: str, en: str) -> Finding:
    return Finding(level, about, Text(ru=ru, en=en))


async def _tables(reader: Reader) -> Finding:
    schema = await tables.discover(reader)
    missing = schema.missing()
    if missing:
        names = ", ".join(missing)
        return _finding("error", "tables", f"Нет таблиц или прав на их чтение: {names}", f"No such table, or no right to read it: {names}")
    wanting = schema.wanting()
    if wanting:
        names = ", ".join(wanting)
        ru, en = (
            f"Часть названий и скрытых полей останется неизвестной без {names}",
            f"Some names and hidden fields stay unknown without {names}",
        )
        return _finding("warning", "tables", ru, en)
    site = (*tables.SITE_FEEDS.values(), tables.u_statuses, tables.u_priority)
    names = ", ".join(table.name for table in site if schema.has(table))
    return _finding("ok", "tables", f"Таблицы установки: {names or 'нет'}", f"Tables of the site's own: {names or 'none'}")


async def _grants(reader: Reader) -> Finding:
    grants = [str(row[0]).upper().split(" ON ")[0].removeprefix("GRANT ") for row in await reader.rows(sa.text("SHOW GRANTS"))]
    rights = {right.strip() for grant in grants for right in re.sub(r"\([^)]*\)", "", grant).split(",")}  # without lists of columns
    if rights & {"ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"}:
        ru, en = "Учётная запись может писать в базу; достаточно чтения", "The account may write to the database; reading is enough"
        return _finding("warning", "grants", ru, en)
    tokens = "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'tokens' AND column_name = 'value'"
    if await reader.rows(sa.text(tokens)):
        ru, en = "Учётная запись может читать ключи API всех людей (tokens)", "The account may read everybody's API keys (tokens)"
        return _finding("warning", "grants", ru, en)
    return _finding("ok", "grants", "Прав ровно столько, сколько нужно", "The account has no right too many")


async def _zone(reader: Reader, zone: ZoneInfo, now: datetime) -> Finding:
    created = tables.journals.c.created_on
    newest = (await reader.rows(sa.select(created).order_by(tables.journals.c.id.desc()).limit(1)))[:1]
    value = newest[0][0] if newest else None
    if isinstance(value, datetime) and value.replace(tzinfo=zone) > now + _AHEAD:
        ru = f"Последнее изменение в Redmine — в будущем: часовой пояс {zone.key}, видимо, не тот"
        en = f"Redmine's newest change lies in the future: the time zone {zone.key} seems to be wrong"
        return _finding("error", "zone", ru, en)
    return _finding("ok", "zone", f"Часовой пояс {zone.key} правдоподобен", f"The time zone {zone.key} is plausible")
