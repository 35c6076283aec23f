"""From the real Redmine to the person, through the product's own process."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress

import aiomysql
import httpx
import pytest
import sqlalchemy as sa

from tests.live.client import connected
from tests.live.product import Product
from tests.live.test_delivery import until
from tests.peers.redmine_peer import RedminePeer

WRITERS, COMMITS, ROLLBACKS, KILLS = 8, 456, 48, 5


@pytest.fixture
def with_redmine(product: Product, redmine_peer: RedminePeer) -> Product:
    """The product over the real Redmine, read with the least rights; petrova and orlova have accounts."""
    product.settings |= {"REDMINE_URL": redmine_peer.url, "REDMINE_DB_URL": redmine_peer.db_min_url, "REDMINE_TIME_ZONE": redmine_peer.zone}
    for name in ("petrova", "orlova"):
        product.add_user(name, "--redmine-id", str(redmine_peer.id(name)))
    return product


async def new_issue(peer: RedminePeer, author: str, subject: str, **more: object) -> int:
    """An issue of the project helpdesk."""
    async with httpx.AsyncClient(base_url=peer.url, timeout=30) as client:
        fields = {"project_id": 1, "tracker_id": 1, "subject": subject, **more}
        answer = await client.post("/issues.json", headers=peer.headers(author), json={"issue": fields})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["issue"]["id"])


def source_is_ok(product: Product) -> bool:
    """True once the source has committed its first watermark."""
    return product.rows("SELECT count(*) FROM watermarks WHERE source = 'redmine'") == [(1,)]


@pytest.mark.redmine
async def test_comment_reaches_the_session(with_redmine: Product, redmine_peer: RedminePeer) -> None:
    """A comment in Redmine is with the author's session and with nobody who may not know; a private one is not told to her."""
    issue = await new_issue(redmine_peer, "orlova", "Живой путь")
    async with with_redmine.running(), with_redmine.signed_in("orlova") as http, httpx.AsyncClient(base_url=redmine_peer.url) as rest:
        await until(lambda: source_is_ok(with_redmine))
        async with connected(with_redmine, http) as client:
            for note in ({"notes": "только для своих", "private_notes": True}, {"notes": "Посмотрите, пожалуйста"}):
                answer = await rest.put(f"/issues/{issue}.json", headers=redmine_peer.headers("ivanov"), json={"issue": note})
                assert answer.status_code == 204
            # Redmine is shared: what other tests have just written there may come as well
            while (event := await client.until("event"))["data"].get("group") != f"ticket:{issue}":
                pass
            assert "Посмотрите, пожалуйста" in event["data"]["body"]
            assert f"#{issue}" in event["data"]["title"]["ru"]
            with suppress(TimeoutError):
                while True:
                    await client.next(1.5)
        events = [frame for frame in client.frames if frame["t"] == "event"]
        assert [frame["seq"] for frame in events if frame["data"].get("group") == f"ticket:{issue}"] == [event["seq"]]


async def write(peer: RedminePeer, issue: int, number: int, committed: list[int]) -> None:
    """One of Redmine's processes: INSERT, wait with the transaction open, COMMIT or ROLLBACK."""
    address = sa.make_url(peer.db_rw_url)
    connection = await aiomysql.connect(  # type: ignore[no-untyped-call]  # aiomysql has no types
        host=address.host, port=address.port, user=address.username, password=address.password, db=address.database, charset="utf8mb4"
    )
    count = (COMMITS + ROLLBACKS) // WRITERS
    try:
        for turn in range(count):
            async with connection.cursor() as cursor:
                await cursor.execute(
                    "INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on, private_notes)"
                    " VALUES (%s, 'Issue', %s, 'гонка', NOW(), 0)",
                    (issue, peer.id("ivanov")),
                )
                journal = cursor.lastrowid
            await asyncio.sleep((number * 37 + turn * 101) % 450 / 1000)  # every writer at its own pace, some long
            if turn % (count // (ROLLBACKS // WRITERS)) == 0 and turn // (count // (ROLLBACKS // WRITERS)) < ROLLBACKS // WRITERS:
                await connection.rollback()
            else:
                await connection.commit()
                committed.append(journal)
    finally:
        await connection.ensure_closed()


@pytest.mark.redmine
@pytest.mark.timeout(300)
async def test_race_with_the_hub_killed(with_redmine: Product, redmine_peer: RedminePeer) -> None:
    """Writers that commit out of order while the whole hub is killed (`kill -9`) and restarted five times: each journal once."""
    issue = await new_issue(redmine_peer, "orlova", "Гонка с падениями")
    committed: list[int] = []
    with_redmine.start()
    try:
        await with_redmine.answers()
        await until(lambda: source_is_ok(with_redmine))
        async with asyncio.TaskGroup() as group:
            writers = [group.create_task(write(redmine_peer, issue, n, committed), name=f"writer_{n}") for n in range(WRITERS)]
            for kill in range(1, KILLS + 1):
                enough = kill * COMMITS // (KILLS + 1)
                await until(lambda enough=enough: len(committed) >= enough or all(w.done() for w in writers), 60)  # type: ignore[misc]
                await with_redmine.kill()
                with_redmine.start()
                await with_redmine.answers()
        told_sql = "SELECT event_id, count(*) FROM inbox JOIN events ON events.pk = inbox.event_pk WHERE subject = ? GROUP BY event_id"
        wanted = {f"journal:{journal}" for journal in committed}

        def told() -> dict[str, int]:
            return {str(event_id): int(count) for event_id, count in with_redmine.rows(told_sql, f"ticket:{issue}")}

        await until(lambda: wanted <= told().keys(), 30)
    finally:
        await with_redmine.stop()
    assert len(committed) >= 450
    assert committed != sorted(committed)  # the race did happen
    counts = Counter(told())
    assert set(counts) == wanted
    assert {event_id: count for event_id, count in counts.items() if count != 1} == {}
    assert json.loads(str(with_redmine.rows("SELECT value FROM watermarks WHERE source = 'redmine'")[0][0]))
