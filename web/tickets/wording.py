"""Wanted and dropped values in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from adapters.redmine.names import Catalog, Kind
from adapters.redmine.rest.change import Untaken as Dropped
from adapters.redmine.words import label_of
from hub.event import Text
from web.tickets.shapes import Task, Untaken

__all__ = ["FIELDS", "untaken_in_words"]

FIELDS: Mapping[str, str] = {"status_id": "status", "priority_id": "priority", "assigned_to_id": "assignee"}
"""A change's fields as the interface names them."""
_KINDS: Mapping[str, Kind] = {"status_id": "status", "priority_id": "priority"}
_OTHERS: Mapping[str, Text] = {
    "notes": Text(ru="Комментарий", en="Comment"),
    "private_notes": Text(ru="Скрытый комментарий", en="Private note"),
    "uploads": Text(ru="Файлы", en="Files"),
}


def untaken_in_words(dropped: Iterable[Dropped], catalog: Catalog, task: Task, locale: Literal["ru", "en"]) -> list[Untaken]:
    """What Redmine did not take. People are named by the task, where it names them."""
    people = {person.id: person.name for person in (task.author, *task.watchers, *(journal.author for journal in task.journals))}
    if task.assignee:
        people[task.assignee.id] = task.assignee.name

    def words(field: str, value: Any) -> str | None:
        if value is None or value == "":
            return None
        if (kind := _KINDS.get(field)) is not None:
            return catalog.name(kind, int(value))[locale]
        if field == "assigned_to_id":
            return people.get(int(value), f"#{value}")
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

    return [
        Untaken(
            field=FIELDS.get(one.field, one.field),
            label=(_OTHERS.get(one.field) or label_of(one.field))[locale],
            wanted=words(one.field, one.wanted),
            is_now=words(one.field, one.is_now),
        )
        for one in dropped
    ]
