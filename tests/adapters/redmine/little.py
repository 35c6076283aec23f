"""A little Redmine in SQLite: Redmine's tables as far as we read them, written to as Redmine would write."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from adapters.redmine import tables

__all__ = ["ANNA", "BORIS", "GROUP", "LOCKED", "MANAGER", "LittleRedmine"]

ANNA, BORIS, MANAGER, LOCKED, GROUP = 5, 6, 7, 8, 9
_SITE = {"u_statuses", "u_Priority", *tables.SITE_FEEDS}


class LittleRedmine:
    """Anna is a reporter, Boris a developer in the group, the manager sees a hidden field. Project 1 is private, project 2 public."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self._db = sqlite3.connect(path, isolation_level=None)
        for table in tables.issues.metadata.sorted_tables:
            if table.name not in _SITE:
                self._create(table)
        self._people()

    def close(self) -> None:
        """Closes the writing connection."""
        self._db.close()

    def create_site(self, *created: sa.Table) -> None:
        """Creates tables of the site's own."""
        for table in created:
            self._create(table)

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Executes one statement."""
        return list(self._db.execute(statement, values))

    def insert(self, table: str, **values: Any) -> int:
        """Inserts a row, returns its id."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        cursor = self._db.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(values.values()))
        return int(cursor.lastrowid or 0)

    def issue(self, **values: Any) -> int:
        """A new issue: by Anna in project 1, unless told otherwise."""
        row = {"project_id": 1, "tracker_id": 1, "status_id": 1, "priority_id": 1, "author_id": ANNA, "is_private": 0, "subject": "Принтер"}
        return self.insert("issues", **(row | {"created_on": "2024-03-04 09:00:00"} | values))

    def journal(self, issue: int, user: int, notes: str = "", *details: tuple[str, str, str | None, str | None], **values: Any) -> int:
        """A new journal with details (property, prop_key, old_value, value)."""
        row = {"journalized_id": issue, "journalized_type": "Issue", "user_id": user, "notes": notes, "private_notes": 0}
        journal = self.insert("journals", **(row | {"created_on": "2024-03-04 09:12:00"} | values))
        for kind, key, old, new in details:
            self.insert("journal_details", journal_id=journal, property=kind, prop_key=key, old_value=old, value=new)
        return journal

    def _create(self, table: sa.Table) -> None:
        # rowid tables with INTEGER PRIMARY KEY, as Rails makes them
        columns = ", ".join(f'"{c.name}" {"INTEGER PRIMARY KEY" if c.primary_key else "BLOB"}' for c in table.columns)
        self._db.execute(f'CREATE TABLE "{table.name}" ({columns})')

    def _people(self) -> None:
        for number, login, first, status in (
            (ANNA, "anna", "Анна", 1),
            (BORIS, "boris", "Борис", 1),
            (MANAGER, "chief", "Мария", 1),
            (LOCKED, "gone", "Егор", 3),
        ):
            self.insert("users", id=number, login=login, firstname=first, lastname="", type="User", status=status, admin=0)
            self.insert("email_addresses", user_id=number, address=f"{login}@Example.org")
        self.insert("users", id=GROUP, login="", firstname="", lastname="Вторая линия", type="Group", status=1, admin=0)
        self.insert("users", id=3, login="", firstname="", lastname="Non member users", type="GroupNonMember", status=1, admin=0)
        self.insert("groups_users", group_id=GROUP, user_id=BORIS)
        self.insert("projects", id=1, name="Служба", is_public=0, status=1)
        self.insert("projects", id=2, name="Сайт", is_public=1, status=1)
        for project in (1, 2):
            self.insert("enabled_modules", project_id=project, name="issue_tracking")
        self.insert("roles", id=1, builtin=1, permissions="---\n- :view_issues\n", issues_visibility="default")
        self.insert("roles", id=3, builtin=0, permissions="---\n- :view_issues\n- :view_private_notes\n", issues_visibility="all")
        self.insert("roles", id=4, builtin=0, permissions="---\n- :view_issues\n- :view_private_notes\n", issues_visibility="default")
        self.insert("roles", id=5, builtin=0, permissions="---\n- :view_issues\n", issues_visibility="default")
        for user, role in ((ANNA, 5), (BORIS, 4), (MANAGER, 3), (LOCKED, 3)):
            self.insert("member_roles", member_id=self.insert("members", user_id=user, project_id=1), role_id=role)
        for number, name in ((1, "Новая"), (5, "Закрыта")):
            self.insert("issue_statuses", id=number, name=name, is_closed=int(number == 5))
        self.insert("enumerations", id=1, name="Обычный", type="IssuePriority")
        self.insert("trackers", id=1, name="Ошибка")
        self.insert("custom_fields", id=1, name="Кабинет", field_format="string", visible=1)
        self.insert("custom_fields", id=2, name="Стоимость", field_format="float", visible=0)
        self.insert("custom_fields_roles", custom_field_id=2, role_id=3)
