"""The quality section's interface over the sandbox's Redmine: rights, figures, CSV, pages, samples, reviews, the topic."""

from __future__ import annotations

import asyncio
import csv
import io
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from adapters.redmine.quality_feed import MAX_IDS, fold_changed
from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine
from hub.accounts import audit, reviews
from hub.event import Event
from hub.principal import Principal
from tests.web.node import Node, open_node
from web.quality_card import DEFAULT_CRITERIA, BadScore, criterion, distinct, percent, read_scores
from web.quality_csv import to_csv

API = "/quality/api"
SCORES = {"speed": 5, "understanding": 4, "solution": 3, "clarity": 2, "courtesy": 1}


@dataclass
class Section:
    """A node over the sandbox, and a quality controller at a browser."""

    node: Node
    redmine: SandboxRedmine
    browser: httpx.AsyncClient
    csrf: str

    async def get(self, path: str, **query: Any) -> Any:
        """What the interface answers."""
        answer = await self.browser.get(API + path, params=query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()

    async def post(self, path: str, browser: httpx.AsyncClient | None = None, **body: Any) -> httpx.Response:
        """Sends something."""
        one = browser or self.browser
        csrf = self.csrf if browser is None else (await one.get("/users/api/me")).json()["csrf"]
        return await one.post(API + path, json=body, headers={"x-csrf-token": csrf})


@asynccontextmanager
async def opened(tmp_path: Path, store_file: Path, **given: Any) -> AsyncIterator[Section]:
    """The section over a sandbox that nobody but the test acts in."""
    async with open_sandbox_redmine(tmp_path / "redmine", life=False, seed=3, served=False) as redmine:
        settings = {"redmine_url": "https://redmine.test", "redmine_db_url": redmine.db_url, "redmine_time_zone": redmine.zone}
        async with (
            open_node(tmp_path, store_file, **(settings | given)) as node,
            node.signed_in("vera", permissions=["quality"], display_name="Вера Контрольная") as browser,
        ):
            await node.ready()
            yield Section(node, redmine, browser, (await browser.get("/users/api/me")).json()["csrf"])


@pytest.fixture
async def section(tmp_path: Path, store_file: Path) -> AsyncIterator[Section]:
    """The section with default settings."""
    async with opened(tmp_path, store_file) as made:
        yield made


PATHS = ("/options", "/figures", "/figures.csv", "/issues", "/samples", "/samples/1", "/reviews?issue=1", "/reviews/figures")


async def test_nobody_without_the_permission_gets_anything(section: Section) -> None:
    """Strangers are asked to sign in; every right but `quality` and `admin` is refused page, interface, topic and navigation alike."""
    node = section.node
    topic = node.hub.topics.find("quality")
    assert topic is not None
    assert not topic.publishable
    others = ["netmonitor", "finesse", "reports"]
    async with (
        node.client() as stranger,
        node.signed_in("oleg", permissions=others) as oleg,
        node.signed_in("root", permissions=["admin"]) as root,
    ):
        for path in PATHS:
            assert (await stranger.get(API + path)).status_code == 401, path
            assert (await oleg.get(API + path)).status_code == 403, path
        for path in ("/samples", "/reviews"):
            assert (await section.post(path, browser=oleg)).status_code == 403, path
        page = {"accept": "text/html"}
        assert (await stranger.get("/quality/", headers=page)).headers["location"] == "/users/login?next=%2Fquality%2F"
        assert (await oleg.get("/quality/")).status_code == 403
        assert (await root.get(API + "/figures")).status_code == 200
        for browser, there in ((oleg, False), (section.browser, True), (root, True)):
            areas = [area["id"] for area in (await browser.get("/users/api/me")).json()["areas"]]
            assert ("quality" in areas) is there

    def person(*rights: str) -> Principal:
        given = frozenset(rights)
        return Principal(user_id=1, name="a", display_name="", locale="ru", zone="UTC", permissions=given, session_hash="", csrf="")

    assert await topic.may_read(person("quality"), "quality")
    assert not await topic.may_read(person(*others), "quality")


async def test_figures_of_the_sandbox_add_up(section: Section) -> None:
    """The demo's month shows figures: people add up to the whole, weeks too, and a group's name stands where a group works."""
    everyone = await section.get("/figures", by="person")
    weeks = await section.get("/figures", by="week")
    groups = await section.get("/figures", by="group")
    assert everyone["total"] == weeks["total"] == groups["total"]
    total = everyone["total"]
    assert total["created"] > 20
    assert total["close"]["count"] > 5
    assert total["answer"]["median_s"] <= total["answer"]["p90_s"]
    for found in (everyone, weeks):
        assert sum(row["created"] for row in found["rows"]) == total["created"]
        assert sum(row["close"]["count"] for row in found["rows"]) == total["close"]["count"]
    assert len(weeks["rows"]) == 9 or len(weeks["rows"]) == 8  # eight weeks, touched by calendar weeks
    assert {"Вторая линия"} <= {row["who"]["name"] for row in groups["rows"] if row["who"]}
    assert everyone["period"]["zone"] == "Europe/Moscow"


async def test_one_project_is_the_settings_scope(tmp_path: Path, store_file: Path) -> None:
    """Only issues of the projects in the settings exist here; what the settings name and Redmine lacks is told, not guessed."""
    async with opened(tmp_path, store_file, quality_projects=["helpdesk", "no-such"], quality_trackers=["Инцидент"]) as section:
        options = await section.get("/options")
        assert [one["name"] for one in options["projects"]] == ["Служба поддержки"]
        assert options["unknown"] == ["no-such"]
        assert [line["key"] for line in options["criteria"]] == list(SCORES)
        rows = (await section.get("/issues", limit=200))["rows"]
        assert {row["project"]["id"] for row in rows} == {1}
        assert {row["tracker"]["name"]["ru"] for row in rows} == {"Инцидент"}
        outside = (await section.get("/issues", ids="1,2,3,4,5,6,7,8,9,10,11,12"))["rows"]
        assert {row["project"]["id"] for row in outside} <= {1}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-13-01"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, "from"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"by": "mood"}, "by"),
        ({"project": "1 OR 1=1"}, "project"),
        ({"tracker": "-1"}, "tracker"),
    ],
)
async def test_a_bad_query_names_its_field(section: Section, query: dict[str, str], field: str) -> None:
    """Dates, zones, numbers and choices that cannot be taken are refused with the field's name."""
    answer = await section.browser.get(API + "/figures", params=query)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_the_csv_is_what_the_page_shows(section: Section) -> None:
    """The file opens in Russian Excel (mark, semicolons, comma decimals) and holds the rows of the figures and their sum."""
    answer = await section.browser.get(API + "/figures.csv", params={"by": "person"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment; filename=" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    figures = await section.get("/figures", by="person")
    assert rows[0][:2] == ["Исполнитель", "Создано"]
    assert len(rows) == len(figures["rows"]) + 2
    assert [int(row[1]) for row in rows[1:]] == [row["created"] for row in figures["rows"]] + [figures["total"]["created"]]
    assert rows[-1][0] == "Всего"


def test_a_formula_in_a_name_does_not_run() -> None:
    """Cells that a spreadsheet would run get an apostrophe; quotation marks and separators stay text; numbers stay numbers."""
    rows = [["=cmd|' /C calc'!A0", "+1", "-2", "@x", "\tx", 'a;b"c', 1.5, None, -3]]
    [cells] = csv.reader(io.StringIO(to_csv(rows).decode("utf-8-sig")), delimiter=";")
    assert cells == ["'=cmd|' /C calc'!A0", "'+1", "'-2", "'@x", "'\tx", 'a;b"c', "1,5", "", "-3"]


async def test_issues_are_found_sorted_and_paged(section: Section) -> None:
    """Filter, order and pages fit together: the pages joined are the whole, each row with its link and its times."""
    whole = await section.get("/issues", sort="id", dir="asc", limit=200)
    assert whole["total"] == len(whole["rows"])
    ids = [row["id"] for row in whole["rows"]]
    paged: list[int] = []
    for offset in range(0, whole["total"], 7):
        paged += [row["id"] for row in (await section.get("/issues", sort="id", dir="asc", offset=offset, limit=7))["rows"]]
    assert paged == ids == sorted(ids)
    closed = await section.get("/issues", state="closed", limit=200)
    assert 0 < closed["total"] < whole["total"]
    assert all(row["status"]["closed"] and row["closed_at"] for row in closed["rows"])
    first = whole["rows"][0]
    assert first["url"] == f"https://redmine.test/issues/{first['id']}"
    assert [row["id"] for row in (await section.get("/issues", q=f"#{first['id']}"))["rows"]] == [first["id"]]
    for field, value in (("sort", "subject"), ("dir", "up"), ("state", "gone"), ("limit", "201"), ("offset", "x"), ("ids", "1;2")):
        answer = await section.browser.get(API + "/issues", params={field: value})
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_a_sample_can_be_drawn_again(section: Section) -> None:
    """A sample is of issues closed in the period, in random order; its seed draws it again; it is kept and audited."""
    drawn = await section.post("/samples", size=5)
    assert drawn.status_code == 201, drawn.text
    made = drawn.json()
    again = (await section.post("/samples", size=5, seed=made["filter"]["seed"])).json()
    assert again["issues"] == made["issues"]
    other = (await section.post("/samples", size=5, seed=made["filter"]["seed"] ^ 1)).json()
    assert other["issues"] != made["issues"]
    closed = sorted(row["id"] for row in (await section.get("/issues", state="closed", limit=200))["rows"])
    assert made["filter"]["among"] == len(closed)
    assert made["issues"] == random.Random(made["filter"]["seed"]).sample(closed, 5)
    shown = await section.get(f"/samples/{made['id']}")
    assert [row["id"] for row in shown["rows"]] == made["issues"]
    assert (shown["made_by"], shown["reviewed"], shown["gone"]) == ("Вера Контрольная", 0, [])
    assert [sample["id"] for sample in (await section.get("/samples"))["samples"]] == [other["id"], again["id"], made["id"]]
    async with section.node.state["engine"].connect() as connection:
        [line] = (await connection.execute(sa.select(audit).where(audit.c.subject == f"sample {made['id']}"))).all()
    assert (line.actor, line.action, line.after["seed"]) == ("vera", "quality.sample_drawn", made["filter"]["seed"])


@pytest.mark.parametrize(
    ("body", "field"),
    [({"size": 0}, "size"), ({"size": 51}, "size"), ({"size": True}, "size"), ({}, "size"), ({"size": 5, "seed": -1}, "seed")],
)
async def test_a_sample_has_bounds(section: Section, body: dict[str, Any], field: str) -> None:
    """No sample is empty, bigger than the setting, or of a seed that is no number."""
    answer = await section.post("/samples", **body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_nothing_closed_gives_no_sample(section: Section) -> None:
    """A period without closed issues is told as such, and nothing is kept."""
    answer = await section.post("/samples", **{"size": 5, "from": "2001-01-01", "to": "2001-01-31"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nothing_closed")
    assert (await section.get("/samples"))["samples"] == []


async def test_a_review_is_kept_replaced_and_told(section: Section) -> None:
    """A card is kept with its best marks; a second one of the same person replaces it, both stay, and figures count the newest."""
    issue = (await section.post("/samples", size=1)).json()["issues"][0]
    first = await section.post("/reviews", issue_id=issue, sample_id=1, scores=SCORES, comment=" Вежливо. ")
    assert first.status_code == 201, first.text
    [told] = first.json()["reviews"]
    assert (told["percent"], told["comment"], told["mine"], told["reviewer"]) == (60, "Вежливо.", True, "Вера Контрольная")
    best = dict.fromkeys(SCORES, 5)
    second = await section.post("/reviews", issue_id=issue, scores=best, replaces=told["id"])
    assert second.status_code == 201, second.text
    history = (await section.get("/reviews", issue=issue))["reviews"]
    assert [(one["percent"], one["replaced"], one["replaces"]) for one in history] == [(100, False, told["id"]), (60, True, None)]
    late = await section.post("/reviews", issue_id=issue, scores=SCORES, replaces=told["id"])
    assert (late.status_code, late.json()["error"]["code"]) == (409, "already_replaced")
    [row] = (await section.get("/reviews/figures"))["rows"]
    assert (row["count"], row["percent"], row["criteria"]["speed"]) == (1, 100, 100)
    assert (await section.get("/samples"))["samples"][0]["reviewed"] == 1
    [listed] = (await section.get("/issues", ids=str(issue)))["rows"]
    assert [(one["reviewer"], one["percent"]) for one in listed["reviews"]] == [("Вера Контрольная", 100)]
    async with section.node.state["engine"].connect() as connection:
        lines = (await connection.execute(sa.select(audit).where(audit.c.action.like("quality.review%")).order_by(audit.c.id))).all()
        kept = await connection.scalar(sa.select(sa.func.count()).select_from(reviews))
    assert kept == 2
    assert [(line.action, line.before, line.after["percent"]) for line in lines] == [
        ("quality.reviewed", None, 60),
        ("quality.review_replaced", {"review": told["id"], "percent": 60}, 100),
    ]


async def test_a_review_of_somebody_else_stays(section: Section) -> None:
    """Only one's own review can be replaced; two people's reviews of one issue stand side by side."""
    issue = (await section.post("/samples", size=1)).json()["issues"][0]
    mine = (await section.post("/reviews", issue_id=issue, scores=SCORES)).json()["id"]
    async with section.node.signed_in("igor", permissions=["quality"]) as igor:
        theirs = await section.post("/reviews", browser=igor, issue_id=issue, scores=SCORES, replaces=mine)
        assert (theirs.status_code, theirs.json()["error"]["code"]) == (403, "not_yours")
        assert (await section.post("/reviews", browser=igor, issue_id=issue, scores=SCORES)).status_code == 201
    history = (await section.get("/reviews", issue=issue))["reviews"]
    assert [(one["mine"], one["replaced"]) for one in history] == [(False, False), (True, False)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"issue_id": None}, "issue_id"),
        ({"issue_id": "1"}, "issue_id"),
        ({"issue_id": 10**6}, "issue_id"),
        ({"scores": {"speed": 5}}, "scores.understanding"),
        ({"scores": SCORES | {"speed": 6}}, "scores.speed"),
        ({"scores": SCORES | {"speed": True}}, "scores.speed"),
        ({"scores": SCORES | {"beauty": 5}}, "scores.beauty"),
        ({"scores": None}, "scores.scores"),
        ({"comment": "я" * 10_001}, "comment"),
        ({"comment": 5}, "comment"),
        ({"sample_id": 77}, "sample_id"),
        ({"replaces": 77}, "replaces"),
    ],
)
async def test_a_bad_review_names_its_field(section: Section, body: dict[str, Any], field: str) -> None:
    """A card that is not whole, too long or about nothing is refused with the field's name, and nothing is kept."""
    answer = await section.post("/reviews", **({"issue_id": 1, "scores": SCORES} | body))
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]["field"] == field
    assert (await section.get("/reviews", issue=1))["reviews"] == []


async def test_unsafe_requests_need_the_token(section: Section) -> None:
    """Without the CSRF token nothing is drawn and nothing reviewed."""
    for path in ("/samples", "/reviews"):
        assert (await section.browser.post(API + path, json={"size": 1})).status_code == 403


async def test_a_change_reaches_the_topic_and_the_next_answer(section: Section) -> None:
    """Somebody changes an issue in Redmine: the topic tells its number once, and what is asked afterwards is as new as that."""
    topic = section.node.hub.topics.find("quality")
    assert topic is not None
    log = section.node.hub.logs.get("quality", topic)
    before = (await section.get("/issues", ids="5"))["rows"][0]
    first = await section.get("/issues", sort="updated", limit=1)
    async with section.redmine.database.writing() as connection:
        now = section.redmine.database.now()
        await connection.execute(sa.text("UPDATE issues SET updated_on = :at, subject = 'Совсем новая тема' WHERE id = 5"), {"at": now})
        await connection.execute(
            sa.text(
                "INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on, private_notes)"
                " VALUES (5, 'Issue', 7, 'Смотрю', :at, 0)"
            ),
            {"at": now},
        )
    for supervisor in section.node.hub.supervisors:
        supervisor.nudge()
    async with asyncio.timeout(10):
        while log.state["ids"] != [5]:  # noqa: ASYNC110  # nobody else waits for it
            await asyncio.sleep(0.01)
    assert log.offset == 1
    assert before["subject"] != "Совсем новая тема"
    async with asyncio.timeout(10):
        while True:
            [row] = (await section.get("/issues", sort="updated", limit=1))["rows"]
            if row["id"] == 5:
                break
            await asyncio.sleep(0.05)
    assert row["subject"] == "Совсем новая тема"
    assert first["rows"][0]["id"] != 5


async def test_without_redmine_the_section_says_so(tmp_path: Path, store_file: Path) -> None:
    """A server without Redmine answers that plainly; samples and reviews of before can still be read."""
    async with open_node(tmp_path, store_file) as node, node.signed_in("vera", permissions=["quality"]) as vera:
        answer = await vera.get(API + "/figures")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "redmine_off")
        assert (await vera.get(API + "/samples")).json() == {"samples": []}


async def test_redmine_that_is_away_is_told_as_such(tmp_path: Path, store_file: Path) -> None:
    """A database that cannot be reached gives 503 with a time to come back, and no word of where it is."""
    settings = {"redmine_url": "https://redmine.test", "redmine_db_url": "mysql://u:hidden@127.0.0.1:9/redmine"}
    async with open_node(tmp_path, store_file, **settings) as node, node.signed_in("vera", permissions=["quality"]) as vera:
        answer = await vera.get(API + "/figures")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "redmine_away")
        assert answer.headers["retry-after"] == "5"
        assert "127.0.0.1" not in answer.text
        assert "hidden" not in answer.text


def test_the_card_is_read_strictly() -> None:
    """A setting's line has four parts, a fit key and 2 to 10 points; two lines of one key are refused; percent is of all points."""
    assert criterion("speed:Скорость:Speed:7").points == 7
    for bad in ("speed:Скорость:Speed", "Speed:a:b:5", "speed:a:b:1", "speed:a:b:11", "speed:a:b:x", "speed::b:5", 5):
        with pytest.raises(ValueError, match="must"):
            criterion(bad)
    with pytest.raises(ValueError, match="same key"):
        distinct((DEFAULT_CRITERIA[0], DEFAULT_CRITERIA[0]))
    stored = read_scores(SCORES, DEFAULT_CRITERIA)
    assert stored["speed"] == [5, 5]
    assert percent(stored) == 60
    assert percent({}) == 0
    with pytest.raises(BadScore):
        read_scores(SCORES | {"speed": 0}, DEFAULT_CRITERIA)


def test_the_fold_keeps_the_newest_changes_once() -> None:
    """The topic's state holds each changed number once, the newest last, and never more than its bound."""

    def told(*ids: int) -> Event:
        return Event(source="/redmine", id="1", type="quality.changed", time=datetime.now(UTC), data={"ids": list(ids), "more": False})

    state: dict[str, Any] = {"ids": []}
    fold_changed(state, told(1, 2, 3))
    fold_changed(state, told(2))
    assert state["ids"] == [1, 3, 2]
    fold_changed(state, told(*range(1000)))
    assert state["ids"] == list(range(1000 - MAX_IDS, 1000))
