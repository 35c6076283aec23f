"""The race that loses journals: writers that commit out of order on a real MariaDB."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import aiomysql
import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.adapters.redmine.watching import Watching
from tests.peers.redmine_peer import RedminePeer

WRITERS, COMMITS, ROLLBACKS, RESTARTS = 8, 456, 48, 5


async def write(peer: RedminePeer, issue: int, number: int, committed: list[int]) -> None:
    """One of Redmine's processes: INSERT, wait with the transaction open, COMMIT or ROLLBACK."""
    dice = random.Random(number)
    address = sa.make_url(peer.db_rw_url)
    connection = await aiomysql.connect(  # type: ignore[no-untyped-call]  # aiomysql has no types
        host=address.host, port=address.port, user=address.username, password=address.password, db=address.database, charset="utf8mb4"
    )
    ends = [True] * (COMMITS // WRITERS) + [False] * (ROLLBACKS // WRITERS)
    dice.shuffle(ends)
    try:
        for end in ends:
            async with connection.cursor() as cursor:
                await cursor.execute(
                    "INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on, private_notes)"
                    " VALUES (%s, 'Issue', %s, 'гонка', NOW(), 0)",
                    (issue, peer.id("ivanov")),
                )
                journal = cursor.lastrowid
                await asyncio.sleep(dice.choice((0, 0.02, 0.1, 0.3, 0.6)) if dice.random() < 0.95 else 1.5)
            if end:
                await connection.commit()
                committed.append(journal)
            else:
                await connection.rollback()
    finally:
        await connection.ensure_closed()


@pytest.mark.redmine
async def test_every_journal_is_told_once_whatever_the_order_of_commits(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """Eight writers that commit out of order and roll back, five restarts of the source, some just before a commit: each journal once."""
    async with httpx.AsyncClient(base_url=redmine_peer.url) as client:
        answer = await client.post(
            "/issues.json", headers=redmine_peer.headers("klient"), json={"issue": {"project_id": 1, "tracker_id": 1, "subject": "Гонка"}}
        )
        issue = answer.json()["issue"]["id"]
    watching = Watching(peer_engine)
    await watching.source.start(None)
    await watching.look()

    committed: list[int] = []
    async with asyncio.TaskGroup() as group:
        writers = [group.create_task(write(redmine_peer, issue, number, committed), name=f"writer {number}") for number in range(WRITERS)]
        restarts = 0
        while not all(writer.done() for writer in writers):
            await watching.look()
            if restarts < RESTARTS and len(committed) > (restarts + 1) * COMMITS // (RESTARTS + 1):
                restarts += 1
                if restarts % 2:
                    await asyncio.sleep(0.3)  # let something gather, and lose it just before its commit
                    await watching.look(commit=False)
                await watching.restart()
            await asyncio.sleep(0.05)
    await watching.look()

    assert restarts == RESTARTS
    told = Counter(note.event.id for note in watching.told if note.event.subject == f"ticket:{issue}")
    assert len(committed) == COMMITS
    assert [f"journal:{journal}" for journal in committed if told[f"journal:{journal}"] != 1] == []
    assert set(told) == {f"journal:{journal}" for journal in committed}
    assert committed != sorted(committed)  # the race did happen
