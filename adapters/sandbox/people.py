"""The staff of the sandbox company: one list, known to its Redmine, its ERP and its contact centre alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["PEOPLE", "SERVICE", "Person", "Role", "person"]

Role = Literal["administrator", "manager", "agent", "requester", "service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who works in the sandbox company."""

    login: str
    """Login name in Redmine and in the ERP, lower case."""
    first: str
    last: str
    role: Role
    redmine_id: int | None
    """`users.id` in Redmine; None: has no account there and is known by e-mail only."""
    erp_id: int | None
    """`USER_ID` in the ERP; None: a technical account that is no person."""
    post: str = "Специалист"
    department: str = "Департамент информационных технологий"
    phone: str = ""
    demo: bool = False
    """The demo signs in as this person, so life never acts for them: everything they see is done by others."""
    blocked: bool = False
    """Has left the company: locked in Redmine, blocked in the ERP."""
    access: bool = True
    """False: known to the ERP, but without access to anything."""
    agent: str = ""
    """Agent id in the contact centre; empty: no agent there. The extension is `phone`, the password the same as everywhere."""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.password:
            object.__setattr__(self, "password", f"{self.login}-pass")

    @property
    def name(self) -> str:
        """As Redmine shows it: first name, last name."""
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        """Address in the sandbox's own domain, which RFC 2606 keeps from ever existing."""
        return f"{self.login}@tez.example"

    @property
    def api_key(self) -> str:
        """The person's Redmine API key: fixed, so that it survives a restart and a new directory."""
        return hashlib.sha1(f"sandbox-redmine:{self.login}".encode(), usedforsecurity=False).hexdigest()


SERVICE = Person(
    login="navigator", first="Служба", last="Навигатор", role="service", redmine_id=18, erp_id=None, post="Технический пользователь"
)
"""The service account: opens what comes in by e-mail, acts for people without a Redmine account."""

PEOPLE: tuple[Person, ...] = (
    Person(
        login="admin", first="Админ", last="Системный", role="administrator", redmine_id=1, erp_id=5001, post="Администратор", phone="1000"
    ),
    Person(
        login="ivanov",
        first="Иван",
        last="Иванов",
        role="manager",
        redmine_id=5,
        erp_id=5005,
        post="Руководитель поддержки",
        phone="1105",
        demo=True,
        agent="1006",
    ),
    Person(login="petrova", first="Мария", last="Петрова", role="agent", redmine_id=6, erp_id=5006, phone="1106", demo=True, agent="1001"),
    Person(login="sidorov", first="Пётр", last="Сидоров", role="agent", redmine_id=7, erp_id=5007, phone="1107", agent="1002"),
    Person(
        login="orlova",
        first="Анна",
        last="Орлова",
        role="requester",
        redmine_id=8,
        erp_id=5008,
        post="Главный бухгалтер",
        department="Бухгалтерия",
        phone="1208",
        demo=True,
    ),
    Person(
        login="kuznetsov",
        first="Олег",
        last="Кузнецов",
        role="requester",
        redmine_id=9,
        erp_id=5009,
        post="Менеджер по продажам",
        department="Отдел продаж",
        phone="1309",
    ),
    Person(login="zhukov", first="Егор", last="Жуков", role="agent", redmine_id=10, erp_id=5010, blocked=True),
    Person(login="smirnova", first="Елена", last="Смирнова", role="agent", redmine_id=13, erp_id=5013, phone="1113", agent="1003"),
    Person(login="volkov", first="Дмитрий", last="Волков", role="agent", redmine_id=14, erp_id=5014, phone="1114", agent="1004"),
    Person(
        login="lebedeva",
        first="Ольга",
        last="Лебедева",
        role="agent",
        redmine_id=15,
        erp_id=5015,
        post="Системный администратор",
        phone="1115",
        agent="1005",
    ),
    Person(
        login="fedorov",
        first="Алексей",
        last="Фёдоров",
        role="manager",
        redmine_id=16,
        erp_id=5016,
        post="Руководитель разработки",
        phone="1116",
        agent="1007",
    ),
    Person(
        login="morozova",
        first="Татьяна",
        last="Морозова",
        role="requester",
        redmine_id=17,
        erp_id=5017,
        post="Менеджер направления «Турция»",
        department="Отдел бронирования",
        phone="1317",
    ),
    Person(
        login="gromova",
        first="Вера",
        last="Громова",
        role="requester",
        redmine_id=None,
        erp_id=5020,
        post="Менеджер агентства",
        department="Агентская сеть",
        phone="1420",
        demo=True,
    ),
    Person(
        login="belova",
        first="Нина",
        last="Белова",
        role="requester",
        redmine_id=None,
        erp_id=5021,
        post="Стажёр",
        department="Агентская сеть",
        access=False,
    ),
    SERVICE,
)

_BY_LOGIN = {one.login: one for one in PEOPLE}


def person(login: str) -> Person:
    """The person with this login name; KeyError when there is none."""
    return _BY_LOGIN[login]
