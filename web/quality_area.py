"""What the handlers of the quality section share: the reader of Redmine, the store of reviews, the topic, shapes of answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import JSONResponse, Response

from adapters.redmine.engine import create_engine
from adapters.redmine.quality_feed import QUALITY, QualityFeed, fold_changed
from adapters.redmine.quality_reader import QualityReader, open_reader
from adapters.redmine.quality_scope import Wanted
from hub.event import Event
from hub.hub import Hub
from hub.principal import Principal
from hub.topic import Topic
from web.errors import WebError
from web.i18n import N_
from web.quality_json import issue_json
from web.quality_query import Span
from web.quality_store import QualityStore
from web.settings import Settings

__all__ = ["HEADERS", "Quality", "answer", "open_quality", "quality_feed", "reader_of", "rows_of", "span_json"]

HEADERS = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Quality:
    """What the handlers need."""

    reader: QualityReader | None
    """None: Redmine is not set up."""
    store: QualityStore
    settings: Settings
    hub: Hub


def _wanted(settings: Settings) -> Wanted:
    return Wanted(projects=settings.quality_projects, trackers=settings.quality_trackers, private=settings.quality_private_issues)


def quality_feed(settings: Settings) -> QualityFeed:
    """For the Redmine source: tells the topic of changes."""
    return QualityFeed(_wanted(settings))


@asynccontextmanager
async def open_quality(settings: Settings, hub: Hub, engine: Any) -> AsyncIterator[Quality]:
    """Registers the topic, and reads Redmine while the block runs; to be entered before the hub runs. `engine` is the store's."""
    async with AsyncExitStack() as stack:
        reader: QualityReader | None = None
        if settings.areas()["redmine"].on and settings.redmine_db_url is not None:
            redmine = create_engine(settings.redmine_db_url.get_secret_value(), deadline_s=10.0)
            stack.push_async_callback(redmine.dispose)
            zone = await asyncio.to_thread(ZoneInfo, settings.redmine_time_zone)
            reader = await stack.enter_async_context(open_reader(redmine, wanted=_wanted(settings), zone=zone))
        hub.topics.add(_topic(reader))
        yield Quality(reader, QualityStore(engine, now=hub.now), settings, hub)


def _topic(reader: QualityReader | None) -> Topic:
    def fold(state: dict[str, Any], event: Event) -> None:
        # each node folds what comes over the bus: so each node's answers are as fresh as the hub's own events
        if reader is not None:
            reader.invalidate()
        fold_changed(state, event)

    async def controllers(principal: Principal, _name: str) -> bool:
        return principal.may("quality")

    return Topic(name=QUALITY, fold=fold, initial=lambda: {"ids": []}, may_read=controllers)


def reader_of(quality: Quality) -> QualityReader:
    """What reads Redmine. Raises WebError 503 where that is not set up."""
    if quality.reader is None:
        raise WebError(503, "redmine_off", N_("Redmine is not set up on this server."))
    return quality.reader


def answer(content: Any, status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return JSONResponse(content, status, HEADERS)


def span_json(span: Span) -> dict[str, str]:
    """The days that were asked for, both included."""
    return {"from": span.first.isoformat(), "to": span.last.isoformat(), "zone": span.zone.key}


async def rows_of(quality: Quality, page: Any) -> list[dict[str, Any]]:
    """A page of issues as JSON, each with its reviews."""
    context = await reader_of(quality).context()
    reviews = await quality.store.current([row.fact.issue_id for row in page.rows])
    redmine = (quality.settings.redmine_url or "").rstrip("/")
    return [issue_json(row, context, page.people, reviews.get(row.fact.issue_id, ()), redmine=redmine) for row in page.rows]
