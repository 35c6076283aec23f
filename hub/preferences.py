"""People's wishes as the store keeps them, read into `hub.policy.Preferences`.

Stored values come from people's own settings; a value that does not parse counts as not set, so that one broken row
never stops a delivery.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hub.policy import Preferences, QuietWindow, Rule
from hub.store import preferences, users

__all__ = ["load_preferences", "parse_quiet", "parse_rules"]


def parse_quiet(value: Any) -> tuple[QuietWindow, ...]:
    """`[{"days": [0, 1], "start": "22:00", "end": "07:00"}]` -> windows; ValueError names what is wrong. 0 is Monday."""
    if not isinstance(value, list) or len(value) > 50:
        raise ValueError("quiet: a list of at most 50 windows")
    windows = []
    for item in value:
        try:
            days = frozenset(int(day) for day in item["days"])
            start, end = time.fromisoformat(item["start"]), time.fromisoformat(item["end"])
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise ValueError("quiet: each window has days, start and end (HH:MM)") from error
        if not days <= set(range(7)) or start.tzinfo or end.tzinfo:
            raise ValueError("quiet: days are 0 (Monday) to 6, times are local")
        windows.append(QuietWindow(days, start, end))
    return tuple(windows)


def parse_rules(value: Any) -> dict[str, Rule]:
    """`{"ticket": {"push": false}}` -> rules by kind; ValueError names what is wrong."""
    if not isinstance(value, dict) or len(value) > 50:
        raise ValueError("rules: an object of at most 50 kinds")
    rules = {}
    for kind, rule in value.items():
        if not isinstance(rule, dict) or not all(isinstance(on, bool) for on in rule.values()):
            raise ValueError(f"rules: {str(kind)[:40]!r} takes an object of true and false")
        rules[str(kind)] = Rule(push=rule.get("push", True))
    return rules


def load_preferences(connection: sa.Connection, user_ids: Iterable[int]) -> dict[int, Preferences]:
    """The preferences of these people, in two queries however many they are. Unknown ids are left out."""
    wanted = list(user_ids)
    people = connection.execute(sa.select(users.c.id, users.c.locale, users.c.zone).where(users.c.id.in_(wanted)))
    base = {row.id: (row.locale, row.zone) for row in people}
    stored: dict[int, dict[str, Any]] = {}
    names = ("quiet", "rules", "critical_pierces")
    rows = connection.execute(sa.select(preferences).where(preferences.c.user_id.in_(wanted), preferences.c.name.in_(names)))
    for row in rows:
        stored.setdefault(row.user_id, {})[row.name] = row.value
    return {user_id: _preferences(locale, zone, stored.get(user_id, {})) for user_id, (locale, zone) in base.items()}


def _preferences(locale: str, zone: str, stored: dict[str, Any]) -> Preferences:
    wishes: dict[str, Any] = {"locale": locale}
    with suppress(KeyError, ValueError, OSError):
        wishes["zone"] = ZoneInfo(zone)
    for name, parse in (("quiet", parse_quiet), ("rules", parse_rules)):
        with suppress(KeyError, ValueError):
            wishes[name] = parse(stored[name])
    if isinstance(stored.get("critical_pierces"), bool):
        wishes["critical_pierces"] = stored["critical_pierces"]
    return Preferences(**wishes)
