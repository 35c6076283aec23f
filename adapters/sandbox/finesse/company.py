"""The sandbox company's contact centre as data: agents, teams, queues, reasons, phone books, numbers with a manner of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.sandbox.finesse.facts import Agent, Queue, Reason, Team
from adapters.sandbox.finesse.flavours import Flavour
from adapters.sandbox.finesse.roster import FORCED
from adapters.sandbox.people import Person

__all__ = ["BUSY", "QUEUES", "REASONS", "TEAMS", "UNASSIGNED", "WRAP_UP_REASONS", "Book", "Contact", "agents", "books"]

TEAMS = (Team(id="5000", name="Первая линия"), Team(id="5001", name="Вторая линия"))
_SECOND_LINE = frozenset({"volkov", "lebedeva", "fedorov"})

QUEUES = (
    Queue(id="5022", name="Поддержка агентств", number="7000"),
    Queue(id="5023", name="Внутренняя поддержка", number="7001"),
    Queue(id="5024", name="Бронирование", number="7002"),
)

BUSY = ("1999", "+74957231999")
"""Dialled, these are always engaged."""
UNASSIGNED = ("1998", "+74957231998")
"""Dialled, these do not exist."""

REASONS = (
    Reason(id="16", code="10", label="Обед", category="NOT_READY"),
    Reason(id="17", code="11", label="Перерыв", category="NOT_READY"),
    Reason(id="18", code="12", label="Совещание", category="NOT_READY"),
    Reason(id="19", code="13", label="Обучение", category="NOT_READY"),
    Reason(id="20", code="14", label="Работа с заявками", category="NOT_READY"),
    Reason(id="21", code="1", label="Конец смены", category="LOGOUT"),
    Reason(id="22", code="2", label="Технические причины", category="LOGOUT"),
    FORCED,
)

WRAP_UP_REASONS = (
    ("31", "Вопрос решён"),
    ("32", "Создана заявка"),
    ("33", "Передан второй линии"),
    ("34", "Перезвонить"),
    ("35", "Ошиблись номером"),
)
"""Ids and labels."""

_AGENCIES = ("Южный берег", "Море путёвок", "Крылья", "Пять континентов", "Роза ветров", "Меридиан", "Панорама", "Атлас")
_CITIES = ("Москва", "Казань", "Самара", "Пермь", "Уфа", "Тверь", "Омск", "Тула", "Сочи", "Томск")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One line of a phone book."""

    first: str
    last: str
    number: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A phone book."""

    id: str
    name: str
    kind: str
    """GLOBAL or TEAM."""
    contacts: tuple[Contact, ...]


def agents(people: Iterable[Person], flavour: Flavour) -> tuple[Agent, ...]:
    """Who of the staff works in the contact centre; managers supervise their line."""
    return tuple(
        Agent(
            id=one.agent,
            login=one.login,
            first=one.first,
            last=one.last,
            device=one.phone,
            password=one.password,
            team=(team := TEAMS[one.login in _SECOND_LINE]),
            supervises=(team,) if one.role == "manager" else (),
            wrap_incoming="REQUIRED",
            wrap_outgoing="OPTIONAL" if flavour.every_call_counts else "NOT_ALLOWED",
        )
        for one in people
        if one.agent and not one.blocked
    )


def books(people: Sequence[Person], contacts: int) -> tuple[Book, ...]:
    """The company's own people, and so many contacts of agencies."""
    staff = tuple(
        Contact(first=one.first, last=one.last, number=one.phone, description=f"{one.post}, {one.department}")
        for one in people
        if one.phone
    )
    outside = tuple(
        Contact(
            first=_CITIES[n % len(_CITIES)],
            last=f"{_AGENCIES[n % len(_AGENCIES)]} {n + 1}",
            number=f"+7495{7240000 + n}",
            description="Агентство",
        )
        for n in range(contacts)
    )
    return (
        Book(id="1", name="Сотрудники", kind="GLOBAL", contacts=staff),
        Book(id="2", name="Агентства", kind="TEAM", contacts=outside),
    )
