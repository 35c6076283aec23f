"""Fills an empty sandbox: settings, roles, workflow, people, and the month of tickets that `story` tells."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sandbox.people import PEOPLE, SERVICE, Person, person
from adapters.sandbox.redmine import schema
from adapters.sandbox.redmine.issues import insert
from adapters.sandbox.redmine.rest import hash_password
from adapters.sandbox.redmine.saved import save
from adapters.sandbox.redmine.story import (
    BOOKING_LINE,
    CLOSED,
    FEEDBACK,
    NEW,
    PROGRESS,
    PROJECT_STAFF,
    REJECTED,
    RESOLVED,
    SECOND_LINE,
    WAITING,
    tell,
)

__all__ = ["seed"]

MANAGER, AGENT, REPORTER, APPLICANT = 3, 4, 5, 6  # 1 and 2 are Redmine's builtin roles

_GROUPS = {SECOND_LINE: ("Вторая линия", ("petrova", "sidorov", "volkov")), BOOKING_LINE: ("Группа бронирования", ("smirnova", "volkov"))}
_ROLES: tuple[tuple[int, str, int, bool, str, Sequence[str]], ...] = (
    (1, "Не участник", 1, True, "default", ("view_issues",)),
    (2, "Аноним", 2, True, "default", ("view_issues",)),
    (
        MANAGER,
        "Менеджер",
        0,
        True,
        "all",
        [
            "edit_project",
            "manage_members",
            "view_issues",
            "add_issues",
            "edit_issues",
            "copy_issues",
            "manage_issue_relations",
            "manage_subtasks",
            "set_issues_private",
            "add_issue_notes",
            "edit_issue_notes",
            "view_private_notes",
            "set_notes_private",
            "delete_issues",
            "view_issue_watchers",
            "add_issue_watchers",
            "delete_issue_watchers",
            "save_queries",
            "view_time_entries",
        ],
    ),
    (
        AGENT,
        "Специалист",
        0,
        True,
        "default",
        [
            "view_issues",
            "add_issues",
            "edit_issues",
            "manage_issue_relations",
            "add_issue_notes",
            "edit_own_issue_notes",
            "view_private_notes",
            "set_notes_private",
            "view_issue_watchers",
            "add_issue_watchers",
            "delete_issue_watchers",
            "log_time",
        ],
    ),
    (
        REPORTER,
        "Репортёр",
        0,
        False,
        "default",
        ("view_issues", "add_issues", "edit_own_issues", "add_issue_notes", "edit_own_issue_notes"),
    ),
    (APPLICANT, "Заявитель", 0, False, "own", ("view_issues", "add_issues", "edit_own_issues", "add_issue_notes")),
)
_STATUSES = (
    (NEW, "Новая", False),
    (PROGRESS, "В работе", False),
    (RESOLVED, "Решена", False),
    (FEEDBACK, "Нужен отклик", False),
    (CLOSED, "Закрыта", True),
    (REJECTED, "Отклонена", True),
    (WAITING, "Ожидает клиента", False),
)
_PRIORITIES = ((1, "Низкий"), (2, "Нормальный"), (3, "Высокий"), (4, "Срочный"), (5, "Немедленный"), (10, "Плановый (архив)"))
_TRACKERS = ((1, "Инцидент"), (2, "Запрос"), (3, "Изменение"))
_PROJECTS = (
    (1, "helpdesk", "Служба поддержки", False),
    (2, "infra", "Инфраструктура", False),
    (3, "booking", "Бронирование", False),
    (4, "site", "Сайт и мобильное приложение", True),
)
_AGENT_STEPS = (
    (NEW, (PROGRESS, RESOLVED, FEEDBACK, WAITING)),
    (PROGRESS, (RESOLVED, FEEDBACK, WAITING)),
    (RESOLVED, (PROGRESS, FEEDBACK, CLOSED)),
    (FEEDBACK, (PROGRESS, RESOLVED, WAITING)),
    (WAITING, (PROGRESS, RESOLVED)),
)

# The names that people of this site see. As on a real one: other words than Redmine's,
# one status without a row (7), one row without a status (99).
_U_STATUSES = (
    (1, "Новая заявка", "New"),
    (2, "В работе", "In progress"),
    (3, "Выполнена", "Resolved"),
    (4, "Нужен ответ", "Feedback"),
    (5, "Закрыта", "Closed"),
    (6, "Отклонена", "Rejected"),
)
_U_PRIORITIES = (
    (1, "Низкий", "Low"),
    (2, "Обычный", "Normal"),
    (3, "Высокий", "High"),
    (4, "Срочный", "Urgent"),
    (5, "Авария", "Emergency"),
    (10, "Плановый", "Planned"),
)


async def seed(connection: AsyncConnection, now: datetime, number: int) -> None:
    """Writes everything into empty tables.

    `now` is Redmine's wall time, the end of the month told; the same `number` tells the same month.
    """
    await _site(connection, now)
    await _people(connection, now - timedelta(days=400))
    await save(connection, author=person("ivanov").redmine_id or 0, agent=person("petrova").redmine_id or 0, role=MANAGER)
    await tell(connection, now, random.Random(number))  # noqa: S311 - a story, not a secret


async def _insert(connection: AsyncConnection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    await connection.execute(sa.insert(table), rows)


def _yaml_list(words: Iterable[str], symbol: str = ":") -> str:
    """A list as Rails serialises it: `symbol` is the colon of Ruby symbols."""
    return "---\n" + "".join(f"- {symbol}{word}\n" for word in words)


async def _site(connection: AsyncConnection, now: datetime) -> None:
    switches = {
        "rest_api_enabled": "1",
        "login_required": "1",
        "default_language": "ru",
        "app_title": "Служба поддержки",
        "issue_group_assignment": "1",
        "default_issue_start_date_to_creation_date": "0",
        "notified_events": _yaml_list(["issue_added", "issue_updated"], ""),
    }
    await _insert(connection, schema.settings, [{"name": name, "value": value, "updated_on": now} for name, value in switches.items()])
    await _insert(
        connection,
        schema.roles,
        [
            {
                "id": number,
                "name": name,
                "position": number,
                "builtin": builtin,
                "assignable": assignable,
                "issues_visibility": visibility,
                "permissions": _yaml_list(permissions),
                "users_visibility": "all",
            }
            for number, name, builtin, assignable, visibility, permissions in _ROLES
        ],
    )
    await _insert(
        connection,
        schema.issue_statuses,
        [{"id": one, "name": name, "is_closed": closed, "position": one} for one, name, closed in _STATUSES],
    )
    await _insert(
        connection,
        schema.enumerations,
        [
            {"id": one, "name": name, "type": "IssuePriority", "position": min(one, 6), "is_default": one == 2, "active": one != 10}
            for one, name in _PRIORITIES
        ]
        + [{"id": 6, "name": "Руководство пользователя", "type": "DocumentCategory", "position": 1, "is_default": False, "active": True}]
        + [{"id": 8, "name": "Поддержка", "type": "TimeEntryActivity", "position": 1, "is_default": False, "active": True}],
    )
    await _insert(
        connection, schema.trackers, [{"id": one, "name": name, "position": one, "default_status_id": NEW} for one, name in _TRACKERS]
    )
    await _insert(
        connection,
        schema.projects,
        [
            {
                "id": one,
                "identifier": identifier,
                "name": name,
                "is_public": public,
                "status": 1,
                "lft": 2 * one - 1,
                "rgt": 2 * one,
                "created_on": now,
                "updated_on": now,
            }
            for one, identifier, name, public in _PROJECTS
        ],
    )
    await _insert(
        connection,
        schema.enabled_modules,
        [{"project_id": one, "name": name} for one, *_ in _PROJECTS for name in ("issue_tracking", "time_tracking")],
    )
    steps = []
    for tracker, _ in _TRACKERS:
        for old, *_rest in _STATUSES:
            steps += [(MANAGER, tracker, old, new, False) for new, *_rest in _STATUSES if new != old]
        steps += [(AGENT, tracker, old, new, False) for old, targets in _AGENT_STEPS for new in targets]
        for role in (REPORTER, APPLICANT):  # who opened it may say whether it is solved
            steps += [(role, tracker, RESOLVED, new, True) for new in (FEEDBACK, CLOSED)]
    await _insert(
        connection,
        schema.workflows,
        [
            {
                "role_id": role,
                "tracker_id": tracker,
                "old_status_id": old,
                "new_status_id": new,
                "author": author,
                "type": "WorkflowTransition",
            }
            for role, tracker, old, new, author in steps
        ],
    )
    await _insert(
        connection,
        schema.workflows,
        [
            {
                "role_id": APPLICANT,
                "tracker_id": tracker,
                "old_status_id": NEW,
                "type": "WorkflowPermission",
                "field_name": "priority_id",
                "rule": "readonly",
            }
            for tracker, _ in _TRACKERS
        ],
    )
    await _insert(
        connection,
        schema.custom_fields,
        [
            {
                "id": 1,
                "type": "IssueCustomField",
                "name": "Кабинет",
                "field_format": "string",
                "is_for_all": True,
                "is_filter": True,
                "position": 1,
            }
        ],
    )
    for table, names in ((schema.u_statuses, _U_STATUSES), (schema.u_priority, _U_PRIORITIES)):
        rows = [
            {"id": one, "language": language, "name": name, "active": one != 10, "position": place}
            for place, (one, *both) in enumerate(names, start=1)
            for language, name in zip(("ru", "en"), both, strict=True)
        ]
        await _insert(connection, table, rows)
    await _insert(
        connection, schema.u_statuses, [{"id": 99, "language": "ru", "name": "Удалённый статус", "active": False, "position": 99}]
    )


async def _people(connection: AsyncConnection, hired: datetime) -> None:
    stamps = {"created_on": hired, "updated_on": hired}
    rows: list[dict[str, Any]] = [
        {"id": 2, "type": "GroupNonMember", "lastname": "Не участники", "status": 1, **stamps},
        {"id": 3, "type": "GroupAnonymous", "lastname": "Анонимные пользователи", "status": 1, **stamps},
        {"id": 4, "type": "AnonymousUser", "lastname": "Аноним", "status": 0, **stamps},
        *({"id": number, "type": "Group", "lastname": name, "status": 1, **stamps} for number, (name, _) in _GROUPS.items()),
    ]
    await _insert(connection, schema.users, sorted(rows, key=lambda row: int(row["id"])))
    staff = [(one, one.redmine_id) for one in PEOPLE if one.redmine_id is not None]
    await _insert(connection, schema.users, [_user(one, number, hired) for one, number in staff])
    await _insert(
        connection,
        schema.email_addresses,
        [{"user_id": number, "address": one.email, "is_default": True, "notify": True, **stamps} for one, number in staff],
    )
    await _insert(
        connection,
        schema.tokens,
        [{"user_id": number, "action": "api", "value": one.api_key, **stamps} for one, number in staff if not one.blocked],
    )
    # nobody starts to watch what they comment on, and nobody is told of their own doing: as the peer Redmine is seeded
    others = "---\n:no_self_notified: '1'\n:auto_watch_on: []\n"
    await _insert(connection, schema.user_preferences, [{"user_id": number, "others": others, "hide_mail": True} for _, number in staff])
    await _insert(
        connection,
        schema.groups_users,
        [{"group_id": group, "user_id": person(login).redmine_id} for group, (_, who) in _GROUPS.items() for login in who],
    )
    for project, *_ in _PROJECTS:
        everybody = dict.fromkeys(PROJECT_STAFF[project], AGENT) | {"ivanov": MANAGER, "fedorov": MANAGER, SERVICE.login: MANAGER}
        if project in (1, 3):
            everybody |= {"orlova": REPORTER, "kuznetsov": APPLICANT, "morozova": REPORTER, "zhukov": AGENT}
        for login, role in everybody.items():
            await _member(connection, person(login).redmine_id or 0, project, role, hired)
    await _group_member(connection, SECOND_LINE, (1, 2, 4), hired)
    await _group_member(connection, BOOKING_LINE, (3,), hired)


def _user(one: Person, number: int, hired: datetime) -> dict[str, Any]:
    salt = one.api_key[:32]
    return {
        "id": number,
        "type": "User",
        "login": one.login,
        "firstname": one.first,
        "lastname": one.last,
        "language": "ru",
        "admin": one.role == "administrator",
        "status": 3 if one.blocked else 1,
        "mail_notification": "only_my_events",
        "salt": salt,
        "hashed_password": hash_password(one.password, salt),
        "passwd_changed_on": hired,
        "created_on": hired,
        "updated_on": hired,
    }


async def _member(connection: AsyncConnection, principal: int, project: int, role: int, at: datetime, inherited: int | None = None) -> int:
    """Gives a role in a project; returns the id of the `member_roles` row."""
    member = schema.members.c
    known = sa.select(member.id).where(member.user_id == principal, member.project_id == project)
    number = (await connection.execute(known)).scalar()
    if number is None:
        values = {"user_id": principal, "project_id": project, "created_on": at}
        number = await insert(connection, schema.members, values)
    return await insert(connection, schema.member_roles, {"member_id": number, "role_id": role, "inherited_from": inherited})


async def _group_member(connection: AsyncConnection, group: int, projects: Iterable[int], at: datetime) -> None:
    """A group's role comes to each of its people as a row of their own, as Redmine keeps it."""
    for project in projects:
        source = await _member(connection, group, project, AGENT, at)
        for login in _GROUPS[group][1]:
            await _member(connection, person(login).redmine_id or 0, project, AGENT, at, inherited=source)
