"""The real Redmine on a real MariaDB (`tests/peers/redmine/redmine-up`), shared by all test runs of this user.

A run that finds it up uses it; the last run that leaves stops it. Its data stay, so tests make issues of their own and never
count on a number of journals.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.peers import need

__all__ = ["RedminePeer", "redmine_peer", "running"]

_HERE = Path(__file__).parent / "redmine"
_MEND = "make services"


@dataclass(frozen=True, slots=True)
class RedminePeer:
    """Where the peer is, and who is in it."""

    url: str
    db_url: str
    """Reads everything."""
    db_min_url: str
    """Reads what docs/redmine.md says a poller needs."""
    db_rw_url: str
    """May do anything in the database."""
    users: dict[str, dict[str, Any]]
    """login -> id, name, password, api_key, mail, mail_notification."""
    mail_dir: Path
    zone: str

    def headers(self, login: str) -> dict[str, str]:
        """What signs a REST request as this user."""
        return {"X-Redmine-API-Key": str(self.users[login]["api_key"])}

    def id(self, login: str) -> int:
        """`users.id`."""
        return int(self.users[login]["id"])


@contextmanager
def running() -> Iterator[RedminePeer]:
    """Starts the peer, or uses the one that is up; skips the test when this machine has no packages for it."""
    need.command("mariadbd", "/usr/sbin/mariadbd", peer="MariaDB", mend=_MEND)
    need.command("puma", peer="Redmine", mend=_MEND)
    home = Path(tempfile.gettempdir()) / f"tez-peers-{os.getuid()}"
    home.mkdir(mode=0o700, exist_ok=True)
    directory = home / "redmine"
    with (home / "redmine.users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            up = subprocess.run([_HERE / "redmine-up", directory], capture_output=True, text=True, timeout=300, check=False)
            if up.returncode != 0:
                need.missing("Redmine", f"{_MEND} ({up.stderr.strip().splitlines()[-1:] or 'redmine-up failed'})")
            yield _peer(up.stdout)
        finally:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # another run still uses it
            else:
                subprocess.run([_HERE / "redmine-down", directory], capture_output=True, timeout=60, check=False)


def _peer(exports: str) -> RedminePeer:
    values = dict(item.split("=", 1) for item in shlex.split(exports) if "=" in item)
    return RedminePeer(
        url=values["REDMINE_URL"],
        db_url=values["REDMINE_DB_URL"],
        db_min_url=values["REDMINE_DB_MIN_URL"],
        db_rw_url=values["REDMINE_DB_RW_URL"],
        users=json.loads(Path(values["REDMINE_USERS_JSON"]).read_text()),
        mail_dir=Path(values["REDMINE_MAIL_DIR"]),
        zone=values["REDMINE_TZ"],
    )


@pytest.fixture(scope="session")
def redmine_peer() -> Iterator[RedminePeer]:
    """The peer for a whole run; the marker `redmine` belongs on the tests that use it."""
    with running() as peer:
        yield peer
