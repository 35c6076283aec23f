"""What counts as a conflict. By values."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from adapters.redmine.versions import Version
from tests.web.tickets.samples import task
from web.tickets.conflict import conflict_of
from web.tickets.shapes import ChangeLine, Journal, Person

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def _journal(id: int, *changes: tuple[str, str | None, str | None], text: str = "", who: str = "Мария") -> Journal:
    lines = [ChangeLine(field=field, label=field, old=old, new=new, text="") for field, old, new in changes]
    return Journal(id=id, number=id, author=Person(id=6, name=who), at=AT, source=text, html=text, private=False, changes=lines)


def test_nothing_that_can_be_seen_is_no_conflict() -> None:
    """Another version alone, as a private note or a roll-up makes it, stops nobody."""
    now = msgspec.structs.replace(task(), version="9-40", journals=[_journal(30, ("status", "a", "b"))])
    assert conflict_of(Version(8, 30), now, {"status": "c"}) is None


def test_several_changes_of_a_field_are_one_clash() -> None:
    """From what the person saw to what stands there now, by the last one; there and back again is none, unless it is theirs."""
    journals = [
        _journal(31, ("status", "Новая", "В работе"), ("priority", "Низкий", "Срочный")),
        _journal(32, ("status", "В работе", "Решена"), who="Пётр"),
        _journal(33, ("priority", "Срочный", "Низкий"), text="ошибся"),
    ]
    now = msgspec.structs.replace(task(), version="9-33", journals=journals)
    found = conflict_of(Version(5, 30), now, {"status": "Закрыта"})
    assert found is not None
    (clash,) = found.fields
    assert (clash.seen, clash.mine, clash.theirs, clash.who) == ("Новая", "Закрыта", "Решена", "Пётр")
    assert [one.id for one in found.comments] == [33]
    assert found.version == "9-33"
    both = conflict_of(Version(5, 30), now, {"priority": "Высокий"})
    assert both is not None
    assert {one.field: one.mine for one in both.fields} == {"status": None, "priority": "Высокий"}
