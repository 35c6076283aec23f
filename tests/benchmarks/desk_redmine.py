"""A real Redmine for the figure of the desk: on the load's processor, with tickets and the people of the product."""

from __future__ import annotations

import json
import secrets
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.processes import LOAD_CPU, pinned
from tests.benchmarks.ticket_data import connect, load
from tests.benchmarks.workshop import Missing

__all__ = ["Desk", "redmine"]

_UP = Path(__file__).parents[1] / "peers/redmine"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where Redmine is, and who is in it."""

    url: str
    key: str
    """The administrator's."""
    reads: str
    """The database for the product, with the least rights."""
    zone: str
    pids: tuple[int, ...]
    """Redmine's and its database's."""
    people: Mapping[int, int]
    """The product's user id -> Redmine's."""

    def settings(self) -> dict[str, str]:
        """Of the product."""
        return {"REDMINE_URL": self.url, "REDMINE_DB_URL": self.reads, "REDMINE_TIME_ZONE": self.zone, "REDMINE_API_KEY": self.key}

    def identify(self, store: Path) -> None:
        """Tells the product's store who is who."""
        rows = [(str(redmine), user) for user, redmine in self.people.items()]
        with sqlite3.connect(store) as database:
            database.executemany("INSERT INTO identities (system, key, user_id) VALUES ('redmine', ?, ?)", rows)


@contextmanager
def redmine(people: int, issues: int) -> Iterator[Desk]:
    """Runs it while the block lasts. Person n of the product is `bench{n}` there. Raises Missing."""
    with TemporaryDirectory(prefix="tez-bench-redmine-") as name:
        folder = Path(name) / "redmine"
        up = subprocess.run(
            pinned(LOAD_CPU, [str(_UP / "redmine-up"), str(folder)]), capture_output=True, text=True, timeout=300, check=False
        )
        if up.returncode != 0:
            raise Missing("Redmine", "make services")
        try:
            given = dict(item.split("=", 1) for item in shlex.split(up.stdout) if "=" in item)
            ids = _people(given["REDMINE_DB_RW_URL"], people)
            load(given["REDMINE_DB_RW_URL"], issues=issues)
            yield Desk(
                url=given["REDMINE_URL"],
                key=str(json.loads(Path(given["REDMINE_USERS_JSON"]).read_text())["admin"]["api_key"]),
                reads=given["REDMINE_DB_MIN_URL"],
                zone=given["REDMINE_TZ"],
                pids=tuple(int((folder / file).read_text()) for file in ("web.pid", "db.pid")),
                people=ids,
            )
        finally:
            subprocess.run([str(_UP / "redmine-down"), "--purge", str(folder)], capture_output=True, timeout=60, check=False)


def _people(url: str, count: int) -> dict[int, int]:
    connection, made = connect(url), {}
    try:
        with connection.cursor() as cursor:
            for number in range(1, count + 1):
                cursor.execute(
                    "INSERT INTO users (login, firstname, lastname, status, language, type, mail_notification, created_on, updated_on)"
                    " VALUES (%s, 'Bench', %s, 1, 'ru', 'User', 'none', NOW(), NOW())",
                    (f"bench{number}", str(number)),
                )
                made[number] = int(cursor.lastrowid)
                # Redmine makes the key when it tells a person of themselves first: two at a time it answers 500, a deadlock
                cursor.execute(
                    "INSERT INTO tokens (user_id, action, value, created_on, updated_on) VALUES (%s, 'api', %s, NOW(), NOW())",
                    (made[number], secrets.token_hex(20)),
                )
        connection.commit()
    finally:
        connection.close()
    return made
