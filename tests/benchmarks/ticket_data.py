"""A hundred thousand tickets in a real Redmine's database: told by dice, the same for the same seed.

A big helpdesk's shape: forty projects of very different size, nine tickets in ten closed, three notes a ticket, one note in twelve
private. Words are drawn by Zipf's law out of a few thousand with Russian endings, so that some stand in every third ticket and most in
a few.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import pymysql
import sqlalchemy as sa

__all__ = ["RARE", "connect", "load"]

RARE = "кварцевый"
"""A word that stands in one ticket of ten thousand."""
_STEMS = (
    *(
        "принтер",
        "сервер",
        "почт",
        "картридж",
        "компьютер",
        "ноутбук",
        "монитор",
        "клавиатур",
        "пароль",
        "доступ",
    ),
    *(
        "сет",
        "интернет",
        "телефон",
        "сканер",
        "проектор",
        "отчёт",
        "документ",
        "заявк",
        "договор",
        "бронирован",
    ),
    *(
        "билет",
        "рейс",
        "гостиниц",
        "перелёт",
        "виз",
        "клиент",
        "оператор",
        "агент",
        "оплат",
        "счёт",
        "возврат",
    ),
    *(
        "ошибк",
        "обновлен",
        "установ",
        "настройк",
        "подключен",
        "папк",
        "файл",
        "диск",
        "резерв",
        "копи",
        "баз",
    ),
    *(
        "данн",
        "таблиц",
        "письм",
        "вложен",
        "календар",
        "встреч",
        "камер",
        "звук",
        "микрофон",
        "наушник",
        "лицензи",
    ),
    *("антивирус"),
)
_ENDINGS = ("", "а", "у", "ом", "е", "ы", "ов", "ами", "ный", "ная", "ного", "ировать")
_SYLLABLES = ("ба", "во", "ги", "де", "жу", "за", "ки", "ло", "ми", "на", "пё", "ро", "си", "ту", "фо", "ха", "че", "шо", "эр", "юл")
_BATCH = 1000


def connect(url: str) -> Any:
    """A writing connection to an address such as `mysql://user:password@host:port/database`."""
    made = sa.make_url(url)
    return pymysql.connect(  # type: ignore[no-untyped-call]
        host=made.host, port=made.port or 3306, user=made.username, password=made.password or "", database=made.database, charset="utf8mb4"
    )


class _Words:
    def __init__(self, dice: random.Random) -> None:
        made = ["".join(dice.choices(_SYLLABLES, k=dice.randrange(2, 5))) for _ in range(6000)]
        self._all = [stem + ending for stem in _STEMS for ending in _ENDINGS] + made
        dice.shuffle(self._all)
        self._weights = list(accumulate(1 / (rank + 10) for rank in range(len(self._all))))
        self._dice = dice

    def text(self, count: int) -> str:
        chosen = self._dice.choices(self._all, cum_weights=self._weights, k=count)
        return " ".join(chosen).capitalize() + "."


def load(url: str, *, issues: int, seed: int = 5) -> float:
    """Writes the tickets; seconds that it took. `url` is of an account that may write."""
    began, dice = time.perf_counter(), random.Random(seed)
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM users WHERE type = 'User' AND status = 1 AND admin = 0")
            people = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT COALESCE(MAX(id), 0) FROM issues")
            first = cursor.fetchone()[0] + 1
            cursor.execute("SELECT COALESCE(MAX(id), 0) FROM journals")
            journal = cursor.fetchone()[0] + 1
            projects = _projects(cursor, people)
            words = _Words(dice)
            for at in range(0, issues, _BATCH):
                journal = _batch(cursor, dice, words, range(first + at, first + min(at + _BATCH, issues)), journal, projects, people)
                connection.commit()
            cursor.execute("ANALYZE TABLE issues, journals, journal_details, watchers")
    finally:
        connection.close()
    return time.perf_counter() - began


def _projects(cursor: Any, people: Sequence[int]) -> list[int]:
    """Forty, private but every eighth; each person is a member of some, with the roles that the seed has."""
    made = []
    cursor.execute("SELECT id FROM roles WHERE builtin = 0 ORDER BY position")
    roles = [row[0] for row in cursor.fetchall()]
    for number in range(40):
        cursor.execute(
            "INSERT INTO projects (name, identifier, is_public, status, lft, rgt, created_on, updated_on)"
            " VALUES (%s, %s, %s, 1, %s, %s, NOW(), NOW())",
            (f"Отдел {number}", f"bench-{number}", number % 8 == 0, 1000 + 2 * number, 1001 + 2 * number),
        )
        made.append(cursor.lastrowid)
        cursor.execute("INSERT INTO enabled_modules (project_id, name) VALUES (%s, 'issue_tracking')", (made[-1],))
        for at, person in enumerate(people):
            if (number + at) % 3:
                continue
            cursor.execute("INSERT INTO members (user_id, project_id) VALUES (%s, %s)", (person, made[-1]))
            # the last is who sees only their own
            role = roles[-1] if at == len(people) - 1 else roles[at % 3]
            cursor.execute("INSERT INTO member_roles (member_id, role_id) VALUES (%s, %s)", (cursor.lastrowid, role))
    return made


def _batch(cursor: Any, dice: random.Random, words: _Words, ids: range, journal: int, projects: list[int], people: list[int]) -> int:
    rows, notes, watched = [], [], []
    end = datetime(2026, 11, 20)
    weights = [1 / (rank + 1) for rank in range(len(projects))]
    for id in ids:
        at = end - timedelta(minutes=5 * (120_000 - id % 120_000))
        status = dice.choice((5, 5, 5, 6)) if dice.random() < 0.9 else dice.choice((1, 2, 3, 4, 7))
        subject = words.text(dice.randrange(3, 8))[:250]
        text = words.text(dice.randrange(20, 90)) + (f" {RARE} резонатор" if id % 10_000 == 7 else "")
        author, assignee = dice.choice(people), dice.choice([*people, None])
        project = dice.choices(projects, weights)[0]
        count = dice.randrange(0, 7)
        rows.append(
            (
                *(id, id, dice.choice((1, 2, 3)), project, subject, text, status, assignee, dice.choice((3, 4, 4, 4, 5)), author),
                *(at, at + timedelta(hours=count), dice.random() < 0.05),
            )
        )
        for number in range(count):
            told = words.text(dice.randrange(5, 40)) if dice.random() < 0.8 else ""
            notes.append((journal, id, dice.choice(people), told, at + timedelta(hours=number + 1), dice.random() < 0.08))
            journal += 1
        if dice.random() < 0.1:
            watched.append((id, dice.choice(people)))
    cursor.executemany(
        "INSERT INTO issues (id, root_id, tracker_id, project_id, subject, description, status_id, assigned_to_id, priority_id, author_id,"
        " created_on, updated_on, is_private, lft, rgt) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,1,2)",
        rows,
    )
    for chunk in _chunks(notes):
        cursor.executemany(
            "INSERT INTO journals (id, journalized_id, journalized_type, user_id, notes, created_on, private_notes)"
            " VALUES (%s,%s,'Issue',%s,%s,%s,%s)",
            chunk,
        )
    if watched:
        cursor.executemany("INSERT INTO watchers (watchable_type, watchable_id, user_id) VALUES ('Issue',%s,%s)", watched)
    return journal


def _chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for at in range(0, len(rows), _BATCH):
        yield rows[at : at + _BATCH]
