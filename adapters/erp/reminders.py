"""Source: VPN access that ends soon -> reminders, some days before and once each.

What was told is the source's position and commits with the notifications, so a restart tells nothing twice and leaves nothing out.
A renewal moves the date out of sight: what was told of the old one is forgotten and taken back, and the new date begins anew.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from adapters.erp.directory import Directory
from adapters.erp.errors import ErpBusy, ErpSlow, ErpUnavailable
from hub.event import Event, Notice, Text
from hub.notification import Address, Batch, Notification
from hub.plurals import russian

__all__ = ["DAYS", "LOOK_S", "SOURCE", "VpnReminders", "due", "reminds_of"]

DAYS = (14, 7, 1)
"""Days before the last day of access on which one is reminded."""
SOURCE = "/erp/vpn"
"""Of the events."""
_VERSION = 1
LOOK_S = 1800.0
"""Seconds between two looks, at least: the answer changes once a day, and when somebody renews."""
_MONTHS = ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"]


def due(left: int, days: Collection[int]) -> int | None:
    """Which reminder is due with `left` days to go: the nearest of `days` that has come. None: none yet, or it is over."""
    return min((mark for mark in days if left <= mark), default=None) if left >= 0 else None


def reminds_of(event_id: str) -> date | None:
    """The last day of access that a reminder with this id tells of; None for another event's id."""
    try:
        return date.fromisoformat(event_id.split(":")[1])
    except (IndexError, ValueError):
        return None


class VpnReminders:
    """Implements hub.supervisor.Source: each `changes()` is one query for everybody, so a cadence of `LOOK_S` is meant for it.

    Errors as those of `ErpSource`.
    """

    name = "erp_vpn"
    transient: tuple[type[Exception], ...] = (ErpUnavailable, ErpSlow, ErpBusy)

    def __init__(
        self,
        directory: Directory,
        *,
        days: Collection[int] = DAYS,
        moved: Callable[[Mapping[int, date | None]], Awaitable[None]] | None = None,
    ) -> None:
        """`days`: at least one; how many days before the last one a reminder is due.

        `moved` is told whose reminders are no longer true, by id in the ERP, and the day that stands there now; None: none that is
        near. It is told again after an error, so it must bear that.
        """
        self._directory, self._days, self._moved = directory, tuple(days), moved
        self._told: dict[int, tuple[str, int]] = {}

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Takes up what was told. Raises ValueError for a position of another version."""
        if watermark is not None and watermark.get("version") != _VERSION:
            raise ValueError(f"the watermark is of another version: {watermark.get('version')!r}")
        self._told = {int(erp_id): (until, mark) for erp_id, (until, mark) in (watermark or {}).get("told", {}).items()}

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """One look: one batch, empty when nothing is to be told."""
        today = self._directory.today()
        ending = await self._directory.vpn_ending(today, today + timedelta(days=max(self._days)))
        told: dict[int, tuple[str, int]] = {}
        fresh = []
        for erp_id, until in sorted(ending.items()):
            left = (until - today).days
            mark, before = due(left, self._days), self._told.get(erp_id)
            known = before is not None and before[0] == until.isoformat()
            if mark is not None and not (known and before is not None and before[1] <= mark):
                fresh.append(self._notification(erp_id, until, left, mark))
                told[erp_id] = until.isoformat(), mark
            elif known and before is not None:
                told[erp_id] = before
        moved = {erp_id: ending.get(erp_id) for erp_id, (until, _) in self._told.items() if _iso(ending.get(erp_id)) != until}
        if moved and self._moved is not None:
            await self._moved(moved)
        changed = told != self._told
        watermark = {"version": _VERSION, "told": {str(erp_id): list(what) for erp_id, what in told.items()}} if changed else None
        yield Batch(notifications=tuple(fresh), watermark=watermark, changed=False)
        self._told = told  # only now has it committed; after an error before that the same is told again

    def _notification(self, erp_id: int, until: date, left: int, mark: int) -> Notification:
        ends = datetime.combine(until + timedelta(days=1), clock_time(), self._directory.zone).astimezone(UTC)
        notice: Notice = {
            "kind": "erp",
            "title": _title(left),
            "body": f"Последний день — {until.day} {_MONTHS[until.month - 1]} {until.year}. Если доступ ещё нужен, продлите его в профиле.",
            "group": "vpn",
            "url": "/profile/",
        }
        event = Event(
            source=SOURCE,
            id=f"{erp_id}:{until.isoformat()}:{mark}",
            type="erp.vpn_ending",
            time=datetime.now(UTC),
            expires=ends,
            data={**notice},
        )
        return Notification(event=event, to=frozenset({Address("erp", str(erp_id))}))


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _title(left: int) -> Text:
    if left == 0:
        return {"ru": "Доступ по VPN заканчивается сегодня", "en": "VPN access ends today"}
    if left == 1:
        return {"ru": "Доступ по VPN заканчивается завтра", "en": "VPN access ends tomorrow"}
    return {
        "ru": f"Доступ по VPN заканчивается через {left} {russian(left, 'день', 'дня', 'дней')}",
        "en": f"VPN access ends in {left} days",
    }
