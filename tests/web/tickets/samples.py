"""A task for tests that need any."""

from __future__ import annotations

from datetime import UTC, datetime

from web.tickets.shapes import Description, May, Person, PriorityRef, Ref, StatusRef, Task

__all__ = ["task"]

_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def task(id: int = 7) -> Task:
    """An issue without a history."""
    return Task(
        id=id,
        version="5-30",
        subject="Не печатает",
        description=Description(source="", html=""),
        project=Ref(id=1, name="Поддержка"),
        tracker=Ref(id=1, name="Ошибка"),
        status=StatusRef(id=1, name="Новая", closed=False),
        priority=PriorityRef(id=2, name="Нормальный", rank=1, high=False),
        author=Person(id=5, name="Анна"),
        assignee=None,
        requester=None,
        category=None,
        private=False,
        done_ratio=0,
        estimated_hours=None,
        start_date=None,
        due_date=None,
        created_at=_AT,
        updated_at=_AT,
        closed_at=None,
        fields=[],
        journals=[],
        attachments=[],
        watchers=[],
        relations=[],
        children=[],
        parent=None,
        may=May(comment=True, private=False, status=False, priority=False, assignee=False, attach=True),
        as_of=_AT,
        stale=False,
        url="https://redmine.test/issues/7",
    )
