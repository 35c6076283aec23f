"""The palette's own address over a hundred thousand tickets: `GET /tasks/api/search` of the whole product."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import create_engine, identities, users
from tests.benchmarks.browser import Browser
from tests.benchmarks.client import Client, Crowd
from tests.benchmarks.processes import loading, serving
from tests.benchmarks.run import median
from tests.benchmarks.servers import product_launch
from web.sessions import Sessions

__all__ = ["measure"]

_TIMES = 7


def measure(store_url: str, settings: Mapping[str, str], people: Mapping[str, int], questions: Mapping[str, str]) -> list[str]:
    """Lines of a table: median and worst of seven for each question and person (login -> Redmine's id), ms."""
    tokens = asyncio.run(_sign_in(store_url, people))
    with TemporaryDirectory(prefix="tez-bench-endpoint-") as name:
        folder = Path(name)
        launch = product_launch(folder, settings={"STORE_URL": store_url, **settings})
        with serving(launch, folder) as server, loading():
            return asyncio.run(_ask(server.port, tokens, questions))


async def _sign_in(store_url: str, people: Mapping[str, int]) -> dict[str, tuple[int, str]]:
    """login -> our id, token."""
    engine = create_engine(store_url)
    found = {}
    try:
        sessions = Sessions(engine)
        for login, redmine in people.items():
            async with engine.begin() as connection:
                id = await _user(connection, login, str(redmine))
            found[login] = id, (await sessions.create(id, agent="bench", address="127.0.0.1")).token
    finally:
        await engine.dispose()
    return found


async def _user(connection: AsyncConnection, login: str, redmine: str) -> int:
    known = await connection.scalar(sa.select(users.c.id).where(users.c.name == login))
    if known is not None:
        return int(known)
    row = {"name": login, "display_name": login, "active": True, "locale": "ru", "zone": "Europe/Moscow", "created_at": datetime.now(UTC)}
    made = (await connection.execute(sa.insert(users).values(**row))).inserted_primary_key
    assert made is not None
    await connection.execute(sa.insert(identities).values(system="redmine", key=redmine, user_id=made[0]))
    return int(made[0])


async def _ask(port: int, tokens: Mapping[str, tuple[int, str]], questions: Mapping[str, str]) -> list[str]:
    lines = ["| `/tasks/api/search` | who | hits | ms | worst |", "|---|---|---|---|---|"]
    id, token = next(iter(tokens.values()))
    observer = Client(Crowd(port), token, id)
    await observer.connect()
    while not (await observer.call("bench.desk"))["filled"]:  # noqa: ASYNC110  # it is another process that we wait for
        await asyncio.sleep(0.2)
    observer.abort()
    for name, typed in questions.items():
        for login, (_id, token) in tokens.items():
            browser, took = Browser(port, {"Authorization": f"Bearer {token}"}), []
            text = "".join(f"%{byte:02X}" for byte in typed.encode())
            for _ in range(_TIMES + 1):
                answer = await browser.ask("GET", f"/tasks/api/search?q={text}&limit=20")
                took.append(answer.ms)
            browser.close()
            hits = json.loads(answer.body)["hits"] if answer.status == 200 else f"answered {answer.status}"
            lines.append(f"| {name} | {login} | {len(hits)} | {median(took[1:]):.1f} | {max(took[1:]):.1f} |")
    return lines
