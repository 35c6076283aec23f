"""The list, the counts and the search over a hundred thousand tickets in a real Redmine's MariaDB, and Redmine's own list beside them.

    python -m tests.benchmarks.tickets --folder /tmp/bench-tickets --stages load,lists,fill-sqlite,search-sqlite,rest

`endpoint-sqlite` and `endpoint-mariadb` ask the whole product's `/tasks/api/search`, over a store that is filled.
Each stage may run alone; the folder keeps the Redmine and both stores between them, `--stages stop` ends its processes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import create_engine as create_redmine_engine
from adapters.redmine.engine import reading
from adapters.redmine.tickets.index import TicketIndex, Wanted
from adapters.redmine.tickets.indexer import Indexer
from adapters.redmine.tickets.listing import Filter, Kinds, conditions, count, page_ids, read_listed
from adapters.redmine.tickets.search import search
from adapters.redmine.tickets.tables import issues
from adapters.redmine.tickets.viewer import Viewer, load_viewer
from adapters.redmine.tickets.words import parse
from hub.hub import utc_now
from hub.store import create_engine, migrate
from tests.benchmarks import ticket_endpoint
from tests.benchmarks.ticket_data import RARE, connect, load

_PEERS = Path(__file__).parents[1] / "peers/redmine"
_PEOPLE = ("admin", "ivanov", "petrova", "klient")
_KINDS = Kinds(frozenset({1, 2, 3, 4, 7}), frozenset({5, 6}))
_TIMES = 7
_LISTS: dict[str, tuple[Filter, str]] = {
    "mine, open": (Filter(assignee="me"), "updated"),
    "waiting": (Filter(waiting=True), "updated"),
    "all, open": (Filter(), "updated"),
    "all, of every status": (Filter(statuses="all"), "updated"),
    "all, by priority": (Filter(), "priority"),
    "one project, closed": (Filter(statuses="closed", project=frozenset({5})), "created"),
}
_BY_INDEX = {
    "mine, open": Wanted(statuses=_KINDS.open, assignee="me"),
    "waiting": Wanted(statuses=_KINDS.open, waiting=True),
    "all, open": Wanted(statuses=_KINDS.open),
    "all, of every status": Wanted(),
    "all, closed": Wanted(statuses=_KINDS.closed),
    "one project, closed": Wanted(statuses=_KINDS.closed, project=frozenset({5})),
    "mine, of every status": Wanted(assignee="me"),
}
_QUESTIONS = {
    "rare": RARE,
    "frequent": "принтер",
    "two words": "принтер ошибк",
    "a word's beginning": "прин",
    "two letters": "по",
    "one letter": "п",
    "one letter more": "принтер о",
    "one rare letter more": "принтер щ",
    "two letters more": "ошибк пр",
    "frequent and rare": f"на {RARE}",
    "absent": "ъъъъ",
    "number": "#50000",
}


class Site:
    """The Redmine in the folder, and the stores."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        up = subprocess.run([_PEERS / "redmine-up", folder / "redmine"], capture_output=True, text=True, timeout=170, check=True)
        values = dict(item.split("=", 1) for item in shlex.split(up.stdout) if "=" in item)
        self.url, self.rw = values["REDMINE_URL"], values["REDMINE_DB_RW_URL"]
        self.socket = values["REDMINE_DB_SOCKET"]
        self.reads, self.zone = values["REDMINE_DB_MIN_URL"], values["REDMINE_TZ"]
        self.users: dict[str, dict[str, Any]] = json.loads(Path(values["REDMINE_USERS_JSON"]).read_text())

    def settings(self) -> dict[str, str]:
        """Of a product over it."""
        key = str(self.users["admin"]["api_key"])
        return {"REDMINE_URL": self.url, "REDMINE_DB_URL": self.reads, "REDMINE_TIME_ZONE": self.zone, "REDMINE_API_KEY": key}

    def store_url(self, kind: str) -> str:
        """SQLite in the folder, or a database of the store's own in the same server."""
        if kind == "sqlite":
            return f"sqlite+aiosqlite:///{self.folder / 'store.sqlite'}"
        port = sa.make_url(self.rw).port
        sql = (
            "CREATE DATABASE IF NOT EXISTS store CHARACTER SET utf8mb4; CREATE USER IF NOT EXISTS store@'127.0.0.1' IDENTIFIED BY 'store';"
            " GRANT ALL ON store.* TO store@'127.0.0.1';"
        )
        subprocess.run(["mariadb", f"--socket={self.socket}", "-uroot", "-e", sql], check=True, timeout=30)
        return f"mysql+aiomysql://store:store@127.0.0.1:{port}/store?charset=utf8mb4"


def _say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def _timed(ask: Callable[[], Awaitable[Any]]) -> tuple[float, float, Any]:
    """Median and worst, ms, of `_TIMES` after one that does not count; and the last answer."""
    await ask()
    took, answer = [], None
    for _ in range(_TIMES):
        began = time.perf_counter()
        answer = await ask()
        took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took), max(took), answer


async def _fill(site: Site, kind: str, most_s: float) -> None:
    store, redmine = create_engine(site.store_url(kind)), create_redmine_engine(site.reads)
    await migrate(store)
    index = TicketIndex(store, now=utc_now, deadline_s=30)
    indexer, began, before = Indexer(redmine, index), time.perf_counter(), await index.size()
    worst = 0.0
    while not indexer.filled and time.perf_counter() - began < most_s:
        at = time.perf_counter()
        await indexer.look()
        worst = max(worst, time.perf_counter() - at)
    took, after = time.perf_counter() - began, await index.size()
    _say(f"fill {kind}: {after} of it, {(after - before) / took:.0f} issues/s, worst look {1000 * worst:.0f} ms, whole: {indexer.filled}")
    await store.dispose()
    await redmine.dispose()


async def _lists(site: Site, redmine: AsyncEngine, viewers: dict[str, Viewer]) -> None:
    zone = ZoneInfo("Europe/Moscow")
    _say("\n| list | who | total | ids, ms | worst | lines, ms | count, ms |\n|---|---|---|---|---|---|---|")
    for name, (wanted, sort) in _LISTS.items():
        for who, viewer in viewers.items():
            where = conditions(viewer, wanted, _KINDS, zone, requesters=False)
            async with reading(redmine, 30) as reader:
                ids_ms, worst, ids = await _timed(
                    lambda: page_ids(reader, where, sort=sort, descending=True, offset=0, limit=50)  # type: ignore[arg-type]  # noqa: B023
                )
                lines_ms, _, _ = await _timed(lambda: read_listed(reader, viewer, ids, zone, requesters=False))  # noqa: B023
                count_ms, _, total = await _timed(lambda: count(reader, where))  # noqa: B023
            _say(f"| {name} | {who} | {total} | {ids_ms:.1f} | {worst:.1f} | {lines_ms:.1f} | {count_ms:.1f} |")


async def _rest(site: Site) -> None:
    _say("\n| Redmine's own REST | who | ms | worst |\n|---|---|---|---|")
    cases: dict[str, dict[str, Any]] = {"mine, open": {"assigned_to_id": "me"}, "all, open": {}, "all, of every status": {"status_id": "*"}}
    for who in _PEOPLE:
        key = str(site.users[who]["api_key"])
        async with httpx.AsyncClient(base_url=site.url, headers={"X-Redmine-API-Key": key}, timeout=60) as client:
            for name, params in cases.items():
                query: dict[str, Any] = {"sort": "updated_on:desc", "limit": 50, **params}
                took, worst, _ = await _timed(lambda: client.get("/issues.json", params=query))  # noqa: B023
                _say(f"| {name} | {who} | {took:.0f} | {worst:.0f} |")
            asked = {"q": "принтер", "limit": 20, "issues": 1}
            took, worst, _ = await _timed(lambda: client.get("/search.json", params=asked))  # noqa: B023
            _say(f"| search: frequent | {who} | {took:.0f} | {worst:.0f} |")


async def _searches(site: Site, redmine: AsyncEngine, viewers: dict[str, Viewer], kind: str) -> None:
    store = create_engine(site.store_url(kind))
    index = TicketIndex(store, now=utc_now, deadline_s=30)
    size = await index.size()
    _say(f"\n| search, {kind}, {size} tickets | who | hits | ms | worst |\n|---|---|---|---|---|")
    for name, typed in _QUESTIONS.items():
        for who, viewer in viewers.items():
            async with reading(redmine, 30) as reader:
                took, worst, found = await _timed(
                    lambda: search(reader, index, viewer, parse(typed), limit=20, requesters=False)  # noqa: B023
                )
            _say(f"| {name} | {who} | {len(found.hits)}{'+' if found.more else ''} | {took:.1f} | {worst:.1f} |")
    _say(f"\n| list by the index, {kind} | who | total | ids, ms | worst | count, ms |\n|---|---|---|---|---|---|")
    for name, wanted in _BY_INDEX.items():
        for who, viewer in viewers.items():
            ids_ms, worst, _ = await _timed(
                lambda: index.latest(viewer, wanted, descending=True, offset=0, limit=50)  # noqa: B023
            )
            count_ms, _, total = await _timed(lambda: index.count(viewer, wanted))  # noqa: B023
            _say(f"| {name} | {who} | {total} | {ids_ms:.1f} | {worst:.1f} | {count_ms:.1f} |")
    await store.dispose()


async def _explain(site: Site, viewers: dict[str, Viewer]) -> None:
    """How MariaDB goes about the lists."""
    zone = ZoneInfo("Europe/Moscow")
    connection = await asyncio.to_thread(connect, site.rw)
    for name, (wanted, _sort) in _LISTS.items():
        for who in ("admin", "petrova", "klient"):
            where = conditions(viewers[who], wanted, _KINDS, zone, requesters=False)
            statement = sa.select(issues.c.id).where(*where).order_by(issues.c.updated_on.desc(), issues.c.id.desc()).limit(50)
            text = str(statement.compile(dialect=mysql.dialect(), compile_kwargs={"literal_binds": True})).replace("%%", "%")
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {text}")
                for row in cursor.fetchall():
                    _kind, table, how, _keys, key, _len, _ref, rows, extra = row[1:10]
                    _say(f"{name} / {who}: table={table} type={how} key={key} rows={rows} extra={extra}")
    connection.close()


async def _measure(site: Site, stages: Collection[str]) -> None:
    redmine = create_redmine_engine(site.reads, deadline_s=30)
    async with reading(redmine, 30) as reader:
        viewers = {}
        for who in _PEOPLE:
            took, worst, viewers[who] = await _timed(lambda: load_viewer(reader, int(site.users[who]["id"])))  # noqa: B023
            _say(f"sight of {who}: {took:.1f} ms, worst {worst:.1f}")
    if "lists" in stages:
        await _lists(site, redmine, viewers)
        await _explain(site, viewers)
    for kind in ("sqlite", "mariadb"):
        if f"search-{kind}" in stages:
            await _searches(site, redmine, viewers, kind)
    await redmine.dispose()


def main() -> None:
    """Runs the stages."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.tickets", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--stages", default="load,lists,fill-sqlite,search-sqlite,fill-mariadb,search-mariadb,rest")
    parser.add_argument("--most-s", type=float, default=600.0, help="seconds that a filling may take; it goes on where it was")
    options = parser.parse_args()
    stages = options.stages.split(",")
    if "stop" in stages:
        subprocess.run([_PEERS / "redmine-down", options.folder / "redmine"], check=False, timeout=60)
        return
    site = Site(options.folder)
    if "load" in stages:
        _say(f"load: {options.issues} issues in {load(site.rw, issues=options.issues):.0f} s")
    for kind in ("sqlite", "mariadb"):
        if f"fill-{kind}" in stages:
            asyncio.run(_fill(site, kind, options.most_s))
    if {"lists", "search-sqlite", "search-mariadb"} & set(stages):
        asyncio.run(_measure(site, stages))
    for kind in ("sqlite", "mariadb"):
        if f"endpoint-{kind}" in stages:
            people = {login: int(site.users[login]["id"]) for login in _PEOPLE}
            _say("\n" + kind + "\n" + "\n".join(ticket_endpoint.measure(site.store_url(kind), site.settings(), people, _QUESTIONS)))
    if "rest" in stages:
        asyncio.run(_rest(site))


if __name__ == "__main__":
    main()
