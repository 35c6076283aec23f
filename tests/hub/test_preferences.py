"""People's wishes: parsed strictly when set, read leniently when delivering."""

from __future__ import annotations

from contextlib import suppress
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.policy import Preferences, QuietWindow, Rule
from hub.preferences import load_preferences, parse_quiet, parse_rules
from hub.store import preferences
from tests.hub.people import add_people
from tests.hub.values import json_values, texts


def test_windows_are_read() -> None:
    """Days and times of the wire become windows."""
    assert parse_quiet([{"days": [0, 6], "start": "22:00", "end": "07:30"}]) == (QuietWindow(frozenset({0, 6}), time(22), time(7, 30)),)
    assert parse_quiet([]) == ()


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        "22:00",
        [None],
        [{}],
        [{"days": [7], "start": "22:00", "end": "07:00"}],
        [{"days": [-1], "start": "22:00", "end": "07:00"}],
        [{"days": 5, "start": "22:00", "end": "07:00"}],
        [{"days": [0], "start": "24:00", "end": "07:00"}],
        [{"days": [0], "start": "22:00+03:00", "end": "07:00"}],
        [{"days": [0], "start": 22, "end": 7}],
        [{"days": [float("inf")], "start": "22:00", "end": "07:00"}],
        [{"days": [0], "start": "22:00", "end": "07:00"}] * 51,
    ],
)
def test_bad_windows_are_refused(value: Any) -> None:
    """Whatever is not a list of windows is a ValueError that says so."""
    with pytest.raises(ValueError, match="quiet"):
        parse_quiet(value)


def test_rules_are_read() -> None:
    """A missing channel is on; other channels are the browser's affair."""
    assert parse_rules({"ticket": {"push": False}, "call": {"sound": False}}) == {"ticket": Rule(push=False), "call": Rule(push=True)}


@pytest.mark.parametrize("value", [None, [], {"ticket": False}, {"ticket": {"push": 1}}, {str(n): {} for n in range(51)}])
def test_bad_rules_are_refused(value: Any) -> None:
    """Whatever is not an object of objects of booleans is a ValueError that says so."""
    with pytest.raises(ValueError, match="rules"):
        parse_rules(value)


@given(
    json_values
    | st.lists(st.fixed_dictionaries({"days": json_values, "start": json_values, "end": json_values}))
    | st.dictionaries(texts, json_values)
)
def test_anything_else_is_a_value_error(value: Any) -> None:
    """No JSON value makes the parsers raise anything but ValueError."""
    for parse in (parse_quiet, parse_rules):
        with suppress(ValueError):
            parse(value)


async def test_stored_wishes_are_loaded(store: AsyncEngine) -> None:
    """Several people in one call, each with their own; unknown ids are left out."""
    anna, boris = await add_people(store, "anna", "boris", zone="Asia/Yekaterinburg", locale="en")
    async with store.begin() as connection:
        await connection.execute(
            sa.insert(preferences),
            [
                {"user_id": anna, "name": "quiet", "value": [{"days": [0], "start": "22:00", "end": "07:00"}]},
                {"user_id": anna, "name": "rules", "value": {"ticket": {"push": False}}},
                {"user_id": anna, "name": "critical_pierces", "value": False},
                {"user_id": anna, "name": "theme", "value": "dark"},
            ],
        )
        found = await connection.run_sync(load_preferences, [anna, boris, 999])
    zone = ZoneInfo("Asia/Yekaterinburg")
    assert found == {
        anna: Preferences(
            zone=zone,
            locale="en",
            quiet=(QuietWindow(frozenset({0}), time(22), time(7)),),
            rules={"ticket": Rule(push=False)},
            critical_pierces=False,
        ),
        boris: Preferences(zone=zone, locale="en"),
    }


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "a\x00b"])
async def test_a_broken_row_counts_as_not_set(store: AsyncEngine, zone: str) -> None:
    """One person's broken settings never stop their delivery."""
    (anna,) = await add_people(store, "anna", zone=zone)
    async with store.begin() as connection:
        rows = [{"user_id": anna, "name": name, "value": "rubbish"} for name in ("quiet", "rules", "critical_pierces")]
        await connection.execute(sa.insert(preferences), rows)
        assert (await connection.run_sync(load_preferences, [anna]))[anna] == Preferences()
