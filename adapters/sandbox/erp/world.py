"""The ERP's schema and people, and its life: orders come in, payments arrive, VPN dates run out."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import random
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.sandbox.people import Person

__all__ = ["SCHEMA", "ErpLife", "fill", "local_now"]

_log = logging.getLogger(__name__)

ZONE = ZoneInfo("Europe/Moscow")
"""The ERP keeps wall time, as Oracle's DATE and TIMESTAMP do."""

SCHEMA = """
create table if not exists t_user (
    USER_ID INTEGER primary key, NAME VARCHAR2(64) not null unique, PASSWORD VARCHAR2(128), FULL_NAME VARCHAR2(200), EMAIL VARCHAR2(200),
    OFFICE VARCHAR2(100), DEPARTMENT_NAME VARCHAR2(200), POST_NAME VARCHAR2(200), PHONE_EXT VARCHAR2(16), VPN NUMBER(1), VPN_END_DATE DATE,
    AUTH_PERIOD_TYPE VARCHAR2(100));
create table if not exists t_navigator_event (
    EVENT_ID INTEGER primary key autoincrement, USER_ID INTEGER, KIND VARCHAR2(64) not null, TITLE VARCHAR2(200) not null,
    BODY VARCHAR2(4000), URL VARCHAR2(1000), CREATED_AT TIMESTAMP(6) not null);
create view if not exists v_user as
    select USER_ID, NAME, PASSWORD, FULL_NAME, EMAIL, OFFICE, DEPARTMENT_NAME, POST_NAME, PHONE_EXT, VPN, AUTH_PERIOD_TYPE from t_user;
create view if not exists v_navigator_events as select EVENT_ID, USER_ID, KIND, TITLE, BODY, URL, CREATED_AT from t_navigator_event;
create trigger if not exists t_user_vpn before update of VPN_END_DATE on t_user when new.VPN_END_DATE > datetime('now', '+400 days')
    begin select raise(abort, 'ORA-20007: VPN открывают не дольше чем на год'); end;
"""
"""SQLite with Oracle's type names; `v_user` and `v_navigator_events` are what the Navigator reads, `t_user` holds the VPN date and
has a rule about it."""

_FIRST_S, _SHORTEST_S, _LONGEST_S = 5.0, 25.0, 60.0

_HOTELS = ("Rixos Premium Belek", "Delphin Imperial", "Voyage Sorgun", "Titanic Deluxe", "Barut Lara", "Jaz Aquamarine")
_PLACES = ("Анталья", "Даламан", "Хургада", "Шарм-эль-Шейх", "Пхукет", "Варна")
_PERSONAL: tuple[tuple[str, str, str], ...] = (
    ("order", "Новая заявка № {order}", "{hotel}, {place}, 2 взрослых и 1 ребёнок. Заезд через {days} дней."),
    ("order", "Заявка № {order} изменена", "{hotel}: отель подтвердил раннее заселение."),
    ("payment", "Поступила оплата по заявке № {order}", "{sum} ₽, агентство «Южный берег»."),
    ("vpn", "VPN отключится через {days} дней", "Продлите доступ в профиле, если он ещё нужен."),
    ("document", "Документ ждёт подписи", "Акт сверки с отелем {hotel}, до конца дня."),
)
_FOR_ALL: tuple[tuple[str, str, str], ...] = (
    ("announcement", "Плановые работы в ERP", "Сегодня с 23:00 до 23:40 расчёт заявок будет недоступен."),
    ("announcement", "Стоп-продажа: {hotel}", "Отель закрыл продажу на ближайшие {days} дней."),
    ("rate", "Обновлён внутренний курс валют", "Новый курс действует с 00:00."),
)


def local_now() -> dt.datetime:
    """The ERP's wall clock, naive."""
    return dt.datetime.now(ZONE).replace(tzinfo=None)


def fill(path: Path, people: Iterable[Person], now: dt.datetime, number: int) -> None:
    """Writes people and some history into an empty database; leaves a filled one alone. Blocks."""
    chance = random.Random(number)  # noqa: S311 - a story, not a secret
    staff = [one for one in people if one.erp_id is not None]
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        if db.execute("select 1 from t_user").fetchone():
            return
        for one in staff:
            until = now.replace(hour=0, minute=0, second=0, microsecond=0) + dt.timedelta(days=chance.randrange(3, 90))
            vpn = one.department.startswith("Департамент")
            access = ("Заблокированный сотрудник" if one.blocked else "Постоянный доступ") if one.access else None
            db.execute(
                "insert into t_user values (?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    one.erp_id,
                    one.login,
                    one.password,
                    f"{one.last} {one.first}",
                    one.email,
                    "Москва, головной офис",
                    one.department,
                    one.post,
                    one.phone,
                    int(vpn),
                    str(until) if vpn else None,
                    access,
                ),
            )
        for hours in range(40, 0, -4):
            _write(db, _event(chance, staff), now - dt.timedelta(hours=hours))


def _event(chance: random.Random, staff: list[Person]) -> tuple[int | None, str, str, str]:
    """(USER_ID, KIND, TITLE, BODY); most for one of the demo's people."""
    for_all = chance.random() < 0.2
    kind, title, body = chance.choice(_FOR_ALL if for_all else _PERSONAL)
    words = {
        "order": chance.randrange(4_400_000, 4_500_000),
        "hotel": chance.choice(_HOTELS),
        "place": chance.choice(_PLACES),
        "days": chance.randrange(5, 21),
        "sum": f"{chance.randrange(60, 480) * 1000:,}".replace(",", " "),
    }
    demo = [one for one in staff if one.demo] or staff
    person = chance.choice(demo if chance.random() < 0.85 else staff)
    return None if for_all else person.erp_id, kind, title.format(**words), body.format(**words)


def _write(db: sqlite3.Connection, event: tuple[int | None, str, str, str], at: dt.datetime) -> int:
    row = db.execute(
        "insert into t_navigator_event (USER_ID, KIND, TITLE, BODY, CREATED_AT) values (?,?,?,?,?)", (*event, f"{at:%Y-%m-%d %H:%M:%S.%f}")
    )
    return row.lastrowid or 0


class ErpLife:
    """Writes a new row for `v_navigator_events` now and then."""

    def __init__(self, path: Path, people: Iterable[Person], *, number: int, pace: float, clock: Callable[[], dt.datetime]) -> None:
        """`pace` stretches the pauses (1: 25 to 60 s, the first after 5 s; 0: none)."""
        self._path, self._pace, self._clock = path, pace, clock
        self._staff = [one for one in people if one.erp_id is not None and one.access and not one.blocked]
        # seed 0: every start goes on differently
        self._chance = random.Random(number or f"{clock()}")  # noqa: S311 - a story, not a secret
        self.acts = 0

    async def run(self) -> None:
        """Acts until cancelled. A database that is locked too long is logged and does not end it."""
        pause = _FIRST_S
        while True:
            await asyncio.sleep(pause * self._pace)
            try:
                await self.act()
            except sqlite3.Error:
                _log.exception("the sandbox's ERP could not write")
            pause = self._chance.uniform(_SHORTEST_S, _LONGEST_S)

    async def act(self) -> int:
        """Writes one row; returns its EVENT_ID."""
        event = _event(self._chance, self._staff)

        def write() -> int:
            with contextlib.closing(sqlite3.connect(self._path, timeout=5)) as db, db:
                return _write(db, event, self._clock())

        number = await asyncio.to_thread(write)
        self.acts += 1
        return number
