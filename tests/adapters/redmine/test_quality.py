"""The quality section's reading, on a real Redmine: figures equal those that plain SQL gives another way; nothing private comes out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.redmine.engine import create_engine, normalise_url, reading
from adapters.redmine.quality import Filter, TooMany, read_facts
from adapters.redmine.quality_figures import By, Period, Row, make_figures
from adapters.redmine.quality_reader import QualityReader, open_reader
from adapters.redmine.quality_scope import Wanted
from tests.peers.redmine_peer import RedminePeer

pytestmark = pytest.mark.redmine

FIRST = datetime(2025, 3, 3)
"""Where this test's own year begins, in Redmine's wall time: nothing else of the peer lies near."""
SECRET = "маркер-личной-заметки"
PEOPLE = ("ivanov", "petrova", "sidorov")
DELETED, GROUP = 987_654, 11


@dataclass(frozen=True)
class Written:
    """A hundred issues of this test in a project of their own, in the real Redmine."""

    peer: RedminePeer
    writer: AsyncEngine
    project: int
    period: Period
    zone: ZoneInfo
    reader: QualityReader

    async def sql(self, text: str, **values: Any) -> list[Any]:
        """Rows of plain SQL in MariaDB's own words."""
        begin, end = (at.astimezone(self.zone).replace(tzinfo=None) for at in (self.period.begin, self.period.end))
        async with self.writer.connect() as connection:
            return list((await connection.execute(sa.text(text), {"project": self.project, "begin": begin, "end": end} | values)).all())


async def _write(connection: AsyncConnection, peer: RedminePeer, project: int, dice: random.Random) -> None:
    """Issues told by dice, as Redmine itself would have left them: answered or not, closed, reopened, private notes in between."""
    closed, open_ = (5, 6), (1, 2, 3, 4, 7)
    for number in range(100):
        at = FIRST + timedelta(minutes=dice.randrange(60 * 24 * 60))
        author = peer.id(dice.choice(("orlova", "klient")))
        who = dice.choice([*(peer.id(one) for one in PEOPLE), GROUP, DELETED, None])
        issue = (
            await connection.execute(
                sa.text(
                    "INSERT INTO issues (tracker_id, project_id, subject, status_id, assigned_to_id, priority_id, author_id, created_on,"
                    " updated_on, lft, rgt, is_private) VALUES (:t, :p, :s, 1, :a, 4, :u, :at, :at, 1, 2, :private)"
                ),
                {
                    "t": dice.choice((1, 2)),
                    "p": project,
                    "s": f"Качество {number}",
                    "a": who,
                    "u": author,
                    "at": at,
                    "private": dice.random() < 0.05,
                },
            )
        ).lastrowid
        status = 1
        for _ in range(dice.randrange(7)):
            at += timedelta(seconds=dice.randrange(30, 400_000))
            kind = dice.random()
            notes, private, new = None, False, None
            if kind < 0.25:
                notes, private = SECRET, True
            elif kind < 0.5:
                notes = dice.choice(("Смотрим.", "Готово?", "   ", ""))
            else:
                new = dice.choice(closed if status in open_ and dice.random() < 0.6 else (*open_, *closed))
            user = author if dice.random() < 0.3 else peer.id(dice.choice(PEOPLE))
            journal = (
                await connection.execute(
                    sa.text(
                        "INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on, private_notes)"
                        " VALUES (:i, 'Issue', :u, :n, :at, :private)"
                    ),
                    {"i": issue, "u": user, "n": notes, "at": at, "private": private},
                )
            ).lastrowid
            if new is not None and new != status:
                detail = (
                    "INSERT INTO journal_details (journal_id, property, prop_key, old_value, value)"
                    " VALUES (:j, 'attr', 'status_id', :o, :n)"
                )
                await connection.execute(sa.text(detail), {"j": journal, "o": str(status), "n": str(new)})
                status = new
        await connection.execute(
            sa.text("UPDATE issues SET status_id = :s, updated_on = :at WHERE id = :i"), {"s": status, "at": at, "i": issue}
        )


@asynccontextmanager
async def _project(peer: RedminePeer) -> AsyncIterator[int]:
    """A private project without members, so that no other test hears of what happens in it; Redmine deletes it with all that is in it."""
    async with httpx.AsyncClient(base_url=peer.url, headers=peer.headers("admin"), timeout=30) as client:
        name = f"quality-{random.SystemRandom().randrange(10**9)}"
        made = await client.post("/projects.json", json={"project": {"name": "Качество", "identifier": name, "is_public": False}})
        project = made.json()["project"]["id"]
        try:
            yield project
        finally:
            assert (await client.delete(f"/projects/{project}.json")).status_code == 204


@pytest.fixture
async def written(redmine_peer: RedminePeer) -> AsyncIterator[Written]:
    """The site, read with the least rights."""
    zone = ZoneInfo(redmine_peer.zone)
    period = Period(*(at.replace(tzinfo=zone).astimezone(UTC) for at in (FIRST + timedelta(days=5, hours=7), FIRST + timedelta(days=55))))
    writer, engine = create_async_engine(normalise_url(redmine_peer.db_rw_url)), create_engine(redmine_peer.db_min_url)
    try:
        async with _project(redmine_peer) as project:
            async with writer.begin() as connection:
                await _write(connection, redmine_peer, project, random.Random(7))
            async with open_reader(engine, wanted=Wanted(projects=(str(project),)), zone=zone) as reader:
                yield Written(redmine_peer, writer, project, period, zone, reader)
    finally:
        await writer.dispose()
        await engine.dispose()


KEYS = {
    "person": "SELECT i.id AS issue, i.assigned_to_id AS k FROM issues i",
    "group": "SELECT i.id AS issue, COALESCE(gu.group_id, u.id) AS k FROM issues i"
    " LEFT JOIN groups_users gu ON gu.user_id = i.assigned_to_id LEFT JOIN users u ON u.id = i.assigned_to_id AND u.type = 'Group'",
}
ANSWERED = """(SELECT TIMESTAMPDIFF(SECOND, i.created_on, j.created_on) FROM journals j WHERE j.journalized_type = 'Issue'
    AND j.journalized_id = i.id AND j.user_id <> i.author_id AND ((j.private_notes = 0 AND TRIM(COALESCE(j.notes, '')) <> '')
    OR (SELECT COUNT(*) FROM journal_details d WHERE d.journal_id = j.id AND d.prop_key = 'status_id') > 0)
    ORDER BY j.created_on LIMIT 1)"""
STEPS = """(SELECT j.journalized_id AS issue, j.created_on AS at, n.is_closed AS closing FROM journal_details d
    JOIN journals j ON j.id = d.journal_id JOIN issue_statuses o ON o.id = d.old_value JOIN issue_statuses n ON n.id = d.value
    WHERE d.property = 'attr' AND d.prop_key = 'status_id' AND o.is_closed <> n.is_closed)"""


async def plain(site: Written, by: By) -> dict[Any, tuple[int | None, ...]]:
    """key -> (created, answered, median, p90, closed, median, p90, closed once, reopened), by window functions of MariaDB."""
    found: dict[Any, list[int | None]] = {}

    async def column(at: int, width: int, key: str, value: str, source: str) -> None:
        if value:
            inner = f"SELECT {key} AS k, {value} AS v FROM {source}"
            text = (
                f"SELECT DISTINCT k, COUNT(v) OVER (PARTITION BY k) AS n, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY v) OVER"
                f" (PARTITION BY k) AS m, PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY v) OVER (PARTITION BY k) AS p"
                f" FROM ({inner}) x WHERE v IS NOT NULL"
            )
        else:
            text = f"SELECT {key} AS k, COUNT(*) AS n FROM {source} GROUP BY 1"
        for row in await site.sql(text):
            into = found.setdefault(row[0], [0, 0, None, None, 0, None, None, 0, 0])
            into[at : at + width] = [int(row[1]), *(round(value) for value in row[2:])]

    issues = "(SELECT * FROM issues WHERE project_id = :project AND is_private = 0) i"
    last = f"(SELECT issue, MAX(at) AS at FROM {STEPS} s WHERE closing = 1 GROUP BY issue) c"
    now = "JOIN issue_statuses st ON st.id = i.status_id AND st.is_closed = 1"
    span = _week("at") if by == "week" else "0"
    first = f"(SELECT issue, at, {span} AS span FROM {STEPS} s WHERE closing = 1 AND at >= :begin AND at < :end)"
    first = f"(SELECT issue, span, MIN(at) AS at FROM {first} f GROUP BY issue, span) f"
    again = f"EXISTS (SELECT 1 FROM {STEPS} r WHERE r.issue = f.issue AND r.closing = 0 AND r.at > f.at)"
    keyed = "" if by == "week" else f" JOIN ({KEYS[by]}) kk ON kk.issue = i.id"
    made = f"{issues}{keyed} WHERE i.created_on >= :begin AND i.created_on < :end"
    created_key, closed_key, first_key = (_week("i.created_on"), _week("c.at"), "f.span") if by == "week" else ("kk.k",) * 3
    await column(0, 1, created_key, "", made)
    await column(1, 3, created_key, ANSWERED, made)
    await column(
        4,
        3,
        closed_key,
        "TIMESTAMPDIFF(SECOND, i.created_on, c.at)",
        f"{issues} {now} JOIN {last} ON c.issue = i.id{keyed} WHERE c.at >= :begin AND c.at < :end",
    )
    await column(7, 1, first_key, "", f"{issues} JOIN {first} ON f.issue = i.id{keyed}")
    await column(8, 1, first_key, "", f"{issues} JOIN {first} ON f.issue = i.id{keyed} WHERE {again}")
    return {key: tuple(values) for key, values in found.items()}


def _week(column: str) -> str:
    return f"DATE_FORMAT({column}, '%x-W%v')"


def line(row: Row) -> tuple[int | None, ...]:
    """A row in the order of `plain`."""
    a, c = row.answer, row.close
    return (row.created, a.count, a.median_s, a.p90_s, c.count, c.median_s, c.p90_s, row.closed_ever, row.reopened)


@pytest.mark.parametrize("by", ["person", "group", "week"])
async def test_figures_equal_those_of_plain_sql(written: Written, by: By) -> None:
    """Counts, medians, p90 and reopenings of each person, group and week are those that MariaDB computes by itself, another way."""
    found = await written.reader.facts(written.period)
    made = make_figures(found.facts, period=written.period, by=by, zone=written.zone, groups=found.groups)
    expected = await plain(written, by)
    mine = {row.key: line(row) for row in made.rows if line(row)[0] or line(row)[4] or line(row)[7]}
    assert mine == expected
    assert len(expected) >= 2
    assert sum(row.reopened for row in made.rows) >= 3
    assert sum(row.close.count for row in made.rows) >= 15
    if by != "group":
        assert sum(row.created for row in made.rows) == made.total.created >= 60
    if by == "person":
        assert DELETED in mine
        assert DELETED not in found.people


async def test_private_notes_and_private_issues_stay_out(written: Written) -> None:
    """A private note is no answer and stands in nothing that is read; a private issue is there only where the settings say so."""
    page = await written.reader.page(Filter(), sort="id", descending=False, offset=0, limit=200)
    rows, total = page.rows, page.total
    assert SECRET not in repr(page)
    [(private, public)] = await written.sql("SELECT SUM(is_private = 1), SUM(is_private = 0) FROM issues WHERE project_id = :project")
    assert total == len(rows) == public
    assert private > 0
    engine = create_engine(written.peer.db_min_url)
    try:
        wanted = Wanted(projects=(str(written.project),), private=True)
        async with open_reader(engine, wanted=wanted, zone=written.zone) as reader:
            assert (await reader.page(Filter(), sort="id", descending=False, offset=0, limit=1)).total == public + private
    finally:
        await engine.dispose()


async def test_pages_narrow_sort_and_count(written: Written) -> None:
    """Closed or open, text or number, assignee and period: what a page holds and its total are what plain SQL selects."""
    reader = written.reader
    visible = "FROM issues i JOIN issue_statuses s ON s.id = i.status_id WHERE i.project_id = :project AND i.is_private = 0"

    async def ids(wanted: Filter, **more: Any) -> tuple[list[int], int]:
        options: dict[str, Any] = {"sort": "id", "descending": False, "offset": 0, "limit": 200} | more
        page = await reader.page(wanted, **options)
        return [row.fact.issue_id for row in page.rows], page.total

    async def expected(where: str, **values: Any) -> list[int]:
        return [row[0] for row in await written.sql(f"SELECT i.id {visible} AND {where} ORDER BY i.id", **values)]

    closed = await expected("s.is_closed = 1")
    assert await ids(Filter(closed=True)) == (closed, len(closed))
    assert (await ids(Filter(closed=True), offset=2, limit=3)) == (closed[2:5], len(closed))
    assert (await ids(Filter(closed=True), descending=True))[0] == closed[::-1]
    assert (await ids(Filter(closed=False)))[0] == await expected("s.is_closed = 0")
    assert (await ids(Filter(text="качество 1")))[0] == await expected("i.subject LIKE '%ачество 1%'")
    assert (await ids(Filter(text=f"#{closed[0]}")))[0] == [closed[0]]
    assert (await ids(Filter(text="100%")))[0] == []
    assert (await ids(Filter(assignee_id=GROUP)))[0] == await expected("i.assigned_to_id = 11")
    assert (await ids(Filter(period=written.period)))[0] == await expected("i.created_on >= :begin AND i.created_on < :end")
    newest = [row[0] for row in await written.sql(f"SELECT i.id {visible} ORDER BY i.updated_on DESC, i.id DESC LIMIT 5")]
    assert (await ids(Filter(), sort="updated", descending=True, limit=5))[0] == newest


async def test_a_scope_is_found_by_name_and_never_widened(written: Written) -> None:
    """Identifiers, tracker names in any case and ids all name what they mean; a word that names nothing selects nothing."""
    engine = create_engine(written.peer.db_min_url)
    try:
        [(identifier,)] = await written.sql("SELECT identifier FROM projects WHERE id = :project")
        [(tracker,)] = await written.sql("SELECT name FROM trackers WHERE id = 2")
        for wanted, count in (
            (Wanted(projects=(identifier.upper(),)), 2),
            (Wanted(projects=(identifier,), trackers=(tracker.upper(),)), 1),
            (Wanted(projects=("no-such-project",)), 0),
        ):
            async with open_reader(engine, wanted=wanted, zone=written.zone) as reader:
                found = (await reader.facts(written.period)).facts
                assert len({fact.tracker_id for fact in found}) == count
                assert {fact.project_id for fact in found} <= {written.project}
    finally:
        await engine.dispose()


async def test_more_issues_than_the_bound_are_refused(written: Written) -> None:
    """Figures of too many issues are refused rather than made of a part of them."""
    context = await written.reader.context()
    engine = create_engine(written.peer.db_min_url)
    try:
        async with reading(engine, 5.0) as reader:
            with pytest.raises(TooMany):
                await read_facts(
                    reader, context.scope, context.catalog.closed, period=written.period, zone=written.zone, wanted=Filter(), most=10
                )
    finally:
        await engine.dispose()


async def test_forty_viewers_cost_one_reading(written: Written) -> None:
    """Forty people who open the figures at once make the statements that one makes; none are made again while nothing changes."""
    statements = 0
    engine = create_engine(written.peer.db_min_url)

    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1

    sa.event.listen(engine.sync_engine, "before_cursor_execute", count)
    try:
        async with open_reader(engine, wanted=Wanted(projects=(str(written.project),)), zone=written.zone) as reader:
            one = await reader.facts(written.period)
            alone, statements = statements, 0
            await asyncio.gather(*(reader.facts(written.period) for _ in range(40)))
            assert statements == 0
        async with open_reader(engine, wanted=Wanted(projects=(str(written.project),)), zone=written.zone) as reader:
            many = await asyncio.gather(*(reader.facts(written.period) for _ in range(40)))
            assert statements == alone
            assert all(found.facts == one.facts for found in many)
    finally:
        await engine.dispose()
