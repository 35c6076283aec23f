"""Source: new rows of the ERP's event view -> notifications.

The position is that of `settle`: EVENT_IDs come from a sequence and rows appear at COMMIT, so a hole is awaited for a while.
It commits together with the notifications, so nothing is told twice or missed over a restart.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.erp.client import Erp
from adapters.erp.errors import ErpBusy, ErpMisconfigured, ErpSlow, ErpUnavailable
from hub.event import Event, Notice
from hub.notification import Address, Batch, Notification
from hub.settle import Settle

__all__ = ["ErpSource"]

_VERSION = 1
_WINDOW = 1000
"""Newest ids examined for open transactions at the first start."""
_CHUNK = 500
"""Ids in one IN list; Oracle takes 1000 at most (ORA-01795)."""
_TITLE, _BODY = 200, 2000
"""Characters, as `Notice` bounds them."""


class ErpSource:
    """Implements hub.supervisor.Source: each `changes()` is one look at the view.

    Errors: ErpUnavailable, ErpSlow and ErpBusy are transient; ErpRefused and ErpMisconfigured need somebody to mend something.
    """

    name = "erp"
    transient: tuple[type[Exception], ...] = (ErpUnavailable, ErpSlow, ErpBusy)

    def __init__(
        self,
        erp: Erp,
        *,
        view: str = "erp.v_navigator_events",
        zone: ZoneInfo | None = None,
        settle_s: float = 600.0,
        page: int = 200,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`view` has EVENT_ID (increasing), USER_ID (null: for everybody), KIND, TITLE, BODY, URL, CREATED_AT (wall time of `zone`).

        `settle_s`: how long a hole in the ids is awaited, seconds. `page`: rows in one batch at most. Raises ErpMisconfigured for a
        `view` that is no plain name: a name cannot be bound.
        """
        if not re.fullmatch(r"[A-Za-z][\w$#]{0,127}(\.[A-Za-z][\w$#]{0,127})?", view, re.ASCII):
            raise ErpMisconfigured("the name of the event view is not a plain Oracle name")
        self._erp, self._view = erp, view
        self._zone = zone or ZoneInfo("Europe/Moscow")
        self._settle_s, self._page, self._clock = settle_s, page, clock
        self._position = Settle(0)
        self._stored: dict[str, Any] | None = None

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Takes up the position; without one it starts at the end, silently."""
        if watermark is not None:
            if watermark.get("version") != _VERSION:
                raise ValueError(f"the watermark is of another version: {watermark.get('version')!r}")
            self._position, self._stored = Settle.load(watermark["events"], self._clock()), dict(watermark)
            return
        newest = await self._ids(f"select EVENT_ID from {self._view} order by EVENT_ID desc fetch first {_WINDOW} rows only", {})
        self._position, self._stored = Settle.first(newest, self._clock()), None

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """One look: a batch for each page of new rows, or one empty batch as a sign of life."""
        while True:
            batch, position, more = await self._look()
            yield batch
            # only now has it committed; after an error before that the same rows are read again
            self._position = position
            if batch.watermark is not None:
                self._stored = dict(batch.watermark)
            if not more:
                return

    async def _look(self) -> tuple[Batch, Settle, bool]:
        head = await self._erp.fetch("events-head", f"select max(EVENT_ID) as newest from {self._view}", limit=1)
        newest = int(head[0]["newest"] or 0) if head else 0
        position = self._position.fallen(newest)
        ids: list[int] = []
        missing = sorted(position.missing)
        for start in range(0, len(missing), _CHUNK):
            part = missing[start : start + _CHUNK]
            marks, binds = _marks(part)
            ids += await self._ids(f"select EVENT_ID from {self._view} where EVENT_ID in ({marks})", binds)
        complete = True
        if newest > position.high:
            above = f"select EVENT_ID from {self._view} where EVENT_ID > :high order by EVENT_ID fetch first {self._page} rows only"
            found = await self._ids(above, {"high": position.high})
            complete = len(found) < self._page
            ids += found
        # holes were all asked for, so they may be given up even when there are more rows above
        position, fresh = position.observe(ids, self._clock(), self._settle_s)
        watermark = {"version": _VERSION, "events": position.dump()}
        batch = Batch(
            notifications=tuple([self._notification(row, position) for row in await self._rows(fresh)]),
            watermark=watermark if watermark != self._stored else None,
            changed=bool(fresh),
        )
        return batch, position, not complete

    async def _ids(self, sql: str, binds: Mapping[str, int]) -> list[int]:
        return [int(row["event_id"]) for row in await self._erp.fetch("events-ids", sql, binds, limit=_WINDOW)]

    async def _rows(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """The rows of these ids in the order of ids."""
        rows: list[dict[str, Any]] = []
        for start in range(0, len(ids), _CHUNK):
            marks, binds = _marks(ids[start : start + _CHUNK])
            sql = f"select EVENT_ID, USER_ID, KIND, TITLE, BODY, URL, CREATED_AT from {self._view} where EVENT_ID in ({marks})"
            rows += await self._erp.fetch("events", sql, binds, limit=_CHUNK)
        return sorted(rows, key=lambda row: int(row["event_id"]))

    def _notification(self, row: Mapping[str, Any], position: Settle) -> Notification:
        number = int(row["event_id"])
        kind = re.sub(r"[^a-z0-9_]+", "_", str(row["kind"] or "").strip().lower()).strip("_")[:64] or "event"
        title = " ".join(str(row["title"] or row["kind"] or "ERP").split())[:_TITLE]
        # the ERP writes in one language; a screen of the other one shows it all the same
        notice: Notice = {"kind": "erp", "title": {"ru": title, "en": title}}
        if row["body"]:
            notice["body"] = str(row["body"])[:_BODY]
        if (url := _safe_url(row["url"])) is not None:
            notice["url"] = url
        at = row["created_at"] if isinstance(row["created_at"], datetime) else None
        event = Event(
            source="/erp",
            # an id that was given out before a restored backup may come again, for another event
            id=f"event:{number}" if not position.reused(number) else f"event:{number}:{at}",
            type=f"erp.{kind}",
            time=at.replace(tzinfo=self._zone).astimezone(UTC) if at else datetime.now(UTC),
            data={**notice},
        )
        to = Address("everyone", "*") if row["user_id"] is None else Address("erp", str(int(row["user_id"])))
        return Notification(event=event, to=frozenset({to}))


def _marks(ids: Iterable[int]) -> tuple[str, dict[str, int]]:
    """Bind markers for an IN list, and their values."""
    binds = {f"i{place}": number for place, number in enumerate(ids)}
    return ", ".join(f":{name}" for name in binds), binds


def _safe_url(value: Any) -> str | None:
    """A path of this site or an https address; whatever else a row holds is no link."""
    text = str(value or "").strip()
    if len(text) > 2000 or any(sign.isspace() or not sign.isprintable() for sign in text) or "\\" in text:
        return None
    if text.startswith("https://") or (text.startswith("/") and not text.startswith("//")):
        return text
    return None
