"""A month in the life of the sandbox's helpdesk: tickets with their journals, told by dice."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sandbox.people import SERVICE, person
from adapters.sandbox.redmine import schema, texts

__all__ = [
    "BOOKING_LINE",
    "CLOSED",
    "FEEDBACK",
    "NEW",
    "PROGRESS",
    "PROJECT_STAFF",
    "REJECTED",
    "RESOLVED",
    "SECOND_LINE",
    "WAITING",
    "tell",
]

SECOND_LINE, BOOKING_LINE = 11, 12
NEW, PROGRESS, RESOLVED, FEEDBACK, CLOSED, REJECTED, WAITING = range(1, 8)

PROJECT_STAFF: Mapping[int, tuple[str, ...]] = {
    1: ("petrova", "sidorov", "volkov", "smirnova"),
    2: ("petrova", "sidorov", "volkov", "lebedeva"),
    3: ("petrova", "smirnova", "volkov"),
    4: ("petrova", "sidorov", "lebedeva"),
}
"""Project id -> logins of those who work its tickets."""


@dataclass(slots=True)
class _Ticket:
    """One ticket on its way through the month."""

    row: dict[str, Any]
    watchers: set[int] = field(default_factory=set)
    room: str = ""


@dataclass(slots=True)
class _Step:
    """One journal to be."""

    at: datetime
    ticket: _Ticket
    user: int
    notes: str
    changes: dict[str, Any]
    private: bool = False


async def tell(connection: AsyncConnection, now: datetime, chance: random.Random) -> None:
    """Writes the month that ends at `now` (Redmine's wall time) into empty tables."""
    tickets: list[_Ticket] = []
    steps: list[_Step] = []
    subjects = [*((one, None) for one in texts.SUBJECTS), *((one, person("gromova").email) for one in texts.BY_MAIL)]
    chance.shuffle(subjects)
    begin = now - timedelta(days=30)
    # older tickets are thicker, the last is an hour old
    times = sorted(begin + (now - timedelta(hours=1) - begin) * chance.random() ** 0.8 for _ in subjects)
    for (subject, mail), at in zip(subjects, times, strict=True):
        ticket = _Ticket(
            _opened(subject, mail, at, chance), room=str(chance.choice([207, 214, 305, 312, 411])) if subject.project == texts.HELP else ""
        )
        if chance.random() < 0.3:
            ticket.watchers.add(person("ivanov").redmine_id or 0)
        if chance.random() < 0.15:
            ticket.watchers.add(person(chance.choice(["petrova", "fedorov", "lebedeva"])).redmine_id or 0)
        tickets.append(ticket)
        steps += _course(ticket, at, now, chance)
    for number, ticket in enumerate(tickets, start=1):
        ticket.row |= {"id": number, "root_id": number, "lft": 1, "rgt": 2}
    await _write(connection, tickets, sorted(steps, key=lambda step: step.at))


def _opened(subject: texts.Subject, mail: str | None, at: datetime, chance: random.Random) -> dict[str, Any]:
    if mail:
        author = SERVICE.login
    elif subject.project in (texts.INFRA, texts.SITE):
        author = chance.choice(["lebedeva", "sidorov", "fedorov", "ivanov"])
    else:
        author = chance.choice(["orlova", "orlova", "kuznetsov", "morozova"])
    return {
        "tracker_id": subject.tracker,
        "project_id": subject.project,
        "subject": subject.subject,
        "description": subject.description,
        "status_id": NEW,
        "assigned_to_id": None,
        "priority_id": subject.priority,
        "author_id": person(author).redmine_id,
        "created_on": at,
        "updated_on": at,
        "lock_version": 0,
        "done_ratio": 0,
        "is_private": False,
        "closed_on": None,
        "easy_email_to": mail,
    }


def _course(ticket: _Ticket, opened: datetime, now: datetime, chance: random.Random) -> list[_Step]:
    """What happens to one ticket: it is given to somebody, talked about, solved, closed; the younger it is, the less of it."""
    project, author = ticket.row["project_id"], ticket.row["author_id"]
    boss = person(chance.choice(["ivanov", "fedorov"])).redmine_id or 0
    worker = person(chance.choice(PROJECT_STAFF[project])).redmine_id or 0
    group = BOOKING_LINE if project == texts.BOOKING else SECOND_LINE
    plan: list[tuple[int, str, dict[str, Any], bool]] = []
    if chance.random() < 0.25:
        plan.append((boss, "", {"assigned_to_id": group}, False))
    if chance.random() < 0.9:
        plan.append((worker, chance.choice(texts.STARTED), {"assigned_to_id": worker, "status_id": PROGRESS}, False))
        if chance.random() < 0.4:
            plan.append((worker, chance.choice(texts.QUESTIONS), {"status_id": WAITING}, False))
            plan.append((author, chance.choice(texts.ANSWERS), {}, False))
            plan.append((worker, chance.choice(texts.PROGRESS), {"status_id": PROGRESS}, False))
        elif chance.random() < 0.5:
            plan.append((author, chance.choice(texts.ASKS), {}, False))
        if chance.random() < 0.15:
            plan.append((worker, chance.choice(texts.PRIVATE), {}, True))
        if chance.random() < 0.12:
            plan.append((boss, "", {"priority_id": texts.URGENT}, False))
        if chance.random() < 0.7:
            plan.append((worker, chance.choice(texts.RESOLVED), {"status_id": RESOLVED, "done_ratio": 100}, False))
            if chance.random() < 0.7:
                plan.append((boss, "", {"status_id": CLOSED}, False))
    elif chance.random() < 0.5:
        plan.append((boss, "Не воспроизводится, отклоняю.", {"status_id": REJECTED}, False))
    steps: list[_Step] = []
    at = opened
    for user, notes, changes, private in plan:
        at += timedelta(minutes=chance.choice([4, 11, 26, 55, 140, 420]) * (0.5 + chance.random()))
        if at >= now - timedelta(minutes=5):
            break
        steps.append(_Step(at, ticket, user, notes, changes, private))
    return steps


async def _write(connection: AsyncConnection, tickets: Sequence[_Ticket], steps: Sequence[_Step]) -> None:
    """Journals in the order of time, details with the values before and after, the tickets as they are in the end."""
    journals: list[dict[str, Any]] = []
    details: list[dict[str, Any]] = []
    for step in steps:
        row, number = step.ticket.row, len(journals) + 1
        changed = {name: value for name, value in sorted(step.changes.items()) if row[name] != value}
        if not changed and not step.notes:
            continue  # it came to nothing: the priority was that high already
        journals.append(
            {
                "id": number,
                "journalized_id": row["id"],
                "journalized_type": "Issue",
                "user_id": step.user,
                "notes": step.notes,
                "created_on": step.at,
                "private_notes": step.private,
            }
        )
        details += [
            {
                "journal_id": number,
                "property": "attr",
                "prop_key": name,
                "old_value": None if row[name] is None else str(row[name]),
                "value": str(value),
            }
            for name, value in changed.items()
        ]
        row |= changed
        row["updated_on"] = step.at
        row["lock_version"] += 1
        if changed.get("status_id") in (CLOSED, REJECTED):
            row["closed_on"] = step.at
    rows = [ticket.row for ticket in tickets]
    await connection.execute(sa.insert(schema.issues), rows)
    await connection.execute(sa.insert(schema.journals), journals)
    await connection.execute(sa.insert(schema.journal_details), details)
    watching = [
        {"watchable_type": "Issue", "watchable_id": ticket.row["id"], "user_id": user}
        for ticket in tickets
        for user in sorted(ticket.watchers)
    ]
    await connection.execute(sa.insert(schema.watchers), watching)
    rooms = [{"customized_type": "Issue", "customized_id": t.row["id"], "custom_field_id": 1, "value": t.room} for t in tickets if t.room]
    await connection.execute(sa.insert(schema.custom_values), rooms)
