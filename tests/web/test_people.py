"""People in the store."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.policy import QuietWindow, Rule
from hub.preferences import load_preferences
from hub.store import identities, permissions, users
from web.people import BadValue, Duplicate, People


async def test_a_name_is_one_however_it_is_typed(engine: AsyncEngine) -> None:
    """Case, outer spaces and Unicode form make no second person, and everybody finds themself."""
    people = People(engine)
    made = await people.add(" Иванов ", display_name="", permissions=["admin", "admin"], granted_by="test")
    found = await people.find("ИВАНОВ")
    assert found is not None
    assert (found.id, found.name, found.display_name, set(found.permissions)) == (made, "иванов", "Иванов", {"admin"})
    with pytest.raises(Duplicate, match="иванов"):
        await people.add("иванов")
    assert [person.name for person in await people.everybody()] == ["иванов"]
    assert await people.find("nobody") is None


async def test_an_account_is_made_whole_or_not_at_all(engine: AsyncEngine) -> None:
    """An identity that is taken, or a right that does not exist, leaves nothing behind."""
    people = People(engine)
    await people.add("anna", identities={"redmine": "5", "email": "Anna@Example.org"})
    with pytest.raises(Duplicate, match=r"email anna@example\.org"):
        await people.add("boris", identities={"redmine": "6", "email": "anna@example.org"})
    with pytest.raises(BadValue, match="permission"):
        await people.add("boris", permissions=["everything"])
    async with engine.connect() as connection:
        assert (await connection.scalars(sa.select(users.c.name))).all() == ["anna"]
        assert await connection.scalar(sa.select(sa.func.count()).select_from(identities)) == 2
        assert await connection.scalar(sa.select(sa.func.count()).select_from(permissions)) == 0


@pytest.mark.parametrize("name", ["", "  ", "two words", "a,b", "line\nbreak", "x" * 256])
async def test_a_name_that_cannot_be_typed_is_refused(engine: AsyncEngine, name: str) -> None:
    """Names have no spaces, separators or control characters inside."""
    with pytest.raises(BadValue, match="name"):
        await People(engine).add(name)


async def test_preferences_reach_the_delivery_policy(engine: AsyncEngine) -> None:
    """What a person sets is what the hub decides by."""
    people = People(engine)
    user = await people.add("anna", zone="Asia/Yekaterinburg")
    assert await people.preferences(user) == {"locale": "ru", "zone": "Asia/Yekaterinburg"}
    wishes: dict[str, Any] = {
        "locale": "en",
        "zone": "Asia/Omsk",
        "theme": "dark",
        "sound": {"muted": False, "volume": 0.5, "kinds": {"ticket": {"sound": "chime"}}},
        "rules": {"ticket": {"push": False}},
        "quiet": [{"days": [5, 6], "start": "22:00", "end": "07:00"}],
        "critical_pierces": False,
    }
    for name, value in wishes.items():
        await people.set_preference(user, name, "light" if name == "theme" else value)
        await people.set_preference(user, name, value)
    assert await people.preferences(user) == wishes
    async with engine.connect() as connection:
        loaded = (await connection.run_sync(load_preferences, [user]))[user]
    assert (loaded.locale, loaded.zone.key, loaded.critical_pierces) == ("en", "Asia/Omsk", False)
    assert loaded.rules == {"ticket": Rule(push=False)}
    assert tuple(loaded.quiet) == (QuietWindow(frozenset({5, 6}), time(22), time(7)),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("locale", "de"),
        ("zone", "Moon/Sea"),
        ("zone", "../../etc/passwd"),
        ("zone", 3),
        ("theme", "pink"),
        ("theme", None),
        ("sound", []),
        ("sound", {"volume": 2}),
        ("sound", {"volume": True}),
        ("sound", {"loud": 1}),
        ("sound", {"kinds": {"ticket": {"sound": 5}}}),
        ("sound", {"kinds": {"ticket": "chime"}}),
        ("rules", []),
        ("rules", {"ticket": {"push": "no"}}),
        ("quiet", {}),
        ("quiet", [{"days": [7], "start": "22:00", "end": "07:00"}]),
        ("quiet", [{"days": [1], "start": "25:00", "end": "07:00"}]),
        ("critical_pierces", 1),
        ("shoe_size", 43),
    ],
)
async def test_a_wish_of_the_wrong_shape_is_refused(engine: AsyncEngine, name: str, value: Any) -> None:
    """Nothing of it is stored."""
    people = People(engine)
    user = await people.add("anna")
    with pytest.raises(BadValue):
        await people.set_preference(user, name, value)
    assert await people.preferences(user) == {"locale": "ru", "zone": "Europe/Moscow"}
