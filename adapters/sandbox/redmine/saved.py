"""Queries that people have saved in the sandbox's Redmine, as Redmine 5.0 writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sandbox.redmine import schema

__all__ = ["save"]

Filters = Mapping[str, tuple[str, Sequence[str]]]
_PRIVATE, _ROLES, _PUBLIC = 0, 1, 2
_OPEN: Filters = {"status_id": ("o", [""])}


async def save(connection: AsyncConnection, *, author: int, agent: int, role: int) -> None:
    """`author` writes the queries of everybody, `agent` has one of their own, one is for `role` only."""
    rows: list[tuple[int, str, int, int, int | None, Filters]] = [
        (1, "Срочные без исполнителя", _PUBLIC, author, None, {**_OPEN, "priority_id": ("=", ["4", "5"]), "assigned_to_id": ("!*", [""])}),
        (2, "Закрыты на этой неделе", _PUBLIC, author, None, {"status_id": ("c", [""]), "closed_on": ("w", [""])}),
        (3, "Ждут клиента дольше трёх дней", _ROLES, author, None, {**_OPEN, "updated_on": ("<t-", ["3"])}),
        (4, "Мои за месяц", _PRIVATE, agent, None, {"assigned_to_id": ("=", ["me"]), "created_on": (">t-", ["30"])}),
        (5, "Личный кабинет", _PUBLIC, author, 1, {**_OPEN, "subject": ("~", ["личный кабинет"])}),
        (6, "По кабинету 305", _PUBLIC, author, None, {**_OPEN, "cf_1": ("=", ["305"])}),
    ]
    await connection.execute(
        sa.insert(schema.queries),
        [
            {
                "id": id,
                "name": name,
                "visibility": visibility,
                "user_id": user,
                "project_id": project,
                "filters": _yaml(filters),
                "sort_criteria": "---\n- - priority\n  - desc\n",
                "type": "IssueQuery",
            }
            for id, name, visibility, user, project, filters in rows
        ],
    )
    await connection.execute(sa.insert(schema.queries_roles), [{"query_id": 3, "role_id": role}])


def _yaml(filters: Filters) -> str:
    """As Ruby writes them: symbols plain, strings quoted."""
    text = "---\n"
    for name, (operator, values) in filters.items():
        text += f"{name}:\n  :operator: {json.dumps(operator)}\n  :values:\n"
        text += "".join(f"  - {json.dumps(value, ensure_ascii=False)}\n" for value in values)
    return text
