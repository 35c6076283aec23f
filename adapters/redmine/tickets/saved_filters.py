"""From the filters that Redmine keeps with a saved query to what our list can do. Pure.

What can be said in the list's own address becomes a part of `Translation.query`, so that the page shows it as its own filters; the rest
becomes terms. Whatever is not known for certain makes the whole query a refusal: a list that shows something else than Redmine is worse
than none. Rules: `Query#statement` and `IssueQuery` of Redmine 5.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Literal

from adapters.redmine.tickets.saved_days import FUTURE, PAST, NoSpan, span
from adapters.redmine.tickets.saved_terms import Among, Changed, Filled, Grouped, Noted, Place, Term, Touched, Watched, Within, Words

__all__ = ["Asker", "Code", "Refusal", "Translation", "translate"]

Code = Literal["unreadable", "invalid", "field", "operator", "value", "zone", "week", "subprojects", "grouping"]
"""Why a query is not shown: its filters cannot be read; Redmine itself refuses it; a field, an operator or a value is not known here;
the person's time zone or first day of the week in Redmine is not known; how subprojects count is not known; a custom field groups it."""

_IDS = 50  # as many as one field of the list's address takes
_BARE = frozenset({"o", "c", "!*", "*", "nd", "t", "ld", "nw", "w", "lw", "l2w", "nm", "m", "lm", "y", "*o", "!o"})
"""Operators that need no value."""
_TOKEN = re.compile(r'((?:\s|^)"[^"]+"(?:\s|$)|\S+)', re.ASCII | re.MULTILINE)
_QUOTES = re.compile(r'(^\s*"\s*|\s*"\s*$)', re.ASCII | re.MULTILINE)
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_SORTS = {"id": "id", "updated_on": "updated", "created_on": "created", "priority": "priority", "status": "status", "subject": "subject"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """What of a person, and of the moment, a query's filters depend on."""

    id: int
    groups: frozenset[int] = frozenset()
    member_of: frozenset[int] = frozenset()
    """Projects, but for archived ones."""
    watchers_in: frozenset[int] = frozenset()
    """Projects where the person may see who watches."""
    now: datetime
    """Aware."""
    zone: tzinfo | None
    """The person's own in Redmine, or Redmine's; None: it cannot be known."""
    redmine_zone: tzinfo
    first_weekday: int | None
    """1 is Monday, 7 Sunday, as the person's language in Redmine has it; None: it cannot be known."""

    @property
    def today(self) -> date | None:
        """The person's date."""
        return None if self.zone is None else self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a query is not shown."""

    code: Code
    field: str = ""
    """Redmine's name of the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What a query asks."""

    query: Mapping[str, str] = field(default_factory=dict)
    """In the keys of the list's address, sorting included."""
    terms: tuple[Term, ...] = ()
    refusal: Refusal | None = None


class _Refused(Exception):
    def __init__(self, code: Code, field: str) -> None:
        super().__init__(code, field)
        self.refusal = Refusal(code, field)


def translate(filters: Any, sort: Any, group_by: str | None, asker: Asker) -> Translation:
    """`filters` and `sort` are the plain values of Redmine's YAML (see rubyyaml)."""
    if filters is None:
        filters = {"status_id": {"operator": "o", "values": [""]}}  # IssueQuery#initialize
    if not isinstance(filters, dict):
        return Translation(refusal=Refusal("unreadable"))
    if group_by and group_by.startswith("cf_"):
        return Translation(refusal=Refusal("grouping", group_by))
    query: dict[str, str] = {"status": "all"}
    terms: list[Term] = []
    try:
        for name, kept in filters.items():
            for found in _one(str(name), kept, asker):
                if isinstance(found, tuple):
                    query[found[0]] = found[1]
                else:
                    terms.append(found)
    except _Refused as refused:
        return Translation(refusal=refused.refusal)
    return Translation(query=query | _sorting(sort), terms=tuple(terms))


def _one(name: str, kept: Any, asker: Asker) -> Sequence[Term | tuple[str, str]]:
    """One filter, as terms or as keys of the address."""
    if not isinstance(kept, dict):
        raise _Refused("unreadable", name)
    operator, values = str(kept.get("operator") or ""), kept.get("values")
    given = [] if values is None else [str(value) if value is not None else "" for value in values] if isinstance(values, list) else None
    if given is None:
        raise _Refused("unreadable", name)
    if not (given and given[0].strip()) and operator not in _BARE:
        raise _Refused("invalid", name)  # Query#validate_query_filters
    read = _FIELDS.get(name)
    if read is None:
        raise _Refused("field", name)
    # a filter without any value is passed over, even one that needs none: Query#statement
    return read(name, operator, given, asker) if given else ()


# -- numbers ---------------------------------------------------------------------------------------------


def _ids(name: str, values: Sequence[str]) -> frozenset[int]:
    if not all(value.isascii() and value.isdecimal() and len(value) <= 9 for value in values):
        raise _Refused("value", name)  # MariaDB would make a number of anything
    return frozenset(map(int, values))


def _address(ids: frozenset[int]) -> str | None:
    return ",".join(map(str, sorted(ids))) if 0 < len(ids) <= _IDS else None


def _status(name: str, operator: str, values: Sequence[str], asker: Asker) -> Sequence[Term | tuple[str, str]]:
    if operator in ("o", "c"):
        return [("status", "open" if operator == "o" else "closed")]
    return _list(name, operator, values, asker)


def _list(name: str, operator: str, values: Sequence[str], _asker: Asker) -> Sequence[Term | tuple[str, str]]:
    """Status, tracker, priority, author, assignee, category, version: numbers in a column."""
    match operator:
        case "*" | "!*":
            return [Filled(name, negated=operator == "!*")]
        case "=" | "!":
            ids, key = _ids(name, values), _KEYS.get(name)
            text = _address(ids)
            return [(key, text)] if operator == "=" and key and text else [Among(name, ids, negated=operator == "!")]
    raise _Refused("operator", name)


def _person(name: str, operator: str, values: Sequence[str], asker: Asker) -> Sequence[Term | tuple[str, str]]:
    assignee = name == "assigned_to_id"
    if operator == "=" and list(values) == ["me"]:
        return [("assignee" if assignee else "author", "me")]
    if operator == "!*" and assignee:
        return [("assignee", "none")]
    return _list(name, operator, _without_me(values, asker, groups=assignee), asker)


def _without_me(values: Sequence[str], asker: Asker, *, groups: bool) -> list[str]:
    """With the person's number for `me`, and their groups' where Redmine takes them for the person."""
    plain = [value for value in values if value != "me"]
    if len(plain) == len(values):
        return plain
    return [*plain, str(asker.id), *(map(str, sorted(asker.groups)) if groups else ())]


def _project(name: str, operator: str, values: Sequence[str], asker: Asker) -> Sequence[Term | tuple[str, str]]:
    if "bookmarks" in values:
        raise _Refused("value", name)
    plain = [value for value in values if value != "mine"]
    if len(plain) < len(values):
        plain += map(str, sorted(asker.member_of))
        if not plain:  # IN () finds nothing, NOT IN () everything
            return [Among(name, frozenset(), negated=operator == "!")]
    return _list(name, operator, plain, asker)


def _watcher(name: str, operator: str, values: Sequence[str], asker: Asker) -> Sequence[Term | tuple[str, str]]:
    if operator not in ("=", "!"):
        raise _Refused("operator", name)
    ids = _ids(name, _without_me(values, asker, groups=True))
    me = asker.id if asker.id in ids else None
    return [Watched(me, ids - {asker.id}, asker.watchers_in, negated=operator == "!")]


def _group(name: str, operator: str, values: Sequence[str], _asker: Asker) -> Sequence[Term | tuple[str, str]]:
    if operator not in ("=", "!"):
        raise _Refused("operator", name)
    return [Grouped(_ids(name, values), negated=operator == "!")]


def _changer(name: str, operator: str, values: Sequence[str], asker: Asker) -> Sequence[Term | tuple[str, str]]:
    if operator not in ("=", "!"):
        raise _Refused("operator", name)
    users = _ids(name, _without_me(values, asker, groups=False))
    return [Changed(users, last=name == "last_updated_by", negated=operator == "!")]


def _private(name: str, operator: str, values: Sequence[str], _asker: Asker) -> Sequence[Term | tuple[str, str]]:
    if operator not in ("=", "!"):
        raise _Refused("operator", name)
    # everything but 0 is yes: IssueQuery#sql_for_is_private_field
    return [Among(name, frozenset(0 if value == "0" else 1 for value in values), negated=operator == "!")]


def _number(name: str, operator: str, values: Sequence[str], _asker: Asker) -> Sequence[Term | tuple[str, str]]:
    """An issue's number, its parent's: a list in the first value."""
    column = {"issue_id": "id"}.get(name, name)
    match operator:
        case "=":
            if not re.fullmatch(r"\s*\d{1,9}(\s*,\s*\d{1,9})*\s*", values[0], re.ASCII):
                raise _Refused("value", name)
            return [Among(column, frozenset(map(int, re.findall(r"\d+", values[0]))))]
        case "*" | "!*" if name == "parent_id":
            return [Filled(column, negated=operator == "!*")]
    raise _Refused("operator", name)


# -- words -----------------------------------------------------------------------------------------------


def _text(name: str, operator: str, values: Sequence[str], _asker: Asker) -> Sequence[Term | tuple[str, str]]:
    if operator in ("*", "!*"):
        return [Filled(name, negated=operator == "!*", text=True)]
    return [_words(name, operator, values[0])]


def _notes(name: str, operator: str, values: Sequence[str], _asker: Asker) -> Sequence[Term | tuple[str, str]]:
    negated = operator.startswith("!")
    plain = operator.removeprefix("!")
    return [Noted(None if plain == "*" else _words(name, plain, values[0]), negated=negated)]


def _words(name: str, operator: str, value: str) -> Words:
    places: Mapping[str, Place] = {"~": "any", "!~": "any", "^": "begin", "$": "end"}
    if operator not in places:
        raise _Refused("operator", name)
    words = tuple(_tokens(value)) or (value,)
    return Words(name, words if places[operator] == "any" else (value,), places[operator], negated=operator == "!~")


def _tokens(value: str) -> list[str]:
    """Redmine::Search::Tokenizer: five words or quoted phrases, none of a single letter."""
    found = dict.fromkeys(_QUOTES.sub("", match) for match in _TOKEN.findall(value))
    return [word for word in found if len(word) > 1 or _HAN.search(word)][:5]


# -- times -----------------------------------------------------------------------------------------------


def _past(name: str, operator: str, values: Sequence[str], asker: Asker) -> Sequence[Term | tuple[str, str]]:
    if name == "updated_on" and operator in ("*", "!*"):
        return [Touched(negated=operator == "!*")]
    return _when(name, operator, values, asker, PAST)


def _date(name: str, operator: str, values: Sequence[str], asker: Asker) -> Sequence[Term | tuple[str, str]]:
    return _when(name, operator, values, asker, PAST | FUTURE)


def _when(name: str, operator: str, values: Sequence[str], asker: Asker, known: frozenset[str]) -> Sequence[Term | tuple[str, str]]:
    if operator in ("*", "!*"):
        return [Filled(name, negated=operator == "!*")]
    if operator not in known:
        raise _Refused("operator", name)
    today = asker.today
    if today is None or asker.zone is None:
        raise _Refused("zone", name)
    try:
        begin, end = span(operator, values, today, asker.first_weekday)
        return [Within(name, _midnight(begin, asker), _midnight(end, asker, after=True))]
    except NoSpan as error:
        raise _Refused(error.why, name) from None
    except OverflowError:
        raise _Refused("value", name) from None


def _midnight(day: date | None, asker: Asker, *, after: bool = False) -> datetime | None:
    """When the person's day begins, or (`after`) when the next one does: wall time of Redmine's zone."""
    if day is None:
        return None
    at = datetime.combine(day + timedelta(days=int(after)), time(), asker.zone)
    return at.astimezone(asker.redmine_zone).replace(tzinfo=None)


# -- what is known ---------------------------------------------------------------------------------------

_Read = Callable[[str, str, Sequence[str], Asker], Sequence[Term | tuple[str, str]]]
_KEYS = {
    "status_id": "status",
    "project_id": "project",
    "tracker_id": "tracker",
    "priority_id": "priority",
    "author_id": "author",
    "assigned_to_id": "assignee",
}
_FIELDS: Mapping[str, _Read] = {
    "status_id": _status,
    **dict.fromkeys(("tracker_id", "priority_id", "category_id", "fixed_version_id"), _list),
    "project_id": _project,
    **dict.fromkeys(("author_id", "assigned_to_id"), _person),
    "watcher_id": _watcher,
    "member_of_group": _group,
    **dict.fromkeys(("updated_by", "last_updated_by"), _changer),
    "is_private": _private,
    **dict.fromkeys(("issue_id", "parent_id"), _number),
    **dict.fromkeys(("subject", "description"), _text),
    "notes": _notes,
    **dict.fromkeys(("created_on", "updated_on", "closed_on"), _past),
    **dict.fromkeys(("start_date", "due_date"), _date),
}


def _sorting(sort: Any) -> dict[str, str]:
    """The first criterion, when the list has it."""
    first = sort[0] if isinstance(sort, list) and sort else None
    if isinstance(first, list) and first and (name := _SORTS.get(str(first[0]))):
        return {"sort": name, "dir": "desc" if len(first) > 1 and str(first[1]) == "desc" else "asc"}
    return {}
