"""What a change is called, in Russian and English. Pure.

The Russian is neutral in gender: Redmine does not know how people want to be spoken of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.redmine.names import Catalog, Kind
from adapters.redmine.plain import cut, excerpt
from adapters.redmine.recipients import Audience, Material
from adapters.redmine.values import Detail, Issue, Journal, id_of
from hub.event import Notice, Text

__all__ = ["NAMED", "Words", "group_of", "label_of", "relation_of", "url_of"]

_TITLE = 200
_VALUE = 200
_PHRASES = 2  # named in a title; the rest is counted


def _text(ru: str, en: str) -> Text:
    return Text(ru=ru, en=en)


def _same(value: str) -> Text:
    return Text(ru=value, en=value)


_LABELS: Mapping[str, Text] = {
    "assigned_to_id": _text("Исполнитель", "Assignee"),
    "category_id": _text("Категория", "Category"),
    "child_id": _text("Подзадача", "Subtask"),
    "description": _text("Описание", "Description"),
    "done_ratio": _text("Готовность", "% done"),
    "due_date": _text("Срок", "Due date"),
    "estimated_hours": _text("Оценка времени", "Estimated time"),
    "fixed_version_id": _text("Версия", "Target version"),
    "is_private": _text("Частная", "Private"),
    "parent_id": _text("Родительская задача", "Parent task"),
    "priority_id": _text("Приоритет", "Priority"),
    "project_id": _text("Проект", "Project"),
    "start_date": _text("Начало", "Start date"),
    "status_id": _text("Статус", "Status"),
    "subject": _text("Тема", "Subject"),
    "tracker_id": _text("Трекер", "Tracker"),
}
_RELATIONS: Mapping[str, Text] = {
    "relates": _text("Связана с", "Related to"),
    "duplicates": _text("Дублирует", "Duplicates"),
    "duplicated": _text("Дублируется", "Has duplicate"),
    "blocks": _text("Блокирует", "Blocks"),
    "blocked": _text("Блокируется", "Blocked by"),
    "precedes": _text("Предшествует", "Precedes"),
    "follows": _text("Следует за", "Follows"),
    "copied_to": _text("Скопирована в", "Copied to"),
    "copied_from": _text("Скопирована из", "Copied from"),
}
NAMED: Mapping[str, Kind] = {
    "status_id": "status",
    "priority_id": "priority",
    "tracker_id": "tracker",
    "category_id": "category",
    "fixed_version_id": "version",
}
"""Attributes whose values are ids of something that `names.py` names."""
_FILE = _text("Файл", "File")
_YES, _NO = _text("да", "yes"), _text("нет", "no")
_CHANGED = _text("изменено", "changed")
_SOMEBODY = _text("Кто-то", "Somebody")


def label_of(key: str) -> Text:
    """What an attribute of an issue is called: `status_id`, `due_date` …"""
    return _LABELS.get(key) or _same(key.removesuffix("_id").replace("_", " "))


def relation_of(type: str) -> Text:
    """What a relation is called, seen from the issue that has it."""
    return _RELATIONS.get(type, _same(type))


def group_of(issue_id: int) -> str:
    """The group that all notices of a ticket share; also their subject."""
    return f"ticket:{issue_id}"


def url_of(issue_id: int) -> str:
    """The ticket's page in the Navigator."""
    return f"/tasks/{issue_id}"


@dataclass(frozen=True, slots=True)
class Words:
    """Words for one page of changes, from what was read for it."""

    material: Material
    catalog: Catalog = field(default_factory=Catalog)

    def of_issue(self, issue: Issue, audience: Audience) -> Notice:
        """The notice of a new issue."""
        actor = self._name(issue.author_id)
        if audience.assigned is not None:
            title = self._assigned(issue, audience.assigned)
        else:
            title = _title(f"{actor['ru']}: новая заявка", f"{actor['en']}: new ticket", issue)
        return self._notice(issue, title, actor, issue.description, private=issue.private)

    def of_journal(self, journal: Journal, issue: Issue, audience: Audience) -> Notice:
        """The notice of a change, for one audience: only what all of them may see."""
        actor = self._name(journal.actor_id)
        if audience.assigned is not None:
            title = self._assigned(issue, audience.assigned)
        else:
            said = list(self._phrases(journal, audience.details))
            ru, en = _enumerate([item["ru"] for item in said]), _enumerate([item["en"] for item in said])
            title = _title(f"{actor['ru']}: {ru} —", f"{actor['en']}: {en} —", issue)
        notice = self._notice(issue, title, actor, journal.notes, private=journal.private or issue.private)
        if audience.details:
            notice["changes"] = [self.change(detail) for detail in audience.details]
        if any(d.property == "attr" and d.key == "status_id" and id_of(d.new) in self.catalog.closed for d in audience.details):
            notice["closes"] = group_of(issue.id)
        return notice

    def of_assignment(self, issue: Issue, principal_id: int, by: str | None) -> Notice:
        """The notice of an assignment that left no journal; `by` is the name of who did it, if known."""
        return self._notice(issue, self._assigned(issue, principal_id), _same(by) if by else _SOMEBODY, "", private=issue.private)

    def of_status(self, issue: Issue, old: str | None, new: str | None) -> Notice:
        """The notice of a status, given as id or as a name, to somebody who is told by a site table."""
        before, after = self._status(old), self._status(new) or _CHANGED
        notice = self._notice(issue, _title(f"Статус «{after['ru']}» —", f"Status “{after['en']}” —", issue), None, "", private=False)
        notice["changes"] = [{"field": "status", "label": _LABELS["status_id"], "old": before, "new": after}]
        return notice

    def of_note(self, issue: Issue, notes: str) -> Notice:
        """The notice of a note, to somebody who is told by a site table."""
        return self._notice(issue, _title("Комментарий —", "Comment —", issue), None, notes, private=False)

    def _notice(self, issue: Issue, title: Text, actor: Text | None, body: str, *, private: bool) -> Notice:
        notice = Notice(kind="ticket", title=title, group=group_of(issue.id), url=url_of(issue.id))
        if actor is not None and actor is not _SOMEBODY:
            notice["actor"] = {"name": actor["ru"]}
        text = excerpt(body)
        if text:
            notice["body"] = text
        if private:
            notice["private"] = True
        return notice

    def _assigned(self, issue: Issue, principal_id: int) -> Text:
        principal = self.material.principal(principal_id)
        if principal is not None and principal.kind == "Group":
            return _title(
                f"Группе «{cut(principal.name, 60)}» назначена заявка", f"Assigned to your group “{cut(principal.name, 60)}”: ticket", issue
            )
        return _title("Вам назначена заявка", "Assigned to you: ticket", issue)

    def _phrases(self, journal: Journal, details: Iterable[Detail]) -> Iterable[Text]:
        if journal.notes:
            yield _text("скрытый комментарий", "private note") if journal.private else _text("комментарий", "comment")
        by_weight = sorted(details, key=lambda d: _WEIGHT.get(d.key, 9) if d.property == "attr" else 8 if d.property == "attachment" else 9)
        for detail in by_weight:
            yield self._phrase(detail)

    def _phrase(self, detail: Detail) -> Text:
        new = self._value(detail, detail.new)
        key = detail.key if detail.property == "attr" else detail.property
        match key:
            case "status_id" if new:
                return _text(f"статус «{new['ru']}»", f"status “{new['en']}”")
            case "priority_id" if new:
                return _text(f"приоритет «{new['ru']}»", f"priority “{new['en']}”")
            case "assigned_to_id":
                return _text(f"исполнитель — {new['ru']}", f"assignee {new['en']}") if new else _text("без исполнителя", "no assignee")
            case "attachment":
                name = cut(detail.new or detail.old or "", 60)
                return _text(f"файл «{name}»", f"file “{name}”") if detail.new else _text(f"удалён файл «{name}»", f"removed file “{name}”")
            case _:
                label = self._label(detail)
                return _text(f"изменение «{label['ru']}»", f"changed “{label['en']}”")

    def _label(self, detail: Detail) -> Text:
        match detail.property:
            case "cf":
                custom = self.material.fields.get(id_of(detail.key) or 0)
                return _same(custom.name if custom else f"#{detail.key}")
            case "attachment":
                return _FILE
            case "relation":
                return relation_of(detail.key)
            case _:
                return label_of(detail.key)

    def change(self, detail: Detail) -> dict[str, Any]:
        """One changed field: its name for programs, its label, and both values where people understand them."""
        name = detail.key.removesuffix("_id") if detail.property == "attr" else f"{detail.property}:{detail.key}"
        change: dict[str, Any] = {
            "field": name,
            "label": self._label(detail),
            "old": self._value(detail, detail.old),
            "new": self._value(detail, detail.new),
        }
        if change["old"] is None and change["new"] is None:
            change["new"] = _CHANGED
        return change

    def _value(self, detail: Detail, value: str | None) -> Text | None:
        """A detail's value for people; None where there is none, or none that people understand."""
        if not value:
            return None
        if detail.property == "relation":
            return _same(f"#{value}")
        if detail.property == "cf":
            return self._custom(id_of(detail.key) or 0, value)
        if detail.property != "attr":
            return _same(cut(value, _VALUE))
        number = id_of(value)
        match detail.key:
            case key if key in NAMED and number is not None:
                return self.catalog.name(NAMED[key], number)
            case "assigned_to_id" | "author_id" if number is not None:
                return self._name(number)
            case "project_id" if number is not None:
                project = self.material.rights.projects.get(number)
                return _same(project.name if project else f"#{number}")
            case "parent_id" | "child_id":
                return _same(f"#{value}")
            case "is_private":
                return _YES if value in {"1", "t", "true"} else _NO
            case "done_ratio":
                return _same(f"{value} %")
            case "description":
                return None  # whole texts: the ticket's page shows the difference
            case _:
                return _same(cut(value, _VALUE))

    def _custom(self, field_id: int, value: str) -> Text | None:
        custom = self.material.fields.get(field_id)
        match custom.format if custom else "":
            case "bool":
                return _YES if value == "1" else _NO
            case "user":
                return self._name(id_of(value) or 0)
            case "version":
                return self.catalog.name("version", id_of(value) or 0)
            case "enumeration" | "attachment":
                return None  # only a number is stored
            case _:
                return _same(cut(value, _VALUE))

    def _name(self, user_id: int) -> Text:
        principal = self.material.principal(user_id)
        return _same(principal.name) if principal is not None and principal.name else _SOMEBODY

    def _status(self, value: str | None) -> Text | None:
        number = id_of(value)
        return self.catalog.name("status", number) if number is not None else _same(cut(value, _VALUE)) if value else None


_WEIGHT = {"status_id": 1, "assigned_to_id": 2, "priority_id": 3}


def _enumerate(items: list[str]) -> str:
    hidden = len(items) - _PHRASES
    return ", ".join(items[:_PHRASES]) + (f" (+{hidden})" if hidden > 0 else "")


def _title(ru: str, en: str, issue: Issue) -> Text:
    """The sentence with the ticket's number and subject behind it; the subject gives way first."""

    def line(said: str) -> str:
        said = cut(said, _TITLE - 20)
        return cut(f"{said} #{issue.id} {issue.subject}".rstrip(), _TITLE)

    return _text(line(ru), line(en))
